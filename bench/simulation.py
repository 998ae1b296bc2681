"""Do the intervals and tests hold what they promise? Coverage and false positives by simulation.

Run by `make bench`; writes docs/methods-simulation.md and fails when a limit is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from _page import write_section
from scipy import stats

from reportlib.inputs.estimates import ALONE, design_effect
from reportlib.statistics import (
    clustered_rate_ratio,
    indirect_ratio,
    mantel_haenszel_rate,
    rate_ratio,
    relative_rate,
)

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods-simulation.md"
Rng = np.random.Generator

AGE_RATES = np.array([1, 2, 4, 9, 20]) / 1000  # deaths a year, from young to old
AGES_GROUP = np.array([900, 700, 300, 80, 20])  # the younger population
AGES_REFERENCE = np.array([2000, 2500, 2500, 2000, 1000])
TRUE_RATIO = 1.5
FEWEST = 20  # people in an arm, under which events are not compared


@dataclass(frozen=True)
class Line:
    """One simulated setting: what was measured, what it must keep to, and what a naive method gives."""

    setting: str
    measure: str
    found: float
    least: float
    most: float
    naive: str = ""

    @property
    def kept(self) -> bool:
        return self.least <= self.found <= self.most


def excludes(frame: pd.DataFrame, ratio: float = 1) -> float:
    """The share of intervals that leave out the true ratio."""
    return float(((frame["lower"] > ratio) | (frame["upper"] < ratio)).mean())


def events_of(rng: Rng, people: int) -> np.ndarray:
    """Complaints per complainant: most have one, a few have dozens."""
    return 1 + rng.negative_binomial(0.6, 0.25, people)


def persistent_of(rng: Rng, people: int) -> np.ndarray:
    """The same, but that one person in 500 makes about 150."""
    return np.where(rng.random(people) < 1 / 500, rng.poisson(150, people), events_of(rng, people))


def repeat_complainants(rng: Rng, seeds: int) -> Iterator[Line]:
    """Two groups with the same complaint rate; the naive method takes each complaint for a person."""
    for events, kind, size, ref_size, least in (
        (events_of, "repeat complainants", 100, 1000, 0.04),
        (events_of, "repeat complainants", 300, 2000, 0.04),
        (persistent_of, "a few of 150 complaints each", 300, 2000, 0),
        (persistent_of, "a few of 150 complaints each", 1500, 5000, 0),
    ):
        pairs = [(events(rng, rng.poisson(size)), events(rng, rng.poisson(ref_size))) for _ in range(seeds)]
        found = pd.DataFrame(
            vars(clustered_rate_ratio(a, size, b, ref_size, deff=rated(a, b), ref_deff=rated(b, a))) for a, b in pairs
        )
        naive = rate_ratio([a.sum() for a, _ in pairs], size, [b.sum() for _, b in pairs], ref_size)
        setting = f"{kind}, about {size:,} v {ref_size:,} people"
        yield Line(setting, "false positives", excludes(found), least, 0.065, f"Poisson {excludes(naive):.1%}")


def outcomes_of(rng: Rng, people: int, share: float, icc: float) -> tuple[np.ndarray, np.ndarray]:
    """Complaints upheld and complaints, a person each, with the given correlation within persons."""
    nobs, weight = events_of(rng, people), (1 - icc) / icc
    return rng.binomial(nobs, rng.beta(share * weight, (1 - share) * weight, people)), nobs


def rated(own: np.ndarray, other: np.ndarray) -> float:
    """The design effect of one arm's events as the report takes it."""
    return design_effect(own if own.sum() >= ALONE else np.concatenate([own, other]))


