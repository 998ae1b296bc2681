"""What chapters found of their headlines, the tables by ethnic group alone: cards, and all verdicts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from reportlib import charts
from reportlib.ethnicity import groupings, label
from reportlib.facts import Fact, RowFacts, rows_of
from reportlib.figures import STEPS
from reportlib.measures import MEASURES
from reportlib.presentation import turned_by_much, varying, what_is_left
from reportlib.prose import gap_sentence
from reportlib.results import Results
from reportlib.statistics.verdict import ALPHA
from reportlib.tables import Table, words_table
from reportlib.words import (
    DISPROPORTIONATE,
    INCONCLUSIVE,
    MOST_NAMED,
    NOT_ASSESSED,
    ONLY_COUNTED,
    PARITY,
    PARTS_OF,
    SHORT,
    SIGNIFICANT,
    all_people,
    capital,
    dimensions,
    listed,
    lower_first,
    people,
)
from reportlib.years import span

BY_WEIGHT = (*SIGNIFICANT, INCONCLUSIVE, PARITY, NOT_ASSESSED)  # of a table; parity is said if nothing else is
NUMBERS = ["homogeneity_p", *charts.RATIOS]


class Headline:
    """A headline table of some results, with what its chapter said of it.

    Of its `rows`, those that are `compared` have a verdict; `base` is that of the reference group, empty if it was not
    published. What is disproportionate is `standing`, or `undone` by adjustment. `outcome` is what relative rates are
    of, where that is not what the measure names.
    """

    def __init__(self, of: Results, said: Fact) -> None:
        self.of, self.said, self.adjust = of, said, of.tables[said.table]["adjust"]
        self.frame = verdicts(of, [said.table])
        self.rows = rows_of(fact for fact in of.facts if fact.table == said.table)
        self.compared = [row for row in self.rows.values() if "verdict" in row]
        self.disproportionate = [row for row in self.compared if row.disproportionate]
        self.undone = [row for row in self.disproportionate if row.undone(of.band)]
        self.standing = [row for row in self.disproportionate if row not in self.undone]
        self.base = self.rows.get(f"{said.measure}/{said.by}/{of.reference}", RowFacts())
        self.outcome = next((row["ratio"].unit for row in self.compared), "")
        self.adjusted = any("adjusted_ratio" in row and not row["adjusted_ratio"].mark for row in self.compared)

    @property
    def weightiest(self) -> str:
        """The weightiest verdict."""
        held = [row.verdict for row in self.compared]
        return next((word for word in BY_WEIGHT if word in held), NOT_ASSESSED)

    def not_adjusted(self, rows: Sequence[RowFacts]) -> str:
        """Of which of these rows it is not told what adjustment leaves, and why."""
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row.unadjusted(self.adjust), []).append(row.who)
        several = self.adjusted or len(found) > 1
        return " ".join(text.format(f" for {all_people(who)}" * several) for text, who in found.items() if text)


def headlines(results: Results) -> list[Headline]:
    """The headlines of which something is said, in their order."""
    said = {fact.table: fact for fact in results.facts if fact.statistic == "sentence"}
    return [Headline(results, said[table]) for table in results.headlines if table in said]


def verdicts(results: Results, tables: Sequence[str]) -> pd.DataFrame:
    """The verdicts of some tables, in their order.

    Columns: stratum (the measure's name), group, label, text, verdict, mark, undone (whether adjustment undoes a
    difference), adjusted_mark, coarse (whether what is adjusted is), homogeneity_p, and the relative rates with limits.
    """
    rows = rows_of(fact for fact in results.facts if fact.table in tables).values()
    compared = sorted((row for row in rows if "verdict" in row), key=lambda row: tables.index(row["verdict"].table))
    told = [
        {
            "stratum": capital(ratio.unit) or MEASURES[row.measure].name,
            "group": row["verdict"].codes,
            "label": row.who,
            "text": (row.verdict if ratio.mark else f"{ratio.text} {row.verdict}") + ONLY_COUNTED * vanishes,
            "verdict": row.verdict,
            "mark": ratio.mark,
            "undone": vanishes,
            "adjusted_mark": row["adjusted_ratio"].mark if "adjusted_ratio" in row else "",
            "coarse": "adjusted_ratio" in row and row["adjusted_ratio"].unit == STEPS,
            **{name: row[name].value for name in NUMBERS if name in row},
        }
        for row in compared
        for ratio, vanishes in [(row["ratio"], row.verdict in SIGNIFICANT and row.undone(results.band))]
    ]
    words = ["stratum", "group", "label", "text", "verdict", "mark", "undone", "adjusted_mark", "coarse"]
    return pd.DataFrame(told, columns=[*words, *NUMBERS]).astype(dict.fromkeys(NUMBERS, float))


def verdicts_chart(results: Results, title: str) -> charts.Chart | None:
    """The verdicts of all headlines as a picture; None if there are too many groups for one."""
    frame = verdicts(results, results.headlines)
    if frame["label"].nunique() > charts.MOST_COLUMNS:
        return None
    return charts.verdict_heatmap(frame.replace({"label": SHORT}), title, label(results.reference))


def verdicts_table(results: Results) -> Table:
    """Relative rates and verdicts, a row a measure, behind their picture; a row a group where there are many."""
    frame = verdicts(results, results.headlines)
    order = [text for text in groupings()[results.grouping].labels.values() if text in set(frame["label"])]
    wide = frame.pivot(index="stratum", columns="label", values="text")
    wide = wide.reindex(index=frame["stratum"].unique(), columns=order).fillna("[x]")
    many = len(order) > charts.MOST_COLUMNS
    wide = (wide.T if many else wide).rename_axis(index="Ethnic group" if many else "Measure", columns=None)
    notes = [
        "A relative rate is the rate of a group divided by that of the group that it is compared with: above 1 the "
        "group's rate is higher. The band is {:g} to {:g}.".format(*results.band),
        f"Crude rates are compared. Where a verdict is said to be{ONLY_COUNTED}, most of the difference is gone or "
        "turned round once people who are alike in other ways are compared, and chance could account for what is left.",
    ]
    notes += _families(results)
    title = f"Verdicts compared with {label(results.reference)}, {results.extent}"
    rows = [{str(key): text for key, text in row.items()} for row in wide.reset_index().to_dict("records")]
    return replace(words_table("verdicts", title, rows), notes=notes, folded=not many)


def _families(results: Results) -> list[str]:
    """Which verdicts allow for the comparisons of a larger table, of the national edition."""
    found: dict[str, list[str]] = {}
    for each in headlines(results):
        if family := results.tables[each.said.table].get("family"):
            found.setdefault(family[0], []).append(lower_first(MEASURES[each.said.measure].name))
    return [
        f"Verdicts on {listed(names)} are those of the national edition, and allow for all comparisons of its table by "
        f"{dimensions([by])}; any other allows for those of its own table."
        for by, names in found.items()
    ]


def could_be_undone(rows: Sequence[RowFacts], extremes: bool = True) -> str:
    """Whose difference missing ethnicity could undo, and whose at an extreme alone; empty where that is nobody's."""
    could = [row for row in rows if row.chance("bound")]
    told = {"Missing ethnicity": [row.who for row in could if not row.only_at_an_extreme]}
    if extremes:
        told["Only an extreme division of missing ethnicity"] = [row.who for row in could if row.only_at_an_extreme]
    return " ".join(
        f"{what} could undo the difference as counted{f' for {all_people(whose)}' * (len(whose) < len(rows))}."
        for what, whose in told.items()
        if whose
    )


