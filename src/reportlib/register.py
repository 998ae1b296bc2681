"""The explain-or-reform register: what was tried to explain each disproportionate comparison, and the answer.

The Race Action Plan's principle: a body that cannot explain a disparity with evidence should reform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from reportlib.ethnicity import label, of_detailed
from reportlib.facts import RowFacts
from reportlib.measures import MEASURES
from reportlib.responses import disproportionate
from reportlib.results import Results
from reportlib.tables import Table, words_table
from reportlib.words import NOT_ASSESSED, dimensions, listed, lower_first

OPPOSITE = {"higher": "lower", "lower": "higher"}
NOT_ADJUSTED = "not adjusted"


class _Part(NamedTuple):
    """A comparison within a part of the system, and the headline one that it belongs to, measure/by/group."""

    whole: str
    place: str
    row: RowFacts
    detailed: bool  # an ethnic group within the one that is compared

    def went(self, way: str) -> bool:
        """Whether it was disproportionate that way."""
        return self.row.disproportionate and self.row.way() == way


class Register:
    """The comparisons of the pooled years, of all parts together and within them.

    A detailed ethnic group is a part of its broad one, where both are compared with White people.
    """

    def __init__(self, results: Results) -> None:
        self.results, self.rows = results, results.pooled
        self.found = disproportionate(results.facts, results.period)
        self.compared = [row for row in self.rows.values() if "verdict" in row]
        self.parts = self._parts()

    def _parts(self) -> list[_Part]:
        """The comparisons within parts of the system, of tables that show several: an edition may be one region.

        Not those of a group that no record can hold.
        """
        within: dict[tuple[str, str], list[_Part]] = {}
        for row in (row for row in self.compared if row["ratio"].mark != "x"):
            verdict = row["verdict"]
            part, _, group = verdict.codes.rpartition("+")
            inner = verdict.by.endswith("+ethnicity") and set(part.split("+")) != {"all"}
            if whole := f"{row.measure}/ethnicity/{group}" if inner else self.results.broad(verdict):
                place = row.who.rpartition(", ")[0] if inner else row.who
                within.setdefault((row.measure, verdict.by), []).append(_Part(whole, place, row, not inner))
        several = [parts for parts in within.values() if len({part.place for part in parts}) > 1]
        return [part for parts in several for part in parts]

    def over_all(self) -> Table:
        """One row a disproportionate headline comparison: what was tried, what is left, and the answer."""
        order = list(MEASURES)
        rows = [self._row(name) for name in sorted(self.found, key=lambda name: order.index(self.rows[name].measure))]
        whole = [row for row in self.compared if row["verdict"].by == "ethnicity"]
        lacking: dict[str, list[str]] = {}
        for row in whole:
            if row.verdict == NOT_ASSESSED:
                lacking.setdefault(row["verdict"].what, []).append(row.who)
        notes = _assessed(whole, "of all parts together")
        if lacking:
            named = "; ".join(f"{measure}: {listed(groups)}" for measure, groups in lacking.items())
            notes.append(f"Not assessed, because suppressed, too small or not available: {named}.")
        rows = rows or [{"Comparison": "None that could be assessed was disproportionate"}]
        return self._table("register", "Disproportionate comparisons with", rows, notes, whole)

    def in_parts_alone(self) -> Table:
        """One row a comparison that was disproportionate in parts, but not of all parts together."""
        told = {part.whole for part in self.parts if part.row.disproportionate}
        rows = [self._row_of_parts(name) for name in sorted(told - set(self.found))]
        compared = [part.row for part in self.parts]
        notes = _assessed(compared, "within parts")
        if notes:
            notes.append("Relative rates within parts are crude: people there may differ in age, or in much else.")
        rows = rows or [{"Comparison": "None that could be assessed was disproportionate in parts alone"}]
        return self._table("register-of-parts", "Disproportionate in parts alone, compared with", rows, notes, compared)

    def _table(
        self, name: str, title: str, rows: Sequence[Mapping[str, str]], notes: list[str], compared: Sequence[RowFacts]
    ) -> Table:
        if all(row.verdict == NOT_ASSESSED for row in compared):
            rows = [{"Comparison": "No comparison could be made"}]
        if any(part.detailed for part in self.parts):
            notes.append(f"Detailed ethnic groups are parts of broad ones, and compared with {label(of_detailed())}.")
        title = f"{title} {label(self.results.reference)}, {self.results.period}"
        return replace(words_table(name, title, rows), notes=notes)

    def _row(self, name: str) -> dict[str, str]:
        row = self.rows[name]
        ratio, way = row["ratio"], row.way()
        left = self._left(row)
        if could := row.unknown_could():
            left += f" Were missing ethnicity divided in the most extreme way, the crude difference could {could}."
        return {
            "Comparison": f"{row['verdict'].label}, {way} rate{f' of {ratio.unit}' if ratio.unit else ''}",
            "Relative rate": f"{ratio.text} ({row['ratio_lower'].text})",
            "If all ethnicity were known": row["bound_lower"].text if "bound_lower" in row else "not reckoned",
            "Adjusted": _adjusted(row),
            "What is left to explain": f"{left}{self._also(name, way)}",
            "Response": self.results.responses.get(name) or f"awaited from {MEASURES[row.measure].answers}",
        }

    def _left(self, row: RowFacts) -> str:
        """What adjustment leaves of a difference."""
        adjust, band, way = self.results.tables[row["verdict"].table]["adjust"], self.results.band, row.way()
        if why := row.unadjusted(adjust):
            return f"Not known: {lower_first(why.format(''))}"
        chance = row.chance("adjusted")
        if row["adjusted_ratio"].value != 1 and row.way("adjusted_ratio") != way:
            found = f"the {'estimate' if chance else 'rate'} is {OPPOSITE[way]}"
            found += ", and chance could account for it" if chance else ""
        elif row.undone(band):
            found = "chance could account for the rest"
        elif chance:
            found = "the data cannot tell whether a difference remains"
        else:
            found = f"a difference remains{row.remaining(band)}"
        return f"With {dimensions(adjust)} held equal, {found}."

    def _also(self, name: str, way: str) -> str:
        """Where within parts of the system the comparison was disproportionate too, and where the other way round."""
        own = [part for part in self.parts if part.whole == name]
        if not own:
            return ""
        assessed = sum(part.row.verdict != NOT_ASSESSED for part in own)
        same, other = (_where([part for part in own if part.went(each)]) for each in (way, OPPOSITE[way]))
        told = f"Also disproportionate {same}" if same else "Not disproportionate within any part"
        told += f"; disproportionate the other way {other}" if other else ""
        made = f"all {len(own)}" if assessed == len(own) > 1 else f"{assessed} of {len(own)}"
        return f" {told} ({made} parts could be compared, without adjustment)."

    def _row_of_parts(self, name: str) -> dict[str, str]:
        own = sorted((part for part in self.parts if part.whole == name), key=lambda part: part.place)
        row, group, outcome = self.rows.get(name, RowFacts()), name.rpartition("/")[2], own[0].row["ratio"].unit
        over_all = " ".join(row[each].text for each in ("ratio", "verdict") if each in row)
        ways = {
            f"{way.capitalize()} within": listed([f"{part.place} ({part.row['ratio'].text})" for part in own
                                                  if part.went(way)]) or "none"
            for way in OPPOSITE
        }  # fmt: skip
        return {
            "Comparison": f"{own[0].row['verdict'].what}: {label(group)}"
            + (f" (rate of {outcome})" if outcome else ""),
            "All parts together": over_all or ("reference" if group == self.results.reference else "not compared"),
            "Adjusted, all parts together": _adjusted(row),
            **ways,
        }


def _adjusted(row: RowFacts) -> str:
    """The adjusted relative rate with its limits, or why there is none."""
    if "adjusted_ratio" not in row:
        return NOT_ADJUSTED
    text = row["adjusted_ratio"].text
    return f"{text} ({row['adjusted_lower'].text})" if row.limits("adjusted") else text


def _where(parts: Sequence[_Part]) -> str:
    """Within which places, then for which detailed groups; empty for no parts."""
    places, groups = (sorted(part.place for part in parts if part.detailed is each) for each in (False, True))
    told = {"within": places, "for": groups}
    return ", and ".join(f"{text} {listed(names)}" for text, names in told.items() if names)


def _assessed(rows: Sequence[RowFacts], where: str) -> list[str]:
    """How many of some comparisons could be assessed; nothing of none."""
    assessed = sum(row.verdict != NOT_ASSESSED for row in rows)
    return [f"Of {len(rows):,} comparisons {where}, {assessed:,} could be assessed."] if rows else []
