"""Where the project's own files stand; what is below a folder, the checksum of a file, a text written whole."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "data" / "contracts" / "datapackage.json"
PUBLISHED = ROOT / "data" / "published"
CODES = ROOT / "data" / "codes"
NOTEBOOKS = ROOT / "notebooks"
OUTPUTS = ROOT / "outputs"
LOCK = "requirements.lock"
CODE = ("src/reportlib", "notebooks", "data/codes", "data/contracts", "data/published", "pyproject.toml")
LEFT = re.compile(r"(^|/)(\.|__pycache__/)")  # what editors and Python leave beside code


def files_below(folder: Path) -> dict[str, Path]:
    """Every file below a folder by its path there, in order."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return dict(sorted((path.relative_to(folder).as_posix(), path) for path in paths))


def sha256(path: Path) -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step: who reads it meanwhile finds it as it was."""
    part = path.with_name(f".{path.name}-{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def code_files(root: Path = ROOT) -> list[str]:
    """The files of the project that a report is made by, in order."""
    paths = [path for name in CODE for path in ((root / name).rglob("*") if (root / name).is_dir() else [root / name])]
    names = [path.relative_to(root).as_posix() for path in paths if path.is_file()]
    return sorted(name for name in names if not LEFT.search(name))


def code_digests(root: Path = ROOT) -> dict[str, str]:
    """SHA-256 of the project's code, and of the lock of what it stands on."""
    return {"code": _digest(root, code_files(root)), "lock": sha256(root / LOCK)}


def library_digest() -> str:
    """SHA-256 of the code that every chapter stands on, and of the lock: of no notebook."""
    return _digest(ROOT, [name for name in (*code_files(), LOCK) if not name.startswith("notebooks/")])


def _digest(root: Path, names: Iterable[str]) -> str:
    found = hashlib.sha256()
    for name in names:
        found.update(f"{name} {sha256(root / name)}\n".encode())
    return found.hexdigest()
