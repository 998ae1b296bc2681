"""Two runs compared by fact: what moved, by how much in relation to its interval, and why.

Why is found by working the figures of the later run out again with one thing of the earlier run put back at a
time. Whatever the single things together do not account for is their interaction, and is said to be that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from reportlib.archive.runs import Facts, KeptRun, Key
from reportlib.errors import ReportError
from reportlib.facts import Fact

PERIOD = ("reporting_year", "publication_date")
# Parameters that no figure follows from.
NO_FIGURE = ("title", "authors", "organisation", "contact", "correction", "logo", "colour", "archive")
LIMITS = {  # a figure's interval: how its limits are named
    "value": "", "ratio": "ratio_", "adjusted_ratio": "adjusted_", "gap": "gap_",
    "agreement": "agreement_", "kappa": "kappa_", "national_ratio": "national_",
}  # fmt: skip
COUNTS = ("numerator", "denominator")  # what a cause moved of them is not told: it could be a small count
KINDS = ("moved", "new", "gone", "hidden", "shown again")
TOGETHER = "interaction"
UNKNOWN = "not attributed"

State = frozenset[str]  # the things of the earlier run that are put back into the later
Compute = Callable[[State], Facts]
# Each cause alone, as two states. This year's records belong to this year's period: without them it cannot be
# counted. Data are therefore put back after the period, so that what is left is what was revised.
STEPS: dict[str, tuple[State, State]] = {
    "period": (State(), State({"period"})),
    "data": (State({"period"}), State({"period", "data"})),
    "parameters": (State(), State({"parameters"})),
    "code": (State(), State({"code"})),
}


@dataclass(frozen=True)
class Cause:
    """One thing that differs between two runs, and every figure with and without it.

    `why_not` says why its part could not be worked out; then there are no figures.
    """

    name: str
    what: str
    after: Facts
    before: Facts
    why_not: str = ""


@dataclass(frozen=True)
class Move:
    """One figure that is not the same in both runs; `a` or `b` is missing where only one run holds it."""

    key: Key
    a: Fact | None
    b: Fact | None
    by: float | None  # b less a
    relative: float | None  # 1 where it moved from the figure of A to the limit of A's interval
    causes: tuple[str, ...]
    amounts: Mapping[str, float | None]  # by cause; what is left under TOGETHER or UNKNOWN

    @property
    def fact(self) -> Fact:
        found = self.b or self.a
        assert found
        return found

    @property
    def kind(self) -> str:
        """Of `KINDS`, what became of the figure; one that was hidden and has another mark now is hidden."""
        if self.a is None or self.b is None:
            return "new" if self.a is None else "gone"
        return "hidden" if self.b.mark else "shown again" if self.a.mark else "moved"


@dataclass(frozen=True)
class Changes:
    """What moved from run A to run B, and the causes that were looked into."""

    a: KeptRun
    b: KeptRun
    causes: list[Cause]
    moves: list[Move]
    held: int  # figures that both runs hold

    @property
    def kinds(self) -> Counter[str]:
        """How many figures of each of `KINDS`."""
        return Counter(move.kind for move in self.moves)

    def by_cause(self, statistic: str = "") -> dict[str, Counter[str]]:
        """How many figures, or those of one statistic, each cause moved, brought, took away, hid or showed again."""
        chosen = [move for move in self.moves if not statistic or move.fact.statistic == statistic]
        names = [*(cause.name for cause in self.causes), TOGETHER, UNKNOWN]
        return {name: Counter(move.kind for move in chosen if name in move.causes) for name in names}


def compare(a: KeptRun, b: KeptRun, compute: Compute) -> Changes:
    """Compare two runs and attribute every move to its causes.

    `compute` gives the figures of B with the named things of A put back ("period", "data", "parameters",
    "code"); it raises ReportError where something that it needs is not there any more.
    """
    causes = attribute(a.facts, b.facts, differences(a, b), compute)
    keys = sorted(a.facts.keys() | b.facts.keys())
    moves = [_move(key, a.facts, b.facts, causes) for key in keys if differs(a.facts.get(key), b.facts.get(key))]
    return Changes(a, b, causes, moves, len(a.facts.keys() & b.facts.keys()))


def differences(a: KeptRun, b: KeptRun) -> dict[str, str]:
    """In what two runs differ, by cause, in words."""
    periods = (a.params.reporting_year, b.params.reporting_year)
    names = sorted(a.inputs.keys() | b.inputs.keys())
    inputs = [name for name in names if _input(a, name) != _input(b, name)]
    given = [run.params.model_dump(mode="json", exclude={*PERIOD, *NO_FIGURE, "inputs"}) for run in (a, b)]
    changed = [f"{name}: {given[0].get(name)} to {given[1].get(name)}" for name in sorted(given[0] | given[1])
               if given[0].get(name) != given[1].get(name)]  # fmt: skip
    parts = {"code": "code or method", "lock": "versions of packages"}
    code = [word for name, word in parts.items() if not a.code or a.code.get(name) != b.code.get(name)]
    found = {
        "period": f"reporting year: {periods[0]} to {periods[1]}" if periods[0] != periods[1] else "",
        "data": ", ".join(name.replace("_", " ") for name in inputs),
        "parameters": "; ".join(changed),
        "code": " and ".join(code),
    }
    return {name: what for name, what in found.items() if what}


def _input(run: KeptRun, name: str) -> object:
    """An input's content, and how the parameters read it."""
    spec = {str(key): spec for key, spec in run.params.inputs.items()}.get(name)
    return run.inputs.get(name), spec and spec.model_dump(exclude={"path", "status"})


