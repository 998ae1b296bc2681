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
    root.attrib.update({"role": "img", "aria-label": alt})
    if family:
        root.set("font-family", family)
        return etree.tostring(root, encoding="unicode")
    for name in STYLED:
        root.attrib.pop(name, None)
    return etree.tostring(root, encoding="unicode").replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)
