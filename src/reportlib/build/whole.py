"""What an edition takes over from the report of the whole: verdicts that both show, and figures beside its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pandas as pd

from reportlib.comparison import against_others, told_verdicts
from reportlib.editions import Edition
from reportlib.inputs.estimates import COLUMNS
from reportlib.measures import TableSpec
from reportlib.statistics import Band
from reportlib.words import TOLD_VERDICTS

Compared = Callable[[TableSpec], pd.DataFrame]  # what a table of the whole shows, as `reportlib.comparison.compare`


def shown_by_part(edition: Edition, spec: TableSpec, tables: Iterable[TableSpec]) -> TableSpec | None:
    """The table of the whole by ethnic group within parts that has an edition's comparisons; None if there is none.

    Of a table that divides the edition further it has those of all of it.
    """
    if not edition.dimension or len(edition.values) > 1 or not spec.compared or edition.dimension in spec.by:
        return None
    for other in tables:
        alike = replace(other, id=spec.id, by=spec.by, adjust=spec.adjust, national=spec.national) == spec
        if alike and {*other.by} == {edition.dimension, "ethnicity"}:
            return other
    return None


def family(whole: pd.DataFrame, edition: Edition) -> int:
    """How many comparisons a table of the whole has within parts, hidden ones among them; 0 where it has not these."""
    part, judged = whole[str(edition.dimension)], whole["p_adjusted"].notna() | whole["mark"].eq("c")
    compared = whole["verdict"].notna() & judged
    return int((compared & part.ne("all")).sum()) if (compared & part.eq(edition.code)).any() else 0


def taken_over(
    edition: Edition,
    spec: TableSpec,
    among: TableSpec | None,
    compared: Compared,
    band: Band,
    level: float,
) -> pd.DataFrame:
    """Rows of estimates for an edition's table, of which `among` has the comparisons.

    By statistic: "family" is the p-value of a comparison, adjusted for all of `among`, and "others" that of the test
    whether its relative rate differs from that of all other parts together; "national_value" and "national_ratio" are
    the measure and the relative rate of the whole, and "national_verdict" its place in `TOLD_VERDICTS`.
    """
    columns = [*spec.by, *COLUMNS]

    def told(of: pd.DataFrame, statistic: str, value: str, *limits: str) -> pd.DataFrame:
        held = of[[*spec.by, value, *limits]].set_axis([*spec.by, *COLUMNS[1 : 2 + len(limits)]], axis=1)
        return held.assign(statistic=statistic).reindex(columns=columns)

    found = []
    if among:
        whole = compared(among)
        inner = whole[whole[str(edition.dimension)].ne("all")].reset_index(drop=True)
        inner["others"] = against_others(inner, level)["p_value"]
        own = inner[inner[str(edition.dimension)].eq(edition.code)].assign(**dict.fromkeys(spec.strata, "all"))
        found += [told(own, "family", "p_adjusted"), told(own, "others", "others")]
    if edition.dimension and spec.headline:
        whole = compared(spec)
        few = (spec.measure.kind == "proportion") & whole["denominator"].lt(100).fillna(True)
        place = told_verdicts(whole, band).map(TOLD_VERDICTS.index, na_action="ignore")
        whole = whole.assign(place=place)[~few & whole["value"].notna()]
        found += [
            told(whole, "national_value", "value"),
            told(whole, "national_ratio", "ratio", "ratio_lower", "ratio_upper"),
            told(whole, "national_verdict", "place"),
        ]
    rows = [each.astype(dict.fromkeys(COLUMNS[1:], float)).dropna(subset="value") for each in found]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
