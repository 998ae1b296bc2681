"""What a comparison shows: its picture and its sentences."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from reportlib import charts, prose
from reportlib.comparison_tables import Comparison
from reportlib.derived_tables import funnel_caption, standing
from reportlib.ethnicity import NOT_STATED, label
from reportlib.figures import COARSE, LIMITS, REMAINS, how_large, ratio_decimals, undone_rows
from reportlib.measures import TableSpec
from reportlib.published import PublishedTable
from reportlib.statistics import METHODS, Band, adjust_p, goodness_of_fit, rate_trend, trend, trend_departure
from reportlib.statistics.verdict import ALPHA
from reportlib.words import (
    MOST_NAMED,
    PARTS_OF,
    SHORT,
    SIGNIFICANT,
    WORDS,
    MeasureWords,
    all_people,
    capital,
    dimensions,
    interval,
    level_words,
    listed,
    lower_first,
    marked,
    missing,
    number,
    p_value,
    people,
    percent_decimals,
    ratio,
)

BOTH_HOLD = (
    "Of the people who complained and whose ethnicity both the prison system (NOMIS) and the Ombudsman’s case system "
    "(PPUD) hold"
)
SENTENCES = ("sentence", "adjusted_sentence")  # facts of a whole table: what it says, and what adjustment changes
MOST_PANELS = 9  # beyond, one heat map says more than many small panels
MOST_ROWS = 54  # in all panels of a chart; more are too small to read on a page
NO_COMPARISON = "Not available [x]: no chapter of this report compares ethnic groups on these inputs."
NO_AGES = "Each group against all prisoners: not available [x], because ages are not known, or not allowed for."
FEW_DEATHS = "Each group against all prisoners: not given, because deaths are few, or to protect individuals [c]."


def draw_published(table: PublishedTable) -> charts.Chart | None:
    """The lines over the years of published figures; None where they are not drawn."""
    if not table.axis:
        return None
    return charts.trend(table.lines().replace({"label": SHORT}), table.caption, table.axis, table.decimals)


def draw(comparison: Comparison) -> charts.Chart | None:
    """The chart of a comparison; its kind follows from what the table is by.

    None for plain counts, for one year alone over time, where nothing can be shown, and for so many groups in so many
    parts of the system that no picture could be read.
    """
    spec, title = comparison.spec, comparison.pictured
    if spec.measure.kind == "count" or ("year" in spec.by and comparison.frame["year"].nunique() < 2):
        return None
    words = _words(comparison.spec)
    frame = comparison.frame.rename(columns={"ethnicity": "group"}).replace({"label": SHORT})
    inside = (frame[list(spec.strata)] != "all").all(axis=1)
    if spec.by == ("year",):
        return charts.trend(frame.assign(group="all", label="All"), title, words.unit, words.decimals)
    if "group" not in frame:
        kind, inner = spec.strata[0], frame[inside & ~frame["mark"].eq("z")]  # what has no population has no rate
        if inner["value"].isna().all():
            return None
        own = inner.assign(group=inner[kind], label=inner[kind].map(capital))
        return (charts.trend if "year" in spec.by else charts.bars)(own, title, words.unit, words.decimals)
    if "year" in spec.by:
        lines = frame[~frame["group"].isin(["all", NOT_STATED])]
        drawn = lines["group"].nunique() <= MOST_PANELS and lines["value"].notna().any()
        return charts.trend(lines, title, words.unit, words.decimals) if drawn else None
    reference, outcome = label(comparison.reference), comparison.outcome
    level, band = comparison.level, comparison.band
    frame = comparison.compared.rename(columns={"ethnicity": "group"}).replace({"label": SHORT})
    if frame.loc[inside, "ratio"].isna().all():
        return None
    if not spec.strata:
        return charts.forest(frame, title, reference, level, band, outcome)
    inner = frame[inside].assign(stratum=frame[spec.strata[0]].map(capital))
    if inner["stratum"].nunique() > MOST_PANELS:
        if inner.loc[inner["verdict"].notna(), "group"].nunique() > charts.MOST_COLUMNS:
            return None
        return charts.verdict_heatmap(inner, title, reference, outcome)
    if len(inner[inner["verdict"].notna()]) > MOST_ROWS:
        return None
    return charts.small_multiples(inner, title, reference, level, band, outcome)


def draw_funnel(comparison: Comparison) -> charts.Chart:
    """The parts of the system side by side: each one's share for everybody, and the limits of chance."""
    spec, frame = comparison.spec, comparison.frame
    parts = frame[frame["ethnicity"].eq("all")].set_index(spec.strata[0])
    target, places = float(parts["value"]["all"]), parts.drop(index="all")
    figures = places[["denominator", "value", *LIMITS]].astype(float)
    figures.loc[figures.isna().any(axis=1)] = float("nan")
    mark = places["mark"].where(figures["value"].notna() | places["mark"].ne(""), "u")
    shown = figures.assign(label=places.index, mark=mark).reset_index(drop=True)
    unit, across = WORDS[spec.measure.code].unit, spec.measure.parts[1].label.lower()
    return charts.funnel(shown, funnel_caption(comparison), unit, target, across)


def shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Each known group's share of the numerator and of the denominator, to three decimals; marks stay."""
    known = frame[~frame["ethnicity"].isin(["all", NOT_STATED])]
    both = pd.DataFrame({"group": known["ethnicity"], "label": known["label"].replace(SHORT), "mark": known["mark"]})
    for name, column in (("share_a", "numerator"), ("share_b", "denominator")):
        whole = frame.set_index("ethnicity")[column]
        both[name] = (known[column] / (whole["all"] - whole[NOT_STATED])).astype("Float64").round(3)
    hidden = both[["share_a", "share_b"]].isna().any(axis=1)
    both.loc[hidden, ["share_a", "share_b"]] = pd.NA
    return both.assign(mark=both["mark"].mask(hidden & both["mark"].eq(""), "c"))


def mix_sentence(frame: pd.DataFrame, numerator: str, denominator: str) -> str:
    """Whether the mix of groups differs at all, before any group is looked at; empty if a count is hidden."""
    known = frame[~frame["ethnicity"].isin(["all", NOT_STATED])]
    if known[["numerator", "denominator"]].isna().any(axis=None) or known["denominator"].eq(0).any():
        return ""
    share = known["denominator"] / known["denominator"].sum()
    test = goodness_of_fit(known["numerator"], share * known["numerator"].sum())
    if test.p_value is None:
        return ""
    found = "differs from" if test.p_value <= ALPHA else "cannot be told apart from"
    p = p_value(test.p_value)
    return (
        f"Taken together, the ethnic mix of {numerator} {found} that of {denominator} "
        f"(chi-square test of goodness of fit, p {'' if p[0] in '<>' else '= '}{p})."
    )


def sentence(comparison: Comparison) -> str:
    """What the table shows, in some sentences; empty for tables that only a picture can sum up."""
    spec, frame = comparison.spec, comparison.frame
    if spec.measure.kind == "count":
        return ""
    words = _words(spec)
    if spec.by == ("year",):
        return prose.trend_sentence(frame.assign(label="All"), words)
    if not spec.compared:
        (part,) = spec.strata
        latest = frame if "year" in spec.by else frame.assign(year=comparison.period)
        return prose.latest_sentence(latest, words, part)
    if spec.by == ("year", "ethnicity"):
        total = frame[frame["ethnicity"].eq("all")]
        gap = prose.gap_sentence(frame, label(comparison.reference), comparison.outcome)
        return f"{gap} {prose.trend_sentence(total, words, *_trend(total, spec))}".strip()
    if spec.by == ("ethnicity",):
        turns = turned_by_much(frame, comparison.band)
        compared = comparison.compared.assign(undone=undone_rows(frame, comparison.band), turned=turns)
        said = prose.summary_sentence(compared, words, label(comparison.reference), dimensions(spec.adjust))
        return f"{said} These rates are not adjusted." if spec.apart and not spec.adjust else said
    if len(spec.strata) == 1 and "year" not in spec.by:
        (part,) = spec.strata
        inner = comparison.compared[frame[part] != "all"]
        reference, outcome = label(comparison.reference), comparison.outcome
        return prose.parts_sentence(inner, words, reference, part, outcome, comparison.level)
    return ""


def beside_sentence(comparison: Comparison, other: Comparison) -> str:
    """Whether the verdicts hang on how an outcome is counted; empty where the two cannot be set side by side."""
    if comparison.outcome != other.outcome:
        return ""
    frame, beside = (each.frame[each.frame["verdict"].notna()] for each in (comparison, other))
    return prose.beside_sentence(frame, beside, _words(other.spec).name)


def funnel_sentence(comparison: Comparison) -> str:
    """Which parts lie outside the limits of a funnel, for everybody together; empty where there are no limits."""
    (part,), frame = comparison.spec.strata, comparison.frame
    parts = frame[frame["ethnicity"].eq("all") & frame["lower_95"].notna()]
    if parts.empty:
        return ""
    whole = frame[(frame[[part, "ethnicity"]] == "all").all(axis=1)]
    shares = [
        number(row["value"], "%", percent_decimals(row["denominator"]))
        for row in pd.concat([whole, parts]).to_dict("records")
    ]
    places = [
        (row[part], share, standing(row)) for row, share in zip(parts.to_dict("records"), shares[1:], strict=True)
    ]
    found = []
    for limits in [f"{side} the {which} limits" for which in ("outer", "inner") for side in ("below", "above")]:
        if names := [f"{name} ({share})" for name, share, lies in places if lies == limits]:
            found.append(f"{listed(names)} {'lies' if len(names) == 1 else 'lie'} {limits}")
    if not found:
        return f"None of the {len(parts)} {PARTS_OF[part]} lies outside the limits about the average of {shares[0]}."
    return f"With an average of {shares[0]} for all ethnic groups together, {'; '.join(found)}."


