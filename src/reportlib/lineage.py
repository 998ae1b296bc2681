"""Where a figure comes from: what was counted, in which records, how, under which rules, and by which code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportlib.comparison import LEAST_EVENTS, LEAST_OF
from reportlib.comparison_tables import METHODS_USED
from reportlib.errors import AS_IT_WAS, ReportError, nearest
from reportlib.facts import Fact
from reportlib.figures import LIMITS
from reportlib.inputs.findings import quoted
from reportlib.inputs.strata import ENOUGH_EVENTS
from reportlib.measures import APART, DATASETS, MEASURES, OPEN, Measure, Part, inputs_of
from reportlib.published import PUBLISHED_TABLES
from reportlib.statistics import METHODS
from reportlib.words import about, counted, dimensions, listed, lower_first, number, spoken
from reportlib.years import span, years_to

Run = Mapping[str, Any]  # run.json
Pairs = list[tuple[str, str]]  # a term, and what is told of it
Codes = Mapping[str, Mapping[str, Mapping[str, str]]]  # by input and field, the contract's code for each of its own
DATED_BY = {"received_year": " by date received", "completed_year": " by date completed"}  # year of a part
COUNTED = "counted, not estimated"
COUNTS = ("numerator", "denominator")
SHOWN = 12  # characters of a digest on a page


def tables(run: Run) -> dict[str, Pairs]:
    """What every table of a run comes from, by the table's id; one made of another's figures leads to it in a note."""
    found = {table: _table(run, table, held) for table, held in run["tables"].items()}
    names = [name for chapter in run["chapters"].values() for name in chapter["published"]]
    return found | {name: [("Taken from", PUBLISHED_TABLES[name].source), _code(run)] for name in names}


def explain(
    run: Run, facts: Sequence[Fact], name: str, period: str | None = None, codes: Codes | None = None
) -> list[Pairs]:
    """What the figure of this name comes from, once for each period, or for one of them.

    `codes` are those that the parameters map. Raises ReportError where there is no such figure, or none of the period,
    and for a run that other code made.
    """
    found = [fact for fact in facts if fact.id == name]
    if not found:
        names = sorted({fact.id for fact in facts})
        raise ReportError(f"The run publishes no figure {name!r}{nearest(name, names)}. facts.jsonl names them all.")
    if not (chosen := [fact for fact in found if period in (None, fact.period)]):
        periods = ", ".join(dict.fromkeys(fact.period for fact in found))
        raise ReportError(f"The run publishes no figure {name!r} of {period!r}; its periods are: {periods}.")
    try:
        return [figure(run, fact, facts, codes or {}) for fact in chosen]
    except KeyError as error:
        raise ReportError(f"This code cannot explain the run: it finds no {error.args[0]!r}. {AS_IT_WAS}") from None


def figure(run: Run, fact: Fact, facts: Sequence[Fact] = (), codes: Codes | None = None) -> Pairs:
    """What one figure comes from; `facts`, those of the run, tell the counts of its row."""
    held = run["tables"].get(fact.table)
    own: Pairs = [
        ("Figure", f"{fact.label}: {fact.text}"),
        ("What it is", fact.statistic.replace("_", " ") + (f", in {fact.unit}" if fact.unit else "")),
        ("Period and edition", f"{fact.period}, {fact.edition}"),
        ("Where it is shown", f"chapter {fact.chapter}, table {fact.table}"),
        ("Status of the data", listed(fact.status)),
    ]
    if held:
        measure = MEASURES[held["measure"]]
        own.append(("Definition", run["definitions"][measure.code]))
        if fact.statistic.startswith("national_"):
            own.append(("Of the whole", "the national edition has it, with its counts"))
        elif counts := _counts(measure, fact, facts):
            own.append(("Counts", counts))
        own.append(("Method of this figure", _told(_methods(measure, fact.statistic))))
        own += [("Least numbers", _least(run, measure))] if fact.statistic not in COUNTS else []
        own.append(("Parameters", ", ".join(f"{name} {value}" for name, value in run["parameters"].items())))
        own += [("Codes", told) for told in _codes(codes or {}, _inputs(run, held))]
    own += tables(run)[fact.table]
    findings = [found["text"] for found in run["findings"] if held and _about(found["text"], _inputs(run, held))]
    return own + [("Contract finding", text) for text in findings]


def _counts(measure: Measure, fact: Fact, facts: Sequence[Fact]) -> str:
    """The counts that are published of the row and period of a figure, or their marks."""
    place = fact.table, fact.row, fact.period
    told = {each.statistic: each.text for each in facts if (each.table, each.row, each.period) == place}
    parts = zip(COUNTS, measure.parts, strict=False)
    return ", ".join(f"{lower_first(part.label)} {told[name]}" for name, part in parts if name in told)


def _least(run: Run, measure: Measure) -> str:
    """On how little a measure, and a comparison of it, may not rest."""
    if measure.kind == "count":
        return "none"
    fewest = run["disclosure"][LEAST_OF[measure.kind]]
    side = " on the side that is judged" * (measure.kind == "proportion")
    told = [f"a rate needs {fewest} in its denominator, a comparison in both"]
    if side or measure.clustered:
        told.append(f"a relative rate needs {LEAST_EVENTS} events{side} in each group")
    if measure.clustered:
        told.append(f"a design effect needs {ENOUGH_EVENTS}, and without one there is no interval")
    return "; ".join(told)


def _codes(codes: Codes, inputs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the parameters make of the words of inputs. What may be a number of a person is masked, or left out."""
    for each in inputs:
        for name, held in codes.get(each["name"], {}).items():
            if not name.endswith("_id"):
                told = listed([f"{quoted(theirs)} is {quoted(ours)}" for theirs, ours in held.items()])
                yield f"{spoken(each['name'])}, {spoken(name)}: {told}"


