"""Where a figure comes from: what was counted, in which records, how, under which rules, and by which code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reportlib.comparison_tables import METHODS_USED
from reportlib.errors import AS_IT_WAS, ReportError, nearest
from reportlib.facts import Fact
from reportlib.figures import LIMITS
from reportlib.measures import APART, DATASETS, MEASURES, OPEN, Measure, Part, inputs_of
from reportlib.published import PUBLISHED_TABLES
from reportlib.statistics import METHODS
from reportlib.words import about, counted, dimensions, listed, number, spoken
from reportlib.years import span, years_to

Run = Mapping[str, Any]  # run.json
Pairs = list[tuple[str, str]]  # a term, and what is told of it
DATED_BY = {"received_year": " by date received", "completed_year": " by date completed"}  # year of a part
COUNTED = "counted, not estimated"
SHOWN = 12  # characters of a digest on a page


def tables(run: Run) -> dict[str, Pairs]:
    """What every table of a run comes from, by the table's id; one made of another's figures leads to it in a note."""
    found = {table: _table(run, table, held) for table, held in run["tables"].items()}
    names = [name for chapter in run["chapters"].values() for name in chapter["published"]]
    return found | {name: [("Taken from", PUBLISHED_TABLES[name].source), _code(run)] for name in names}


def explain(run: Run, facts: Sequence[Fact], name: str) -> list[Pairs]:
    """What the figure of this name comes from, once for each period.

    Raises ReportError where there is none, and for a run that other code made.
    """
    try:
        if found := [figure(run, fact) for fact in facts if fact.id == name]:
            return found
    except KeyError as error:
        raise ReportError(f"This code cannot explain the run: it finds no {error.args[0]!r}. {AS_IT_WAS}") from None
    names = sorted({fact.id for fact in facts})
    raise ReportError(f"The run publishes no figure {name!r}{nearest(name, names)}. facts.jsonl names them all.")


def figure(run: Run, fact: Fact) -> Pairs:
    """What one figure comes from."""
    held = run["tables"].get(fact.table)
    own: Pairs = [
        ("Figure", f"{fact.label}: {fact.text}"),
        ("What it is", fact.statistic.replace("_", " ") + (f", in {fact.unit}" if fact.unit else "")),
        ("Period and edition", f"{fact.period}, {fact.edition}"),
        ("Where it is shown", f"chapter {fact.chapter}, table {fact.table}"),
        ("Status of the data", listed(fact.status)),
    ]
    if held:
        own.append(("Definition", run["definitions"][held["measure"]]))
        own.append(("Method of this figure", _told(_methods(MEASURES[held["measure"]], fact.statistic))))
        own.append(("Parameters", ", ".join(f"{name} {value}" for name, value in run["parameters"].items())))
    own += tables(run)[fact.table]
    findings = [found["text"] for found in run["findings"] if held and _about(found["text"], _inputs(run, held))]
    return own + [("Contract finding", text) for text in findings]


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
    kinds: dict[str, Sequence[str]] = {
        "numerator": [], "denominator": [], "deff": repeats,
        "value": [own], "lower": [own, *repeats], "upper": [own, *repeats], "ratio": [ratio, *side, *repeats],
        "sentence": [own, ratio, *side, *repeats, "verdict"],
        "gap": ["difference", *repeats] if share else [own], "p": [ratio, "adjust_p"],
        "detectable": ["detectable_ratio", *repeats], "bound": ["missing_bounds" if share else "missing_bounds_rate"],
        "adjusted": ["mantel_haenszel" if share else "mantel_haenszel_rate", *repeats], "verdict": [ratio, "verdict"],
        "agreement": ["agreement"], "kappa": ["agreement"], "cases": ["cases_needed", *repeats],
        "tipping": ["tipping_point"], "homogeneity": ["homogeneity", *repeats],
        "interaction": ["trend_interaction" if share else "rate_trend_interaction"],
        "modelled": ["adjusted_risk_ratio"], "expected": ["indirect_ratio"], "standardised": ["direct_rate"],
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
