"""The log of a review: remarks, answers and what happened when, each line chained to the one before it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from reportlib.archive.runs import KeptRun
from reportlib.errors import Finding, ReportError, nearest
from reportlib.words import PERSON_NUMBER

WHOLE = "report"  # what a remark is about that is about no one page


@dataclass(frozen=True)
class Entry:
    """One line: a remark or the answer to one (`about` is then its number), or a step of the sign-off.

    `digest` is that of the line and of the digest before it, so that no line can be changed, put in or
    taken out between others unseen.
    """

    number: int
    kind: str
    at: str
    by: str
    about: str
    text: str
    digest: str = ""

    def chained(self, previous: str) -> str:
        """The digest that the line has after the one before it."""
        held = {name: value for name, value in asdict(self).items() if name != "digest"}
        return hashlib.sha256(f"{previous}{json.dumps(held, sort_keys=True)}".encode()).hexdigest()


@dataclass(frozen=True)
class Log:
    """The log of one run's review: a file that only grows."""

    path: Path
    run: str

    def entries(self) -> list[Entry]:
        """Every line, oldest first, as far as they can be read."""
        found = []
        for line in self._lines():
            try:
                found.append(Entry(**json.loads(line)))
            except (TypeError, ValueError):
                break
        return found

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8", errors="replace").splitlines() if self.path.exists() else []

    def digests(self) -> Iterator[str]:
        """The digest that each line must have."""
        previous = self.run
        for entry in self.entries():
            yield (previous := entry.chained(previous))

    def faults(self) -> list[Finding]:
        """The first line that is not as it was written; what comes after it proves nothing."""
        held = [*zip(self.entries(), self.digests(), strict=True)]
        wrong = [
            place for place, (entry, digest) in enumerate(held, 1) if (entry.number, entry.digest) != (place, digest)
        ]
        if not wrong and len(held) < len(self._lines()):
            wrong = [len(held) + 1]
        return [Finding("the line was changed, or one before it was", self.path.name, row) for row in wrong[:1]]

    def append(self, kind: str, by: str, about: str = "", text: str = "") -> Entry:
        """Add a line. Raises ReportError for a person's number, and where the log has been tampered with."""
        if not by.strip():
            raise ReportError("Say who you are: --by.")
        if re.search(PERSON_NUMBER, text):
            raise ReportError("It has what looks like a person's number, which the log could never lose; take it out.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # two reviewers may write at once
            if faults := self.faults():
                raise ReportError("The log has been changed, so nothing is added to it:", faults)
            held = self.entries()
            now = datetime.now(UTC).isoformat(timespec="seconds")
            line = Entry(len(held) + 1, kind, now, by.strip(), about, " ".join(text.split()))
            line = replace(line, digest=line.chained(held[-1].digest if held else self.run))
            file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
        return line


def log_of(run: KeptRun) -> Log:
    return Log(run.review / "log.jsonl", run.id)


def remark(run: KeptRun, about: str, text: str, by: str) -> Entry:
    """Leave a remark on a figure, by its fact's name, or on a page, by its chapter's.

    Raises ReportError for a name that the run does not hold.
    """
    known = {fact.id for fact in run.facts.values()} | {fact.chapter for fact in run.facts.values()}
    known |= {WHOLE, *run.run["chapters"]}
    if about not in known:
        hint = nearest(about, known)
        raise ReportError(
            f"The run holds no figure or page {about!r}{hint}. Name a fact from facts.jsonl, a chapter, or {WHOLE!r}."
        )
    return log_of(run).append("remark", by, about, _written(text))


def answer(run: KeptRun, number: str, text: str, by: str) -> Entry:
    """Answer a remark by its number. Raises ReportError where there is none of that number."""
    remarks = {str(entry.number) for entry in log_of(run).entries() if entry.kind == "remark"}
    if number not in remarks:
        raise ReportError(
            f"There is no remark number {number!r}; there are: {', '.join(sorted(remarks, key=int)) or 'none'}."
        )
    return log_of(run).append("answer", by, number, _written(text))


def unanswered(log: Log) -> list[Entry]:
    """The remarks that nobody has answered."""
    held = log.entries()
    answered = {entry.about for entry in held if entry.kind == "answer"}
    return [entry for entry in held if entry.kind == "remark" and str(entry.number) not in answered]


def _written(text: str) -> str:
    if not text.strip():
        raise ReportError("There is nothing written in it.")
    return text
