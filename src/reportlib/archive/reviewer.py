"""What the author and the reviewer of a run read: the reviewer's page and the review log."""

from __future__ import annotations

import json
from pathlib import Path

from reportlib.archive.changes import moved
from reportlib.archive.compare import Changes, State, compare, difference
from reportlib.archive.pages import INTERNAL, NONE, Section, named, page, text_of
from reportlib.archive.remarks import Entry
from reportlib.archive.runs import Facts, KeptRun, Key
from reportlib.archive.signoff import Review, Standing, last_signed
from reportlib.errors import ReportError
from reportlib.words import number


def reviewer_page(run: KeptRun, since: Changes | None, why_not: str = "") -> str:
    """Crude and adjusted side by side for each chapter, and what changed since the last signed report.

    `why_not` says why that one cannot be compared with this.
    """
    held: dict[str, list[dict[str, str]]] = {}
    for key, fact in run.facts.items():
        if fact.statistic == "adjusted_ratio":
            held.setdefault(fact.chapter, []).append(_adjusted(key, run.facts))
    crude = [
        Section(chapter.replace("-", " ").capitalize(), "", f"Crude and adjusted: {chapter.replace('-', ' ')}", rows)
        for chapter, rows in sorted(held.items())
    ]
    title = "What changed since the last signed report"
    changed = [Section(title, why_not or "No report of this edition has been signed before.")]
    if since:
        about = f"Compared with {named(since.a)}; `make compare` says why."
        changed = [Section(title, about), *moved(since, why=False)]
    text = f"{INTERNAL} An adjusted relative rate holds equal what the chapter names; the verdict is on the crude one."
    return page("reviewer", f"For the reviewer of {named(run)}", text, [*crude, *changed], run)


def _adjusted(key: Key, facts: Facts) -> dict[str, str]:
    """One comparison: the crude ratio of the table, and beside it the adjusted one of its evidence."""
    names, fact = ("ratio", "ratio_lower", "adjusted_lower", "verdict"), facts[key]
    ratio, limits, adjusted_limits, verdict = (facts.get(key.beside(name)) for name in names)
    by = difference(ratio, fact)
    return {
        "Comparison": fact.label + (f" ({ratio.unit})" if ratio and ratio.unit else ""),
        "Crude relative rate": text_of(ratio),
        "Its interval": text_of(limits),
        "Adjusted relative rate": fact.text,
        "Its interval, adjusted": text_of(adjusted_limits),
        "Change": NONE if by is None else f"{by:+.2f}".replace("-", "−"),
        "Verdict": text_of(verdict),
    }


def write_pages(review: Review) -> Path:
    """Write the review log and the reviewer's page beside the run; returns their folder."""
    since, why_not = None, ""
    try:
        if before := last_signed(review):
            since = compare(before, review.run, _unasked)
    except ReportError as error:
        why_not = f"Not known. {error.args[0]}"
    review.folder.mkdir(parents=True, exist_ok=True)
    page_of = reviewer_page(review.run, since, why_not)
    for name, text in (("review-log", review_log(review)), ("reviewer", page_of)):
        (review.folder / f"{name}.html").write_text(text, encoding="utf-8")
    return review.folder


def _unasked(state: State) -> Facts:
    raise ReportError("`make compare` says why.")


# The log


def review_log(review: Review) -> str:
    """Sign-off, verdicts of re-runs, remarks with their answers."""
    standing, entries = review.standing(), review.log.entries()
    answers = {entry.about: entry for entry in entries if entry.kind == "answer"}
    done = [entry for entry in entries if entry.kind in STEPS]
    steps = [{"Step": f"{one.number}. {STEPS[one.kind]}", "By": one.by, "At": one.at} for one in done]
    faults = [{"What is wrong": str(fault)} for fault in standing.faults]
    remarks = [_remark(entry, answers.get(str(entry.number))) for entry in entries if entry.kind == "remark"]
    audits = [_audit(path) for path in sorted(review.folder.glob("audit*.json"))]
    sections = [
        Section("Sign-off", _standing(standing), "Steps of the sign-off", steps),
        *([Section("Why it is a draft", "", "What is not as it was", faults)] if faults else []),
        Section("Re-runs", "" if audits else "The archive has not been audited.", "Verdicts of audits", audits),
        Section("Remarks and answers", "", "Remarks, each with its answer", remarks),
    ]
    title = f"Review log of {named(review.run)}"
    return page("review-log", title, INTERNAL, sections, review.run)


STEPS = {"review": "Given to review", "sign": "Signed off", "publish": "Published"}


def _standing(standing: Standing) -> str:
    done = {"author": "given to review by", "reviewer": "signed by"}
    who = "".join(f", {done[role]} {name}" for role, name in standing.people.items() if name)
    return f"The report is **{standing.state}**{who}{standing.replaced and f'; it {standing.replaced}'}."


def _remark(entry: Entry, answer: Entry | None) -> dict[str, str]:
    return {
        "Remark": f"{entry.number}. {entry.text}",
        "About": entry.about,
        "By": f"{entry.by}, {entry.at}",
        "Answer": answer.text if answer else "not answered yet",
        "Answered by": f"{answer.by}, {answer.at}" if answer else NONE,
    }


def _audit(path: Path) -> dict[str, str]:
    """A verdict of `make audit`."""
    held = json.loads(path.read_text(encoding="utf-8"))
    return {
        "Re-run": path.stem.removeprefix("audit-"),
        "Verdict": held["grade"],
        "Environment": held["environment"] or NONE,
        "Figures that differ": number(len(held["figures"])),
        "Files that differ": number(len(held["files"])),
    }
