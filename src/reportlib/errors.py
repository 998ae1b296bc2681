"""The user's errors: what was found, what is allowed and what to do, gathered in one report."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, where it stands and what to do about it.

    It is shown as given: a caller masks personal data before it makes a finding. `rows` is how many it is about, if it
    is about rows. `detail` follows the message for those who hold the extract: other rows, values, columns. `lines` are
    for them to copy into the parameters.
    """

    message: str
    file: str = ""
    row: int | None = None
    column: str = ""
    level: str = "error"  # or "warning"
    rows: int = 0
    detail: str = ""
    lines: str = ""

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        place += [f"row {self.row:,}"] if self.row is not None else []
        place += [f"column {self.column}"] if self.column else []
        return ": ".join(filter(None, [", ".join(place), self.whole]))

    @property
    def whole(self) -> str:
        """The message and its detail."""
        return self.message + self.detail


UNREADABLE = (  # what zipfile raises for a zip that is damaged, cut, encrypted or of another kind
    *(OSError, EOFError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error),
)
INSTALL_EXTRAS = ".venv/bin/python -m pip install --require-hashes -r requirements-full.lock"
AS_IT_WAS = "Use the project as it was when the run was made: it is in the run's archive."


class ReportError(Exception):
    """Something that the user can mend. Shown without a traceback; the exit code is 2."""

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = list(findings)

    def __str__(self) -> str:
        return "\n".join([str(self.args[0]), *(f"  - {finding}" for finding in self.findings)])

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it (IPython asks for this): the message alone."""
        return [f"{type(self).__name__}: {self}"]

    def named(self, name: str) -> Finding:
        """What is wrong, and the first of the findings, as one finding of the thing that it is wrong with."""
        first = [f"{self.findings[0]}; {len(self.findings)} findings in all"] if self.findings else []
        return Finding(" ".join([str(self.args[0]), *first]), name)


def visible(text: str) -> str:
    """A text in which signs are seen that a terminal would act on: a file must not write the screen."""
    return re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", lambda sign: f"\\x{ord(sign[0]):02x}", text
    )


def closest(name: str, choices: Iterable[str], cutoff: float) -> str | None:
    """The choice most like a name, if one is."""
    folded = {choice.casefold(): choice for choice in choices}
    close = get_close_matches(name.casefold(), folded, 1, cutoff)
    return folded[close[0]] if close else None


def nearest(name: str, choices: Iterable[str], cutoff: float = 0.5) -> str:
    """A hint that names the choice most like a name, for the end of a sentence; empty if none is."""
    close = closest(name, choices, cutoff)
    return f"; the nearest is {close!r}" if close is not None else ""


def nearest_or_all(name: str, choices: Iterable[str]) -> str:
    """A hint that names the choice most like a name, or all of them if none is."""
    choices = list(choices)
    return nearest(name, choices) or f"; allowed: {', '.join(choices)}"


def known(name: str, among: Mapping[str, T], what: str) -> T:
    """What has this name. Raises ReportError, with the nearest name or all, where there is no such thing."""
    if name not in among:
        raise ReportError(f"There is no {what} {name!r}{nearest_or_all(name, among)}.")
    return among[name]
