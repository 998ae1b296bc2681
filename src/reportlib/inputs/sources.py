"""Extracts become typed Parquet once: from files or databases, under the contract's own names."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import zip_longest
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reportlib.errors import IN_ALL, NO_ROW_HAS, NOT_READ, Finding, ReportError, nearest
from reportlib.inputs.contracts import Contract, Field, contracts
from reportlib.inputs.extracts import Extract, opened, wrong
from reportlib.inputs.findings import Places, shape
from reportlib.inputs.spec import InputSpec
from reportlib.words import listed

ARROW = {"string": pa.string(), "integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32()}
SNAPSHOTS = Path("data/snapshots")  # what was read from databases; records, so never committed
PLACE = (pa.field("source_file", pa.int64()), pa.field("source_row", pa.int64()))


@dataclass(frozen=True)
class Source:
    """One input, typed.

    `parquet` holds the contract's fields that are present (`columns`), `source_file` (which of
    `paths`, from 0) and `source_row` (the row of that file as a person sees it: the headings are
    row 1). `sha256` and `size` (bytes) are of the files that came in, in the order of their names; a
    table of a database comes in as its snapshot. `rows` are those kept, `excluded` those that the
    parameters leave out. `files` are the paths as shown, `names` the user's name of each column,
    `findings` what was wrong with single cells.
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


def read(name: str, spec: InputSpec, work: Path, root: Path) -> Source:
    """Type one input and write it as `work/<name>.parquet`.

    Raises
    ------
    ReportError : with all that is wrong with the files themselves, so that they cannot be read.
    """
    contract, paths, table = contracts()[name], _paths(name, spec, root), spec.kind != "files"
    folder, prefix = _stand(name, spec, root)
    files = (spec.shown,) if table else tuple(prefix + path.relative_to(folder).as_posix() for path in paths)
    live = table and not spec.snapshot
    if live:
        from reportlib.inputs import databases  # with all its drivers
    extracts: list[Extract] = []
    findings = [*_unknown_fields(contract, spec), *_read_twice(contract, spec), *_named_in_exclude(contract, spec)]
    findings += _unknown_codes(contract, spec)
    needed = {spec.columns.get(each) or each for each in _needed(contract, spec)}
    for path, shown in zip_longest(paths, files):
        try:
            extracts.append(databases.table(path, spec) if live else opened(path, shown, spec, needed))
        except ReportError as error:
            findings += error.findings
        except OSError as error:
            findings.append(Finding(f"the file cannot be read: {error.strerror}", shown))
    some = {name for extract in extracts for name in _present(contract, spec, extract)}
    findings += [finding for extract in extracts for finding in _missing_columns(contract, spec, extract, some)]
    _fail(findings)
    told = stood(name, spec, root)  # what is found from here on may be published: it names no folder elsewhere
    typing = _Typing(contract, told, _present(contract, spec, extracts[0]))
    if live:
        paths = (databases.snapshot(extracts[0], typing.read, name, root / SNAPSHOTS),)
        extracts = [opened(paths[0], files[0], spec)]
    work.mkdir(parents=True, exist_ok=True)
    rows, excluded = typing.write(extracts, part := work / f"{name}.parquet.part")
    if not rows:
        left = " left after exclude:" if excluded else ""
        raise wrong(spec.shown, f"there are no rows{left}; export it again")
    notes = [Finding(each.note, each.shown, level="warning") for each in extracts if each.note]
    found = (*notes, *_unmapped(contract, told, extracts), *typing.findings(files, rows, excluded))
    parquet, (sha256, size) = part.replace(work / f"{name}.parquet"), digest(paths)
    columns = tuple(typing.names)
    kept = (rows, excluded, spec.status, columns)
    return Source(name, paths, parquet, sha256, size, *kept, files, typing.names, found)


def read_all(inputs: Mapping[str, InputSpec], work: Path, root: Path) -> dict[str, Source]:
    """Type every input, by name; the problems of all are raised together, as a ReportError."""
    sources, findings = {}, []
    for name, spec in inputs.items():
        try:
            sources[name] = read(name, spec, work, root)
        except ReportError as error:
            findings += error.findings
    _fail(findings)
    return sources


def digests(inputs: Mapping[str, InputSpec], root: Path) -> dict[str, str] | None:
    """The checksum of each input, its rows unread; None where a database has to be asked."""
    if any(spec.kind != "files" and not spec.snapshot for spec in inputs.values()):
        return None
    return {name: digest(_paths(name, spec, root))[0] for name, spec in inputs.items()}


def _fail(findings: list[Finding]) -> None:
    if findings:
        raise ReportError("The inputs cannot be read:", findings)