def effective(own: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """The effective sample of one arm, as the report takes it."""
    count, nobs = own
    deff = design_effect(*(own if nobs.sum() >= ALONE else map(np.concatenate, zip(own, other, strict=True))))
    return count.sum() / deff, nobs.sum() / deff


def uphold_with_a_person_effect(rng: Rng, seeds: int) -> Iterator[Line]:
    """Two groups with the same uphold rate of 30%; the naive method takes complaints as independent."""
    for icc in (0.05, 0.2, 0.3):
        for people, ref_people in ((FEWEST, 200), (50, 500), (300, 1500)):
            arms = [(outcomes_of(rng, people, 0.3, icc), outcomes_of(rng, ref_people, 0.3, icc)) for _ in range(seeds)]
            found = relative_rate(*np.array([(*effective(a, b), *effective(b, a)) for a, b in arms]).T)
            naive = relative_rate(*np.array([(a[0].sum(), a[1].sum(), b[0].sum(), b[1].sum()) for a, b in arms]).T)
            setting = f"uphold, correlation {icc} within persons, {people:,} v {ref_people:,} people"
            yield Line(setting, "false positives", excludes(found), 0, 0.075, f"binomial {excludes(naive):.1%}")


def high_shares(rng: Rng, seeds: int) -> Iterator[Line]:
    """95% against 90%, where the log interval of Katz breaks down."""
    for size in (10, 30, 100):
        x, y = rng.binomial(size, 0.95, 20 * seeds), rng.binomial(size, 0.9, 20 * seeds)
        found = 1 - excludes(relative_rate(x, size, y, size), 0.95 / 0.9)
        reach = stats.norm.ppf(0.975) * np.sqrt(1 / x - 1 / size + 1 / y - 1 / size)
        katz = float((np.abs(np.log(x / y) - np.log(0.95 / 0.9)) <= reach).mean())
        yield Line(f"95% v 90% of {size}", "coverage", found, 0.92, 1, f"Katz {katz:.1%}")


def sparse_deaths(rng: Rng, seeds: int) -> Iterator[Line]:
    """Few deaths, equal rates; the naive method is the Wald interval on the log."""
    for deaths, ref_deaths in ((2, 10), (5, 40)):
        x, y = rng.poisson(deaths, 20 * seeds), rng.poisson(ref_deaths, 20 * seeds)
        found = 1 - excludes(rate_ratio(x, deaths, y, ref_deaths).dropna(subset="value"))
        both = (x > 0) & (y > 0)
        reach = stats.norm.ppf(0.975) * np.sqrt(1 / x[both] + 1 / y[both])
        wald = float((np.abs(np.log(x[both] / y[both] * ref_deaths / deaths)) <= reach).sum() / len(x))
        setting = f"sparse deaths, {deaths} v {ref_deaths} expected"
        yield Line(setting, "coverage", found, 0.95, 1, f"log-Wald {wald:.1%}, none without events")


def age_adjusted_deaths(rng: Rng, seeds: int) -> Iterator[Line]:
    """A true ratio of 1.5 at every age, in a younger group: crude, adjusted, and against all prisoners."""
    years = 5
    t, u = AGES_GROUP * years, AGES_REFERENCE * years
    deaths = rng.poisson(TRUE_RATIO * AGE_RATES * t, (seeds, 5)), rng.poisson(AGE_RATES * u, (seeds, 5))
    pairs = list(zip(*deaths, strict=True))
    found = pd.DataFrame(vars(mantel_haenszel_rate(x, t, y, u)) for x, y in pairs)
    crude = np.median([x.sum() / t.sum() / (y.sum() / u.sum()) for x, y in pairs])
    expected = np.array([((x + y) / (t + u) * t).sum() for x, y in pairs])
    to_all = indirect_ratio(deaths[0].sum(axis=1), expected)["value"].median()
    naive = f"crude {crude:.2f}; observed to expected of all prisoners {to_all:.2f}"
    setting = "deaths, ratio 1.5 at every age, younger group"
    yield Line(setting, "median ratio", float(found["value"].median()), 1.45, 1.55, naive)
    yield Line(setting, "coverage", 1 - excludes(found, TRUE_RATIO), 0.93, 0.97)


SETTINGS: tuple[Callable[[Rng, int], Iterator[Line]], ...] = (
    repeat_complainants,
    uphold_with_a_person_effect,
    high_shares,
    sparse_deaths,
    age_adjusted_deaths,
)


def simulate(seeds: int) -> list[Line]:
    """Every setting, each from a generator of its own, so that one does not move another."""
    return [line for k, run in enumerate(SETTINGS) for line in run(np.random.default_rng(k), seeds)]


def speed(rows: int = 100_000) -> list[str]:
    """Seconds for a column of comparisons through the two ratios."""
    rng = np.random.default_rng(0)
    x, n, y, m = rng.integers(0, 50, rows), rng.integers(50, 500, rows), rng.integers(0, 500, rows), 5000
    lines = []
    for name, ratio in (("relative_rate", relative_rate), ("rate_ratio", rate_ratio)):
        started = time.perf_counter()
        ratio(x, n, y, m)
        lines.append(f"{name}: {rows:,} comparisons in {time.perf_counter() - started:.1f} s")
    return lines


def table(lines: list[Line]) -> str:
    """The Markdown table of the page."""

    def shown(line: Line, value: float) -> str:
        return f"{value:.2f}" if line.measure == "median ratio" else f"{value:.1%}"

    def limits(line: Line) -> str:
        return f"{shown(line, line.least)} to {shown(line, line.most)}"

    head = "| setting | measure | found | must be | kept | a naive method |\n|---|---|---|---|---|---|"
    kept = {True: "yes", False: "NO"}
    rows = (
        f"| {x.setting} | {x.measure} | {shown(x, x.found)} | {limits(x)} | {kept[x.kept]} | {x.naive} |" for x in lines
    )
    return "\n".join([head, *rows])


def page(lines: list[Line], seeds: int) -> str:
    """The page of the docs."""
    return f"""# Do the methods hold what they promise?

Made by `make bench` from simulated data with {seeds:,} repetitions a setting (20 times as many where only
counts are drawn). Intervals are two-sided at 95%: an interval that leaves out a true ratio of 1 is a false
positive, nominally 5%. Exact methods keep at least their promise, and so cover more than 95%.

{table(lines)}
"""


def main() -> int:
    """Print the table and the speed, write the page; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5000, help="repetitions a setting")
    seeds = parser.parse_args().seeds
    lines = simulate(seeds)
    PAGE.write_text(page(lines, seeds), encoding="utf-8")
    seconds = speed()
    write_section("Comparisons in bulk", "\n".join(f"- {line}" for line in seconds))
    print(table(lines), *seconds, sep="\n")
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
