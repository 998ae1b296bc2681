"""Ethnic groups compared with a reference group: protected counts in, one row a comparison out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from reportlib.ethnicity import NOT_STATED, label
from reportlib.figures import (
    ALONE,
    FIGURES,
    FUNNEL,
    LIMITS,
    Of,
    ratio_decimals,
    undone_rows,
)
from reportlib.measures import TableSpec
from reportlib.params import Disclosure
from reportlib.rounding import rounded
from reportlib.statistics import (
    BAND,
    Band,
    adjust_p,
    cases_needed,
    detectable_ratio,
    difference,
    funnel_limits,
    judge_complement,
    missing_bounds,
    missing_bounds_rate,
    overdispersion,
    proportion,
    rate,
    rate_ratio,
    ratio_to_others,
    relative_rate,
    tipping_point,
    verdict,
)
from reportlib.words import ONLY_COUNTED, SIGNIFICANT, TOLD_VERDICTS

# The parameters that say on fewer than how many there is no percentage, none without [u], and no rate.
LEAST_OF = {"proportion": "least_for_percent", "reliable": "reliable_percent", "rate": "least_for_rate"}
COUNTS = ("numerator", "denominator")
LEAST_EVENTS = 5  # in each arm of a ratio that is not exact
ESTIMATED = {  # statistic of the estimates -> where its value, limits and p-value go
    "rate": ("value", "lower", "upper", None),
    "ratio": ("ratio", "ratio_lower", "ratio_upper", "p_adjusted"),
    "adjusted": ("adjusted_ratio", "adjusted_lower", "adjusted_upper", None),
    "homogeneity": ("homogeneity_p", None, None, None),
    "modelled": ("modelled_ratio", "modelled_lower", "modelled_upper", None),
    "interaction": ("interaction_p", None, None, None),
    "expected": ("expected_ratio", "expected_lower", "expected_upper", None),
    "standardised": ("standardised", None, None, None),
    "family": ("p_family", None, None, None),
    "others": ("others_p", None, None, None),
    "national_value": ("national_value", None, None, None),
    "national_ratio": ("national_ratio", "national_lower", "national_upper", None),
}
WHOLE_RATE = 1e6  # exposures in a unit of exposure: a rate is a share of many that are each short


def least(policy: Mapping[str, Any]) -> dict[str, int]:
    """The limits of `LEAST_OF` as the disclosure parameters set them."""
    return {name: policy[parameter] for name, parameter in LEAST_OF.items()}


LEAST = least(Disclosure().model_dump())


def compare(
    counts: pd.DataFrame,
    estimates: pd.DataFrame,
    spec: TableSpec,
    *,
    reference: str,
    years: int,
    level: float = 0.95,
    band: Band = BAND,
    least: Mapping[str, int] = LEAST,
    complement: bool | None = None,
    decimals: int | None = None,
) -> pd.DataFrame:
    """Compare every group with the reference group, in every stratum.

    `counts` are protected: the columns of `spec.by`, `numerator`, `denominator`, `mark`; a hidden count is missing.
    `estimates` were released beside them (see `reportlib.inputs.estimates`). `reference` is the code of the group
    compared with. `years` of exposure in the period: an average population of n over k years is n·k person-years.
    `least` is the smallest denominator that a figure may rest on, by the kind of measure. `complement` says whether
    relative rates are of the opposite of an outcome, as those of `estimates` then are too, `decimals` how finely they
    are printed; without them these counts decide.

    Returns the rows of `counts` with `label`, `judged` ("complement" where the ratio is that of the opposite), the
    figures (`value`, `lower`, `upper`: fraction, or rate per `spec.measure.per`; `p_adjusted` and the rest of
    `FIGURES`), `verdict` (missing for the reference, the total and "not stated"), `mark` ("" where `value` is shown)
    and `flag` ("u" where `value` is a percentage on few).
    """
    exposure = _exposure(spec, years)
    arms = _arms(counts, estimates, spec, reference, exposure)
    proportional = spec.measure.kind == "proportion"
    if complement is None:
        complement = proportional and complement_is_rarer(counts, reference)
    measured = (
        _proportions(arms, complement, level, band) if proportional else _rates(arms, spec, exposure, level, band)
    )
    frame = pd.concat([counts.reset_index(drop=True), measured], axis=1)
    frame.insert(0, "label", frame["ethnicity"].map(label))
    frame = _with_estimates(frame, estimates, spec)
    frame = _with_funnel(frame, arms, spec)
    frame["flag"] = flags(frame, spec, least)
    compared = ~frame["ethnicity"].isin([reference, "all", NOT_STATED])
    fewest = least[spec.measure.kind]
    of_two = [name for name, figure in FIGURES.items() if figure.of not in ALONE]
    frame.loc[~compared | (arms["n_ref"] / exposure < fewest), of_two] = np.nan
    frame.loc[_too_few(frame, arms, spec), [name for name in of_two if not name.startswith("gap")]] = np.nan
    return rounded(_judged(_gated(frame, spec, fewest), spec, compared, band), spec, decimals)


def measure(
    counts: pd.DataFrame,
    estimates: pd.DataFrame,
    spec: TableSpec,
    *,
    years: int,
    level: float = 0.95,
    least: Mapping[str, int] = LEAST,
) -> pd.DataFrame:
    """The measure of every row, for tables that compare no ethnic groups.

    Parameters as for `compare`. Returns the rows of `counts` with `value`, `lower`, `upper`, `mark` and `flag`, as
    it does.
    """
    frame = counts.reset_index(drop=True)
    x = frame["numerator"].astype("Float64")
    n = frame["denominator"].astype("Float64") * _exposure(spec, years)
    deff = _estimated(frame, estimates, "deff", spec)["value"] if spec.measure.clustered else 1.0
    if spec.measure.kind == "proportion":
        own = proportion(x / deff, n / deff, level=level).assign(value=x / n)
    else:
        own = rate(x, n, per=spec.measure.per, level=level)
        if spec.measure.clustered:
            own[["lower", "upper"]] = _estimated(frame, estimates, "rate", spec)[["lower", "upper"]]
    frame = pd.concat([frame, own[["value", "lower", "upper"]]], axis=1).assign(flag=flags(frame, spec, least))
    return rounded(_gated(frame, spec, least[spec.measure.kind]), spec)


def flags(counts: pd.DataFrame, spec: TableSpec, least: Mapping[str, int]) -> pd.Series:
    """ "u" where a percentage is shown on so few that it is unreliable, told by what is published of its counts."""
    if spec.measure.kind != "proportion":
        return pd.Series("", counts.index)
    few = counts["denominator"].ge(least["proportion"]) & counts["denominator"].lt(least["reliable"])
    shown = few.fillna(False) & counts["mark"].eq("")
    return shown.map({True: "u", False: ""})


def told_verdicts(frame: pd.DataFrame, band: Band) -> pd.Series:
    """The verdicts of a comparison, with "as counted" where adjustment undoes a difference."""
    gone = frame["verdict"].isin(SIGNIFICANT) & undone_rows(frame, band)
    return frame["verdict"].mask(gone, frame["verdict"] + ONLY_COUNTED)


def against_others(frame: pd.DataFrame, level: float) -> pd.DataFrame:
    """Each group's relative rate in a part of the system over that of the other parts together.

    `frame` has the comparisons within parts, as printed (`label`, `ratio`, `ratio_lower`, `ratio_upper`), in any order.
    Limits are taken as far out as printing may have moved them in; ratios as printed. Returns its rows with the `value`
    of that ratio and a `p_value` adjusted for all of them; missing where there is none.
    """
    step = 10.0 ** -ratio_decimals(frame)
    limits = frame.reindex(columns=["ratio", "ratio_lower", "ratio_upper"]).astype(float)
    beside_1 = limits.sub([1, 1 + step, 1 - step]).abs().lt(step / 100)  # where `as_printed` may have moved one so far
    limits += beside_1.replace({True: step, False: step / 2}) * [0, -1, 1]
    found = frame.reindex(columns=["value", "p_value"]).astype(float)
    for _, own in limits.groupby(frame["label"]):
        told = ratio_to_others(own["ratio"], own["ratio_lower"], own["ratio_upper"], level)
        found.loc[own.index] = told[list(found)]
    return found.assign(p_value=adjust_p(found["p_value"]))


def _exposure(spec: TableSpec, years: int) -> int:
    """Years that a rate's denominator counts for: those of its events; people are counted once in the period."""
    return years if spec.measure.kind == "rate" and spec.measure.numerator.counts == "events" else 1


