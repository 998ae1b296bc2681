"""Charts made fit to stand inside a page."""

from __future__ import annotations

from lxml import etree


def labelled(svg: str, alt: str, family: str = "") -> str:
    """The chart as an SVG element with the role of an image and `alt` as its name.

    Its text takes the page's typeface, which must not run wider than the one it was laid out with.
    """
    root = etree.fromstring(svg.encode())
    del root.attrib["font-family"]
    for name, value in {"role": "img", "aria-label": alt, **({"font-family": family} if family else {})}.items():
        root.set(name, value)
    return etree.tostring(root, encoding="unicode")