def _paths(name: str, spec: InputSpec, root: Path) -> tuple[Path, ...]:
    option, given = ("snapshot", spec.snapshot) if spec.snapshot else ("path", spec.path)
    if given is None:  # a database elsewhere
        return ()
    paths, whole = tuple(matching(given, root)), _whole(given, root)
    if len(paths) == 1 or (paths and spec.kind == "files"):
        return paths
    if paths:
        raise wrong(given, f"{len(paths)} files are called so; name one as {option}: of the input {name}")
    if os.path.isdir(whole):
        raise wrong(given, f"is a folder; name the files in it as {option}: of the input {name}, such as {given}/*.csv")
    folder = whole.parent
    hint = f"; there is no folder {folder.name}"
    if os.path.isdir(folder):
        hint = nearest(whole.name, [path.name for path in folder.iterdir()])
    raise wrong(given, f"there is no such file{hint}. Put it there, or correct {option}: of the input {name}")


def stood(name: str, spec: InputSpec, root: Path) -> InputSpec:
    """The input with a path that holds in a copy of the project: one elsewhere stands in a folder of its name."""
    if spec.path is None:
        return spec
    folder, prefix = _stand(name, spec, root)
    return spec.model_copy(update={"path": prefix + _whole(spec.path, root).relative_to(folder).as_posix()})


def matching(given: str, root: Path) -> list[Path]:
    """The files of a path or pattern from a folder, in the order of their names."""
    whole = _whole(given, root)
    folder = _there(whole.parent)
    pattern = str(whole.relative_to(folder))
    pattern = glob.escape(pattern) if os.path.exists(whole) else pattern
    found = sorted(glob.glob(pattern, root_dir=folder, recursive=True))
    return [folder / name for name in found if (folder / name).is_file()]


def _whole(given: str, root: Path) -> Path:
    return Path(os.path.normpath(root / given))


def _there(path: Path) -> Path:
    """The part of a path that is there as it is written; what comes after it is a pattern."""
    return next(part for part in (path, *path.parents) if os.path.exists(part))


def _stand(name: str, spec: InputSpec, root: Path) -> tuple[Path, str]:
    """The folder from which an input's files are named, and what is put before their names."""
    whole = _whole(spec.path or "", root)
    return (root, "") if whole.is_relative_to(root) else (_there(whole.parent), f"{name}/")


def digest(paths: Sequence[Path]) -> tuple[str, int]:
    """The SHA-256 of files one after the other, and their size in bytes."""
    found = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: found)
    return found.hexdigest(), sum(path.stat().st_size for path in paths)


# Columns


def _present(contract: Contract, spec: InputSpec, extract: Extract) -> dict[str, str]:
    """The user's name of each field that the file has; one that is named "" it has not."""
    names = {name: spec.columns.get(name, name) for name in contract.fields}
    return {name: theirs for name, theirs in names.items() if theirs and theirs in extract.headings}


def _needed(contract: Contract, spec: InputSpec) -> set[str]:
    """The fields without which a file is refused: those that must be there, and those that were asked for."""
    asked = {name for name, theirs in spec.columns.items() if theirs}
    return asked | {name for name, field in contract.fields.items() if field.required}


def _unread(spec: InputSpec, extract: Extract, present: Mapping[str, str]) -> list[str]:
    """The columns of a file that nothing asks for."""
    return [name for name in extract.headings if name and name not in {*present.values(), *spec.exclude}]


def _unknown_fields(contract: Contract, spec: InputSpec) -> list[Finding]:
    asked = [("columns", name) for name in spec.columns] + [("codes", name) for name in spec.codes]
    text = "{}: names {!r}, which is not a field of {}{}"
    return [
        Finding(text.format(option, name, contract.name, nearest(name, contract.fields)), spec.shown)
        for option, name in asked
        if name not in contract.fields
    ]


def _unknown_codes(contract: Contract, spec: InputSpec) -> Iterator[Finding]:
    """Codes that `codes:` maps to, and that the contract does not know."""
    for name, codes in spec.codes.items():
        field = contract.fields.get(name)
        allowed = (*field.enum, *field.true, *field.false) if field else ()
        for code in dict.fromkeys(code for code in codes.values() if allowed and code and code not in allowed):
            message = f"codes: maps {name} to {code!r}, which is not one of its codes{nearest(code, allowed)}"
            yield Finding(message, spec.shown, column=spec.columns.get(name, name))


def _read_twice(contract: Contract, spec: InputSpec) -> Iterator[Finding]:
    """A column that is named for one field, and has the name of another."""
    for name, theirs in spec.columns.items():
        if theirs in contract.fields.keys() - spec.columns.keys():
            advice = f'name another for {theirs}, or "" if you do not have it'
            yield Finding(f"columns: names {theirs!r} for {name}, but it is read as {theirs} too; {advice}", spec.shown)