def _arms(
    counts: pd.DataFrame, estimates: pd.DataFrame, spec: TableSpec, reference: str, exposure: int
) -> pd.DataFrame:
    """Events and observations of each row, of its reference group and of those not stated, as floats."""
    keys = [name for name in spec.by if name != "ethnicity"]
    own = counts[list(spec.by)].reset_index(drop=True)
    own["x"] = counts["numerator"].to_numpy(float, na_value=np.nan)
    own["n"] = counts["denominator"].to_numpy(float, na_value=np.nan) * exposure
    own["deff"] = 1.0
    if spec.measure.clustered:
        own["deff"] = _estimated(own, estimates, "deff", spec)["value"]
    for group, suffix in ((reference, "_ref"), (NOT_STATED, "_ns")):
        arm = own.loc[own["ethnicity"] == group, [*keys, "x", "n", "deff"]].add_suffix(suffix)
        on = {"left_on": keys, "right_on": [f"{key}{suffix}" for key in keys]} if keys else {"how": "cross"}
        arm = arm if keys or len(arm) else arm.reindex([0])  # nothing to cross with would leave no rows
        own = own.merge(arm, **({"how": "left"} | on))
    return own


def _proportions(arms: pd.DataFrame, complement: bool, level: float, band: Band) -> pd.DataFrame:
    """Shares on effective counts, and the ratio of the rarer of the event and its complement."""
    x, n = arms["x"] / arms["deff"], arms["n"] / arms["deff"]
    rx, rn = arms["x_ref"] / arms["deff_ref"], arms["n_ref"] / arms["deff_ref"]
    gap = difference(x, n, rx, rn, level=level)
    ratio = relative_rate(n - x if complement else x, n, rn - rx if complement else rx, rn, level=level)
    event, base, unknown = (
        arms[f"n{arm}"] - arms[f"x{arm}"] if complement else arms[f"x{arm}"] for arm in ("", "_ref", "_ns")
    )
    low, high = missing_bounds(event, arms["n"], base, arms["n_ref"], unknown, arms["n_ns"])
    return _figures(
        proportion(x, n, level=level).assign(value=arms["x"] / arms["n"]),
        ratio.assign(value=(event / arms["n"]) / (base / arms["n_ref"])),
        gap=100 * (arms["x"] / arms["n"] - arms["x_ref"] / arms["n_ref"]),
        gap_lower=100 * gap["lower"],
        gap_upper=100 * gap["upper"],
        deff=arms["deff"],
        bound_lower=low,
        bound_upper=high,
        tipping=_finite(tipping_point(event, arms["n"], base, arms["n_ref"], unknown)[0]),
        cases_needed=np.ceil(_cases_needed(event / arms["n"], base / arms["n_ref"], arms, band)),
        **_detectable(base / arms["n_ref"], n, rn),
        judged="complement" if complement else "",
    )


