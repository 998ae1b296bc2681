"""The explain-or-reform register: what was tried to explain each disproportionate comparison, and the answer.

The Race Action Plan's principle: a body that cannot explain a disparity with evidence should reform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from reportlib.comparison_tables import dimensions, lower_first
from reportlib.ethnicity import label, of_detailed
from reportlib.facts import Fact, broad, brought_inside, chance, held_inside, limits, unadjusted, undone, unknown_could
from reportlib.measures import MEASURES
from reportlib.responses import disproportionate, pooled
from reportlib.tables import Table, words_table
from reportlib.words import DISPROPORTIONATE, NOT_ASSESSED, across, listed, within

OPPOSITE = {"higher": "lower", "lower": "higher"}
NOT_ADJUSTED = "not adjusted"


class _Part(NamedTuple):
    """A comparison within a part of the system, and the headline one that it belongs to, measure/by/group."""

    whole: str
    place: str
    verdict: Fact
    ratio: Fact | None
    detailed: bool  # an ethnic group within the one that is compared

    def went(self, way: str) -> bool:
        """Whether it was disproportionate that way."""
        return self.verdict.text == DISPROPORTIONATE and _way(self.ratio) == way


class Register:
    """The comparisons of the pooled years, of all parts together and within them.

    `facts` are those of all chapters; `tables` is what the run says of each table; `reference` is a group of
    `grouping`. A detailed ethnic group is a part of its broad one, where both are compared with White people.
    """

    def __init__(
        self,
        facts: Sequence[Fact],
        period: str,
        reference: str,
        tables: Mapping[str, Mapping[str, Any]],
        grouping: str,
    ) -> None:
        self.period, self.reference, self.tables = period, reference, tables
        self.held = {fact.id: fact for fact in pooled(facts, period)}
        self.found = disproportionate(facts, period)
        self.parts = _parts(self.held, grouping, reference)

    def over_all(self, responses: Mapping[str, str], band: tuple[float, float]) -> Table:
        """One row a disproportionate headline comparison: what was tried, what is left, and the answer."""
        order = list(MEASURES)
        names = sorted(self.found, key=lambda name: order.index(name.partition("/")[0]))
        rows = [self._row(name, responses.get(name, ""), band) for name in names]
        verdicts = [fact for fact in self.held.values() if fact.statistic == "verdict"]
        whole = [fact for fact in verdicts if fact.by == "ethnicity"]
        lacking: dict[str, list[str]] = {}
        for fact in whole:
            if fact.text == NOT_ASSESSED:
                lacking.setdefault(fact.what, []).append(fact.who)
        notes = _assessed(whole, "of all parts together")
        if lacking:
            named = "; ".join(f"{measure}: {listed(groups)}" for measure, groups in lacking.items())
            notes.append(f"Not assessed, because suppressed, too small or not available: {named}.")
        rows = rows or [{"Comparison": "None that could be assessed was disproportionate"}]
        return self._table("register", "Disproportionate comparisons with", rows, notes, whole)

    def in_parts_alone(self) -> Table:
        """One row a comparison that was disproportionate in parts, but not of all parts together."""
        told = {part.whole for part in self.parts if part.verdict.text == DISPROPORTIONATE}
        rows = [self._row_of_parts(name) for name in sorted(told - set(self.found))]
        verdicts = [part.verdict for part in self.parts]
        notes = _assessed(verdicts, "within parts")
        if notes:
            notes.append("Relative rates within parts are crude: people there may differ in age, or in much else.")
        rows = rows or [{"Comparison": "None that could be assessed was disproportionate in parts alone"}]
        return self._table("register-of-parts", "Disproportionate in parts alone, compared with", rows, notes, verdicts)

    def _table(
        self, name: str, title: str, rows: Sequence[Mapping[str, str]], notes: list[str], verdicts: Sequence[Fact]
    ) -> Table:
        made = any(fact.text != NOT_ASSESSED for fact in verdicts)
        rows = rows if made else [{"Comparison": "No comparison could be made"}]
        title = f"{title} {label(self.reference)}, {self.period}"
        if any(part.detailed for part in self.parts):
            notes.append(f"Detailed ethnic groups are parts of broad ones, and compared with {label(of_detailed())}.")
        return replace(words_table(name, title, rows), notes=notes)

    def _row(self, name: str, response: str, band: tuple[float, float]) -> dict[str, str]:
        ratio, bounds = self.held[f"{name}/ratio"], self.held.get(f"{name}/bound_lower")
        way, outcome = _way(ratio), f" of {ratio.unit}" if ratio.unit else ""
        left = self._left(name, way, band)
        if could := unknown_could(self.held, name):
            left += f" Were missing ethnicity divided in the most extreme way, the crude difference could {could}."
        awaited = f"awaited from {MEASURES[name.partition('/')[0]].answers}"
        return {
            "Comparison": f"{self.held[f'{name}/verdict'].label}, {way} rate{outcome}",
            "Relative rate": f"{ratio.text} ({self.held[f'{name}/ratio_lower'].text})",
            "If all ethnicity were known": bounds.text if bounds else "not reckoned",
            "Adjusted": self._adjusted(name),
            "What is left to explain": f"{left}{self._also(name, way)}",
            "Response": response or awaited,
        }

    def _left(self, name: str, way: str, band: tuple[float, float]) -> str:
        """What adjustment leaves of a difference that went `way`."""
        if why := unadjusted(self.held, name, self.tables[self.held[f"{name}/verdict"].table]["adjust"]):
            return f"All of it: {lower_first(why.format(''))}"
        adjusted = self.held[f"{name}/adjusted_ratio"]
        turned = adjusted.value != 1 and _way(adjusted) != way
        if turned:
            uncertain = chance(self.held, name, "adjusted")
            found = f"the {'estimate' if uncertain else 'rate'} is {OPPOSITE[way]}"
            found += ", and chance could account for it" if uncertain else ""
        elif undone(self.held, name, band):
            found = "chance could account for the rest"
        elif chance(self.held, name, "adjusted"):
            found = "the data cannot tell whether a difference remains"
        else:
            found = "a difference remains"
            if held_inside(self.held, name, band):
                found += within(band)
            elif brought_inside(self.held, name, band):
                found += across(band)
        return f"With {dimensions(self.tables[adjusted.table]['adjust'])} held equal, {found}."

    def _also(self, name: str, way: str) -> str:
        """Where within parts of the system the comparison was disproportionate too, and where the other way round."""
        own = [part for part in self.parts if part.whole == name]
        if not own:
            return ""
        assessed = sum(part.verdict.text != NOT_ASSESSED for part in own)
        same, other = (_where([part for part in own if part.went(each)]) for each in (way, OPPOSITE[way]))
        told = f"Also disproportionate {same}" if same else "Not disproportionate within any part"
        told += f"; disproportionate the other way {other}" if other else ""
        made = f"all {len(own)}" if assessed == len(own) > 1 else f"{assessed} of {len(own)}"
        return f" {told} ({made} could be compared, without adjustment)."

    def _row_of_parts(self, name: str) -> dict[str, str]:
        own = sorted((part for part in self.parts if part.whole == name), key=lambda part: part.place)
        measure, group = own[0].verdict.what, name.rpartition("/")[2]
        outcome = next((part.ratio.unit for part in own if part.ratio), "")
        over_all = [self.held[key].text for key in (f"{name}/ratio", f"{name}/verdict") if key in self.held]
        within = {
            f"{way.capitalize()} within": listed([f"{part.place} ({part.ratio.text})" for part in own
                                                  if part.ratio and part.went(way)]) or "none"
            for way in OPPOSITE
        }  # fmt: skip
        return {
            "Comparison": f"{measure}: {label(group)}" + (f" (rate of {outcome})" if outcome else ""),
            "All parts together": " ".join(over_all) or ("reference" if group == self.reference else "not compared"),
            "Adjusted, all parts together": self._adjusted(name),
            **within,
        }

    def _adjusted(self, name: str) -> str:
        """The adjusted relative rate with its limits, or why there is none."""
        adjusted = self.held.get(f"{name}/adjusted_ratio")
        if adjusted is None:
            return NOT_ADJUSTED
        ends = limits(self.held, name, "adjusted")
        return f"{adjusted.text} ({self.held[f'{name}/adjusted_lower'].text})" if ends else adjusted.text


def _parts(held: Mapping[str, Fact], grouping: str, reference: str) -> list[_Part]:
    """The comparisons within parts of the system, of tables that show several: an edition may be one region."""
    within: dict[tuple[str, str], list[_Part]] = {}
    for fact in [fact for fact in held.values() if fact.statistic == "verdict"]:
        part, _, group = fact.codes.rpartition("+")
        inner = fact.by.endswith("+ethnicity") and set(part.split("+")) != {"all"}
        if whole := f"{fact.measure}/ethnicity/{group}" if inner else broad(fact, grouping, reference):
            ratio = held.get(f"{fact.row}/ratio")
            place = fact.who.rpartition(", ")[0] if inner else fact.who
            within.setdefault((fact.measure, fact.by), []).append(_Part(whole, place, fact, ratio, not inner))
    several = [parts for parts in within.values() if len({part.place for part in parts}) > 1]
    return [part for parts in several for part in parts]


def _where(parts: Sequence[_Part]) -> str:
    """Within which places, then for which detailed groups; empty for no parts."""
    places, groups = (sorted(part.place for part in parts if part.detailed is each) for each in (False, True))
    told = {"within": places, "for": groups}
    return ", and ".join(f"{text} {listed(names)}" for text, names in told.items() if names)


def _assessed(verdicts: Sequence[Fact], where: str) -> list[str]:
    """How many of some comparisons could be assessed; nothing of none."""
    assessed = sum(fact.text != NOT_ASSESSED for fact in verdicts)
    return [f"Of {len(verdicts):,} comparisons {where}, {assessed:,} could be assessed."] if verdicts else []


def _way(ratio: Fact | None) -> str:
    return "lower" if ratio and float(ratio.value or 0) < 1 else "higher"
