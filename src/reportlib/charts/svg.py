"""A matplotlib figure becomes a small, safe SVG: attributes only, places to a tenth, ids of its own."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from xml.etree import ElementTree

from matplotlib.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"
TEXT = 14  # the size of all text, in the units of the viewBox
FONTS = "DejaVu Sans, Arial, sans-serif"
INK = "#0b0c0c"
# SVG's own initial values, which need not be said
INITIAL = {
    ("stroke-linecap", "butt"),
    ("stroke-dashoffset", "0"),
    ("fill-opacity", "1"),
    ("stroke-opacity", "1"),
    ("stroke-width", "1"),
    ("opacity", "1"),
    ("text-anchor", "start"),
    ("font-size", str(TEXT)),
}
SHARED = ("stroke", "stroke-width", "stroke-linecap", "text-anchor", "clip-path")
INHERITED = ("stroke-linejoin", "font-family")  # said once, on the root, as is the colour of text
DECIMAL = re.compile(r"-?\d+\.\d+|-0\b")
PLACES = ("d", "x", "y")
MOVED = re.compile(r"translate\([^)]*\)")
LINE = re.compile(r"M[\d. -]+[LHV][\d. -]+")  # has no area to fill
NOWHERE = re.compile(r"M[\d. -]+")  # a path that goes nowhere, as the line of a single marker


@dataclass(frozen=True)
class Chart:
    """A picture and its text alternative."""

    svg: str
    alt: str


def drawn(figure: Figure, name: str) -> str:
    """The figure as SVG text. The same figure and name give the same bytes.

    No style element, style attribute, script, metadata or unused id is left, so that the picture obeys a
    strict Content-Security-Policy and stands beside others in one document.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(buffer.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{SVG}style", f"{SVG}metadata"):
                parent.remove(child)
    for element in root.iter():
        _plain(element)
    _unrepeat(root)
    _name_ids(root, "c" + hashlib.sha256(name.encode()).hexdigest()[:6])
    _flatten(root)
    _share(root)
    _flatten(root)
    _, _, width, height = root.attrib["viewBox"].split()
    root.attrib = {
        "viewBox": f"0 0 {width} {height}",
        "width": f"{float(width) * 1.3:.0f}",
        "height": f"{float(height) * 1.3:.0f}",
        "font-family": FONTS,
        "font-size": str(TEXT),
        "fill": INK,
        "stroke-linejoin": "round",
    }
    ElementTree.register_namespace("", SVG.strip("{}"))
    return re.sub(r">\s+<", "><", ElementTree.tostring(root, encoding="unicode")).strip()


def _plain(element: ElementTree.Element) -> None:
    """Style declarations become attributes; places keep one decimal, other numbers two."""
    declarations = dict(part.split(":", 1) for part in element.attrib.pop("style", "").split(";") if ":" in part)
    for key, value in ((key.strip(), value.strip().removesuffix("px")) for key, value in declarations.items()):
        if (key, value) not in INITIAL and key not in INHERITED and (key, value.lower()) != ("fill", INK):
            element.set(key, value)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if XLINK in element.attrib:
        element.set("href", element.attrib.pop(XLINK))
    for key, value in element.attrib.items():
        if key not in ("id", "href", "clip-path"):
            element.set(key, DECIMAL.sub(partial(_rounded, 1 if key in PLACES or MOVED.fullmatch(value) else 2), value))
    if element.tag == f"{SVG}path":
        element.set("d", _along(re.sub(r"\s*([A-Za-z])\s*", r"\1", element.get("d", "").strip())))
        if LINE.fullmatch(element.get("d", "")) and element.get("fill") == "none":
            del element.attrib["fill"]


def _rounded(decimals: int, match: re.Match[str]) -> str:
    return f"{round(float(match[0]), decimals) + 0:.{decimals}f}".rstrip("0").rstrip(".") if "." in match[0] else "0"


def _along(path: str) -> str:
    """Straight steps across or down name one coordinate, not both."""
    steps, at = [], [""]
    for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        to = numbers.split()
        if letter == "L" and to[1:] == at[1:]:
            steps.append(f"H{to[0]}")
        elif letter == "L" and to[:1] == at[:1]:
            steps.append(f"V{to[1]}")
        else:
            steps.append(letter + numbers)
        at = to[-2:]
    return "".join(steps)


def _unrepeat(root: ElementTree.Element) -> None:
    """What a shape says of itself, a use of it need not say; nor with what to fill a line."""
    shapes = {element.get("id"): element for element in root.iter() if element.get("id")}
    for use in root.iter(f"{SVG}use"):
        shape = shapes[use.attrib["href"].removeprefix("#")].attrib
        own = shape | ({"fill": ""} if LINE.fullmatch(shape.get("d", "")) else {})
        for key in [key for key in use.attrib if key in own and key not in ("id", "href", "x", "y", "transform")]:
            del use.attrib[key]


def _name_ids(root: ElementTree.Element, prefix: str) -> None:
    """Ids that something refers to become prefix + number; the rest go."""
    text = ElementTree.tostring(root, encoding="unicode")
    used = dict.fromkeys(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", text))
    names = {old: f"{prefix}-{i}" for i, old in enumerate(used)}
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in names:
            element.set("id", names[old])
        for key, value in element.attrib.items():
            match = re.fullmatch(r"url\(#(.+)\)|#(.+)", value)
            if match and (match[1] or match[2]) in names:
                element.set(key, value.replace(match[1] or match[2], names[match[1] or match[2]]))


def _flatten(parent: ElementTree.Element) -> None:
    """Groups that say nothing give way to what they hold; what draws nothing goes."""
    children: list[ElementTree.Element] = []
    for child in parent:
        _flatten(child)
        if child.tag == f"{SVG}g" and not child.attrib:
            children += list(child)
        elif not (child.tag == f"{SVG}defs" and not len(child)) and not NOWHERE.fullmatch(child.get("d", "")):
            children.append(child)
    parent[:] = children


def _share(root: ElementTree.Element) -> None:
    """What several neighbours say alike, a group says once."""
    children: list[ElementTree.Element] = []
    for told, run in groupby(root, lambda child: {name: child.get(name) for name in SHARED if name in child.attrib}):
        alike = list(run)
        if told and len(alike) > 2:
            for child in alike:
                child.attrib = {name: value for name, value in child.attrib.items() if name not in told}
            group = ElementTree.Element(f"{SVG}g", told)
            group[:] = alike
            alike = [group]
        children += alike
    root[:] = children
