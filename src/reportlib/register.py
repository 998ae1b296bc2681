"""The explain-or-reform register: what was tried to explain each disproportionate comparison, and the answer.

The Race Action Plan's principle: a body that cannot explain a disparity with evidence should reform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from reportlib.editions import ONE_PART
from reportlib.ethnicity import label, of_detailed
from reportlib.facts import RowFacts
from reportlib.figures import STEPS, how_large
from reportlib.headlines import could_be_undone
from reportlib.measures import MEASURES, REPEATED
from reportlib.responses import disproportionate
from reportlib.results import Results
from reportlib.tables import Table, words_table
from reportlib.words import DISPROPORTIONATE, NOT_ASSESSED, all_people, dimensions, listed, lower_first, subject

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
        self.whole = {row["verdict"].row: row for row in self.compared if row["verdict"].by == "ethnicity"}
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
        whole = list(self.whole.values())
        lacking: dict[str, list[str]] = {}
        for row in whole:
            if row.verdict == NOT_ASSESSED:
                lacking.setdefault(row["verdict"].what, []).append(row.who)
        notes = _assessed(whole, "of all parts together")
        if lacking:
            named = "; ".join(f"{measure}: {listed(groups)}" for measure, groups in lacking.items())
            notes.append(f"Not assessed, because suppressed, too small or not available: {named}.")
        rows = rows or [{"Comparison": "None that could be assessed was disproportionate"}]
        notes += self._of_detailed()
        return self._table("register", "Disproportionate comparisons with", rows, notes, whole)

    def unsettled(self) -> Table:
        """One row a comparison of all parts together that may be disproportionate, for all that the data can tell.

        Its relative rate lies outside the band, as counted or once adjusted, and chance could account for that.
        """
        low, high = self.results.band
        rows = []
        for row in self.whole.values():
            rates = [row[each].value for each in ("ratio", "adjusted_ratio") if each in row]
            beyond = any(rate is not None and not low <= float(rate) <= high for rate in rates)
            if beyond and row.verdict not in (DISPROPORTIONATE, NOT_ASSESSED):
                rows.append(self._row_of_unsettled(row))
        rows = rows or [{"Comparison": "None that could be assessed has a relative rate outside the band"}]
        return self._table("register-of-unsettled", "Not settled, compared with", rows, [], list(self.whole.values()))

    def in_parts_alone(self) -> Table:
        """One row a comparison that was disproportionate in parts, but not of all parts together."""
        told = {part.whole for part in self.parts if part.row.disproportionate}
        rows = [self._row_of_parts(name) for name in sorted(told - set(self.found))]
        compared = [part.row for part in self.parts]
        notes = _assessed(compared, "within parts")
        if notes:
            notes.append("Relative rates within parts are crude: people there may differ in age, or in much else.")
        rows = rows or [{"Comparison": "None that could be assessed was disproportionate in parts alone"}]
        notes += [*self._of_detailed(), *self._not_made()]
        return self._table("register-of-parts", "Disproportionate in parts alone, compared with", rows, notes, compared)

    def _of_detailed(self) -> list[str]:
        """With whom detailed groups are compared, where there are any."""
        if not any(part.detailed for part in self.parts):
            return []
        return [f"Detailed ethnic groups are parts of broad ones, and compared with {label(of_detailed())}."]

    def _not_made(self) -> list[str]:
        """The tables of parts, or of detailed groups, that are not available."""
        gone = [
            lower_first(subject(MEASURES[held["measure"]], held["by"], held["apart"]))
            for held in self.results.tables.values()
            if held.get("unavailable") not in (None, ONE_PART)
            if "ethnicity" in held["by"] and "year" not in held["by"] and held["apart"] != REPEATED
            if len(held["by"]) > 1 or held["apart"]
        ]
        return [f"Not looked at, since the table is not available: {'; '.join(gone)}."] if gone else []

    def _table(
        self, name: str, title: str, rows: Sequence[Mapping[str, str]], notes: list[str], compared: Sequence[RowFacts]
    ) -> Table:
        if all(row.verdict == NOT_ASSESSED for row in compared):
            rows = [{"Comparison": "No comparison could be made"}]
        title = f"{title} {label(self.results.reference)}, {self.results.extent}"
        return replace(words_table(name, title, rows), notes=notes)

    def _row(self, name: str) -> dict[str, str]:
        row = self.rows[name]
        ratio, way = row["ratio"], row.way()
        left = self._left(row)
        if could := could_be_undone([row]):
            left += f" {could}"
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
            found = "chance could account for what is left"
        elif chance:
            found = "the data cannot tell whether a difference remains"
        else:
            crude, adjusted = (float(row[name].value or 0) for name in ("ratio", "adjusted_ratio"))
            size = how_large(crude, adjusted, row["adjusted_ratio"].unit == STEPS)
            lower, upper = row.limits("adjusted") or (0, 0)
            inside = f", within {band[0]:g} to {band[1]:g}" * (band[0] <= lower and upper <= band[1])
            found = f"{size} remains{inside}"
        return f"With {dimensions(adjust)} held equal, {found}."

    def _also(self, name: str, way: str) -> str:
        """Where within parts of the system the comparison was disproportionate too, and where the other way round."""
        own = [part for part in self.parts if part.whole == name]
        if not own:
            return ""
        made = [part for part in own if part.row.verdict != NOT_ASSESSED]
        if not made:
            return f" None of {len(own)} parts could be compared."
        alike = sum(part.row.way() == way and part.row["ratio"].value != 1 for part in made)
        same, other = (_where([part for part in own if part.went(each)]) for each in (way, OPPOSITE[way]))
        of = f"All {len(own)}" if len(made) == len(own) > 1 else f"{len(made)} of {len(own)}"
        level = sum(part.row["ratio"].value == 1 for part in made)
        sides = {way: alike, "level": level, OPPOSITE[way]: len(made) - alike - level}
        told = ", ".join(f"{side} in {'all' if n == len(made) > 1 else n}" for side, n in sides.items() if n)
        told += f"; disproportionate {same or 'in none'}{f', and the other way {other}' if other else ''}"
        return f" {of} parts could be compared, without adjustment: {told}."

    def _row_of_unsettled(self, row: RowFacts) -> dict[str, str]:
        ratio = row["ratio"]
        return {
            "Comparison": f"{row['verdict'].label}{f' (rate of {ratio.unit})' if ratio.unit else ''}",
            "Relative rate": f"{ratio.text} ({row['ratio_lower'].text})",
            "Adjusted": _adjusted(row),
            "Verdict as counted": row.verdict,
        }

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
    adjusted = row["adjusted_ratio"]
    text = f"{'about ' * (adjusted.unit == STEPS)}{adjusted.text}"
    return f"{text} ({row['adjusted_lower'].text})" if row.limits("adjusted") else text


def _where(parts: Sequence[_Part]) -> str:
    """Within which places, then for which detailed groups; empty for no parts."""
    places, groups = (sorted(part.place for part in parts if part.detailed is each) for each in (False, True))
    told = [f"within {listed(places)}"] if places else []
    return ", and ".join([*told, f"for {all_people(groups)}"] if groups else told)


def _assessed(rows: Sequence[RowFacts], where: str) -> list[str]:
    """How many of some comparisons could be assessed; nothing of none."""
    assessed = sum(row.verdict != NOT_ASSESSED for row in rows)
    return [f"Of {len(rows):,} comparisons {where}, {assessed:,} could be assessed."] if rows else []