def complement_is_rarer(counts: pd.DataFrame, reference: str) -> bool:
    """Which side of an outcome is judged: the rarer over all groups together, so that one axis can show them all.

    Where neither is, that on which the others together are worse off than the reference group. `counts` as for
    `compare`.
    """
    known = counts[~counts["ethnicity"].isin(["all", NOT_STATED])].dropna(subset=list(COUNTS))
    sides = known.groupby(known["ethnicity"].eq(reference))[list(COUNTS)].sum().reindex([False, True], fill_value=0)
    return bool(judge_complement(*sides.loc[False].astype(float), *sides.loc[True].astype(float)))


def _rates(arms: pd.DataFrame, spec: TableSpec, exposure: int, level: float, band: Band) -> pd.DataFrame:
    """Rates and their ratios, exact for people and deaths; what repeats is estimated from persons."""
    per = spec.measure.per
    own = rate(arms["x"], arms["n"], per=per, level=level)
    ratio = rate_ratio(arms["x"], arms["n"], arms["x_ref"], arms["n_ref"], level=level)
    if spec.measure.clustered:
        own[["lower", "upper"]] = ratio[["lower", "upper", "p_value"]] = np.nan
    low, high = missing_bounds_rate(*(arms[name] for name in ("x", "n", "x_ref", "n_ref", "x_ns", "n_ns")))
    base, many = arms["x_ref"] / arms["n_ref"], arms[["n", "n_ref"]].replace(0, np.nan) * WHOLE_RATE
    needed = _cases_needed(arms["x"] / many["n"], base / WHOLE_RATE, arms, band)
    return _figures(
        own,
        ratio,
        gap=own["value"] - base * per,
        deff=arms["deff"],
        bound_lower=low,
        bound_upper=high,
        tipping=_finite(tipping_point(arms["x"], many["n"], arms["x_ref"], many["n_ref"], arms["x_ns"])[0]),
        cases_needed=np.ceil(needed / WHOLE_RATE / exposure),  # as many as the denominator that is shown
        **_detectable(base / WHOLE_RATE, many["n"] / arms["deff"], many["n_ref"] / arms["deff_ref"]),
        judged="",
    )


