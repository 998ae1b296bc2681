"""Lists of SHA-256 checksums, as `sha256sum -c` reads them: a line a file, the checksum, two spaces, the name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reportlib.errors import Finding
from reportlib.project import files_below, sha256


def digests(folder: Path) -> dict[str, str]:
    """The checksum of every file of a folder, by its name within it."""
    return {name: sha256(path) for name, path in files_below(folder).items()}


def written(found: Mapping[str, str]) -> str:
    """A list, in order of the names."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(found.items()))


def parsed(text: str) -> dict[str, str]:
    """The checksums of a list by name."""
    return {name: digest for digest, between, name in (line.partition("  ") for line in text.splitlines()) if between}


def changes(folder: Path, text: str, besides: tuple[str, ...] = ()) -> list[Finding]:
    """Every file of a folder that is not as a list says, was added or is gone."""
    then, now = parsed(text), digests(folder)
    found = {name: "was changed" for name in then.keys() & now.keys() if then[name] != now[name]}
    found |= {name: "is gone" for name in then.keys() - now.keys()}
    found |= {name: "was added" for name in now.keys() - then.keys() if name not in besides}
    return [Finding(found[name], name) for name in sorted(found)]
