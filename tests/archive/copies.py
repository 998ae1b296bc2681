"""A copy of the project with one short chapter; a bundle in the hands of a forger."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from reportlib.archive import bag
from reportlib.archive.bundle import BESIDE
from reportlib.archive.checksums import sha256
from reportlib.archive.verify import MAIN
from reportlib.project import ROOT, code_files

sys.path.append(str(Path(__file__).parents[1] / "end_to_end"))
from small_report import DEATHS, Project, project, short_chapter


@dataclass(frozen=True)
class Checkout:
    """A copy of the project with one short chapter, and a parameter file for it."""

    root: Path
    project: Project

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command of this copy's own code."""
        given = os.environ | {"PYTHONPATH": str(self.root / "src")} | environment
        return subprocess.run(
            [sys.executable, "-c", MAIN, *arguments],
            env=given,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )

    def report(self, **environment: str) -> Path:
        """Make the report; returns its bundle."""
        done = self.run("report", str(self.project.params), "--outputs", str(self.project.outputs), **environment)
        assert done.returncode == 0, done.stderr
        (made,) = (self.project.edition / "archive").glob("*.zip")
        return made


def checkout(folder: Path, data: Path, **parameters: object) -> Checkout:
    root = folder / "checkout"
    for name in [name for name in code_files() if not name.startswith("notebooks/")] + list(BESIDE):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    short_chapter(root / "notebooks")
    return Checkout(root, project(folder / "year", data, DEATHS, pooled_years=1, trend_years=2, **parameters))


class Forger:
    """Changes files of a bundle, and puts the manifest right or leaves it."""

    def __init__(self, archive: Path, folder: Path) -> None:
        with zipfile.ZipFile(archive) as held:
            held.extractall(folder)
        (self.folder,) = folder.iterdir()

    def change(self, name: str, old: bytes, new: bytes) -> None:
        path = self.folder / "data" / name
        content = path.read_bytes()
        assert old in content, name
        path.write_bytes(content.replace(old, new, 1))

    def rewrite_manifests(self) -> None:
        for manifest, names in (
            (bag.MANIFEST, [path for path in self.folder.rglob("data/**/*") if path.is_file()]),
            (bag.TAGS, [self.folder / name for name in ("README.md", "bagit.txt", bag.MANIFEST)]),
        ):
            lines = sorted((path.relative_to(self.folder).as_posix(), sha256(path)) for path in names)
            (self.folder / manifest).write_text("".join(f"{digest}  {name}\n" for name, digest in lines))

    def zip(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as held:
            for file in sorted(path for path in self.folder.rglob("*") if path.is_file()):
                held.write(file, f"{self.folder.name}/{file.relative_to(self.folder).as_posix()}")
        return path
