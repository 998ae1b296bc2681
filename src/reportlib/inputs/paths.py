"""Which files an input is, what they are called wherever the project stands, and their checksum."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from reportlib.errors import nearest
from reportlib.inputs.extracts import wrong
from reportlib.inputs.spec import InputSpec

SNAPSHOTS = Path("data/snapshots")  # what was read from databases; records, so never committed
LOCK = "~$"  # begins the name of a file that Excel makes while a workbook is open


def found(name: str, spec: InputSpec, root: Path) -> tuple[Path, ...]:
    """The files of an input, in the order of their names; none for a table of a database elsewhere.

    Raises ReportError where none is called so, or too many.
    """
    option, given = ("snapshot", spec.snapshot) if spec.snapshot else ("path", spec.path)
    if given is None:
        return ()
    paths, whole = tuple(matching(given, root)), _whole(given, root)
    if whole.name.startswith(LOCK):
        advice = f"close the workbook in Excel, and name it as {option}: of the input {name}"
        raise wrong(given, f"is not a workbook, but shows that one is open; {advice}")
    if len(paths) == 1 or (paths and spec.kind == "files"):
        return paths
    if paths:
        raise wrong(given, f"{len(paths)} files are called so; name one as {option}: of the input {name}")
    if os.path.isdir(whole):
        raise wrong(given, f"is a folder; name the files in it as {option}: of the input {name}, such as {given}/*.csv")
    folder = whole.parent
    hint = f"; there is no folder {folder.name}"
    if os.path.isdir(folder):
        hint = nearest(whole.name, [path.name for path in folder.iterdir() if not path.name.startswith(LOCK)])
    where = "" if os.path.isabs(os.path.expanduser(given)) else ", in the folder of the project"
    raise wrong(given, f"there is no such file{hint}. Put it there{where}, or correct {option}: of the input {name}")


def shown(name: str, spec: InputSpec, root: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    """What findings call the files of an input."""
    folder, prefix = _stand(name, spec, root)
    return tuple(prefix + path.relative_to(folder).as_posix() for path in paths)


def stood(name: str, spec: InputSpec, root: Path) -> InputSpec:
    """The input with a path that holds in a copy of the project: one elsewhere stands in a folder of its name."""
    if spec.path is None:
        return spec
    folder, prefix = _stand(name, spec, root)
    return spec.model_copy(update={"path": prefix + _whole(spec.path, root).relative_to(folder).as_posix()})


def matching(given: str, root: Path) -> list[Path]:
    """The files of a path or pattern from a folder, in the order of their names."""
    whole = _whole(given, root)
    folder = _there(whole.parent)
    pattern = str(whole.relative_to(folder))
    pattern = glob.escape(pattern) if os.path.exists(whole) else pattern
    found = sorted(glob.glob(pattern, root_dir=folder, recursive=True))
    files = [folder / name for name in found if (folder / name).is_file()]
    return [file for file in files if not file.name.startswith(LOCK)]


def _whole(given: str, root: Path) -> Path:
    return Path(os.path.normpath(root / os.path.expanduser(given)))  # as it is where there is no such user


def _there(path: Path) -> Path:
    """The part of a path that is there as it is written; what comes after it is a pattern."""
    return next(part for part in (path, *path.parents) if os.path.exists(part))


def _stand(name: str, spec: InputSpec, root: Path) -> tuple[Path, str]:
    """The folder from which an input's files are named, and what is put before their names."""
    whole = _whole(spec.path or "", root)
    return (root, "") if whole.is_relative_to(root) else (_there(whole.parent), f"{name}/")


def digest(paths: Sequence[Path]) -> tuple[str, int]:
    """The SHA-256 of files one after the other, and their size in bytes."""
    found = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: found)
    return found.hexdigest(), sum(path.stat().st_size for path in paths)
