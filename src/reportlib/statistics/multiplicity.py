"""Many comparisons at once."""

from __future__ import annotations

import numpy as np

from reportlib.statistics.result import Array, Numbers, as_floats, method


@method(
    title="adjusted p-value",
    formula="Benjamini-Hochberg: the i-th smallest of m p-values × m/i, made monotone from the largest down",
    source="Benjamini and Hochberg (1995)",
    used="the family of one outcome × one grouping × the headline period, or all single years, at 5%; in an edition of "
    "a part the national table of all parts, where it has the comparisons: it drives the wording; a hidden comparison "
    "counts with p = 1, one that could not be made does not",
    cannot_say="anything about intervals, which stay unadjusted",
)
def adjust_p(p_values: Numbers, method: str = "fdr_bh") -> float | Array:
    """P-values adjusted for the size of their family.

    A scalar or an array; missing p-values (comparisons not assessed) stay missing and leave the family.
    `method` is any that statsmodels knows ("fdr_bh", which the report uses, "holm", "bonferroni"). Raises ValueError
    for a p-value outside 0–1 or an unknown method.
    """
    from statsmodels.stats.multitest import multipletests

    given = as_floats(p_values)
    known = ~np.isnan(given)
    if ((given[known] < 0) | (given[known] > 1)).any():
        raise ValueError("a p-value lies outside 0 to 1")
    adjusted = np.full(len(given), np.nan)
    if known.any():
        adjusted[known] = multipletests(given[known], method=method)[1]
    return adjusted if np.ndim(p_values) else float(adjusted[0])  # type: ignore[arg-type]
