"""Which of six words a comparison has earned."""

from __future__ import annotations

from typing import overload

import numpy as np
import pandas as pd

from reportlib.statistics.result import Array, Estimate, Numbers, as_floats, common_index, method
from reportlib.words import DISPROPORTIONATE, INCONCLUSIVE, NOT_ASSESSED, PARITY, SIZE_UNCERTAIN, SMALL

Band = tuple[float, float]  # relative rates between these are close to parity
BAND: Band = (0.8, 1.25)  # the four-fifths rule and its inverse (Uniform Guidelines, 1978)
ALPHA = 0.05
ROUNDING = 1e-9  # a ratio of 0.8 may come out as 0.7999999999999999, and its inverse as 1.25


@overload
def verdict(estimate: Estimate, adjusted_p: float | None, band: Band = BAND, assessed: bool = True) -> str: ...
@overload
def verdict(
    estimate: pd.DataFrame, adjusted_p: Numbers, band: Band = BAND, assessed: bool | Array | pd.Series = True
) -> pd.Series: ...
@method(
    formula=f"significant (adjusted p ≤ 0.05): {DISPROPORTIONATE} where the ratio lies outside the band, "
    f"{SMALL} where the whole interval lies inside, else {SIZE_UNCERTAIN}; not "
    f"significant: {PARITY} where the whole interval lies inside, else {INCONCLUSIVE}; "
    f"{NOT_ASSESSED} where suppressed or too small",
    source="Uniform Guidelines on Employee Selection Procedures (1978) for the band; Altman and Bland (1995)",
    used="the word for every crude comparison with the reference",
    cannot_say=f"why; and {INCONCLUSIVE} never means that there is no difference",
)
def verdict(
    estimate: Estimate | pd.DataFrame,
    adjusted_p: Numbers | None,
    band: Band = BAND,
    assessed: bool | Array | pd.Series = True,
) -> str | pd.Series:
    """The word that a comparison has earned, one of six.

    One of `VERDICTS` for an Estimate, or a Series of them for a frame of estimates. `estimate` is the ratio judged
    (for shares, of the side that `judge_complement` names); `adjusted_p` is its p-value within its family. A ratio or
    p-value that is missing is not assessed. Raises ValueError unless the band holds 1, p-values lie between 0 and 1,
    and columns are of the same rows.
    """
    if not 0 < band[0] < 1 < band[1]:
        raise ValueError(f"the band must hold 1, not {band[0]} to {band[1]}")
    one = isinstance(estimate, Estimate)
    frame = pd.DataFrame([vars(estimate)]) if isinstance(estimate, Estimate) else estimate
    common_index({"estimate": frame["value"], "adjusted_p": adjusted_p, "assessed": assessed})
    value, lower, upper = (as_floats(frame[name]) for name in ("value", "lower", "upper"))
    p = as_floats(adjusted_p)
    if ((p < 0) | (p > 1)).any():
        raise ValueError("a p-value lies outside 0 to 1")
    low, high = band[0] * (1 - ROUNDING), band[1] * (1 + ROUNDING)
    significant = p <= ALPHA * (1 + ROUNDING)
    inside = (lower >= low) & (upper <= high)  # a missing limit reaches outside
    words = np.select(
        [
            np.isnan(value) | np.isnan(p) | ~np.broadcast_to(np.asarray(assessed, dtype=bool), value.shape),
            significant & ((value < low) | (value > high)),
            significant & inside,
            significant,
            inside,
        ],
        [NOT_ASSESSED, DISPROPORTIONATE, SMALL, SIZE_UNCERTAIN, PARITY],
        INCONCLUSIVE,
    )
    return str(words[0]) if one else pd.Series(words, index=frame.index, dtype="str")
