"""The figures of a comparison: what each is made of, and how finely it is printed."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FINEST = {"proportion": 3, "rate": 2}  # decimals to which a relative rate and all made with it may be printed
NARROW = 0.1  # width of an interval, under which two decimals would blur a relative rate
COARSE = 0.05  # to the nearest of which a relative rate over strata is given where counts in them are hidden
STEPS = f"steps of {COARSE}"  # the unit of such figures

Of = Enum("Of", ["GROUP", "PAIR", "UNKNOWN", "STRATA", "WHOLE"])
ALONE = (Of.GROUP, Of.WHOLE)  # not of two groups of the same table
Printed = Enum("Printed", ["LEVEL", "GAP", "RATIO", "P_VALUE", "FACTOR", "NUMBER"])  # gaps of shares: 100 × shares


class Figure(NamedTuple):
    """What a figure of a group is made of, how it is printed, and whether it stands beside a verdict alone.

    It is made of the group's own counts, also of the reference group's (a pair), of those whose ethnicity is not
    stated too, or of counts within strata, which may be hidden; or it is the same figure of the whole, of which an
    edition is a part.
    """

    of: Of
    printed: Printed
    judged: bool = False


def _with_limits(name: str, of: Of, printed: Printed, judged: bool = False) -> dict[str, Figure]:
    stem = "" if name == "value" else f"{name.removesuffix('_ratio')}_"
    return dict.fromkeys((name, f"{stem}lower", f"{stem}upper"), Figure(of, printed, judged))


FUNNEL = {"95": 0.95, "998": 0.998}  # warning and alarm limits (Spiegelhalter 2005)
LIMITS = tuple(f"{end}_{name}" for name in FUNNEL for end in ("lower", "upper"))
FIGURES: dict[str, Figure] = {
    **_with_limits("value", Of.GROUP, Printed.LEVEL),
    **_with_limits("ratio", Of.PAIR, Printed.RATIO, judged=True),
    **_with_limits("gap", Of.PAIR, Printed.GAP),
    "p_adjusted": Figure(Of.PAIR, Printed.P_VALUE),
    "deff": Figure(Of.GROUP, Printed.FACTOR),
    "detectable_below": Figure(Of.PAIR, Printed.FACTOR),
    "detectable_above": Figure(Of.PAIR, Printed.FACTOR),
    "cases_needed": Figure(Of.PAIR, Printed.NUMBER),
    "bound_lower": Figure(Of.UNKNOWN, Printed.RATIO, judged=True),
    "bound_upper": Figure(Of.UNKNOWN, Printed.RATIO, judged=True),
    "tipping": Figure(Of.UNKNOWN, Printed.FACTOR, judged=True),
    **_with_limits("adjusted_ratio", Of.STRATA, Printed.RATIO),
    "homogeneity_p": Figure(Of.STRATA, Printed.P_VALUE),
    **_with_limits("modelled_ratio", Of.STRATA, Printed.RATIO),
    "interaction_p": Figure(Of.PAIR, Printed.P_VALUE),
    **_with_limits("expected_ratio", Of.GROUP, Printed.RATIO),
    "standardised": Figure(Of.GROUP, Printed.LEVEL),
    **dict.fromkeys(LIMITS, Figure(Of.GROUP, Printed.LEVEL)),
    "others_p": Figure(Of.PAIR, Printed.P_VALUE),
    "national_value": Figure(Of.WHOLE, Printed.LEVEL),
    **_with_limits("national_ratio", Of.WHOLE, Printed.RATIO),
}
RATIOS = [name for name, figure in FIGURES.items() if figure.printed == Printed.RATIO]


def ratio_decimals(frame: pd.DataFrame) -> int:
    """Decimal places of a table's relative rates: three where they were rounded so, else two."""
    shown = frame[[name for name in RATIOS if name in frame]].astype(float)
    return 3 if (shown - shown.round(2)).abs().gt(1e-9).any(axis=None) else 2


def as_printed(ratios: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Ratios, each followed by its two limits, to the nearest `step`.

    No limit is printed as 1 that leaves 1 out, unless the ratio is so printed: who reads it would take it in.
    """
    exact, per = ratios.reshape(*ratios.shape[:-1], -1, 3), 1 / step
    told = np.round(exact * per) / per
    told[..., 1] += step * ((exact[..., 1] > 1) & (told[..., 1] == 1) & (told[..., 0] > 1))
    told[..., 2] -= step * ((exact[..., 2] < 1) & (told[..., 2] == 1) & (told[..., 0] < 1))
    return told.reshape(ratios.shape)


def undone(ratio: Any, adjusted: Any, lower: Any, upper: Any, band: tuple[float, float]) -> Any:
    """Whether adjustment undoes a difference, and does not merely make it less certain.

    Floats or float arrays: the crude ratio, and the adjusted one with its limits. True where at least half of the
    difference is gone (on the log scale; all of it, where the ratio is now on the other side of 1), what is left lies
    within the band, and its interval holds 1. A missing figure undoes nothing.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.sign(np.log(ratio)) * (2 * np.log(adjusted) - np.log(ratio)) <= 0
    return gone & (adjusted >= band[0]) & (adjusted <= band[1]) & (lower <= 1) & (upper >= 1)


def undone_rows(rows: pd.DataFrame, band: tuple[float, float]) -> pd.Series:
    """Which differences of a comparison's rows adjustment undoes."""
    names = ["ratio", "adjusted_ratio", "adjusted_lower", "adjusted_upper"]
    crude, adjusted, lower, upper = (rows[name].astype(float) for name in names)
    return undone(crude, adjusted, lower, upper, band)  # type: ignore[no-any-return]


SMALLER, ALIKE, LARGER = "a smaller difference", "a difference about as large", "a larger difference"
UNSIZED = "a difference"
REMAINS = (LARGER, ALIKE, SMALLER, UNSIZED)


def how_large(ratio: float, adjusted: float, coarse: bool) -> str:
    """What adjustment leaves of a difference, beside the crude one: one of `REMAINS`.

    About as large is within a fifth of the crude difference on the log scale, or one per cent of the relative rate. Of
    an adjusted one to the nearest `COARSE` nothing is said of the size that rounding can have brought about.
    """

    def size(adjusted: float) -> str:
        with np.errstate(divide="ignore", invalid="ignore"):
            crude, left = abs(np.log(ratio)), abs(np.log(adjusted))
        same = ratio == adjusted or abs(left - crude) <= max(0.2 * crude, 0.01) < np.inf
        return ALIKE if same else LARGER if left > crude else SMALLER

    reach = COARSE / 2 if coarse else 0
    sizes = {size(adjusted + by) for by in (-reach, 0, reach)}
    return UNSIZED if len(sizes) > 1 else sizes.pop()