def _figures(own: pd.DataFrame, ratio: pd.DataFrame, **others: Any) -> pd.DataFrame:
    names = {"value": "ratio", "lower": "ratio_lower", "upper": "ratio_upper"}
    names["p_value"] = "p_adjusted"  # by `_judged`, which has them all
    both = [own[["value", "lower", "upper"]], ratio.rename(columns=names)[list(names.values())]]
    return pd.concat(both, axis=1).assign(**others)


def _detectable(share: pd.Series, nobs: pd.Series, ref_nobs: pd.Series) -> dict[str, Any]:
    """The ratios nearest to 1 that each row's data could have shown, below and above."""
    possible = (share > 0) & (share < 1) & (nobs > 0) & (ref_nobs > 0)
    below, above = detectable_ratio(share.where(possible), nobs, ref_nobs)
    return {"detectable_below": below, "detectable_above": above}


def _finite(values: Any) -> Any:
    return np.where(np.isfinite(values), values, np.nan)


def _cases_needed(share: pd.Series, base: pd.Series, arms: pd.DataFrame, band: Band) -> Any:
    """How many of each row's denominator would show a ratio at the nearer edge of the band."""
    possible = (base > 0) & (base < 1) & (arms["n"] > 0)
    edge = np.where(share < base, band[0], band[1])
    per_case = (arms["n_ref"] / arms["deff_ref"] / (arms["n"] / arms["deff"])).where(possible)
    return _finite(cases_needed(base.where(possible), pd.Series(edge, base.index), per_case, arms["deff"]))


