"""Charts made fit to stand inside a page."""

from __future__ import annotations

from lxml import etree

STYLED = ("font-family", "font-size", "fill", "stroke-linejoin")  # of the whole, by the page's style sheet


def labelled(svg: str, alt: str, family: str = "") -> str:
    """The chart as an SVG element with the role of an image and `alt` as its name.

    Its text takes `family`, or the typeface of the page that styles it, which must not run wider than the one it was
    laid out with.
    """
    root = etree.fromstring(svg.encode())
    for name in () if family else STYLED:
        root.attrib.pop(name, None)
    for name, value in {"role": "img", "aria-label": alt, **({"font-family": family} if family else {})}.items():
        root.set(name, value)
    text = etree.tostring(root, encoding="unicode")
    return text if family else text.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)
