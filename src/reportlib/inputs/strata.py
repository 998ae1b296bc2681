"""Estimates that hold other things equal: ratios over strata, and each group against all at everyone's ages.

A ratio needs ten events in each arm; no single stratum is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from reportlib.ethnicity import NOT_STATED
from reportlib.figures import COARSE, FINEST, NARROW, as_printed
from reportlib.inputs.inversion import Hidden
from reportlib.inputs.release import Release
from reportlib.measures import TableSpec
from reportlib.statistics import (
    Estimate,
    Test,
    direct_rate,
    homogeneity,
    indirect_ratio,
    mantel_haenszel,
    mantel_haenszel_rate,
)

ENOUGH_EVENTS = 10  # in an arm of an adjusted ratio, or behind any estimate of people
FEW_STRATA = 10  # of fewer that no table of this edition shows, a test of their differing tells what each holds
LEAST_STANDARDISED = 20  # deaths: ages could be read from a rate on fewer, and it is unreliable besides
LEAST_IN_STRATUM = 5  # effective cases of each kind in each arm: Cochran's Q is blunt in thinner strata (Cochran 1954)
Told = Iterator[tuple[str, str, Estimate]]  # group, statistic, estimate


def adjusted(
    release: Release,
    spec: TableSpec,
    reference: str,
    level: float,
    deff: Mapping[str, float],
    hidden: Hidden,
    complement: bool,
) -> Told:
    """Mantel-Haenszel ratios to the reference group, holding the dimensions of `adjust` equal; standardised rates.

    Of the opposite of an outcome, if `complement` says so.
    """
    fine = replace(spec, by=("ethnicity", *spec.adjust), adjust=())
    strata, clustered = _strata(release, fine), spec.measure.clustered
    base = strata.get(reference)
    if "age_band" in spec.adjust and not spec.apart:  # those of detailed groups are printed nowhere
        yield from _standardised(release, fine, strata, level, hidden)
    for group, frame in strata.items():
        if group == reference or base is None or min(frame["x"].sum(), base["x"].sum()) < ENOUGH_EVENTS:
            continue
        if clustered and not {group, reference} <= deff.keys():
            continue  # too few cases to tell how far those of one go together
        both = frame.join(base.add_suffix("_ref"), how="inner")
        guard = _of_few(hidden, (both[["n", "n_ref"]] > 0).all(axis=1).sum())
        effects = (deff.get(group, 1.0), deff.get(reference, 1.0))
        others = min((arm["n"] - arm["x"]).sum() for arm in (frame, base))
        if complement and others < ENOUGH_EVENTS:
            continue
        counts = pd.concat({group: both["x"], reference: both["x_ref"]})
        share = spec.measure.kind == "proportion"
        whole = pd.concat({group: both["n"], reference: both["n_ref"]})
        tested = share and not (guard.unseen or _tells_of_few(guard, counts, whole))
        make = partial(
            _common, both[["n", "n_ref"]], spec.measure.kind, *effects, level, complement=complement, tested=tested
        )
        told, made = {"withheld": Estimate(1.0, None, None)}, make(counts)
        most, sums = whole if share else None, spec.measure.numerator.counts != "people"  # who may be in several strata
        step = _step(guard, counts, made, spec.measure.kind)
        if not guard.given_back(counts, lambda held, make=make: make(held).values(), step, most, sums):  # type: ignore[misc]
            if step == COARSE:
                made = {name: to_the_nearest(step, ratio) for name, ratio in made.items()}
                made["coarse"] = Estimate(step, None, None)
            told = made | (told if share and not tested else {})
        yield from ((group, statistic, ratio) for statistic, ratio in told.items())


def _step(hidden: Hidden, counts: pd.Series, made: Mapping[str, Estimate], kind: str) -> float:
    """To the nearest of what ratios of counts are told: `COARSE` where one is hidden, if that would not blur them.

    It follows from which counts are hidden and from the width of the intervals, which one count hardly moves.
    """
    widths = [each.upper - each.lower for each in made.values() if None not in (each.lower, each.upper)]  # type: ignore[operator]
    blurred = not widths or round(max(widths), 2) < NARROW
    return COARSE if hidden.among(counts) and not blurred else 10.0 ** -FINEST[kind]


def to_the_nearest(step: float, ratio: Estimate) -> Estimate:
    """A ratio with its limits, told as coarsely."""
    ends = [np.nan if end is None else end for end in (ratio.value, ratio.lower, ratio.upper)]
    value, lower, upper = (None if np.isnan(end) else float(end) for end in as_printed(np.array(ends), step))
    return Estimate(value, lower, upper, ratio.p_value)


def _of_few(hidden: Hidden, strata: int) -> Hidden:
    """What is hidden of so many strata: where no table shows them all, if they are few, else none."""
    return replace(hidden, unseen=hidden.unseen and strata < FEW_STRATA)


def _tells_of_few(hidden: Hidden, counts: pd.Series, most: pd.Series) -> bool:
    """Whether a test of one ratio in all strata would be made of a count that a table hides, or that another would.

    Where each part of the system has its own edition everybody's counts but a few are shown, and of the few counts that
    fit hardly two give the same p-value.
    """
    small = [each.between(hidden.least, hidden.threshold).any() for each in (counts, most - counts)]
    return any(small) or bool(hidden.among(counts))


def _common(
    nobs: pd.DataFrame,
    kind: str,
    deff: float,
    deff_ref: float,
    level: float,
    counts: pd.Series,
    complement: bool = False,
    tested: bool = True,
) -> dict[str, Estimate]:
    """The common ratio of two groups over strata, on effective counts; of shares, of the opposite if so `complement`.

    `counts` and `nobs` are those of one group's strata, then of the other's; `tested` is whether the strata are asked
    to differ.
    """
    arms = (counts.to_numpy(float).reshape(2, -1), nobs.to_numpy(float).T)
    (x, rx), (n, rn) = ((own / deff, other / deff_ref) for own, other in arms)
    if kind == "rate":
        return {"adjusted": mantel_haenszel_rate(x, n, rx, rn, level=level)}
    tables = np.stack([np.stack([x, n - x], 1), np.stack([rx, rn - rx], 1)], 1)
    side = tables[:, :, ::-1] if complement else tables
    found = {"adjusted": mantel_haenszel(side, level=level)}
    if tested:
        found["homogeneity"] = p_value(homogeneity(side[side.min(axis=(1, 2)) >= LEAST_IN_STRATUM]))
    return found


def p_value(test: Test) -> Estimate:
    """A test as a row of the estimates: its p-value is what is shown."""
    return Estimate(test.p_value, None, None, test.p_value)


def _standardised(
    release: Release, fine: TableSpec, strata: dict[str, pd.DataFrame], level: float, hidden: Hidden
) -> Told:
    """Each group against all prisoners: observed over expected events, and the rate at all prisoners' ages.

    The rate has no limits: they are made of squares of the same weights, so that both together give deaths by age.
    The standard is the population of the last year alone, by the first dimension of the strata: with all of
    them, a stratum that a group lacks would leave it without a rate.
    """
    if not strata:  # no group of an edition may hold enough to be compared
        return
    _, population = fine.measure.parts
    yearly = release.average(replace(fine, by=(*fine.by, "year")), population)
    last = yearly[yearly["year"].eq(release.years(fine)[-1]) & (yearly[list(fine.by)] != "all").all(axis=1)]
    standard = last.groupby(fine.by[1])["value"].sum()
    every = pd.concat(strata)
    hidden = _of_few(hidden, len({stratum for frame in strata.values() for stratum in frame.index}))
    for group, frame in strata.items():
        if frame["x"].sum() < ENOUGH_EVENTS or group == NOT_STATED:
            continue
        make = partial(_against_all, group, every["n"], standard, fine.measure.per, level)
        if not hidden.given_back(every["x"], lambda held, make=make: make(held).values(), 0.01):  # type: ignore[misc]
            yield from ((group, statistic, made) for statistic, made in make(every["x"]).items())


def _against_all(
    group: str, nobs: pd.Series, standard: pd.Series, per: float, level: float, counts: pd.Series
) -> dict[str, Estimate]:
    """One group's events over those expected at everyone's rates, and its rate in the standard population."""
    strata = list(range(1, nobs.index.nlevels))
    rates = (counts.groupby(level=strata).sum() / nobs.groupby(level=strata).sum()).fillna(0)
    x, n = counts[group], nobs[group]
    expected = float((rates.reindex(n.index) * n).sum())
    found = {"expected": indirect_ratio(float(x.sum()), expected, level=level)}
    if x.sum() >= LEAST_STANDARDISED:
        x, n = (each.groupby(level=0).sum().reindex(standard.index, fill_value=0) for each in (x, n))
        found["standardised"] = Estimate(direct_rate(x, n, standard, per).value, None, None)
    return found


def _strata(release: Release, spec: TableSpec) -> dict[str, pd.DataFrame]:
    """For each ethnic group, events `x` and denominator `n` by stratum."""
    dims, (numerator, denominator) = list(spec.by[1:]), spec.measure.parts
    x = release.counts(spec, numerator)
    if spec.measure.kind == "rate":
        n = release.average(spec, denominator)
        n["value"] *= len(release.years(spec))
    else:
        n = release.counts(spec, denominator)
    both = n.merge(x, on=list(spec.by), how="left", suffixes=("_n", "_x")).fillna({"value_x": 0})
    inner = both[(both[list(spec.by)] != "all").all(axis=1)]
    inner = inner.rename(columns={"value_n": "n", "value_x": "x"})
    return {str(group): rows.set_index(dims)[["x", "n"]] for group, rows in inner.groupby("ethnicity")}