def _with_funnel(frame: pd.DataFrame, arms: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Limits within which places would vary by chance, widened to the spread that they have in common."""
    frame[list(LIMITS)] = np.nan
    whole = (frame[list(spec.by)] == "all").all(axis=1)
    places = frame["ethnicity"].eq("all") & ~whole & frame["value"].gt(0) & arms["deff"].notna()
    target = frame.loc[whole, "value"].sum()
    if spec.measure.kind != "proportion" or len(spec.strata) != 1 or "year" in spec.by or not 0 < target < 1:
        return frame
    x, n = (arms.loc[places, name] / arms.loc[places, "deff"] for name in ("x", "n"))
    common = overdispersion(x, n, target)
    for name, level in FUNNEL.items():
        found = funnel_limits(target, n, level, common)
        frame.loc[places, [f"lower_{name}", f"upper_{name}"]] = found[["lower", "upper"]].to_numpy()
    return frame


def _with_estimates(frame: pd.DataFrame, estimates: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Put in what was estimated from persons, strata and models."""
    frame = frame.reindex(columns=[*frame.columns, *(name for name in FIGURES if name not in frame)])
    frame["p_family"] = np.nan
    said = _estimated(frame, estimates, "national_verdict", spec)["value"]
    frame["national_verdict"] = said.map(lambda place: TOLD_VERDICTS[int(place)], na_action="ignore").astype(object)
    for name in ("withheld", "coarse"):
        frame[name] = _estimated(frame, estimates, name, spec)["value"].notna()
    for statistic in ESTIMATED.keys() & {*estimates["statistic"]}:
        found = _estimated(frame, estimates, statistic, spec)
        take = found["value"].notna()
        for column, target in zip(("value", "lower", "upper", "p_value"), ESTIMATED[statistic], strict=True):
            if target:
                frame.loc[take, target] = found.loc[take, column]
    return frame


def _estimated(frame: pd.DataFrame, estimates: pd.DataFrame, statistic: str, spec: TableSpec) -> pd.DataFrame:
    """One statistic of the estimates, aligned with the rows of a frame; missing where it was not released."""
    found = estimates[estimates["statistic"] == statistic]
    columns = ["value", "lower", "upper", "p_value"]
    return frame[list(spec.by)].merge(found, on=list(spec.by), how="left")[columns].astype(float)


def _too_few(frame: pd.DataFrame, arms: pd.DataFrame, spec: TableSpec) -> pd.Series:
    """Rows in which an arm has too few events, of the side that is judged, for a ratio that is not exact."""
    if spec.measure.kind == "rate" and not spec.measure.clustered:
        return pd.Series(False, index=arms.index)
    events = arms[["x", "x_ref"]]
    others = arms[["n", "n_ref"]].set_axis(events.columns, axis=1) - events
    return events.where(frame["judged"].eq(""), others).min(axis=1) < LEAST_EVENTS


def _gated(frame: pd.DataFrame, spec: TableSpec, least: int) -> pd.DataFrame:
    """Withhold figures on too small a denominator, and mark every figure that is not shown.

    Where there is no population at all there is no rate: it is not one that rests on too little.
    """
    small = frame["denominator"].lt(least).fillna(False)
    shown = [name for name, figure in FIGURES.items() if name in frame and figure.of != Of.WHOLE]
    frame.loc[small | frame["mark"].ne(""), shown] = np.nan
    lacking = frame["mark"].eq("") & frame["value"].isna()
    none = frame["denominator"].eq(0).fillna(False) & (spec.measure.kind == "rate")
    frame["mark"] = frame["mark"].mask(lacking, none.map({True: "z", False: "u"}))
    return frame


def _judged(frame: pd.DataFrame, spec: TableSpec, compared: pd.Series, band: Band) -> pd.DataFrame:
    """Adjust the p-values within each family, and give each comparison its verdict.

    The groups of all strata together are a family, as in the table without strata; those of the strata are another.
    A comparison that is one of a larger family, of which estimates tell, is judged in that.
    """
    headline = (frame[list(spec.strata)] == "all").all(axis=1)
    hidden = compared & frame["mark"].eq("c") & frame["p_adjusted"].isna()
    for family in (headline, ~headline):
        alone = adjust_p(frame.loc[family, "p_adjusted"].mask(hidden, 1))
        given = frame.loc[family, "p_family"]
        frame.loc[family, "p_adjusted"] = np.where(given.notna() & ~np.isnan(alone), given, alone)
    frame.loc[hidden, "p_adjusted"] = np.nan
    frame.loc[frame["p_adjusted"].isna(), [name for name, figure in FIGURES.items() if figure.judged]] = np.nan
    level = frame["ratio"].round(2).eq(1)  # nothing to undo, and either side would be named
    frame.loc[level, "tipping"] = np.nan
    ratio = frame[["ratio", "ratio_lower", "ratio_upper"]].set_axis(["value", "lower", "upper"], axis=1)
    frame["verdict"] = verdict(ratio, frame["p_adjusted"], band).where(compared)
    return frame
