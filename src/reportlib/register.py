"""The explain-or-reform register: what was tried to explain each disproportionate comparison, and the answer.

The Race Action Plan's principle: a body that cannot explain a disparity with evidence should reform.
Answers stand in a file beside the parameters and are kept from one run to the next.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from reportlib.errors import Finding, ReportError, nearest
from reportlib.ethnicity import label
from reportlib.facts import Fact
from reportlib.measures import MEASURES
from reportlib.paramfile import read_yaml
from reportlib.tables import Table, frame_table
from reportlib.words import DISPROPORTIONATE, listed

HEADER = """\
# Answers to the explain-or-reform register: one line for each comparison that was disproportionate.
# Write the answer of the service that owns it after the colon; what is here is printed in the report, so name
# no person and no case. Put quotation marks round an answer that holds a colon or a #.
"""
QUOTES = "Put an answer that holds a colon or a # in quotation marks, or what follows is no part of it."
CUT = re.compile(r"""^[^\s#"'][^:#]*:[ ]+[^\s"'|>#].*[ ]#""")  # a bare answer, which YAML ends at the #

OPPOSITE = {"higher": "lower", "lower": "higher"}


def responses_file(parameters: Path, edition: str = "national") -> Path:
    """Where the answers stand: `2024-25.responses.yml` beside `2024-25.yml`, or `2024-25.london.responses.yml`."""
    return parameters.with_suffix(f".{edition}.responses.yml" if edition != "national" else ".responses.yml")


def read_responses(path: Path) -> dict[str, str]:
    """The answers given so far, by comparison. Raises ReportError for a file that is not such a list."""
    if not path.exists():
        return {}
    try:
        held, _, findings = read_yaml(path)
    except ReportError as error:
        raise ReportError(f"{error} {QUOTES}") from None
    lines = enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1)
    findings += [Finding(QUOTES, f"{path}, line {number}") for number, line in lines if CUT.match(line)]
    if not isinstance(held, dict) or any(not isinstance(text, str | None) for text in held.values()):
        findings.append(Finding("write one line each, `comparison: answer`, and numbers in quotes", str(path)))
    elif empty := [name for name, text in held.items() if text and not re.search(r"\w", text)]:
        findings.append(Finding(f"{', '.join(empty)}: write an answer in words, or none", str(path)))
    if findings:
        raise ReportError("The responses cannot be read:", findings)
    return {str(name): text for name, text in held.items() if text}


def ask_for_responses(path: Path, comparisons: Sequence[str]) -> None:
    """Add an empty line for each comparison that has none, in one step; all else in the file stays as it is."""
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 4096  # type: ignore[assignment]
    text = path.read_text(encoding="utf-8-sig") if path.exists() else HEADER
    held = yaml.load(text)
    if not (missing := {name: None for name in comparisons if name not in (held or {})}):
        return
    part = path.with_name(f".{path.name}-{os.getpid()}")
    with part.open("w", encoding="utf-8") as file:
        if held is None:  # comments alone
            file.write(text)
            yaml.dump(missing, file)
        else:
            held.update(missing)
            yaml.dump(held, file)
    part.replace(path)


def without_comparison(given: Iterable[str], comparisons: Sequence[str]) -> list[str]:
    """The answers that no comparison asks for, each with the one that its name is most like."""
    return [f"{name}{nearest(name, comparisons, 0.8)}" for name in given if name not in comparisons]


def disproportionate(facts: Sequence[Fact], period: str) -> list[str]:
    """The headline comparisons that ended so, as measure/by/group: all of the system, pooled years."""
    return sorted(
        {
            fact.id.removesuffix("/verdict")
            for fact in _pooled(facts, period)
            if fact.text == DISPROPORTIONATE and fact.id.split("/")[1] == "ethnicity"
        }
    )


def _pooled(facts: Sequence[Fact], period: str) -> list[Fact]:
    """The facts of tables of the pooled years; where they are one year, those of trends have its period as well."""
    trends = {fact.table for fact in facts if fact.period != period}
    return [fact for fact in facts if fact.period == period and fact.table not in trends]


def register(
    facts: Sequence[Fact], period: str, responses: Mapping[str, str], band: tuple[float, float], reference: str
) -> Table:
    """One row a disproportionate headline comparison: what was tried, what is left, and the answer."""
    held = {fact.id: fact for fact in _pooled(facts, period)}
    rows = [_row(name, held, responses.get(name, ""), band) for name in disproportionate(facts, period)]
    return _table("register", f"Disproportionate comparisons with {label(reference)}, {period}", rows, held)


