"""A BagIt bag (RFC 8493) in a zip that has the same bytes whenever and wherever it is written."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reportlib.archive.checksums import changes, written

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"
CHUNK = 1 << 20


class Bag:
    """A bag that is being written: `add` puts a file under `data/`, `tag` one beside the manifest."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name = archive, name
        self.payload: dict[str, str] = {}
        self.tags: dict[str, str] = {}

    def add(self, name: str, content: bytes | Path) -> None:
        """Add a file of the payload."""
        self.payload[f"data/{name}"] = self._write(f"data/{name}", content)

    def tag(self, name: str, content: bytes) -> None:
        """Add a file that is about the bag."""
        self.tags[name] = self._write(name, content)

    def _write(self, name: str, content: bytes | Path) -> str:
        entry = zipfile.ZipInfo(f"{self.name}/{name}")  # of 1980, since no time is given
        entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
        entry.file_size = len(content) if isinstance(content, bytes) else content.stat().st_size
        digest = hashlib.sha256()
        source = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
        with source, self.archive.open(entry, "w") as file:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()


@contextmanager
def writing(path: Path, name: str) -> Iterator[Bag]:
    """A new bag of this name in a zip; its manifests are written when all has been added."""
    with zipfile.ZipFile(path, "w") as archive:
        bag = Bag(archive, name)
        bag.tag("bagit.txt", DECLARATION)
        yield bag
        bag.tag(MANIFEST, written(bag.payload).encode())
        bag._write(TAGS, written(bag.tags).encode())


def damaged(folder: Path) -> list[str]:
    """The files of an unpacked bag that its manifests do not know, or know otherwise, or that are not there."""
    manifests = (folder / MANIFEST, folder / TAGS)
    told = "".join(path.read_text(encoding="utf-8", errors="replace") for path in manifests if path.exists())
    return [finding.file for finding in changes(folder, told, besides=(TAGS,))]
