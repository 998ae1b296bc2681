"""What a report has published of its counts, kept beside it so that no later one gives a hidden count away."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError, model_serializer

from reportlib.archive.runs import run_folder
from reportlib.errors import UNREADABLE, Finding, ReportError
from reportlib.project import ROOT

if TYPE_CHECKING:
    from reportlib.disclosure import CountTable
    from reportlib.editions import Edition

PATTERN = "pattern.json"
COUNTS = ("value", "rule")
HIDDEN = "hidden"
LINKS = ("current", "published")  # of an edition


class Published(BaseModel):
    """A table of counts as it was published: `columns` are its dimensions, value and rule.

    A row's value is missing where it was not published; its rule is HIDDEN where it is hidden, else "". Which rule of
    disclosure control hides it is not kept: that a count is small would narrow what it can be.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    part: str
    additive: bool
    scale: int
    release: str
    columns: list[str]
    rows: list[list[str | int | None]]
    parts: dict[str, dict[str, list[str]]] = {}  # of an edition of several regions, say: dimension, its name, these
    below: int = 0  # of a table that is not shown, as `CountTable.below`

    @model_serializer(mode="wrap")
    def _as_ever(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without `below` where a table is shown, as all were written once: their digest stays."""
        return {name: value for name, value in write(self).items() if name != "below" or value}

    def frame(self) -> pd.DataFrame:
        """The rows by column; `value` is a nullable integer."""
        return pd.DataFrame(self.rows, columns=self.columns).astype({"value": "Int64"})

    def carried(self) -> CountTable:
        """The table as a later report must reckon with it: what was hidden is missing, what was not told is gone."""
        from reportlib.disclosure import CountTable

        frame = self.frame()
        kept = frame[frame["value"].notna() | frame["rule"].ne("") | (self.below > 0)].drop(columns="rule")
        name = f"{self.name} ({self.release})"
        return CountTable(
            name, self.part, kept, self.additive, scale=self.scale, release=self.release, below=self.below
        )


class Publication(BaseModel):
    """All tables of one report, and those of earlier ones that it has reckoned with."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    report: str
    tables: list[Published]
    earlier: list[Published]
    digest: str

    @classmethod
    def of(cls, report: str, tables: Sequence[Published], before: Sequence[Publication]) -> Publication:
        """What a report publishes, with what the reports before it had published."""
        earlier = [table for release in before for table in release.handed_on()]
        own = [table.model_copy(update={"release": report}) for table in tables]
        open_ = cls(report=report, tables=own, earlier=earlier, digest="")
        return open_.model_copy(update={"digest": open_._own_digest()})

    @property
    def place(self) -> str:
        """Where a copy of the project holds it."""
        return f"data/earlier/{self.digest[:16]}.json"

    def text(self) -> str:
        """JSON, a line a table."""
        return (
            "{" + ",\n".join(f"{json.dumps(name)}: {_lines(part)}" for name, part in self.model_dump().items()) + "}\n"
        )

    def is_whole(self) -> bool:
        """Whether nothing was changed since it was written, and each table has its columns."""
        shaped = all({*COUNTS} < {*t.columns} and {len(t.columns)} >= set(map(len, t.rows)) for t in self.handed_on())
        return shaped and self.digest == self._own_digest()

    def _own_digest(self) -> str:
        held = json.dumps(self.model_dump(exclude={"digest"}), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(held.encode()).hexdigest()

    def handed_on(self) -> list[Published]:
        """What a later report must reckon with."""
        return [*self.tables, *self.earlier]


def published(
    table: CountTable, told: Sequence[bool], hidden: Sequence[bool], edition: Edition | None = None
) -> Published:
    """The table as it is published: only rows that are `told` are shown, and some of the others are `hidden`."""
    parts: dict[str, dict[str, list[str]]] = {}
    if edition and edition.dimension and len(edition.values) > 1:
        parts[edition.dimension] = {edition.code: list(edition.values)}
    by = [str(name) for name in table.frame if name not in COUNTS]
    values = [int(value) if shown else None for value, shown in zip(table.frame["value"], told, strict=True)]
    rules = [HIDDEN if each else "" for each in hidden]
    rows = zip(*(table.frame[name].astype(str) for name in by), values, rules, strict=True)
    return Published(
        name=table.name,
        part=table.part,
        additive=table.additive,
        scale=table.scale,
        release=table.release,
        columns=[*by, *COUNTS],
        rows=list(map(list, rows)),
        parts=parts,
        below=table.below,
    )


def read(path: Path) -> Publication:
    """What a run published: `path` is its folder, its archive (zip) or the file itself. Raises ReportError."""
    try:
        release = Publication.model_validate_json(_content(path))
    except FileNotFoundError:
        raise ReportError(
            f"{path} is not there, or holds no {PATTERN}; name the folder of a run or its archive"
        ) from None
    except (*UNREADABLE, ValidationError, UnicodeDecodeError):
        raise ReportError(f"{path} is not the counts of an earlier report; name the folder of a run") from None
    if not release.is_whole():
        raise ReportError(f"{path} was changed since its report was made; take it from the archive again")
    return release


def earlier(paths: Iterable[str]) -> list[Publication]:
    """The earlier reports that the parameters name, from the project's folder. Raises ReportError with all faults.

    A link is one: led elsewhere, the same parameters would give another report.
    """
    found, findings = [], []
    for path in paths:
        try:
            found.append(read(ROOT / path))
            if _moves(ROOT / path):
                now = run_folder(ROOT / path)
                raise ReportError(f"{path} is a link, which may lead elsewhere later; write where it leads now: {now}")
        except ReportError as error:
            findings.append(Finding(str(error.args[0]).replace(f"{ROOT}/", ""), "disclosure.earlier"))
    if findings:
        raise ReportError("The earlier releases cannot be used:", findings)
    return found


def _moves(path: Path) -> bool:
    """Whether a path is a link, or goes through one of those that are moved; a disk may be linked for good."""
    return path.is_symlink() or any(each.name in LINKS and each.is_symlink() for each in path.parents)


def _lines(part: Any) -> str:
    if not isinstance(part, list):
        return json.dumps(part)
    return "[\n" + ",\n".join(json.dumps(table, ensure_ascii=False) for table in part) + "]"


def _content(path: Path) -> bytes:
    if path.suffix != ".zip":
        return (path / PATTERN if path.is_dir() else path).read_bytes()
    with zipfile.ZipFile(path) as archive:
        name = next((name for name in archive.namelist() if name.endswith(f"/run/{PATTERN}")), None)
        if name is None:
            raise FileNotFoundError
        return archive.read(name)