def agreement_sentence(estimates: pd.DataFrame, level: float) -> tuple[list[tuple[str, str, float, str]], str]:
    """How far two records agree: the figures (statistic, text, value as shown, unit), none if hidden; and a sentence.

    estimates: statistic, value, lower, upper.
    """
    found = estimates.set_index("statistic")
    if "agreement_least" in found.index:
        least = float(found["value"]["agreement_least"])
        share = number(least, "%")
        text = f"{BOTH_HOLD}, the two agree on the ethnic group for at least {share}; how far exactly is {marked('c')}."
        return [("agreement_least", share, least, "%")], text
    if not {"agreement", "kappa"} <= set(found.index):
        return [], "How far the two records agree is suppressed to protect individuals [c]."
    said: dict[str, str] = {}
    figures = []
    for name, unit, places in (("agreement", "%", 1), ("kappa", "", 2)):
        value, lower, upper = map(float, found.loc[name, ["value", "lower", "upper"]].to_numpy())
        said[name], said[f"{name}_limits"] = number(value, unit, places), interval(lower, upper, unit, places)
        for end, figure in (("", value), ("_lower", lower), ("_upper", upper)):
            shown = round(figure, places + 2 * (unit == "%"))
            figures.append((f"{name}{end}", said[f"{name}{'_limits' * bool(end)}"], shown, unit))
    text = (
        f"{BOTH_HOLD}, the two agree on the ethnic group for {said['agreement']} "
        f"({METHODS['proportion'].interval}, {level_words(level)} {said['agreement_limits']}). Beyond what "
        f"chance would give, agreement is {said['kappa']} on a scale on which 1 is perfect (Cohen's kappa; "
        f"{METHODS['agreement'].interval}, {said['kappa_limits']})."
    )
    return figures, text


def _words(spec: TableSpec) -> MeasureWords:
    """How the measure of a table is spoken of: the period of people who count once is a year where years are told."""
    words = replace(WORDS[spec.measure.code], decimals=spec.measure.decimals)
    return replace(words, unit=words.unit.removesuffix(", over the whole period")) if "year" in spec.by else words


def adjusted_sentence(comparison: Comparison) -> str:
    """What adjustment changed, and left, of the groups that stand out or that it changes; empty if there are none.

    From what to what is told of a few groups; the table has those of more.
    """
    frame, remains = comparison.frame, left(comparison.frame, comparison.band)
    if not remains:
        return ""
    adjust, varies = comparison.spec.adjust, varying(frame, comparison.spec.adjust)
    told = frame[frame["label"].isin([name for names in remains.values() for name in names])]
    if len(told) > MOST_NAMED:
        return f"{what_is_left(frame, adjust, comparison.band)} {varies}".rstrip()
    moves = moved(told, comparison.outcome, ratio_decimals(frame))
    return " ".join(filter(None, [f"Allowing for {dimensions(adjust)}, {moves}", *remains, varies]))


def moved(rows: pd.DataFrame, outcome: str, places: int) -> str:
    """From what to what adjustment moves the relative rates of some groups, with what is then their interval."""
    moves: dict[str, list[str]] = {"moves": [], "stays": [], "is": []}  # the last of what rounding may have moved
    for row in rows.to_dict("records"):
        change = round(abs(row["ratio"] - row["adjusted_ratio"]), places)
        changed = change > (COARSE / 2 if row["coarse"] else 0)
        found = f"from {ratio(row['ratio'], decimals=places)} to " * changed + _adjusted(row, places)
        limits = f" ({_limits(row, places)})" if _limits(row, places) else ""
        how = "moves" if changed else "is" if row["coarse"] else "stays"
        moves[how].append(f"{found}{limits} for {people(str(row['label']))}")
    said = " and ".join(f"{how} {listed(some)}" for how, some in moves.items() if some)
    return f"the relative rate{f' of {outcome}' if outcome else ''} {said}."


def _adjusted(row: Mapping[Hashable, Any], places: int) -> str:
    """An adjusted relative rate, with "about" where it is given coarsely."""
    return "about " * row["coarse"] + ratio(row["adjusted_ratio"], decimals=places)


def _limits(row: Mapping[Hashable, Any], places: int) -> str:
    """The interval of an adjusted relative rate; empty where it has none, as where all or nothing happened."""
    ends = row["adjusted_lower"], row["adjusted_upper"]
    return "" if any(map(missing, ends)) else interval(*ends, "", places)


