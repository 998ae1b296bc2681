"""What people read beside a run, rendered like a chapter: what changed, the reviewer's page, the review log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from reportlib.archive.compare import TOGETHER, UNKNOWN, Comparison, Move, State, compare
from reportlib.archive.remarks import Entry
from reportlib.archive.runs import Facts, KeptRun
from reportlib.archive.signoff import Review, last_signed
from reportlib.build.page import MIME, Page
from reportlib.build.render import html_chapter
from reportlib.errors import ReportError
from reportlib.facts import Fact
from reportlib.tables import frame_table
from reportlib.words import counted, number

MOST = 40  # moves shown on the page; the CSV holds all
NONE = "[x]"
CAUSES = {
    "period": "Later period",
    "data": "Revised data",
    "period and data": "Later period and data",
    "parameters": "Parameters",
    "code": "Code or method",
    TOGETHER: "Only together (interaction)",
    UNKNOWN: "Not attributed",
}
ATTRIBUTED = (
    "The figures of the later report were worked out again with one thing of the earlier one put back at a time: "
    "the period, then the records for that same period, the parameters, the code. What a figure moves by then is due "
    "to that thing alone. What the things do only together is their interaction; it can be less than nothing, where "
    "each alone would already have moved the figure. Packages are those installed today."
)
INTERNAL = "For the author and reviewers; not for publication."


@dataclass(frozen=True)
class Section:
    """A heading, a paragraph, and a table whose first column names its rows."""

    title: str
    text: str = ""
    frame: pd.DataFrame | None = None

    def cells(self, place: int) -> list[NotebookNode]:
        cells = [new_markdown_cell(f"## {self.title}\n\n{self.text}", id=f"text-{place}")]
        if self.frame is not None and len(self.frame):
            table = frame_table(f"table-{place}", self.title, self.frame, str(self.frame.columns[0])).model()
            cells.append(new_code_cell("", id=f"cell-{place}", outputs=[_output(table)]))
        return cells


def page(name: str, title: str, text: str, sections: Iterable[Section], run: KeptRun) -> str:
    """An accessible page that holds nothing but words and tables."""
    header = new_code_cell("", id="header", outputs=[_output({"kind": "header", "chapter": name, "status": []})])
    cells = [new_markdown_cell(f"# {title}\n\n{text}", id="title"), header]
    cells += [cell for place, section in enumerate(sections, 1) for cell in section.cells(place)]
    particulars = Page(run.params.title, run.params.reporting_year, run.params.edition, draft=False)
    return html_chapter(new_notebook(cells=cells), particulars)


def _output(model: dict[str, Any]) -> Any:
    return new_output("display_data", {MIME: model, "text/plain": model["kind"]})


# What changed between two runs


def comparison_page(found: Comparison) -> str:
    """The page of a comparison."""
    title = f"What changed from {_named(found.a)} to {_named(found.b)}"
    same = found.held - sum(move.a is not None and move.b is not None for move in found.moves)
    text = f"{INTERNAL} Of {counted(found.held, 'figure')} that both hold, {number(same)} are the same."
    sections = [
        Section("Why figures moved", ATTRIBUTED if found.causes else "Nothing differs.", _causes(found)),
        *moved(found),
    ]
    return page("what-changed", title, text, sections, found.b)


def moved(found: Comparison, why: bool = True) -> list[Section]:
    """The verdicts that changed, and the figures that moved most; with or without their causes."""
    verdicts = [move for move in found.moves if move.fact.statistic == "verdict"]
    figures = [move for move in found.moves if move.relative is not None]
    figures.sort(key=lambda move: (-(move.relative or 0), move.key))
    told = (
        f"{counted(len(figures), 'figure')} with an interval moved. "
        + (f"The {MOST} that moved furthest are shown; all are in the CSV. " if len(figures) > MOST else "")
        + "A move of 1.0 goes from the earlier figure to the limit of its interval on that side; one above it is "
        "larger than chance in the earlier figure alone would explain."
    )
    return [
        Section("Verdicts that changed", "" if verdicts else "None.", _frame([_verdict(m, why) for m in verdicts])),
        Section(
            "Figures that moved furthest",
            told if figures else "None.",
            _frame([_figure(m, why) for m in figures[:MOST]]),
        ),
    ]


def _causes(found: Comparison) -> pd.DataFrame:
    figures, verdicts = found.by_cause(), found.by_cause("verdict")
    rows = [
        {
            "Cause": CAUSES[cause.name],
            "What differs": cause.what,
            "Figures moved": NONE if cause.why_not else number(figures[cause.name]),
            "Verdicts changed": NONE if cause.why_not else number(verdicts[cause.name]),
            "How it is known": f"Not attributed, because: {cause.why_not}" if cause.why_not else _how(found),
        }
        for cause in found.causes
    ]
    told = {TOGETHER: "No single thing alone", UNKNOWN: "Left over"}
    rows += [
        {"Cause": CAUSES[name], "What differs": what, "Figures moved": number(figures[name]),
         "Verdicts changed": number(verdicts[name]), "How it is known": "Figures that no cause above accounts for"}
        for name, what in told.items() if figures[name]
    ]  # fmt: skip
    return _frame(rows)


def _how(found: Comparison) -> str:
    return "The only difference" if len(found.causes) == 1 else "Worked out again with this alone put back"


def _verdict(move: Move, why: bool) -> dict[str, str]:
    row = _row(move) | {"Earlier": _text(move.a), "Later": _text(move.b)}
    return row | ({"Because of": _because(move)} if why else {})


def _figure(move: Move, why: bool) -> dict[str, str]:
    row = _row(move) | {"Figure": _statistic(move.fact), "Earlier": _text(move.a), "Later": _text(move.b)}
    row |= {"Move in relation to interval": number(move.relative, "", 1)}
    return row | ({"Because of": _because(move)} if why else {})


def _row(move: Move) -> dict[str, str]:
    when = "" if move.key.when == "pooled" else f", {move.fact.period}"
    return {"Comparison": f"{move.fact.label}{when}", "Chapter": move.fact.chapter.replace("-", " ")}


def _because(move: Move) -> str:
    return ", ".join(CAUSES[name] for name in move.causes).capitalize()


def _statistic(fact: Fact) -> str:
    names = {"value": "rate", "ratio": "relative rate"}
    return names.get(fact.statistic, fact.statistic.replace("_", " "))


def _text(fact: Fact | None) -> str:
    return fact.text if fact else NONE


def comparison_csv(found: Comparison) -> str:
    """Every move as CSV: one row a figure, one column a cause."""
    names = [*(cause.name for cause in found.causes), TOGETHER, UNKNOWN]
    lines = io.StringIO()
    writer = csv.writer(lines)
    parts = [f"due to {name}" if name in CAUSES and name not in (TOGETHER, UNKNOWN) else name for name in names]
    head = ("fact", "when", "edition", "table", "label", "a", "b", "moved by", "in relation to interval", "causes")
    writer.writerow([*head, *parts])
    for move in found.moves:
        own = [move.key.id, move.key.when, move.key.edition, move.key.table, move.fact.label]
        moves = [_value(move.a), _value(move.b), _number(move.by), _number(move.relative, 3), "; ".join(move.causes)]
        writer.writerow([*own, *moves, *(_number(move.amounts.get(name)) for name in names)])
    return lines.getvalue()


def _value(fact: Fact | None) -> str:
    return "" if fact is None else fact.text if fact.value is None else str(fact.value)


def _number(value: float | None, places: int = 9) -> str:
    return "" if value is None else f"{round(value, places):g}"


def _named(run: KeptRun) -> str:
    return f"{run.params.reporting_year} ({run.params.edition}, run {run.id[:8]})"


# What a reviewer reads


def reviewer_page(run: KeptRun, since: Comparison | None) -> str:
    """Crude and adjusted side by side for each chapter, and what changed since the last signed report."""
    held: dict[str, list[dict[str, str]]] = {}
    for fact in run.facts.values():
        if fact.statistic == "adjusted_ratio":
            held.setdefault(fact.chapter, []).append(_adjusted(fact, run))
    crude = [
        Section(f"Crude and adjusted: {chapter.replace('-', ' ')}", "", _frame(rows)) for chapter, rows in held.items()
    ]
    changed = [Section("Since the last signed report", "No report of this edition has been signed before.")]
    if since:
        changed = [
            Section("Since the last signed report", f"Compared with {_named(since.a)}; `make compare` says why."),
            *moved(since, why=False),
        ]
    text = f"{INTERNAL} An adjusted relative rate holds equal what the chapter names; the verdict is on the crude one."
    return page("reviewer", f"For the reviewer of {_named(run)}", text, [*crude, *changed], run)


def _adjusted(fact: Fact, run: KeptRun) -> dict[str, str]:
    """One comparison: the crude ratio of the table, and beside it the adjusted one of its evidence."""
    (key,) = [key for key, held in run.facts.items() if held is fact]
    stem, table = key.id.rpartition("/")[0], key.table.removesuffix("-evidence")
    crude = {name: run.facts.get(key._replace(id=f"{stem}/{name}", table=table))
             for name in ("ratio", "ratio_lower", "verdict")}  # fmt: skip
    limits = run.facts.get(key._replace(id=f"{stem}/adjusted_lower"))
    ratio = crude["ratio"]
    gap = "" if fact.mark or ratio is None or ratio.mark else f"{float(fact.value or 0) - float(ratio.value or 0):+.2f}"
    return {
        "Comparison": fact.label,
        "Crude relative rate": _text(ratio),
        "Its interval": _text(crude["ratio_lower"]),
        "Adjusted relative rate": fact.text,
        "Its interval, adjusted": _text(limits),
        "Change": gap.replace("-", "−") or NONE,
        "Verdict": _text(crude["verdict"]),
    }


def write_pages(review: Review) -> Path:
    """Write the review log and the reviewer's page beside the run; returns their folder."""
    before = last_signed(review)
    since = compare(before, review.run, _unasked) if before else None
    review.folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("review-log", review_log(review)), ("reviewer", reviewer_page(review.run, since))):
        (review.folder / f"{name}.html").write_text(text, encoding="utf-8")
    return review.folder