def card(headline: Headline) -> dict[str, Any]:
    """The finding of a headline with its weightiest verdict, as adjustment leaves it.

    `further` says of what the picture is, what adjustment leaves of the finding, whether missing ethnicity could undo
    it, what stands beside it in the whole, what the last year alone shows, and whether gaps have changed over the
    years; `chart` shows every group against the reference group, if they are not too many.
    """
    of, said, outcome = headline.of, headline.said, headline.outcome
    verdict, badge = _badge(headline)
    frame, title = headline.frame, f"{said.label}, {said.period}"
    chart = None
    if len(frame) <= charts.MOST_COLUMNS and frame["ratio"].notna().any():
        pictured = frame.drop(columns="stratum").replace({"label": SHORT})
        drawn = charts.card(pictured, title, label(of.reference), of.level, of.band, outcome)
        chart = {"kind": "chart", "id": f"{said.table}-card", "caption": title, **vars(drawn)}
    shown = f"The picture shows relative rates of {outcome}." if chart and outcome else ""
    assessed = [row for row in headline.compared if row.verdict != NOT_ASSESSED]
    untold = headline.not_adjusted(headline.disproportionate if headline.adjusted else assessed)
    turns = frame["verdict"].eq(INCONCLUSIVE) & turned_by_much(frame, of.band)
    told = turns | frame["verdict"].eq(DISPROPORTIONATE) & frame["undone"]  # by the sentence
    figures = len(frame) <= MOST_NAMED
    remains = [what_is_left(frame[~told], headline.adjust, of.band, figures), varying(frame, headline.adjust), untold]
    could = could_be_undone([row for row in assessed if row.verdict in SIGNIFICANT])
    return {
        "title": title,
        "verdict": verdict,
        "badge": badge,
        "text": said.text,
        "chart": chart,
        "further": [
            text for text in (shown, *remains, could, _whole(headline), _last_year(headline), _gap(headline)) if text
        ],
        "chapter": said.chapter,
        "table": said.table,
    }


