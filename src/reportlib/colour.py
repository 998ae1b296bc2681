"""Contrast of colours, as WCAG 2.2 defines it (success criterion 1.4.3, W3C 2023)."""

from __future__ import annotations

TEXT_CONTRAST = 4.5  # WCAG 2.2 AA, 1.4.3


def _channels(colour: str) -> list[int]:
    digits = colour.strip().lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return [int(digits[start : start + 2], 16) for start in (0, 2, 4)]


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white), of "#rrggbb" or "#rgb"; ValueError for anything else."""
    shares = [channel / 255 for channel in _channels(colour)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lighten(colour: str, against: str, ratio: float = TEXT_CONTRAST) -> str:
    """The same colour, mixed with as little white as makes it readable on a dark ground."""
    channels = _channels(colour)
    for percent in range(0, 101, 5):
        mixed = [round(channel + (255 - channel) * percent / 100) for channel in channels]
        lighter = "#{:02x}{:02x}{:02x}".format(*mixed)
        if contrast(lighter, against) >= ratio:
            return lighter
    return "#ffffff"
