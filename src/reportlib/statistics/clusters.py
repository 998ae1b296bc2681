"""One person, several events: what repeats do to a share, a rate and a ratio."""

from __future__ import annotations

import math

from scipy import stats

from reportlib.statistics.rates import NO_EXPOSURE, strata
from reportlib.statistics.result import (
    LEVEL,
    Estimate,
    Values,
    as_floats,
    log_wald,
    method,
    normal_quantile,
    nothing,
    tail_area,
)

NOTHING = 1e-12  # less is rounding alone


@method(
    title="effective sample size",
    formula="deff = n v ÷ p(1−p), with v = m/(m−1) × Σ(xᵢ − p nᵢ)²/n² over m people; then x/deff, n/deff",
    source="Rao and Scott (1992)",
    used="before every share, difference and ratio, crude or by strata (with the effect of all strata together), where "
    "one person has several complaints or orders; whose effect a group has, and how it is rounded, the words below say",
    cannot_say="anything sure about few people, of whom one may make up most of it",
)
def effective_sample(count_per_person: Values, nobs_per_person: Values) -> tuple[float, float, float]:
    """The counts of one group, made smaller where one person has several cases, and by how much.

    Arrays, one entry a person: events, and observations. The design effect is 1 where the data cannot
    show one (a single person; a share of 0 or 1, or the same of each person), and below 1 where persons are more alike
    than by chance. Raises ValueError as `proportion` does.
    """
    x, n = strata(count=count_per_person, nobs=nobs_per_person)
    if (x > n).any():
        raise ValueError("a person's count exceeds their nobs")
    x, n = x[n > 0], n[n > 0]
    people, count, nobs = len(n), float(x.sum()), float(n.sum())
    if people < 2 or count in (0, nobs):
        return count, nobs, 1.0
    p = count / nobs
    deff = people / (people - 1) * float(((x - p * n) ** 2).sum()) / (nobs * p * (1 - p))
    return (count / deff, nobs / deff, deff) if deff > NOTHING else (count, nobs, 1.0)


@method(
    title="allowance for few people",
    formula="(t ÷ 1.96)², t the 97.5% point of Student's t on 2 ÷ (Σu⁴ ÷ (Σu²)² − 1/m) degrees of "
    "freedom; u is what each person adds to the variance: xᵢ − p nᵢ for a share of m people, f for a rate (1/m is 0)",
    source="Pan and Wall (2002); Korn and Graubard (1998)",
    used="every design effect: where few people make up most of a variance, the variance itself is uncertain",
    cannot_say="what a group would look like with the persistent complainants that it happens to lack",
)
def few_people(contributions: Values, people: float = math.inf) -> float:
    """The factor, 1 or more, by which a variance estimated from persons grows because it is an estimate.

    An array, one entry a person: what they add to the sum whose variance it is. `people` is how many
    could have added something. 1 where nobody did, or all the same. Raises ValueError for fewer `people`
    than entries.
    """
    (squares,) = strata(contributions=as_floats(contributions) ** 2)
    if len(squares) > people:
        raise ValueError("more contributions than people")
    total = float(squares.sum())
    spread = float((squares**2).sum()) / total**2 - 1 / people if total else 0.0
    if spread < NOTHING:
        return 1.0
    t = float(stats.t.isf(tail_area(LEVEL), 2 / spread))
    return (t / normal_quantile(LEVEL)) ** 2


def _compound(events_per_person: Values, exposure: float, deff: float | None) -> tuple[float, float]:
    """The rate, and the variance of its log when each person brings a cluster of events."""
    (events,) = strata(events_per_person=events_per_person)
    total = float(events.sum())
    if not total:
        return 0.0, math.inf
    return total / exposure, (float((events**2).sum()) / total if deff is None else deff) / total


@method(
    formula="per × Σf ÷ t; log-Wald with variance Σf² ÷ (Σf)², each person having f events",
    interval="log-Wald, compound Poisson variance",
    source="Stukel, Glynn, Fisher, Sharp, Lu-Yao and Wennberg (1994)",
    used="complaints (events, not people) per 1,000 average population",
    cannot_say="how many people complained: the rate of distinct complainants stands beside it",
)
def clustered_rate(
    events_per_person: Values, exposure: float, per: float = 1000, level: float = LEVEL, deff: float | None = None
) -> Estimate:
    """Events per so many of the population, where one person may have several.

    An array, one entry a person with events (zeros change nothing). `deff` is the design effect to use, 1 or more, in
    place of that of these people, Σf² ÷ Σf. Raises ValueError for negative or missing numbers.
    """
    strata(exposure=[exposure])
    if exposure == 0:
        return nothing(NO_EXPOSURE)
    value, variance = _compound(events_per_person, exposure, deff)
    found = log_wald(value * per, variance, level)
    return Estimate(found.value, found.lower, found.upper, None, found.reason)


@method(
    formula="the ratio of two such rates; the variances of the two logs add; p-value: Wald on the log",
    interval="log-Wald, compound Poisson variance",
    source="Stukel, Glynn, Fisher, Sharp, Lu-Yao and Wennberg (1994)",
    used="complaints per 1,000, group against reference",
    cannot_say="whether a few people with many complaints drive the ratio: see the ratio of people",
)
def clustered_rate_ratio(
    events_per_person: Values,
    exposure: float,
    ref_events_per_person: Values,
    ref_exposure: float,
    level: float = LEVEL,
    deff: float | None = None,
    ref_deff: float | None = None,
) -> Estimate:
    """The ratio of two event rates, group ÷ reference, where one person may have several events.

    Arrays, one entry a person with events; exposures are scalars. `deff` and `ref_deff` as in `clustered_rate`.
    Raises ValueError for negative or missing numbers.
    """
    strata(exposure=[exposure], ref_exposure=[ref_exposure])
    if exposure == 0 or ref_exposure == 0:
        return nothing(NO_EXPOSURE)
    value, variance = _compound(events_per_person, exposure, deff)
    ref_value, ref_variance = _compound(ref_events_per_person, ref_exposure, ref_deff)
    if value == 0 and ref_value == 0:
        return nothing("no events in either arm")
    return log_wald(value / ref_value if ref_value else math.inf, variance + ref_variance, level)
