"""What stands behind the verdicts of a comparison, in tables beside it: evidence, standardised rates, gaps, funnels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from reportlib.comparison import told_verdicts
from reportlib.comparison_tables import (
    Column,
    Comparison,
    Row,
    comparison_columns,
    family_note,
    figure_column,
    header,
    intervals_note,
    judged_columns,
    limits_column,
    measure_columns,
    ratio_columns,
    relative_rate,
    table_of,
    verdict_column,
)
from reportlib.ethnicity import label
from reportlib.figures import COARSE
from reportlib.statistics import METHODS
from reportlib.statistics.verdict import ALPHA
from reportlib.tables import Table, text_cell
from reportlib.words import ONLY_COUNTED, PARTS_OF, dimensions, lower_first, missing, number, p_value, people, ratio


def evidence_table(of: Comparison) -> Table:
    """All that is known of each comparison in one row: the figures of its table, and what stands behind its verdict.

    The reference group has a row too, since its counts and design effect are half of every comparison.
    """
    spec, places = of.spec, of.places
    decimals = 1 if of.share else spec.measure.decimals
    rows = of.frame[of.frame["verdict"].notna() | of.frame["ethnicity"].eq(of.reference)]

    def detectable(row: Row) -> dict[str, Any]:
        ends = "detectable_below", "detectable_above"
        return row.range(*ends, lambda *both: " or ".join(ratio(end) for end in both if not missing(end)))

    def tipping(row: Row) -> dict[str, Any]:
        whom = "group" if missing(row.row["ratio"]) or row.row["ratio"] < 1 else "reference"
        return row.figure("tipping", lambda value: f"{number(value, '%')} to the {whom}")

    *measured, judged = comparison_columns(of)
    columns = [
        *measured,
        *_adjusted_columns(of),
        figure_column(
            "gap", "Gap", lambda value: number(value, "", decimals), "percentage points" if of.share else of.unit
        ),
        *([limits_column(of, "gap", decimals)] if of.share else []),
        figure_column("p_adjusted", "Adjusted p", p_value),
        figure_column("deff", "Design effect", lambda value: number(value, "", 1)),
        Column("detectable", "Least ratio shown", detectable),
        figure_column("cases_needed", "Cases needed", number),
        Column("bounds", "If all were known", lambda row: row.limits("bound_lower", "bound_upper", places)),
        Column("tipping", "Tipping point", tipping),
        judged,
    ]
    notes = [
        spec.measure.definition,
        intervals_note(of),
        *family_note(of),
        *_adjusted_notes(of),
        *([f"The {of.interval} of the gap is {METHODS['difference'].interval}."] if of.share else []),
        "Methods and quality explains each figure, under the words used in this report.",
    ]
    return _derived("evidence", "How sure we can be", of, rows, columns, notes)


def _adjusted_columns(of: Comparison) -> list[Column]:
    """What is left of each relative rate when other characteristics are held equal."""
    if not of.spec.adjust:
        return []
    columns = ratio_columns(of, "adjusted_ratio", "Adjusted relative rate", "adjusted")
    if of.share:
        columns.append(figure_column("homogeneity_p", "Same in every stratum (p)", p_value))
    return columns + (ratio_columns(of, "modelled_ratio", "Modelled relative rate", "modelled") if of.modelled else [])


def _adjusted_notes(of: Comparison) -> list[str]:
    if not of.spec.adjust:
        return []
    held = dimensions(of.spec.adjust)
    kind = METHODS["mantel_haenszel" if of.share else "mantel_haenszel_rate"].interval
    notes = [f"The adjusted relative rate holds {held} equal (Mantel-Haenszel); its {of.interval} is {kind}."]
    if of.frame.loc[of.frame["adjusted_ratio"].notna(), "coarse"].any():
        notes.append(
            f"Where a count in one of these strata is hidden, it is given to the nearest {COARSE}, with its limits, so "
            "that it does not tell the count; where even that would, it is hidden."
        )
    if of.share:
        notes.append(
            "Same in every stratum: the p-value of Cochran's test that the relative rate does not differ between "
            "strata, over those with enough cases. A small one means that one figure does not sum them up."
        )
    if of.modelled:
        notes.append(
            f"The modelled relative rate comes from a logistic model of {held}, clustered on person; its "
            f"{of.interval} is {METHODS['adjusted_risk_ratio'].interval}. Where it agrees with the adjusted "
            "one, the answer does not hang on the method."
        )
    return notes


def standardised_table(of: Comparison) -> Table:
    """Each group against all prisoners; a description, from which no verdict is read."""
    places = of.spec.measure.decimals
    columns = [
        *ratio_columns(of, "expected_ratio", "Observed to expected", "expected"),
        figure_column("standardised", "Standardised rate", lambda value: number(value, "", places), of.unit),
    ]
    held, first = dimensions(of.spec.adjust), dimensions(of.spec.adjust[:1])
    notes = [
        f"Observed to expected: the events seen, divided by those expected if each combination of {held} had the rate "
        f"of all prisoners. Its {of.interval} is {METHODS['indirect_ratio'].interval}.",
        f"Standardised rate: what the rate would be if the {first} of the group were that of all prisoners in the last "
        "year of the period. It has no interval, since the two together would give events by age away; on few events "
        "there is none.",
        f"Both are descriptions. All prisoners {'are those of this edition, and ' * bool(of.part)}include the group "
        "itself, so no verdict is read from them; the adjusted relative rate compares two groups.",
    ]
    known = of.frame[of.frame[["expected_ratio", "standardised"]].notna().any(axis=1)]
    return _derived("standardised", "Against all prisoners", of, known, columns, notes)


def gap_table(of: Comparison) -> Table:
    """Whether the gap of each group to the reference has changed over the years."""

    def reading(row: Row) -> dict[str, Any]:
        return text_cell("the gap has changed" if row.row["interaction_p"] <= ALPHA else "no clear change")

    columns = [figure_column("interaction_p", "P-value", p_value), Column("reading", "Has the gap changed?", reading)]
    test = (
        "the product of group and year in a logistic model, clustered on person"
        if of.spec.measure.kind == "proportion"
        else "a score test for a trend in the ratio of the two rates"
    )
    notes = [
        f"The p-value of a test of whether the gap to {people(label(of.reference))} widened or narrowed steadily over "
        f"the years: {test}. It is not adjusted for the number of groups.",
        "No clear change does not mean that the gap has stayed the same.",
    ]
    known = of.frame[of.frame["interaction_p"].notna()]
    return _derived("gap", "Has the gap changed", of, known, columns, notes, ("ethnicity",))


def national_table(of: Comparison) -> Table:
    """An edition's figures beside those of the whole; without rows in the report of the whole itself."""
    own, whole = measure_columns(of)[0], "England and Wales"
    sign, places = ("%", 1) if of.share else ("", of.spec.measure.decimals)
    kind = relative_rate(of)
    columns = [
        Column("verdict", f"Verdict, {of.part}", lambda row: text_cell(row.row["told"])),
        replace(own, label=f"{own.label}, {of.part}"),
        figure_column("national_value", f"{own.label}, {whole}", lambda value: number(value, sign, places), own.unit),
        *judged_columns(of, f"{kind}, {of.part}"),
        *ratio_columns(of, "national_ratio", f"{kind}, {whole}", "national"),
        verdict_column("national_verdict", f"Verdict, {whole}"),
    ]
    notes = [
        f"{whole} is the national edition, of which this one is part. Rates are crude, and both compare with "
        f"{people(label(of.reference))}. A verdict is{ONLY_COUNTED} where chance could account for what adjustment "
        "leaves.",
        intervals_note(of),
    ]
    if of.family and of.frame["others_p"].notna().any():
        others = f"the other {PARTS_OF[of.family[0]]} together"
        columns.append(figure_column("others_p", f"Differs from {others} (p)", p_value))
        notes.append(
            f"The p-value of a test whether a {lower_first(kind)} differs from that in {others}, as far as they could "
            "be compared and weighed by how sure each is, from the figures of the national edition; adjusted for all "
            "its comparisons of this kind."
        )
    else:
        notes.append(
            "Whether this edition differs from the whole is not tested: figures whose intervals overlap can differ by "
            "more than chance."
        )
    beside = of.frame["verdict"].notna() | of.frame["ethnicity"].eq(of.reference)
    rows = of.frame[beside & of.frame["national_value"].notna()]
    rows = rows.assign(told=told_verdicts(rows, of.band))
    return _derived("national", f"Beside {whole}", of, rows, columns, notes)