def register_of_parts(facts: Sequence[Fact], period: str, reference: str) -> Table:
    """One row a comparison that was disproportionate in parts of the system, but not over the whole of it."""
    held = {fact.id: fact for fact in _pooled(facts, period)}
    over_all = set(disproportionate(facts, period))
    parts = {name: fact for fact in held.values() if (name := _whole(fact)) and name not in over_all}
    rows = []
    for name, fact in sorted(parts.items()):
        head = [held[key].text for key in (f"{name}/ratio", f"{name}/verdict") if key in held]
        within = {
            f"{way.capitalize()} within": listed([f"{part} ({ratio})" for part, ratio in sorted(found.items())])
            or "none"
            for way, found in _within(name, held).items()
        }
        measure, _, told = fact.label.partition(": ")
        outcome = held[f"{fact.id.removesuffix('/verdict')}/ratio"].unit
        rows.append(
            {
                "Comparison": f"{measure}: {told.rpartition(', ')[2]}" + (f" (rate of {outcome})" if outcome else ""),
                "Over the whole system": " ".join(head) or "not compared",
                **within,
            }
        )
    title = f"Disproportionate in parts of the system alone, compared with {label(reference)}, {period}"
    return _table("register-of-parts", title, rows, held)


def _table(name: str, title: str, rows: list[dict[str, str]], held: Mapping[str, Fact]) -> Table:
    from reportlib.statistics.verdict import NOT_ASSESSED  # here: an unchanged report is found without SciPy

    compared = any(fact.statistic == "verdict" and fact.text != NOT_ASSESSED for fact in held.values())
    none = "None was disproportionate" if compared else "No comparison could be made"
    return frame_table(name, title, pd.DataFrame(rows or [{"Comparison": none}]), "Comparison")


def _row(name: str, held: Mapping[str, Fact], response: str, band: tuple[float, float]) -> dict[str, str]:
    def text(statistic: str, without: str = "") -> str:
        return held[f"{name}/{statistic}"].text if f"{name}/{statistic}" in held else without

    def limits(statistic: str) -> tuple[float, float] | None:
        pair = [held[key].value for end in ("lower", "upper") if (key := f"{name}/{statistic}_{end}") in held]
        return (float(pair[0]), float(pair[1])) if len(pair) == 2 and None not in pair else None  # type: ignore[arg-type]

    adjusted, bounds = limits("adjusted"), limits("bound")
    within = adjusted is not None and band[0] <= float(held[f"{name}/adjusted_ratio"].value or 0) <= band[1]
    ratio = held[f"{name}/ratio"]
    way, outcome = _way(ratio), f" of {ratio.unit}" if ratio.unit else ""
    crude = text("adjusted_ratio", "not adjusted")
    return {
        "Comparison": f"{held[f'{name}/verdict'].label}, {way} rate{outcome}",
        "Relative rate": f"{ratio.text} ({text('ratio_lower')})",
        "Adjusted": f"{text('adjusted_ratio')} ({text('adjusted_lower')})" if adjusted else crude,
        "Relative rate if all ethnicity were known": text("bound_lower", "not reckoned"),
        "What is left to explain": f"{_left(adjusted, within, bounds)}{_also(way, _within(name, held))}",
        "Response": response or f"awaited from {MEASURES[name.partition('/')[0]].answers}",
    }


def _left(adjusted: tuple[float, float] | None, within: bool, bounds: tuple[float, float] | None) -> str:
    """What the evidence leaves unexplained, in words; `within`: the adjusted relative rate lies in the band."""
    if adjusted is None:
        found = ["No adjusted comparison could be made."]
    elif adjusted[0] <= 1 <= adjusted[1]:
        found = ["Once other characteristics are held equal, chance could account for the rest."]
    else:
        where = ", within the band" if within else ""
        found = [f"A difference remains once other characteristics are held equal{where}."]
    if bounds and bounds[0] <= 1 <= bounds[1]:
        found.append("The crude difference could vanish if all missing ethnicity fell on one side.")
    return " ".join(found)


def _also(way: str, within: Mapping[str, Mapping[str, str]]) -> str:
    """In which parts of the system the comparison was disproportionate too, and in which the other way round."""
    same, other = (listed(sorted(found)) for found in (within[way], within[OPPOSITE[way]]))
    return (f" Also disproportionate within: {same}." if same else "") + (
        f" Disproportionate the other way within: {other}." if other else ""
    )


def _whole(fact: Fact) -> str:
    """Of a disproportionate comparison within a part of the system the headline one, measure/by/group; else nothing."""
    measure, by, codes, *_ = fact.id.split("/")
    part, _, group = codes.rpartition("+")
    told = fact.statistic == "verdict" and fact.text == DISPROPORTIONATE and by != "ethnicity"
    return f"{measure}/ethnicity/{group}" if told and not part.startswith("all") else ""


def _within(name: str, held: Mapping[str, Fact]) -> dict[str, dict[str, str]]:
    """By direction, the parts of the system within which a comparison was disproportionate: their relative rates."""
    found: dict[str, dict[str, str]] = {way: {} for way in OPPOSITE}
    for fact in held.values():
        if _whole(fact) == name:
            ratio = held[f"{fact.id.removesuffix('/verdict')}/ratio"]
            found[_way(ratio)][fact.label.partition(": ")[2].rpartition(", ")[0]] = ratio.text
    return found


def _way(ratio: Fact) -> str:
    return "lower" if float(ratio.value or 0) < 1 else "higher"