def _named_in_exclude(contract: Contract, spec: InputSpec) -> Iterator[Finding]:
    """People and cases that `exclude:` names: the parameters are kept with the report."""
    for name in contract.fields:
        column = spec.columns.get(name, name)
        if name.endswith("_id") and any(spec.exclude.get(column, ())):
            advice = "parameters are archived with the report, so leave those rows out of the extract"
            yield Finding(f"exclude: names people or cases; {advice}", spec.shown, column=column)


def _missing_columns(contract: Contract, spec: InputSpec, extract: Extract, some: set[str]) -> Iterator[Finding]:
    """What a file lacks: files of one input have the same columns, so also what `some` of the others have."""
    present = _present(contract, spec, extract)
    unread, lacking = _unread(spec, extract, present), (_needed(contract, spec) | some) - present.keys()
    others = {spec.columns.get(name, name) for name in some if not contract.fields[name].required}
    missing = {spec.columns.get(name) or name: unread for name in contract.fields if name in lacking}
    missing |= {name: [*extract.headings] for name in spec.exclude if name not in extract.headings}
    advice = f"Name yours under columns: of the input {contract.name}"
    if lost := bool(extract.top and not present):
        message = f"{extract.top} holds none of the headings that are needed; if they stand lower, delete what is above"
        yield Finding(message, extract.shown)
    for name, headings in missing.items():
        hint = _alike(name, headings, sure=not lost)
        ours = ", or add an empty one where it was not recorded: other files have it" if name in others else ""
        yield Finding(f"there is no column {name!r}{hint}. {advice}{ours}", extract.shown, column=name)
    if contract.dated and not any(present.keys() >= {*fields} for fields in contract.dated):
        choice = ", or ".join(" with ".join(fields) for fields in contract.dated)
        yield Finding(f"there is no date; it needs {choice}. {advice}", extract.shown)


def _alike(name: str, headings: Sequence[str], sure: bool) -> str:
    """A hint of the heading that has the words of a name, one more or fewer, in any order, or is spelt much like it.

    If it is not sure that they are headings, the row may be a record: one is named only for the very same words.
    """
    words = _words(name)
    same = [each for each in headings if words & _words(each) and len(words ^ _words(each)) <= sure]
    return nearest(name, same, 0) or (nearest(name, headings, 0.8) if sure else "")


def _words(name: str) -> set[str]:
    return {*re.findall(r"[^\W_]+", name.casefold())}


def _unmapped(contract: Contract, spec: InputSpec, extracts: Sequence[Extract]) -> Iterator[Finding]:
    """Fields that are not there, beside columns that nothing reads.

    What is needed is there by now, so that the first row is known to hold headings.
    """
    present = _present(contract, spec, extracts[0])
    absent = [name for name in contract.fields if name not in present and spec.columns.get(name) != ""]
    unread = dict.fromkeys(repr(name) for extract in extracts for name in _unread(spec, extract, present))
    if absent and unread:
        advice = 'Name yours under columns:, or "" for a field that you do not have'
        message = f"not mapped: {', '.join(absent)}{NOT_READ}{', '.join(unread)}. {advice}"
        yield Finding(message, extracts[0].shown if len(extracts) == 1 else spec.shown, level="warning")


# Rows


