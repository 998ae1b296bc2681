"""What is wrong with the inputs: personal data masked, findings of one kind put together and listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reportlib.errors import Finding

FIRST = 5  # rows that a finding names; the rest are counted
LONGEST_CODE = 40  # characters; a longer value is free text
AGES = re.compile(r"[1-9]?\d ?(-|–|to|and) ?[1-9]?\d")  # nobody's number, though of four digits
MOST_DIGITS = 2  # in a code; a value with more may be a person's number


def shape(value: str) -> str:
    """A value with its letters and digits hidden: "A1234BC" becomes "A9999AA"."""
    hidden = re.sub(r"[^\W\d_]", lambda letter: "A" if letter[0].isupper() else "a", value[:LONGEST_CODE])
    return re.sub(r"\d", "9", hidden)


def quoted(value: str) -> str:
    """A code in quotation marks, of which it holds none of its own; what cannot be a code is masked."""
    value = value.replace("'", "’")  # where a value ends must be seen: reports leave values out
    code = (len(value) <= LONGEST_CODE and sum(map(str.isdigit, value)) <= MOST_DIGITS) or AGES.fullmatch(value)
    shown = re.sub(r"[^\S ]", lambda space: f"\\u{ord(space[0]):04x}", value)  # a space that looks like another
    return f"'{shown}'" if code else f"'{shape(value)}' (masked)"


@dataclass
class Places:
    """Where one kind of finding stands: how often, the first (file, row) pairs, the first value.

    `different` is how many values there are where they are too many to tell one by one, otherwise 0.
    """

    count: int = 0
    first: list[tuple[int, int]] = field(default_factory=list)
    value: str | None = None
    different: int = 0

    def add(self, file: int, rows: Sequence[int], value: str | None = None) -> None:
        """Note more rows of a file, in order."""
        self.value = value if self.value is None else self.value
        self.first += [(file, row) for row in rows[: FIRST - len(self.first)]]
        self.count += len(rows)

    def finding(self, message: str, files: Sequence[str], column: str = "", level: str = "error") -> Finding:
        """One finding for all the places: it stands at the first and names the next."""
        file, row = self.first[0]
        others = [number for where, number in self.first[1:] if where == file]
        more = self.count - 1 - len(others)
        also = [f"row{'s' * (len(others) > 1)} {', '.join(f'{number:,}' for number in others)}"] if others else []
        also += [f"{more:,} more row{'s' * (more > 1)}"] if more else []
        tail = f"; the same in {' and '.join(also)}" if also else ""
        return Finding(message + tail, files[file], row, column, level)


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first, then by file."""
    return sorted(findings, key=lambda finding: (finding.level, finding.file))


def summary(findings: Sequence[Finding]) -> str:
    """How many errors and warnings there are, in words."""
    counts = [(level, sum(finding.level == level for finding in findings)) for level in ("error", "warning")]
    return " and ".join(f"{count or 'no'} {level}{'s' * (count != 1)}" for level, count in counts)


def listing(findings: Sequence[Finding]) -> str:
    """The findings as plain text for the screen, errors first."""
    lines = [f"  {finding.level}: {finding}" for finding in ordered(findings)]
    return "\n".join([f"{summary(findings).capitalize()}:", *lines])
