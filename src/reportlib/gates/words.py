"""What counts as real alt text and as a link that says where it leads; the same for HTML and PDF."""

from __future__ import annotations

import re
from collections.abc import Collection

SHORTEST = 30  # characters: fewer cannot say what a chart shows
PLACEHOLDERS = (
    "no description has been provided for this image",  # nbconvert 7 writes this by itself
    "image", "chart", "figure", "graph", "plot", "picture", "logo", "alt text", "todo", "untitled",
)  # fmt: skip
VAGUE = ("here", "click here", "link", "this", "this link", "more", "read more", "details", "download", "page")


def vague_alt(alt: str, captions: Collection[str], short: bool = False) -> str:
    """What is wrong with alt text; empty if nothing is. A logo's may be short."""
    plain = " ".join(alt.lower().split()).rstrip(".")
    if not plain:
        return "a picture without alt text"
    if plain in PLACEHOLDERS or re.fullmatch(r"\S+\.(png|svg|jpe?g|gif)", plain):
        return f"alt text that only stands in for one: “{alt}”"
    if any(plain == caption.lower().rstrip(". ") for caption in captions):
        return "alt text that is the caption again"
    if len(plain) < SHORTEST and not short:
        return f"alt text too short to say what a chart shows: “{alt}”"
    return ""


def vague_link(text: str) -> str:
    """What is wrong with a link's words; empty if nothing is."""
    if not text.strip():
        return "a link without words"
    if text.lower().strip(" .…>→") in VAGUE or re.match(r"https?://", text):
        return f"a link that does not say where it leads: “{text}”"
    return ""
