"""Answers to the explain-or-reform register: asked for in a file beside the parameters, and read from there."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from reportlib.errors import Finding, ReportError, nearest
from reportlib.facts import Fact
from reportlib.paramfile import QUOTES, read_yaml
from reportlib.project import write_whole
from reportlib.words import DISPROPORTIONATE, counted
from reportlib.years import reporting_year

HEADER = """\
# Answers to the explain-or-reform register: one line for each disproportionate comparison.
# Write the answer of the service that owns it after the colon: what explains the difference, with evidence, or what
# will change, which team leads that, and by when. What is here is printed in the report, so name no person and no
# case. Put quotation marks round an answer that holds a colon or a #.
"""
YEAR = re.compile(r"(20\d\d)-\d\d")  # in the name of a file
CUT = re.compile(r"""^[^\s#"'][^:#]*:[ ]+[^\s"'|>#].*[ ]#""")  # a bare answer, which YAML ends at the #


def responses_file(parameters: Path, edition: str = "national") -> Path:
    """Where the answers stand: `2024-25.responses.yml` beside `2024-25.yml`, or `2024-25.london.responses.yml`."""
    return parameters.with_suffix(f".{edition}.responses.yml" if edition != "national" else ".responses.yml")


def read_responses(path: Path) -> dict[str, str]:
    """The answers given so far, by comparison. Raises ReportError for a file that is not such a list."""
    if not path.exists():
        return {}
    held, _, findings = read_yaml(path)
    lines = enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1)
    findings += [Finding(QUOTES, f"{path}, line {number}") for number, line in lines if CUT.match(line)]
    if not isinstance(held, dict) or any(not isinstance(text, str | None) for text in held.values()):
        findings.append(Finding("write one line each, `comparison: answer`, and numbers in quotes", str(path)))
    elif empty := [name for name, text in held.items() if text and not re.search(r"\w", text)]:
        findings.append(Finding(f"{', '.join(empty)}: write an answer in words, or none", str(path)))
    if findings:
        raise ReportError("The responses cannot be read:", findings)
    return {str(name): text for name, text in held.items() if text}


def last_years(path: Path) -> tuple[str, dict[str, str]]:
    """The year before that of which a file of answers is named, and its answers, from the file beside it if any."""
    found = YEAR.match(path.name)
    if not found:
        return "", {}
    year = reporting_year(int(found[1]) - 1)
    return year, read_responses(path.with_name(path.name.replace(found[0], year, 1)))


def ask_for_responses(path: Path, comparisons: Sequence[str]) -> None:
    """Add an empty line for each comparison that has none, in one step; all else in the file stays as it is.

    Above it what was answered the year before, as a comment.
    """
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 4096  # type: ignore[assignment]
    text = path.read_text(encoding="utf-8-sig") if path.exists() else HEADER
    held = yaml.load(text)
    if not (missing := {name: None for name in comparisons if name not in (held or {})}):
        return
    comments, held = (text, CommentedMap()) if held is None else ("", held)  # comments alone are kept before the lines
    held.update(missing)
    year, answers = last_years(path)
    for name in missing.keys() & answers.keys():
        held.yaml_set_comment_before_after_key(name, before=f"In {year}: {' '.join(answers[name].split())}")
    lines = io.StringIO()
    yaml.dump(held, lines)
    write_whole(path, comments + lines.getvalue())


def asked(parameters: Path, edition: str, given: Iterable[str], comparisons: Sequence[str]) -> Iterator[str]:
    """Ask for the answers that comparisons lack, telling line by line what was given in vain and what is asked for."""
    for name in (name for name in given if name not in comparisons):
        hint = nearest(name, comparisons, 0.8)
        yield f"Not printed, since it is not disproportionate: the answer to {name}{hint}."
    if comparisons:
        answers = responses_file(parameters, edition)
        ask_for_responses(answers, comparisons)
        where = f" Answers: {os.path.relpath(answers)}" if answers.exists() else ""
        yield f"Disproportionate: {without_answer(given, comparisons)}.{where}"


def without_answer(given: Iterable[str], comparisons: Sequence[str]) -> str:
    """How many comparisons there are, and how many of them have no answer."""
    missing = len({*comparisons} - {*given})
    return f"{counted(len(comparisons), 'comparison')}, {missing or 'none'} of them without an answer"


def disproportionate(facts: Sequence[Fact], period: str) -> list[str]:
    """The headline comparisons that ended so, as measure/by/group: all of the system, pooled years.

    Each asks for an answer: that adjustment leaves too little to be sure of is evidence, but no explanation.
    """
    return sorted(
        {
            fact.row
            for fact in pooled(facts, period)
            if (fact.statistic, fact.text, fact.by) == ("verdict", DISPROPORTIONATE, "ethnicity")
        }
    )


def pooled(facts: Sequence[Fact], period: str) -> list[Fact]:
    """The facts of tables of the pooled years; where they are one year, those of trends have its period as well."""
    trends = {fact.table for fact in facts if fact.period != period}
    return [fact for fact in facts if fact.period == period and fact.table not in trends]
