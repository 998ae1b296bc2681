"""Adjusted ratios from records, clustered on the person."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from clustered_records import fitted_glm, records
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import adjusted_risk_ratio, relative_rate


def test_greenland_2004_standardised_ratio_against_statsmodels() -> None:
    """The model by statsmodels; the delta method by numerical differences."""
    frame = records(1)
    kinds = [(frame["kind"] == kind).to_numpy(float) for kind in ("High security", "Open")]
    ones = np.ones(len(frame))
    fitted = fitted_glm(frame, np.column_stack([ones, frame["group"].to_numpy(float), *kinds]))

    def log_ratio(beta: np.ndarray) -> float:
        means = [(1 / (1 + np.exp(-np.column_stack([ones, side * ones, *kinds]) @ beta))).mean() for side in (1, 0)]
        return float(np.log(means[0] / means[1]))

    steps = 1e-5 * np.eye(4)
    slope = [(log_ratio(fitted.params + s) - log_ratio(fitted.params - s)) / 2e-5 for s in steps]
    se = np.sqrt(np.array(slope) @ fitted.cov_params() @ np.array(slope))
    found = adjusted_risk_ratio(frame, "upheld", "group", ["kind"], "person")
    assert math.log(found.value) == pytest.approx(log_ratio(fitted.params), abs=1e-8)
    assert math.log(found.upper / found.value) == pytest.approx(1.959964 * se, rel=1e-5)


def test_a_confounded_ratio_is_adjusted_away() -> None:
    """In each type the shares are equal (60% and 20%); the group is mostly in the first."""
    cells = [("a", 1, 80, 48), ("a", 0, 20, 12), ("b", 1, 20, 4), ("b", 0, 80, 16)]
    rows = [(kind, group, i < upheld) for kind, group, n, upheld in cells for i in range(n)]
    frame = pd.DataFrame(rows, columns=["kind", "group", "upheld"]).assign(person=range(200))
    assert adjusted_risk_ratio(frame, "upheld", "group", [], "person").value == pytest.approx(52 / 28)
    adjusted = adjusted_risk_ratio(frame, "upheld", "group", ["kind"], "person")
    assert adjusted.value == pytest.approx(1) and adjusted.lower < 1 < adjusted.upper


@pytest.mark.parametrize(("scale", "offset"), [(1, 2022), (1, 20_220_101), (1e-9, 0), (1e7, 0), (1e5, 1e6)])
def test_the_unit_and_the_origin_of_a_covariate_do_not_matter(scale: float, offset: float) -> None:
    frame = records(1)
    random = np.random.default_rng(1)
    frame["age"] = random.normal(size=len(frame)) + frame["upheld"]
    plain = adjusted_risk_ratio(frame, "upheld", "group", ["age"], "person")
    other = adjusted_risk_ratio(frame.assign(age=scale * frame["age"] + offset), "upheld", "group", ["age"], "person")
    assert (other.value, other.lower, other.upper) == pytest.approx((plain.value, plain.lower, plain.upper), rel=1e-6)
    assert plain.value != pytest.approx(adjusted_risk_ratio(frame, "upheld", "group", [], "person").value, rel=1e-3)


SEPARATED = pd.DataFrame({"upheld": [0, 0, 0, 1, 1, 1] * 10, "group": [0, 1] * 30, "age": [1, 2, 3, 4, 5, 6] * 10})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "the covariates tell the outcome"),
        ({"age": SEPARATED["upheld"].map({0: "young", 1: "old"})}, "the covariates tell the outcome"),
        ({"age": 2 * SEPARATED["group"] + 1}, "the covariates tell the group"),
        ({"age": SEPARATED["group"].map({0: "young", 1: "old"})}, "the covariates tell the group"),
        ({"person": 1, "age": 0}, "all records are of one person"),
    ],
)
def test_a_model_that_has_no_answer_gives_none(change: dict[str, object], reason: str) -> None:
    frame = SEPARATED.assign(person=range(60)).assign(**change)
    found = adjusted_risk_ratio(frame, "upheld", "group", ["age"], "person")
    assert found.value is None
    assert found.reason.startswith(reason)


@pytest.mark.parametrize("upheld", [0, 1])
def test_an_arm_without_events_or_of_nothing_else_has_no_model(upheld: int) -> None:
    frame = pd.DataFrame({"upheld": [upheld, upheld, 1, 0], "group": [1, 1, 0, 0], "person": range(4)})
    assert adjusted_risk_ratio(frame, "upheld", "group", [], "person").value is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"upheld": 2}, "upheld must hold both 0 and 1"),
        ({"group": 1}, "group must hold both 0 and 1"),
        ({"kind": None}, "a value is missing"),
    ],
)
def test_faults_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adjusted_risk_ratio(records(1).assign(**change), "upheld", "group", ["kind"], "person")
    with pytest.raises(ValueError, match="no column prison"):
        adjusted_risk_ratio(records(1), "upheld", "group", ["prison"], "person")


@given(st.integers(0, 1000))
def test_without_covariates_it_is_the_crude_ratio_and_repeats_widen_it(seed: int) -> None:
    frame = records(seed, people=80)
    counts = frame.groupby("group")["upheld"].agg(["sum", "size"])
    crude = relative_rate(*counts.loc[True].tolist(), *counts.loc[False].tolist())
    found = adjusted_risk_ratio(frame, "upheld", "group", [], "person")
    assert found.value == pytest.approx(crude.value, rel=1e-6)
    doubled = pd.concat([frame, frame])
    again = adjusted_risk_ratio(doubled, "upheld", "group", [], "person")
    assert again.upper == pytest.approx(found.upper, rel=0.02)


@given(st.integers(0, 1000))
def test_swapping_group_and_reference_inverts_the_ratio(seed: int) -> None:
    frame = records(seed, people=80)
    found = adjusted_risk_ratio(frame, "upheld", "group", ["kind"], "person")
    swapped = adjusted_risk_ratio(frame.assign(group=~frame["group"]), "upheld", "group", ["kind"], "person")
    assert found.upper == pytest.approx(1 / swapped.lower, rel=1e-6)


def test_columns_that_carry_nothing_change_nothing() -> None:
    """A constant, a covariate twice over, and categories that no record has."""
    chance = np.random.default_rng(7)
    frame = pd.DataFrame({"case": chance.integers(0, 2, 600), "group": chance.integers(0, 2, 600)})
    frame["person"], frame["kind"] = chance.integers(0, 200, 600), chance.choice(["x", "y", "z"], 600)
    frame["again"], frame["one"] = frame["kind"], "all"
    frame["wide"] = pd.Categorical(frame["kind"], categories=["x", "y", "z", "v", "w"])
    told = adjusted_risk_ratio(frame, "case", "group", ["kind"], "person")
    for covariates in (["kind", "again"], ["kind", "one"], ["wide"]):
        found = adjusted_risk_ratio(frame, "case", "group", covariates, "person")
        assert (found.value, found.lower, found.upper) == pytest.approx((told.value, told.lower, told.upper), rel=1e-9)