def what_is_left(frame: pd.DataFrame, adjust: Sequence[str], band: Band, figures: bool = False) -> str:
    """What adjustment leaves of a comparison, with or without its figures; empty if there is nothing to tell."""
    remains = " ".join(left(frame, band, figures))
    return f"Allowing for {dimensions(adjust)}, {lower_first(remains)}" if remains else ""


def varying(frame: pd.DataFrame, adjust: Sequence[str], among: Sequence[str] | None = None) -> str:
    """Whose relative rates are not the same in all strata, by tests adjusted for their number; empty if nobody's are.

    frame: label, verdict, homogeneity_p; of groups that differ from the reference, `among` some if they are given.
    """
    rows = frame[frame["homogeneity_p"].notna()]
    found = rows[(adjust_p(rows["homogeneity_p"]) <= ALPHA) & rows["verdict"].isin(SIGNIFICANT)]
    names = [name for name in found["label"] if among is None or name in among]
    if not names:
        return ""
    whose = all_people(names)
    return (
        f"One figure does not sum up the relative rate for {whose}: by {dimensions(adjust)} it differs by more than "
        "chance alone is likely to give."
    )


def left(frame: pd.DataFrame, band: Band, figures: bool = False) -> dict[str, list[str]]:
    """What adjustment leaves, in sentences, each with its groups, of those that differ or that it turns round."""
    known, places = frame[frame["adjusted_ratio"].notna()], ratio_decimals(frame)
    turns = turned(known, places)
    above, below = turns & known["adjusted_ratio"].gt(1), turns & known["adjusted_ratio"].lt(1)
    small = known["adjusted_lower"].le(1) & known["adjusted_upper"].ge(1)
    gone, differs = undone_rows(known, band), known["verdict"].isin(SIGNIFICANT) & ~turns
    pairs = known[["ratio", "adjusted_ratio", "coarse"]].itertuples(index=False)
    sizes = pd.Series([how_large(*pair) for pair in pairs], known.index, dtype="str")
    found = {f"{size} remains for {{}}.": differs & ~small & sizes.eq(size) for size in REMAINS} | {
        "the relative rate is then above 1 for {}, which chance alone is unlikely to give in one comparison.": ~small
        & above,
        "the relative rate is then below 1 for {}, which chance alone is unlikely to give in one comparison.": ~small
        & below,
        "the data cannot tell whether a difference remains for {}.": differs & small & ~gone,
        f"{prose.MAY_BE_LEFT} for {{}}.": differs & small & gone,
        "the relative rate is then above 1 for {}, but chance could account for that.": small & above,
        "the relative rate is then below 1 for {}, but chance could account for that.": small & below,
    }
    told = {}
    for text, rows in ((text, known[some]) for text, some in found.items() if some.any()):
        names = list(rows["label"])
        told[capital(text.format(_with_figures(rows, places) if figures else all_people(names)))] = names
    return told


def _with_figures(rows: pd.DataFrame, places: int) -> str:
    """Some groups, each with its adjusted relative rate and interval."""
    return listed(
        [
            f"{people(row['label'])} ({', '.join(filter(None, [_adjusted(row, places), _limits(row, places)]))})"
            for row in rows.to_dict("records")
        ]
    )


def turned(rows: pd.DataFrame, places: int) -> pd.Series:
    """Which relative rates adjustment puts on the other side of 1, as they are printed to so many decimals."""
    return rows["ratio"].round(places).sub(1) * rows["adjusted_ratio"].round(places).sub(1) < 0


def turned_by_much(rows: pd.DataFrame, band: Band) -> pd.Series:
    """Which of them lie outside the band before or after it, where what adjustment leaves has an interval."""
    outside = ~(rows["ratio"].between(*band) & rows["adjusted_ratio"].between(*band))
    return (turned(rows, ratio_decimals(rows)) & outside & rows["adjusted_lower"].notna()).fillna(False)


def _trend(total: pd.DataFrame, spec: TableSpec) -> tuple[float | None, bool, bool]:
    """The p-value of the test for a trend over the years shown, on effective counts; whether it rises, and evenly.

    The p-value is missing where too few years are shown, and of people, many of whom are the same from year to year.
    """
    shown = total[total["value"].notna() & total["deff"].notna()]
    if len(shown) < prose.FEWEST_YEARS or spec.measure.numerator.counts == "people":
        return None, True, True
    x, n = (shown[name].astype(float) / shown["deff"] for name in ("numerator", "denominator"))
    years = shown["year"].str[:4].astype(int)
    rates = spec.measure.kind != "proportion"
    left = trend_departure(x, n, years, rates).p_value
    rising = bool((years * (x - n * x.sum() / n.sum())).sum() > 0)
    return (rate_trend if rates else trend)(x, n, years).p_value, rising, left is None or left > ALPHA