def _unasked(state: State) -> Facts:
    raise ReportError("`make compare` says why.")


# The log


def review_log(review: Review) -> str:
    """Sign-off, verdicts of re-runs, remarks with their answers."""
    standing, entries = review.standing(), review.log.entries()
    answers = {entry.about: entry for entry in entries if entry.kind == "answer"}
    steps = [{"Step": _step(entry), "By": entry.by, "At": entry.at} for entry in entries if entry.kind in STEPS]
    faults = [{"What is wrong": str(fault)} for fault in standing.faults]
    remarks = [_remark(entry, answers.get(str(entry.number))) for entry in entries if entry.kind == "remark"]
    audits = [_audit(path) for path in sorted(review.folder.glob("audit*.json"))]
    sections = [
        Section("Sign-off", _standing(standing.state, standing.author, standing.reviewer), _frame(steps)),
        *([Section("Why it is a draft", "", _frame(faults))] if faults else []),
        Section("Re-runs", "" if audits else "The archive has not been audited.", _frame(audits)),
        Section("Remarks and answers", "" if remarks else "None.", _frame(remarks)),
    ]
    title = f"Review log of {_named(review.run)}"
    return page("review-log", title, INTERNAL, sections, review.run)


STEPS = {"review": "Given to review", "sign": "Signed off", "publish": "Published"}


def _step(entry: Entry) -> str:
    return f"{entry.number}. {STEPS[entry.kind]}"


def _standing(state: str, author: str, reviewer: str) -> str:
    who = [f"given to review by {author}" if author else "", f"signed by {reviewer}" if reviewer else ""]
    return f"The report is **{state}**" + "".join(f", {part}" for part in who if part) + "."


def _remark(entry: Entry, answer: Entry | None) -> dict[str, str]:
    return {
        "Remark": f"{entry.number}. {entry.text}",
        "About": entry.about,
        "By": f"{entry.by}, {entry.at}",
        "Answer": answer.text if answer else "not answered yet",
        "Answered by": f"{answer.by}, {answer.at}" if answer else NONE,
    }


def _audit(path: Path) -> dict[str, str]:
    held = json.loads(path.read_text(encoding="utf-8"))
    return {"Re-run": path.stem, "Verdict": held["grade"], "Environment": held["environment"] or NONE}


def _frame(rows: Sequence[dict[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows)