def _badge(headline: Headline) -> tuple[str, str]:
    """The weightiest verdict, as adjustment leaves it, and how a card puts it."""
    found, rows = headline.weightiest, headline.disproportionate
    if found == PARITY and any(row.verdict == NOT_ASSESSED for row in headline.compared):
        return found, f"{found}, as far as assessed"
    if headline.undone and not headline.standing:
        return INCONCLUSIVE, f"{found}{ONLY_COUNTED}; once adjusted, chance could account for it"
    if rows and all(row.brought_inside(headline.of.band) for row in rows):
        return found, f"{found}{ONLY_COUNTED}; inside the band once adjusted"
    return found, found


def _whole(headline: Headline) -> str:
    """What stands beside an edition in the whole, of groups that are disproportionate in either, or turn round."""
    told = [row for row in headline.compared if "national_ratio" in row and _tells(row)]
    said = [f"{row['national_ratio'].text} ({row['national_verdict'].text}) for {people(row.who)}" for row in told]
    of = f" of {headline.outcome}" if headline.outcome else ""
    whole = f"In England and Wales, as counted, the relative rate{of} was {listed(said)}."
    return f"{whole} {_others(headline, told)}".rstrip() if told else ""


def _others(headline: Headline, rows: Sequence[RowFacts]) -> str:
    """Of which rows of an edition the relative rate differs from that of the other parts together, as far as tested."""
    tested = [row for row in rows if "others_p" in row and row["others_p"].value is not None]
    apart, alike = (
        [f"{people(row.who)} ({row['ratio'].text})" for row in tested if _apart(row) is each] for each in (True, False)
    )
    told = [f"by more than chance alone is likely to give for {listed(apart)}"] if apart else []
    told += [f"by no more than chance could account for in the case of {listed(alike)}"] if alike else []
    if not told:
        return ""
    dimension, _ = headline.of.tables[headline.said.table]["family"]
    return f"Here it differs from that in the other {PARTS_OF[dimension]} together {listed(told)}."


def _tells(row: RowFacts) -> bool:
    """Whether a group is disproportionate in an edition or in the whole, or differs between it and other parts."""
    both = row.verdict, row["national_verdict"].text.removesuffix(ONLY_COUNTED)
    differs = set(both) <= set(SIGNIFICANT)
    turns = differs and row.way() != row.way("national_ratio")
    return DISPROPORTIONATE in both or turns or _apart(row)


def _apart(row: RowFacts) -> bool:
    """Whether a relative rate of an edition differs from that of the other parts together, as far as tested."""
    p = row["others_p"].value if "others_p" in row else None
    return p is not None and float(p) <= ALPHA


def _last_year(headline: Headline) -> str:
    """What the last year shows of the rows that are disproportionate in the whole period, or are so in that year.

    Nothing of what adjustment undoes in the whole period: a year alone is not adjusted.
    """
    said = headline.said
    whole, undone = ({row["verdict"].row for row in rows} for rows in (headline.disproportionate, headline.undone))
    year = said.period.rpartition(" to ")[2]
    facts = [fact for fact in headline.of.facts if (fact.measure, fact.by) == (said.measure, said.by)]
    alone = rows_of(fact for fact in facts if fact.period == year != said.period)
    told_of = [row for name, row in alone.items() if "verdict" in row and name not in undone]
    rows = [row for row in told_of if row["verdict"].row in whole or row.disproportionate]
    told = [
        f"{row['ratio'].text} ({row['ratio_lower'].text}; {row.verdict}) for {people(row.who)}"
        for row in rows
        if row.verdict != NOT_ASSESSED
    ]
    outcome = next((f" of {row['ratio'].unit}" for row in rows if row["ratio"].unit), "")
    return f"In {year} alone, as counted, the relative rate{outcome} was {listed(told)}." if told else ""


def _gap(headline: Headline) -> str:
    """Whether gaps to the reference group have changed over the years; empty where that is not tested."""
    said = headline.said
    over = [fact for fact in headline.of.facts if (fact.measure, fact.by) == (said.measure, said.by)]
    tables = {fact.table for fact in over if fact.statistic == "interaction_p"}
    told = [
        {"label": fact.who, "year": fact.period, "statistic": fact.statistic, "value": fact.value}
        for fact in over
        if fact.table in tables and fact.statistic in ("ratio", "interaction_p")
    ]
    if not told:
        return ""
    frame = pd.DataFrame(told).pivot(index=["label", "year"], columns="statistic", values="value").astype(float)
    found = gap_sentence(frame.reset_index(), label(headline.of.reference), headline.outcome)
    return f"Over {span(sorted({fact.period for fact in over if fact.table in tables}))}, {lower_first(found)}"
