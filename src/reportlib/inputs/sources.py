"""Extracts become typed Parquet once: from files or databases, under the contract's own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from reportlib.errors import Finding, ReportError
from reportlib.inputs.cells import Typing
from reportlib.inputs.columns import ill_named, mapped, missing_columns, needed, unmapped
from reportlib.inputs.contracts import contracts
from reportlib.inputs.extracts import Extract, opened, refuse, wrong
from reportlib.inputs.findings import once
from reportlib.inputs.paths import SNAPSHOTS, digest, found, shown, stood
from reportlib.inputs.spec import InputSpec


@dataclass(frozen=True)
class Source:
    """One input, typed.

    `parquet` holds the contract's fields that are present (`columns`), `source_file` (which of
    `paths`, from 0) and `source_row` (the row of that file as a person sees it: the headings are
    row 1, or that of `header_row:`). `sha256` and `size` (bytes) are of the files that came in, in the
    order of their names; a table of a database comes in as its snapshot. `rows` are those kept,
    `excluded` those that the parameters leave out. `files` are the paths as shown, `names` the user's
    name of each column, `findings` what was wrong with single cells.
    """

    name: str
    paths: tuple[Path, ...]
    parquet: Path
    sha256: str
    size: int
    rows: int
    excluded: int
    status: str
    columns: tuple[str, ...]
    files: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def titles(self) -> dict[str, str]:
        """What the columns, and fields that are not there, are called in words."""
        fields = contracts()[self.name].fields
        return {self.names.get(name, name): field.title for name, field in fields.items()}


def read(name: str, spec: InputSpec, work: Path, root: Path) -> Source:
    """Type one input and write it as `work/<name>.parquet`.

    Raises ReportError with all that is wrong with the files themselves, so that they cannot be read.
    """
    contract, paths, table = contracts()[name], found(name, spec, root), spec.kind != "files"
    files = (spec.shown,) if table else shown(name, spec, root, paths)
    live = table and not spec.snapshot
    if live:
        from reportlib.inputs import databases  # with all its drivers
    extracts: list[Extract] = []
    findings = ill_named(contract, spec)
    headings = {spec.columns.get(each) or each for each in needed(contract, spec)}
    for path, file in zip_longest(paths, files):
        try:
            extracts.append(databases.table(path, spec) if live else opened(path, file, spec, headings))
        except ReportError as error:
            findings += error.findings
        except OSError as error:
            findings.append(Finding(f"the file cannot be read: {error.strerror}", file))
    some = {name for extract in extracts for name in mapped(contract, spec, extract)}
    findings += once(finding for extract in extracts for finding in missing_columns(contract, spec, extract, some))
    refuse(findings)
    told = stood(name, spec, root)  # what is found from here on may be published: it names no folder elsewhere
    typing = Typing(contract, told, mapped(contract, spec, extracts[0]))
    if live:
        paths = (databases.snapshot(extracts[0], typing.read, name, root / SNAPSHOTS),)
        extracts = [opened(paths[0], files[0], spec)]
    work.mkdir(parents=True, exist_ok=True)
    rows, excluded = typing.write(extracts, part := work / f"{name}.parquet.part")
    if not rows:
        left = " left after exclude:" if excluded else ""
        raise wrong(spec.shown, f"there are no rows{left}; export it again")
    notes = [Finding(each.note, each.shown, level="warning") for each in extracts if each.note]
    notes += [*unmapped(contract, told, extracts), *typing.findings(files, rows, excluded)]
    parquet, columns = part.replace(work / f"{name}.parquet"), tuple(typing.names)
    kept = (*digest(paths), rows, excluded, spec.status, columns)
    return Source(name, paths, parquet, *kept, files, typing.names, tuple(notes))


def read_all(inputs: Mapping[str, InputSpec], work: Path, root: Path) -> dict[str, Source]:
    """Type every input, by name; the problems of all are raised together, as a ReportError."""
    sources, findings = {}, []
    for name, spec in inputs.items():
        try:
            sources[name] = read(name, spec, work, root)
        except ReportError as error:
            findings += error.findings
    refuse(findings)
    return sources


def digests(inputs: Mapping[str, InputSpec], root: Path) -> dict[str, str] | None:
    """The checksum of each input, its rows unread; None where a database has to be asked."""
    if any(spec.kind != "files" and not spec.snapshot for spec in inputs.values()):
        return None
    return {name: digest(found(name, spec, root))[0] for name, spec in inputs.items()}
