"""How a report looks, as far as its parameters say: logo, colour and signs, checked before anything is made."""

from __future__ import annotations

import base64
import re
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont
from lxml import etree

from reportlib.colour import TEXT_CONTRAST, contrast

FONT = files("font_source_sans_pro") / "files"  # a file a face
LARGEST_LOGO = 100_000  # bytes
KINDS = {".svg": "image/svg+xml", ".png": "image/png"}
PNG = b"\x89PNG\r\n\x1a\n"
ADDRESS = re.compile(r"data:(image/(?:svg\+xml|png));base64,(.+)", re.DOTALL)
FETCHED = re.compile(r"url\((?!\s*['\"]?#)|@import")


def logo_address(given: str, root: Path) -> str:
    """A logo as a data address, so that parameters hold it whole; `given` is a file, or such an address already.

    Raises ValueError for what is not a small PNG or a still SVG.
    """
    if match := ADDRESS.fullmatch(given):
        kind, data = match[1], base64.b64decode(match[2])
    else:
        kind, data = KINDS.get(Path(given).suffix.lower(), ""), _read(root / given)
    if not kind:
        raise ValueError(f"{given!r} is neither an SVG nor a PNG file")
    if len(data) > LARGEST_LOGO:
        raise ValueError(f"the logo is {len(data):,} bytes; at most {LARGEST_LOGO:,} are allowed")
    if kind == KINDS[".png"] and not data.startswith(PNG):
        raise ValueError("the logo ends in .png but is not a PNG picture")
    if kind == KINDS[".svg"]:
        _still(data)
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def logo_file(address: str) -> tuple[str, bytes]:
    """A logo's ending and content, from its data address."""
    match = ADDRESS.fullmatch(address)
    assert match, "logo_address made it"
    return next(ending for ending, kind in KINDS.items() if kind == match[1]), base64.b64decode(match[2])


def readable(colour: str) -> str:
    """The colour, if white text on it, and it as text on white, can be read. Raises ValueError with the contrast."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"{colour!r} is not a colour; write six hexadecimal digits, such as #12436D")
    if (ratio := contrast(colour, "#ffffff")) < TEXT_CONTRAST:
        raise ValueError(
            f"{colour} has a contrast of {ratio:.2f} to 1 with white; take a darker one: "
            f"text needs at least {TEXT_CONTRAST} to 1"
        )
    return colour


def lacking(text: str) -> str:
    """The signs of a text that the report cannot show, each once; those that turn what is beside them among them."""
    return "".join(sign for sign in dict.fromkeys(text) if not _can_be_shown(sign))


def _can_be_shown(sign: str) -> bool:
    kind = unicodedata.category(sign)
    if kind in ("Cc", "Cf"):
        return sign in "\t\n\r" or (kind == "Cf" and unicodedata.bidirectional(sign) == "BN" and sign != "\ufeff")
    return kind == "Zs" or ord(sign) in _signs()


@cache
def _signs() -> frozenset[int]:
    """The signs that the report's font has."""
    with TTFont(str(FONT / "SourceSansPro-Regular.ttf"), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"the logo cannot be read: {error.strerror}") from None


def _still(data: bytes) -> None:
    """Raises ValueError for an SVG that is none, runs something or fetches something."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        raise ValueError("the logo is not a well-formed SVG picture") from None
    if etree.QName(root).localname != "svg":
        raise ValueError("the logo is not an SVG picture")
    for element in root.iter(etree.Element):
        names = {etree.QName(key).localname: value for key, value in element.attrib.items()}
        runs = etree.QName(element).localname in ("script", "foreignObject") or any(n.startswith("on") for n in names)
        fetched = FETCHED.search(" ".join([*names.values(), element.text or ""]))
        if runs or fetched or not names.get("href", "#").startswith(("#", "data:image/")):
            raise ValueError(f"the logo's {etree.QName(element).localname} element runs or fetches something")