class _Typing:
    """Types the rows of one input, batch by batch, and keeps what is wrong with single cells."""

    def __init__(self, contract: Contract, spec: InputSpec, names: dict[str, str]) -> None:
        self.spec, self.names = spec, names
        self.fields = [contract.fields[name] for name in names]
        self.read = list(dict.fromkeys([*names.values(), *spec.exclude]))
        self.schema = pa.schema([*((each.name, ARROW[each.type]) for each in self.fields), *PLACE])
        self.wrong: dict[tuple[str, str], Places] = defaultdict(Places)
        self.unseen = {  # what is asked for and not yet seen, in order
            **{("exclude", name): dict.fromkeys(values) for name, values in spec.exclude.items()},
            **{
                ("codes", names[each.name]): dict.fromkeys(spec.codes[each.name])
                for each in self.fields
                if each.name in spec.codes and each.type == "string" and not each.enum  # others find what is not mapped
            },
        }
        self.db = duckdb.cursor()

    def write(self, extracts: Sequence[Extract], path: Path) -> tuple[int, int]:
        """Write the typed rows; returns how many are kept and how many excluded."""
        rows = excluded = 0
        with pq.ParquetWriter(path, self.schema) as writer:
            for file, extract in enumerate(extracts):
                for batch in extract.batches(self.read):
                    text, gone = self._text(batch)
                    typed = self._typed(text, file)
                    self._note(file, text, typed)
                    writer.write_table(typed)
                    rows, excluded = rows + len(text), excluded + gone
        return rows, excluded

    def _text(self, batch: pa.RecordBatch) -> tuple[pa.Table, int]:
        """The fields as text in the contract's codes, and how many rows are excluded.

        A row that is blank throughout is no row: workbooks are full of them.
        """
        trimmed = map(pc.utf8_trim_whitespace, batch.columns[:-1])
        raw = [pc.if_else(pc.equal(text, ""), None, text) for text in trimmed]
        columns = dict(zip(self.read, raw, strict=True))
        kept = row = reduce(pc.or_, map(pc.is_valid, raw))
        for name, values in self.spec.exclude.items():
            left_out = pc.is_in(filled := columns[name].fill_null(""), pa.array(values, pa.string()))
            self._seen("exclude", name, filled.filter(left_out))
            kept = pc.and_not(kept, left_out)
        text = {name: self._coded(name, columns[theirs]) for name, theirs in self.names.items()}
        table = pa.table({**text, "source_row": batch["source_row"]}).filter(kept)
        return table, pc.sum(row, min_count=0).as_py() - len(table)

    def _coded(self, name: str, text: pa.Array) -> pa.Array:
        if not (codes := self.spec.codes.get(name)):
            return text
        targets = pa.array([to or None for to in codes.values()], pa.string())
        filled = text.fill_null("")
        found = pc.index_in(filled, pa.array(codes, pa.string()))
        self._seen("codes", self.names[name], filled.filter(found.is_valid()))
        return pc.if_else(found.is_valid(), targets.take(found), text)

    def _seen(self, option: str, column: str, values: pa.Array) -> None:
        for value in pc.unique(values).to_pylist():
            self.unseen.get((option, column), {}).pop(value, None)

    def _typed(self, text: pa.Table, file: int) -> pa.Table:
        sql = [each.typed(self.spec.date_format) for each in self.fields if each.type != "string"]
        self.db.register("extract", text)
        typed = self.db.sql(f"SELECT {', '.join([*sql, f'{file} AS source_file'])} FROM extract").to_arrow_table()
        columns = [(typed if name in typed.column_names else text)[name] for name in self.schema.names]
        return pa.table(columns, self.schema.names).cast(self.schema)

    def _note(self, file: int, text: pa.Table, typed: pa.Table) -> None:
        for each in self.fields:
            was, became = text[each.name], typed[each.name]
            if each.required and was.null_count:
                self._add(each, "blank", file, text.filter(was.is_null()))
            if became.null_count > was.null_count:
                self._add(each, "type", file, text.filter(pc.and_(was.is_valid(), became.is_null())))

    def _add(self, each: Field, kind: str, file: int, rows: pa.Table) -> None:
        numbers = rows["source_row"].to_pylist()
        self.wrong[each.name, kind].add(file, numbers, rows[each.name][0].as_py())

    def findings(self, files: Sequence[str], rows: int, excluded: int) -> Iterator[Finding]:
        """What was wrong with cells, and how many rows were left out of those that are not kept."""
        for each in self.fields:
            column = self.names[each.name]
            if (blank := self.wrong.get((each.name, "blank"))) and each.blank != "none":
                advice = "the row is left out where it is needed"
                if each.blank == "error":
                    advice = f'fill it in, or leave such rows out by exclude: {{{column}: [""]}}'
                yield blank.finding(f"the {each.title} is blank; {advice}", files, column, each.blank)
            if each.required and blank and blank.count == rows:
                advice = "if a workbook has formulas there, open and save it; or name another under columns:"
                yield Finding(f"there is no value in the whole column; {advice}", files[0], column=column)
            if untyped := self.wrong.get((each.name, "type")):
                found, allowed = shape(untyped.value or ""), each.allowed(self.spec.date_format)
                if each.type == "date" and re.fullmatch("9{5}", found):
                    allowed = "a date but a spreadsheet's number of a day; format the column there as dates"
                yield untyped.finding(f"'{found}' (masked) is not {allowed}", files, column)
        for (option, name), values in self.unseen.items():
            if values:
                asked = listed(list(map(repr, values)))
                message = f"{option}: asks for what is not there{NO_ROW_HAS}{asked}. Is it spelt so?"
                yield Finding(message, self.spec.shown, column=name, level="warning")
        if excluded:
            message = f"rows are left out, as exclude: of {', '.join(self.spec.exclude)} asks{IN_ALL}{excluded:,}"
            yield Finding(message, files[0] if len(files) == 1 else self.spec.shown, level="warning")