def _table(run: Run, name: str, held: Mapping[str, Any]) -> Pairs:
    measure, inputs = MEASURES[held["measure"]], _inputs(run, held)
    parts = zip(("Numerator", "Denominator"), measure.parts, strict=False)
    pairs: Pairs = [("Measure", measure.name), *((name, _part(run, part)) for name, part in parts)]
    pairs.append(("Filters", _filters(run, held)))
    compared = ["ratio", "verdict"] if "ethnicity" in held["by"] and measure.kind != "count" else []
    methods = [name for statistic in ["value", *compared] for name in _methods(measure, statistic)]
    pairs.append(("Method", listed([METHODS[name].title for name in dict.fromkeys(methods)]) or COUNTED))
    pairs += [("Input", _input(each)) for each in inputs]
    about = sum(_about(found["text"], inputs) for found in run["findings"])
    pairs.append(("Contract findings", f"{counted(about, 'finding')} about these inputs" if about else "none"))
    return [*pairs, ("Suppression", _suppression(run, name)), _code(run)]


def _part(run: Run, part: Part) -> str:
    apart = part.dataset == "complaints" and OPEN[APART]["service"] in run["definitions"]["complaints"]
    but = ", but for those about probation" * apart
    kinds = {"events": "counted", "people": "each person counted once", "stock": "mean over the snapshots"}
    told = f"{spoken(DATASETS[part.dataset])}{DATED_BY.get(part.year, '')}"
    return f"{part.label}: {told}, {part.rows}{but}; {kinds[part.counts]}"


def _filters(run: Run, held: Mapping[str, Any]) -> str:
    """The years that a table covers, and what divides it."""
    given = run["parameters"]
    years = years_to(given["reporting_year"], given[f"{held['period']}_years"])
    ethnic = f"; ethnic groups {held['grouping']}" if any("ethnicity" in name for name in held["by"]) else ""
    return f"{span(years)}, by {dimensions(held['by'])}{ethnic}"


def _methods(measure: Measure, statistic: str) -> Sequence[str]:
    """The methods behind a statistic, by their names in `METHODS`."""
    share = measure.kind == "proportion"
    own, ratio = METHODS_USED.get((measure.kind, measure.clustered), ("", ""))
    side = ["judge_complement"] if share else []
    repeats = ["effective_sample" if share else own, "few_people"] if measure.clustered else []
    judged = [ratio, *side, *repeats]
    kinds: dict[str, Sequence[str]] = {
        "numerator": [], "denominator": [], "deff": repeats,
        "value": [own], "lower": [own, *repeats], "upper": [own, *repeats], "ratio": judged,
        "p": [*judged, "adjust_p"], "verdict": [*judged, "adjust_p", "verdict"],
        "sentence": [own, *judged, "adjust_p", "verdict"], "gap": ["difference", *repeats] if share else [own],
        "detectable": ["detectable_ratio", *side, *repeats], "cases": ["cases_needed", *side, *repeats],
        "bound": ["missing_bounds" if share else "missing_bounds_rate", *side], "tipping": ["tipping_point", *side],
        "adjusted": ["mantel_haenszel" if share else "mantel_haenszel_rate", *side, *repeats],
        "homogeneity": ["homogeneity", *side, *repeats], "modelled": ["adjusted_risk_ratio", *side],
        "interaction": ["trend_interaction" if share else "rate_trend_interaction"],
        "national": [own, *judged, "adjust_p", "verdict"], "agreement": ["agreement"], "kappa": ["agreement"],
        "expected": ["indirect_ratio"], "standardised": ["direct_rate"],
        **dict.fromkeys(LIMITS, ("overdispersion", "funnel_limits")),
    }  # fmt: skip
    found = kinds[statistic] if statistic in kinds else kinds[statistic.split("_")[0]]
    return list(dict.fromkeys(filter(None, found)))


def _told(methods: Sequence[str]) -> str:
    return "; ".join(f"{METHODS[name].title} ({METHODS[name].source})" for name in methods) or COUNTED


def _inputs(run: Run, held: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The inputs that a table rests on: of its parts, and of what divides and adjusts it."""
    names = inputs_of(MEASURES[held["measure"]].parts, [*held["by"], *held["adjust"]])
    return [each for each in run["inputs"] if each["name"] in names]


def _input(each: Mapping[str, Any]) -> str:
    left = f", {each['excluded']} left out as declared" if each["excluded"] != about(0) else ""
    return f"{spoken(each['name'])}, {each['status']}: {each['rows']} rows{left}, checksum {each['sha256'][:SHOWN]}"


def _about(finding: str, inputs: Sequence[Mapping[str, Any]]) -> bool:
    return finding.startswith(tuple(file for each in inputs for file in each["files"]))


def _suppression(run: Run, table: str) -> str:
    """How many cells of the table are hidden."""
    if run["disclosure"]["off"]:
        return f"turned off: {run['disclosure']['off']}"
    hidden = [held for held in run["hidden"] if held["table"] == table]
    told = [
        f"{number(held['hidden'])} of {number(held['cells'])} cells hidden ({held['part'].lower()})" for held in hidden
    ]
    return f"counts up to {run['disclosure']['threshold']} and what would give one back: {listed(told)}"


def _code(run: Run) -> tuple[str, str]:
    return "Code", f"digest {run['code'][:SHOWN]}, with the lock {run['lock'][:SHOWN]}"