def attribute(a: Facts, b: Facts, differ: Mapping[str, str], compute: Compute) -> list[Cause]:
    """The causes among the things that differ, each with the figures before and after it alone."""
    held: dict[State, Facts | str] = {State(): b, State(differ): a}

    def at(state: State) -> Facts | str:
        state = State(state & differ.keys())
        if state not in held:
            try:
                held[state] = compute(state)
            except ReportError as error:
                held[state] = " ".join([str(error.args[0]), *map(str, error.findings[:1])])
        return held[state]

    steps = {name: STEPS[name] for name in STEPS if name in differ}
    if {"period", "data"} <= steps.keys() and isinstance(why := at(State({"period"})), str):
        steps = {"period and data": (State(), State({"period", "data"})), **steps}
        del steps["period"], steps["data"]
        what = f"{differ['period']}; {differ['data']}. They cannot be told apart: {why}"
        differ = {**differ, "period and data": what}
    return [_cause(name, differ[name], at(after), at(before)) for name, (after, before) in steps.items()]


def _cause(name: str, what: str, after: Facts | str, before: Facts | str) -> Cause:
    if isinstance(after, str) or isinstance(before, str):
        return Cause(name, what, {}, {}, after if isinstance(after, str) else str(before))
    return Cause(name, what, after, before)


def _move(key: Key, a: Facts, b: Facts, causes: Sequence[Cause]) -> Move:
    by = difference(a.get(key), b.get(key))
    tried = [cause for cause in causes if not cause.why_not]
    amounts = {cause.name: difference(cause.before.get(key), cause.after.get(key)) for cause in tried}
    known = [amount for amount in amounts.values() if amount is not None]
    rest = _exact(by - sum(known)) if by is not None and len(known) == len(tried) else None
    found = tuple(cause.name for cause in tried if differs(cause.before.get(key), cause.after.get(key)))
    left = TOGETHER if len(tried) == len(causes) else UNKNOWN
    unexplained = rest != 0 if rest is not None else not found
    if unexplained and (left == UNKNOWN or not found):
        found += (left,)
    if (a.get(key) or b[key]).statistic in COUNTS:
        amounts, rest = {}, None
    return Move(key, a.get(key), b.get(key), by, _relative(key, by, a), found, amounts | {left: rest})


def _relative(key: Key, by: float | None, a: Facts) -> float | None:
    """A move as a share of the way from A's figure to the limit of its interval on that side."""
    if not by or a[key].statistic not in LIMITS:
        return None
    limit = a.get(key.beside(f"{LIMITS[a[key].statistic]}{'upper' if by > 0 else 'lower'}"))
    way = difference(a[key], limit)
    return abs(by / way) if way else None


def differs(one: Fact | None, other: Fact | None) -> bool:
    """Whether a reader would see another figure, verdict, sentence or mark."""
    if one is None or other is None:
        return one is not other
    return (one.value, one.mark, one.unit) != (other.value, other.mark, other.unit) or (
        one.value is None and one.text != other.text
    )


def difference(one: Fact | None, other: Fact | None) -> float | None:
    """How far two figures lie apart, exactly as they are printed; missing where one is no number, or has no limit."""
    values = [fact.value for fact in (one, other) if fact and isinstance(fact.value, int | float)]
    return _exact(values[1] - values[0]) if len(values) == 2 and all(map(isfinite, values)) else None


def _exact(figure: float) -> float:
    return round(figure, 9) + 0.0  # published figures have few decimals; -0 is 0
