"""The ledger: one line for every figure that a report publishes, under a name that lasts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlib.figures import STEPS, undone
from reportlib.words import DISPROPORTIONATE, NO_LIMIT, marked


@dataclass(frozen=True)
class Fact:
    """One published figure, sentence or verdict.

    `id` is measure/by/codes/statistic, from codes alone; with `period` and `edition` it names one
    figure, so that two years compare by name. `text` is what a reader sees; `value` is the number
    rounded as it is shown, missing where `mark` stands in its place.
    """

    id: str
    period: str
    edition: str
    chapter: str
    table: str
    statistic: str
    label: str
    text: str
    value: float | str | None = None
    mark: str = ""
    unit: str = ""
    status: tuple[str, ...] = ()

    @property
    def row(self) -> str:
        """The row that it is of: measure/by/codes."""
        return self.id.rpartition("/")[0]

    @property
    def measure(self) -> str:
        """The code of its measure."""
        return self.id.split("/")[0]

    @property
    def by(self) -> str:
        """The dimensions of its row: "ethnicity", "region+ethnicity"."""
        return self.id.split("/")[1]

    @property
    def codes(self) -> str:
        """The code of its row in each dimension: "B", "london+B"."""
        return self.id.split("/")[2]

    @property
    def what(self) -> str:
        """The measure, as its label names it."""
        return self.label.partition(": ")[0]

    @property
    def who(self) -> str:
        """The row, as its label names it: "Black", "London, Black"; empty for a fact of a whole table."""
        return self.label.partition(": ")[2]


class RowFacts(dict[str, Fact]):
    """The facts of one row, by statistic; whoever asks for `verdict`, `who` or `measure` knows that it has a verdict.

    A kind of figure is what its name begins with: "adjusted" has the limits `adjusted_lower` and `adjusted_upper`.
    """

    @property
    def verdict(self) -> str:
        return self["verdict"].text

    @property
    def who(self) -> str:
        return self["verdict"].who

    @property
    def measure(self) -> str:
        return self["verdict"].measure

    @property
    def disproportionate(self) -> bool:
        return "verdict" in self and self.verdict == DISPROPORTIONATE

    def way(self, statistic: str = "ratio") -> str:
        """On which side of 1 a relative rate lies: higher or lower."""
        return "higher" if float(self[statistic].value or 0) > 1 else "lower"

    def limits(self, kind: str) -> tuple[float, float] | None:
        """The interval of a kind of figure; None if it was not published."""
        pair = [self[key].value for key in (f"{kind}_lower", f"{kind}_upper") if key in self]
        return (float(pair[0]), float(pair[1])) if len(pair) == 2 and None not in pair else None  # type: ignore[arg-type]

    def chance(self, kind: str) -> bool:
        """Whether the interval of a kind of figure holds 1."""
        pair = self.limits(kind)
        return pair is not None and pair[0] <= 1 <= pair[1]

    @property
    def only_at_an_extreme(self) -> bool:
        """Whether all events of unknown ethnicity, given to one of the two groups, would not make rates equal."""
        return "tipping" in self and float(self["tipping"].value or 0) > 1

    def brought_inside(self, band: tuple[float, float]) -> bool:
        """Whether adjustment brings the relative rate into the band; beside an end, a coarse one may lie beyond it."""
        adjusted = self.get("adjusted_ratio")
        if adjusted is None or adjusted.mark:
            return False
        at = float(adjusted.value or 0)
        return band[0] <= at <= band[1] and not (adjusted.unit == STEPS and at in band)

    def undone(self, band: tuple[float, float]) -> bool:
        """Whether adjustment undoes the difference: see `figures.undone`."""
        limits = self.limits("adjusted")
        if limits is None or "ratio" not in self:
            return False
        crude, adjusted = (float(self[name].value or 0) for name in ("ratio", "adjusted_ratio"))
        return bool(undone(crude, adjusted, *limits, band))

    def unadjusted(self, adjust: Sequence[str]) -> str:
        """Why nothing is told of what adjustment for `adjust` leaves, with `{}` for whom; empty if it is told."""
        if self.limits("adjusted") is not None:
            return ""
        if "adjusted_ratio" in self and self["adjusted_ratio"].mark == "c":
            return f"The adjusted comparison{{}} is {marked('c')}."
        return f"No adjusted comparison {'could be' if adjust else 'is'} made{{}}."


def rows_of(facts: Iterable[Fact]) -> dict[str, RowFacts]:
    """Facts by row, measure/by/codes; where several have one name, the last."""
    rows: dict[str, RowFacts] = {}
    for fact in facts:
        rows.setdefault(fact.row, RowFacts())[fact.statistic] = fact
    return rows


def slug(code: str) -> str:
    """A code as it stands in a fact's name: "Category C" is "category-c", "W1" stays."""
    return code if re.fullmatch(r"[A-Z][A-Z0-9]?", code) else re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")


def fact_id(measure: str, by: Sequence[str], codes: Sequence[str], statistic: str) -> str:
    """The lasting name of a figure; a year is no part of it, since the period is a field."""
    kept = [(name, slug(code)) for name, code in zip(by, codes, strict=True) if name != "year"]
    names, values = zip(*kept, strict=True) if kept else (("all",), ("all",))
    return "/".join([measure, "+".join(names), "+".join(values), statistic])


def write(facts: Iterable[Fact], path: Path) -> None:
    """Write facts as JSON lines, in order of name, each once; JSON has no infinity, so that its words stand for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = (vars(fact) | ({"value": NO_LIMIT} if fact.value == math.inf else {}) for fact in facts)
    lines = {json.dumps(line, ensure_ascii=False, sort_keys=True, allow_nan=False) for line in held}
    path.write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")


def read(paths: Iterable[Path]) -> list[Fact]:
    """All the facts of the files, in order of name, period and edition."""
    found = [
        Fact(**(line | {"status": tuple(line["status"])} | ({"value": math.inf} if line["value"] == NO_LIMIT else {})))
        for path in paths
        for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]
    return sorted(found, key=lambda fact: (fact.id, fact.period, fact.edition, fact.table))