def funnel_table(of: Comparison) -> Table:
    """Which parts of the system lie further from the average than chance, for everybody together."""
    columns = [
        measure_columns(of)[0],
        Column("warning", "Inner limits", lambda row: row.limits("lower_95", "upper_95", 1, "%"), "%"),
        Column("alarm", "Outer limits", lambda row: row.limits("lower_998", "upper_998", 1, "%"), "%"),
        Column("reading", "Where it lies", lambda row: text_cell(standing(row.row))),
    ]
    notes = [
        f"Inner (95%) and outer (99.8%) limits are {METHODS['funnel_limits'].interval} about the average of all, on "
        "effective numbers, widened to the spread that all parts have in common. Where parts "
        "differ by more than chance, one within the limits is no further from the average than is usual; one in twenty "
        "would still lie outside the inner ones.",
        "These are figures of all ethnic groups together. They do not rank the parts.",
    ]
    parts = of.frame[of.frame["ethnicity"].eq("all") & of.frame["lower_95"].notna()]
    found = _derived("funnel", "", of, parts, columns, notes, of.spec.strata)
    return replace(found, caption=funnel_caption(of))


def funnel_caption(of: Comparison) -> str:
    """What a funnel shows: one measure by parts of the system, all groups together."""
    return f"{of.spec.measure.name} by {dimensions(of.spec.strata)}, all ethnic groups together, {of.period}"


