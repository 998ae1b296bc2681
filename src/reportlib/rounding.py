"""How finely figures are printed: those of a comparison, and the estimates that are handed over for one."""

from __future__ import annotations

import pandas as pd

from reportlib.figures import FIGURES, FINEST, NARROW, RATIOS, Of, Printed, as_printed
from reportlib.measures import TableSpec
from reportlib.statistics.verdict import ALPHA


def rounded(frame: pd.DataFrame, spec: TableSpec, decimals: int | None = None) -> pd.DataFrame:
    """Every figure to the precision at which it is published, so that nothing finer is ever shown.

    `decimals` are those of relative rates; without them the width of their intervals decides.
    """
    held = {name: figure.printed for name, figure in FIGURES.items() if name in frame}
    for name in (name for name, printed in held.items() if printed == Printed.P_VALUE):
        frame[name] = p_as_printed(frame[name])
    level, gap = (3, 1) if spec.measure.kind == "proportion" else (spec.measure.decimals, spec.measure.decimals)
    places = dict.fromkeys(Printed, 2) | {Printed.LEVEL: level, Printed.GAP: gap, Printed.P_VALUE: 3, Printed.NUMBER: 0}
    uppers = [name for name in RATIOS if name in held and name.endswith("_upper") and FIGURES[name].of != Of.UNKNOWN]
    widths = [frame[name].round(2) - frame[name.replace("upper", "lower")].round(2) for name in uppers]
    if decimals:
        places[Printed.RATIO] = decimals
    elif widths and pd.concat(widths).dropna().round(2).lt(NARROW).all():
        places[Printed.RATIO] = FINEST[spec.measure.kind]
    if spec.measure.kind == "proportion":  # before the rest: 35.48% rounded twice would be 36%
        coarse = frame["denominator"].lt(100).fillna(False)
        shares = [name for name in ("value", "lower", "upper") if name in frame]
        frame.loc[coarse, shares] = frame.loc[coarse, shares].round(2)
    made = frame.round({name: places[printed] for name, printed in held.items()})
    stems = {name: name.removesuffix("ratio") or "ratio_" for name in held if name.endswith("ratio")}
    limited = [*stems.items(), *([("ratio", "bound_")] if "bound_lower" in held else [])]
    for triple in ([name, f"{stem}lower", f"{stem}upper"] for name, stem in limited):
        made[triple] = as_printed(frame[triple].to_numpy(float), 10.0 ** -places[Printed.RATIO])
    return made


def p_as_printed(p: pd.Series) -> pd.Series:
    """P-values to three decimals, none as if it were at the level of significance when it lies above."""
    return p.mask(p.gt(ALPHA) & p.round(3).le(ALPHA), ALPHA + 0.001).round(3)


def to_what_is_printed(estimates: pd.DataFrame, spec: TableSpec, decimals: int) -> pd.DataFrame:
    """Estimates that may be made of hidden counts, no finer than a table with relative rates so fine prints them.

    And without the p-values that it does not print: who knows all but a few counts could find these from either.
    """
    kind, ends = estimates["statistic"], ["value", "lower", "upper"]
    found, ratios = estimates.copy(), kind.isin(["adjusted", "modelled", "expected"])
    if ratios.any():
        found.loc[ratios, ends] = as_printed(found.loc[ratios, ends].to_numpy(float), 10.0**-decimals)
    tests = kind.isin(["homogeneity", "interaction", "others"])
    found.loc[tests, "value"] = p_as_printed(found.loc[tests, "value"])
    for name, places in {"standardised": spec.measure.decimals, "agreement": 3, "kappa": 2}.items():
        found.loc[kind.eq(name), ends] = found.loc[kind.eq(name), ends].astype(float).round(places)
    # That of a clustered rate comes from counts that are shown
    found["p_value"] = found["p_value"].where(kind.eq("ratio"))
    return found
