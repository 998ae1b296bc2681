"""The quality log of a run: what its checks found, hid and passed, and how it stands beside earlier reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from lxml import html as lxml_html

from reportlib.archive.pages import Section, page
from reportlib.archive.runs import KeptRun
from reportlib.build.released import PATTERN, Published, read
from reportlib.errors import Finding
from reportlib.gates.constants import flat
from reportlib.gates.html import check_html
from reportlib.quality import ABOUT
from reportlib.words import number

JSON, HTML = "qa.json", "qa.html"
SAME, REVISED, OPENED, CLOSED = "same", "revised", "shown now only", "hidden now only"
ABOUT_LOG = "What the run itself checked, and what came of it. What reviewers say of it is in the review log."
NOT_DECLARED = "No earlier report is declared (`disclosure: earlier`), so that nothing was compared."
COMPARED = """Cells of the same table, group and period in this report and in an earlier one. `make compare` says what
moved and why."""


def write(made: Path, passed: Iterable[str]) -> None:
    """Write the log of a run whose files have passed the named gates."""
    for name, text in _log(made, passed).items():
        (made / name).write_text(text, encoding="utf-8")


def check(made: Path, passed: Iterable[str]) -> Iterator[Finding]:
    """The page is accessible, and the log, where it is there, is what follows from the run."""
    for name, text in _log(made, passed).items():
        if name == HTML:
            yield from check_html(text, name)
        kept = (made / name).read_text(encoding="utf-8") if (made / name).exists() else text
        if _words(name, kept) != _words(name, text):
            yield Finding("it is not what follows from the run", name)


def _words(name: str, text: str) -> str:
    """What a file says; of a page its words, since its tags may be another version's."""
    return flat(str(lxml_html.document_fromstring(text).text_content())) if name == HTML else text


def _log(made: Path, passed: Iterable[str]) -> Mapping[str, str]:
    """The log by file: numbers of cells only, never a count."""
    run = KeptRun(made)
    earlier = [{"report": report, "table": table, "cells": cells} for report, table, cells in compared(made)]
    held = {name: run.run[name] for name in ("inputs", "findings", "hidden", "rules")}
    held |= {"gates": list(passed), "earlier": earlier}
    return {JSON: json.dumps(held, indent=1, ensure_ascii=False) + "\n", HTML: _page(run, held)}


def compared(made: Path) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Earlier report, table, and how many of the cells that both hold are the same, revised, shown or hidden anew."""
    for before, pairs in _both(made):
        found = Counter(map(_kind, pairs["value_before"], pairs["value_now"]))
        yield before.release, before.name, {kind: found[kind] for kind in (SAME, REVISED, OPENED, CLOSED)}


def few_apart(made: Path, few: int) -> Counter[str]:
    """How many counts that an earlier report shows too differ from it by no more than `few`, by report."""
    found: Counter[str] = Counter()
    for before, pairs in _both(made):
        apart = (pairs["value_now"] - pairs["value_before"]).abs()
        found[before.release] += int(apart.between(1, few).sum()) if before.scale == 1 else 0  # no average
    return +found


def _both(made: Path) -> Iterator[tuple[Published, pd.DataFrame]]:
    """Tables of earlier reports, each with the cells that this report has too."""
    release = read(made / PATTERN)
    own = {(table.name, table.part): table for table in release.tables}
    for before in release.earlier:
        now = own.get((before.name, before.part))
        if now is not None and not now.below and set(now.columns) == set(before.columns):
            by = [name for name in now.columns if name not in ("value", "rule")]
            pairs = before.frame().merge(now.frame(), on=by, suffixes=("_before", "_now"))
            if len(pairs):
                yield before, pairs


def _kind(before: Any, now: Any) -> str:
    if pd.isna(before) or pd.isna(now):
        return SAME if pd.isna(before) and pd.isna(now) else OPENED if pd.isna(before) else CLOSED
    return SAME if before == now else REVISED


def _page(run: KeptRun, held: Mapping[str, Any]) -> str:
    found, hidden = ABOUT["findings"], ABOUT["hidden"]
    gates = [{"Gate": name, "Result": "passed"} for name in held["gates"]]
    earlier = [{"Earlier report": each["report"], "Table": each["table"],
                **{kind.capitalize(): number(cells) for kind, cells in each["cells"].items()}}
               for each in held["earlier"]]  # fmt: skip
    declared = bool(run.params.disclosure.earlier)
    none = "No cell of this report stands in an earlier one." if declared else NOT_DECLARED
    sections = [
        Section("Inputs", "", ABOUT["inputs"].caption, ABOUT["inputs"].rows(run.run)),
        Section("Findings on the inputs", "", found.caption, found.rows(run.run)),
        Section("What was hidden", "Numbers of cells.", hidden.caption, hidden.rows(run.run)),
        Section("Gates", "A run that fails one is not kept.", "What the finished files were held to", gates),
        Section("Beside earlier reports", COMPARED if earlier else none, "Cells that both reports hold", earlier),
    ]
    title = f"Quality log: {run.params.reporting_year} ({run.params.made.title})"
    return page("qa", title, ABOUT_LOG, sections, run)
