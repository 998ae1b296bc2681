"""What was made before, by the digest of all that it follows from: found again whole, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from reportlib.project import files_below

LIMIT = 500_000_000  # bytes; what was not asked for longest goes first
DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Cache:
    """A folder of entries, each some small files in one file under a checksum.

    Several runs may use it at once: an entry appears in one step, and the same key holds the same bytes. One that
    is not `trusted` finds nothing, and still keeps.
    """

    folder: Path
    trusted: bool = True

    def fetch(self, key: str) -> dict[str, bytes] | None:
        """The files kept under a key by name; None if there are none, or they are not as they were."""
        path = self.folder / key
        try:
            held = path.read_bytes() if self.trusted else b""
            os.utime(path)
        except OSError:
            return None
        if hashlib.sha256(held[DIGEST:]).digest() != held[:DIGEST]:
            return None
        with zipfile.ZipFile(io.BytesIO(held[DIGEST:])) as files:
            return {name: files.read(name) for name in files.namelist()}

    def keep(self, key: str, files: Mapping[str, bytes]) -> None:
        """Keep files under a key. Where nothing can be written nothing is kept: a report does not need it."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as into:
            for name, content in files.items():
                into.writestr(name, content)
        held = packed.getvalue()
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self.folder, prefix=".part-") as part:
                part.write(hashlib.sha256(held).digest() + held)
                part.flush()
                os.link(part.name, linked := f"{part.name}-whole")
                os.replace(linked, self.folder / key)
            self._prune()

    def _prune(self) -> None:
        """Remove the oldest entries beyond the limit."""
        entries = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in entries:
            total += path.stat().st_size
            if total > LIMIT:
                path.unlink(missing_ok=True)


def key(*parts: str | bytes) -> str:
    """The digest of parts, none of which can be taken for part of its neighbour."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def place(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files to their paths below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def contents(folder: Path) -> dict[str, bytes]:
    """What every file below a folder holds, by its path there, in order."""
    return {name: path.read_bytes() for name, path in files_below(folder).items()}
