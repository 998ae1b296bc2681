"""What a finished file holds, apart from how it is compressed and which Python wrote it."""

from __future__ import annotations

import io
import json
import zipfile
from itertools import zip_longest
from pathlib import Path

import pikepdf

from reportlib.errors import UNREADABLE

COMPRESSED = "the same content, compressed otherwise or written by another Python"


def difference(one: Path, two: Path) -> str:
    """In what the contents of two files of one name differ: the page, the part or the line that is first; or empty."""
    try:
        held, other = _parts(one), _parts(two)
    except (*UNREADABLE, AttributeError, LookupError, TypeError, ValueError, pikepdf.PdfError):
        return "it cannot be read"
    names = [*held, *(name for name in other if name not in held)]
    part = next((name for name in names if held.get(name) != other.get(name)), None)
    return "" if part is None else f"first in {part or _line(held[''], other[''])}"


def _parts(path: Path) -> dict[str, bytes]:
    """The contents of a file by the name of each part; of one that has no parts, all of it under no name."""
    if path.suffix in (".xlsx", ".ods"):
        with zipfile.ZipFile(path) as held:
            if len({*held.namelist()}) < len(held.namelist()):
                raise ValueError("a part is there twice")
            return {name: held.read(name) for name in held.namelist()}
    if path.suffix == ".pdf":
        return _pages(path)
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        notebook = json.loads(content)
        notebook["metadata"]["language_info"].pop("version", None)
        return {"": json.dumps(notebook, indent=1).encode()}
    return {"": content}


def _pages(path: Path) -> dict[str, bytes]:
    """What is drawn on each page, then the whole document with nothing compressed."""
    whole = io.BytesIO()
    with pikepdf.open(path) as document:
        pages = {
            f"page {number}": pikepdf.unparse_content_stream(pikepdf.parse_content_stream(page))
            for number, page in enumerate(document.pages, 1)
        }
        document.save(
            whole,
            static_id=True,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return pages | {"what stands beside the pages": whole.getvalue()}


def _line(one: bytes, two: bytes) -> str:
    lines = zip_longest(one.split(b"\n"), two.split(b"\n"))
    return f"line {next(number for number, pair in enumerate(lines, 1) if pair[0] != pair[1]):,}"