def standing(row: Mapping[Any, Any]) -> str:
    """Where a part lies in a funnel."""
    for name, words in (("998", "outer"), ("95", "inner")):
        if not row[f"lower_{name}"] <= row["value"] <= row[f"upper_{name}"]:
            return f"{'below' if row['value'] < row[f'lower_{name}'] else 'above'} the {words} limits"
    return "within both limits"


DERIVED = {  # tables made of the comparison that another one shows; the kind stands at the end of the identifier
    "evidence": evidence_table,
    "standardised": standardised_table,
    "gap": gap_table,
    "national": national_table,
    "funnel": funnel_table,
}
LOOKED_UP = ("evidence", "funnel")  # by who doubts a verdict or a picture; the others answer a question themselves


def declared(identifier: str) -> str:
    """The declared table that a table belongs to: itself, or the one that it is derived from."""
    name, _, kind = identifier.rpartition("-")
    return name if kind in DERIVED else identifier


def _derived(
    kind: str, title: str, of: Comparison, frame: pd.DataFrame, columns: list[Column], notes: list[str],
    by: Sequence[str] = (),
) -> Table:  # fmt: skip
    """A table of some of the rows of a comparison, named by all its dimensions or those of `by`."""
    heads = map(header, [name for name in of.spec.by if name in (by or of.spec.by)])
    whole = lower_first(of.caption)
    notes = [*notes, f"Worked out from the table of {whole}."]
    made = table_of(of, f"{of.spec.id}-{kind}", f"{title}: {whole}", [*heads, *columns], frame, notes)
    return replace(made, folded=kind in LOOKED_UP)
