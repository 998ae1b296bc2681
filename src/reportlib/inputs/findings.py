"""What is wrong with the inputs: personal data masked, findings of one kind put together and listed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reportlib.errors import Finding
from reportlib.words import about, counted

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
    shown = value.replace("'", "’")  # where a value ends must be seen: reports leave values out
    return f"'{spaced(shown)}'" if is_code(value) else f"'{spaced(shape(shown))}' (masked)"


def is_code(value: str) -> bool:
    """Whether a value may be a code, and no free text or number of a person."""
    few = len(value) <= LONGEST_CODE and sum(map(str.isdigit, value)) <= MOST_DIGITS
    return few or bool(AGES.fullmatch(value))


def spaced(text: str) -> str:
    """A text in which a space that looks like another is seen, and a sign that is none and does something."""
    unseen = {sign for sign in text if sign != " " and (sign.isspace() or unicodedata.category(sign) in ("Cc", "Cf"))}
    return "".join(f"\\u{ord(sign):04x}" if sign in unseen else sign for sign in text)


def to_copy(table: str, field: str, lines: Iterable[str]) -> str:
    """Lines to copy into the parameters, each a value and the code that it is."""
    head = f"    codes:  # of the input {table}; where it has codes: already, add what is below to those"
    return "\n".join([head, f"      {field}:", *(f"        {line}" for line in lines)])


@dataclass
class Places:
    """Where one kind of finding stands: by file, in order, how many rows and the first of them; and the first value.

    `different` is how many values there are where they are too many to tell one by one, otherwise 0.
    """

    counts: Counter[int] = field(default_factory=Counter)
    first: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    value: str | None = None
    different: int = 0

    @property
    def count(self) -> int:
        """How many rows there are in all files."""
        return self.counts.total()

    def add(self, file: int, rows: Sequence[int], value: str | None = None) -> None:
        """Note more rows of a file, in order."""
        self.value = value if self.value is None else self.value
        self.first[file] += rows[: FIRST - len(self.first[file])]
        self.counts[file] += len(rows)

    def finding(
        self, message: str, files: Sequence[str], column: str = "", level: str = "error", detail: str = ""
    ) -> Finding:
        """One finding for all the places: it stands at the first and names the next, in every file."""
        (first, (row, *rows)), *others = self.first.items()
        more = self.counts[first] - 1 - len(rows)
        here = [_rows(rows)] if rows else []
        here += [f"{more:,} more row{'s' * (more > 1)}"] if more else []
        there = [
            f"{self.counts[file]:,} rows of {files[file]}"
            if self.counts[file] > FIRST
            else f"{files[file]}, {_rows(numbers)}"
            for file, numbers in others
        ]
        also = [" and ".join(here)] if here else []
        return Finding(message, files[first], row, column, level, self.count, detail + _same([*also, *there], "files"))


def counted_values(places: Iterable[Places]) -> str:
    """Values, each with the number of its rows, as they can be copied into `codes:`."""
    return ", ".join(f"{quoted(each.value or '')} ({each.count:,})" for each in places)


def _rows(numbers: Sequence[int]) -> str:
    return f"row{'s' * (len(numbers) > 1)} {', '.join(f'{number:,}' for number in numbers)}"


def _same(places: Sequence[str], what: str) -> str:
    """The end of a finding that is true of other places as well."""
    return f"; the same in {' and in '.join(shortened(places, what))}" if places else ""


def shortened(items: Sequence[str], what: str = "") -> list[str]:
    """The first of some items, and how many more there are."""
    more = [f"{len(items) - FIRST} more {what}".strip()] if len(items) > FIRST else []
    return [*items[:FIRST], *more]


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that differ in their file alone as one, which names the other files."""
    files = defaultdict(list)
    for each in findings:
        files[replace(each, file="")].append(each.file)
    return [
        replace(each, file=file, detail=each.detail + _same(others, "files")) for each, (file, *others) in files.items()
    ]


def published(
    findings: Iterable[Finding], inputs: Iterable[tuple[Sequence[str], Mapping[str, str]]]
) -> list[dict[str, str]]:
    """What a report says of them: no value of a row, nor where it stands, and how many there are only roughly.

    Those that then say the same are counted together; `inputs` are the files of each input, and what its columns are
    called in words.
    """
    held = [(file, files, titles) for files, titles in inputs for file in files]
    first = {file: files[0] + f" and {len(files) - 1} more" * (len(files) > 1) for file, files, _ in held}
    columns = {(file, column): title for file, _, titles in held for column, title in titles.items()}
    told: Counter[Finding] = Counter()
    for each in findings:
        whole = replace(each, row=None, rows=0, detail="", lines="")
        if each.row is not None:
            message = re.sub(r"'[^']*'(?: [(]masked[)])?", "a value", each.message)
            whole = replace(whole, message=message, file=first[each.file])
        if title := columns.get((each.file, each.column)):
            whole = replace(whole, file=f"{whole.file}, {title}", column="")
        told[whole] += each.rows
    return [
        {"level": each.level, "text": f"{each}" + f" ({about(rows)} rows)" * (rows > 0)} for each, rows in told.items()
    ]


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first, then by file."""
    return sorted(findings, key=lambda finding: (finding.level, finding.file))


def summary(findings: Sequence[Finding]) -> str:
    """How many errors and warnings there are, in words."""
    levels = Counter(finding.level for finding in findings)
    return " and ".join(counted(levels[level], level) for level in ("error", "warning"))


def listing(findings: Sequence[Finding]) -> str:
    """The findings as plain text for the screen, errors first."""
    lines = [line for each in ordered(findings) for line in (f"  {each.level}: {each}", each.lines) if line]
    return "\n".join([f"{summary(findings).capitalize()}:", *lines])
