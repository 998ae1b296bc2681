"""The files that come in: their headings, and their rows as batches of Arrow columns."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from itertools import chain, islice
from math import isfinite
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum
from xlsxwriter.utility import xl_col_to_name

from reportlib.errors import Finding, ReportError, nearest
from reportlib.inputs.findings import Places
from reportlib.inputs.spec import InputSpec

UNREAD = "The inputs cannot be read:"
BLOCK = 1 << 24  # bytes of CSV read at a time
BATCH = 1 << 17  # rows of Parquet or of a sheet typed at a time
DELIMITERS = ",;\t|"
DEEPEST = 10  # rows, from where the headings should stand, of which one may hold them
EXACT = {pa.float32(): 2**24, pa.float64(): 2**53}  # below it every whole number is held

Top = tuple[str, list[str], list[str] | None]  # of a CSV file: delimiter, headings, the row below if there is one


@dataclass(frozen=True)
class Extract:
    """One file. `batches(columns)` gives those columns in that order, and `source_row` after them.

    `top` is where the headings were found, `note` what the user should know of how the file was read.
    """

    shown: str
    headings: tuple[str, ...]
    batches: Callable[[Sequence[str]], Iterator[pa.RecordBatch]]
    top: str = ""
    note: str = ""


def opened(path: Path, shown: str, spec: InputSpec, needed: Set[str] = frozenset()) -> Extract:
    """Open a file and read its headings; `needed` are some of them.

    Raises ReportError where the file is empty, is not of its format or encoding, or has no proper headings.
    """
    if path.stat().st_size == 0:
        raise wrong(shown, "the file is empty (0 bytes); export it again")
    if spec.format == "csv":
        return _csv(path, shown, spec, needed)
    return _sheet(path, shown, spec, needed) if spec.format in ("xlsx", "ods") else _parquet(path, shown)


def wrong(shown: str, message: str, row: int | None = None, column: str = "") -> ReportError:
    """The error that says what is wrong with a file."""
    return ReportError(UNREAD, [Finding(message, shown, row, column)])


def refuse(findings: Sequence[Finding]) -> None:
    """Raises ReportError with what is wrong with files, if there is anything."""
    if findings:
        raise ReportError(UNREAD, findings)


def _not_elsewhere(
    shown: str, headings: Sequence[str], header_row: int, rows: Iterable[Sequence[str]], needed: Set[str]
) -> None:
    """Refuse a file in which another row, above or some rows below, holds most of the headings that are needed."""
    looked = chain([headings], islice(rows, header_row - 1 + DEEPEST))
    here, *held = (len(needed & {cell.strip(' \t\r\n"') for cell in row}) for row in looked)
    if (most := max(held, default=0)) > max(here, len(needed) / 2):
        row = held.index(most) + 1
        or_delete = ", or delete the rows above it" if header_row == 1 else ""
        raise wrong(shown, f"the headings stand in this row; give header_row: {row} under the input{or_delete}", row)


def _headings(
    shown: str, row: Sequence[str], next_row: Sequence[str], number: int = 1, before: int = 0
) -> tuple[str, ...]:
    """Check and tidy the headings of a row, which has so many columns before the first.

    They are not quoted, since a file without any shows its first row.
    """
    names = tuple(name.strip() for name in row)
    if number > 1 and not any(names):
        message = "header_row: asks for this row, which is blank or not there; give the row of the headings"
        raise wrong(shown, message, number)
    blank = [i for i, (name, below) in enumerate(zip(names, next_row, strict=False)) if not name and below.strip()]
    twice = [i for i, name in enumerate(names) if name and name in names[:i]]
    if blank:
        message = "are cells merged, or is this a title? Unmerge them, or give the row of the headings as header_row:"
        raise wrong(shown, f"the heading is blank in {_columns(blank, before)}: {message}", number)
    if twice:
        message = "is that of an earlier column; rename it, or put headings above if this is a record"
        raise wrong(shown, f"the heading of {_columns(twice, before)} {message}", number)
    return names


def _columns(positions: Sequence[int], before: int) -> str:
    letters = [xl_col_to_name(before + each) for each in positions]
    return f"column{'s' * (len(letters) > 1)} {', '.join(letters)}"


def _csv(path: Path, shown: str, spec: InputSpec, needed: Set[str]) -> Extract:
    encoding, header_row = spec.encoding.replace("utf-8-sig", "utf-8"), spec.header_row
    _decode(path, shown, encoding)
    tops: list[Top] = []
    for possible in DELIMITERS:
        with suppress(csv.Error):
            tops.append(_top(path, encoding, possible, header_row))
    delimiter, row, next_row = max(tops, key=lambda top: len(top[1]), default=("", [], None))
    if len(row) < 2 and len(tops) < len(DELIMITERS):
        raise _open_quote(shown)
    with path.open(encoding=encoding, newline="") as file:
        _not_elsewhere(shown, row, header_row, _split(file, delimiter), needed)
    headings = _headings(shown, row, next_row or [], header_row)
    if next_row is None:
        return Extract(shown, headings, lambda columns: iter(()))
    names = [str(position) for position in range(len(headings))]
    reading = pacsv.ReadOptions(
        # one thread, or the rows that are refused have no numbers
        use_threads=False,
        block_size=BLOCK,
        column_names=names,
        skip_rows_after_names=header_row,
        encoding=encoding,
    )

    def batches(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        wanted = [names[headings.index(column)] for column in columns]
        texts = pacsv.ConvertOptions(include_columns=wanted, column_types=dict.fromkeys(names, pa.string()))
        return _csv_rows(path, shown, reading, delimiter, texts)

    return Extract(shown, headings, batches, f"row {header_row}")


def _lines(file: TextIO) -> Iterator[str]:
    """The lines of a file without its byte order mark."""
    return chain([file.readline().removeprefix("\ufeff")], file)


def _split(file: TextIO, delimiter: str) -> Iterator[list[str]]:
    """The rows of a file, of any of the delimiters, as far as its quotes can be read with this one."""
    with suppress(csv.Error):
        for row in csv.reader(_lines(file), delimiter=delimiter):
            yield re.split(f"[{DELIMITERS}]", delimiter.join(row))


def _top(path: Path, encoding: str, delimiter: str, header_row: int) -> Top:
    """The cells of the headings and of the row below with this delimiter; csv.Error where the quotes do not fit it."""
    with path.open(encoding=encoding, newline="") as file:
        lines = _lines(file)
        for _ in islice(csv.reader(lines, delimiter=delimiter), header_row - 1):
            pass
        headings = next(csv.reader(lines, delimiter=delimiter, strict=True), [])
        return delimiter, headings, next(csv.reader(lines, delimiter=delimiter), None)


def _decode(path: Path, shown: str, encoding: str) -> None:
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with path.open("rb") as file:
        ended = False
        while not ended:
            chunk = file.read(BLOCK)
            ended = not chunk
            try:
                decoder.decode(chunk, final=ended)
            except UnicodeError as error:  # a file that is not UTF-16 at all is no UnicodeDecodeError
                read = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
                line += read.count(b"\n")
                often = "utf-16" if chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "windows-1252"
                advice = f'save it again as "CSV UTF-8", or say what it is under encoding: (often {often})'
                raise wrong(shown, f"the file is not {encoding} text from this row on; {advice}", line) from None
            line += chunk.count(b"\n")


def _open_quote(shown: str) -> ReportError:
    return wrong(shown, "the file cannot be read as CSV: is a quotation mark never closed? Export it again")


def _csv_rows(
    path: Path, shown: str, reading: pacsv.ReadOptions, delimiter: str, texts: pacsv.ConvertOptions
) -> Iterator[pa.RecordBatch]:
    ragged: dict[int, Places] = {}

    def skip(row: pacsv.InvalidRow) -> str:
        ragged.setdefault(row.actual_columns, Places()).add(0, [row.number])
        return "skip"

    parsing = pacsv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
    )
    try:
        start = reading.skip_rows_after_names + 1
        for batch in pacsv.open_csv(path, reading, parsing, texts):
            yield numbered(batch.columns, start)
            start += len(batch)
    except pa.ArrowInvalid:
        raise _open_quote(shown) from None
    advice = f"the headings have {len(reading.column_names)}; look for a comma or quotation mark in a value, or text"
    refuse([places.finding(f"the row has {cells} cells, {advice}", [shown]) for cells, places in ragged.items()])


def numbered(arrays: Sequence[pa.Array], start: int) -> pa.RecordBatch:
    """Columns as text, and the number of each row after them."""
    rows = pa.array(range(start, start + len(arrays[0])), pa.int64())
    texts = [array.cast(pa.string()) for array in arrays]
    return pa.record_batch([*texts, rows], [*map(str, range(len(texts))), "source_row"])


def _parquet(path: Path, shown: str) -> Extract:
    failure = wrong(shown, "the file is not Parquet, or not all of it; export it again")
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise failure from None

    headings = _headings(shown, file.schema_arrow.names, [])
    own = dict(zip(headings, file.schema_arrow.names, strict=True))

    def batches(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        try:
            read = file.iter_batches(BATCH, columns=[own[column] for column in columns])
            yield from texts(([batch[own[column]] for column in columns] for batch in read), columns, shown)
        except (pa.ArrowException, OSError):
            raise failure from None

    return Extract(shown, headings, batches)


def texts(read: Iterable[Sequence[pa.Array]], columns: Sequence[str], shown: str) -> Iterator[pa.RecordBatch]:
    """Typed columns as text, and the number of each row after them.

    Raises ReportError where a column is not flat, or holds numbers that are not whole and exact.
    """
    start, lost = 2, {column: Places() for column in columns}
    for arrays in read:
        found = [_text(array, shown, column) for array, column in zip(arrays, columns, strict=True)]
        for array, text, places in zip(arrays, found, lost.values(), strict=True):
            gone = pc.indices_nonzero(pc.and_(array.is_valid(), text.is_null()))
            places.add(0, pc.add(gone, start).to_pylist())
        yield numbered(found, start)
        start += len(arrays[0])
    message = "the value is no whole number, or has more digits than such a column holds; export it as text"
    refuse([places.finding(message, [shown], column) for column, places in lost.items() if places.count])


def _text(array: pa.Array, shown: str, column: str) -> pa.Array:
    """A typed column as text, as `text_of` has cells; NULL for a number that is not whole and exact."""
    try:
        if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
            exact = pc.less(pc.abs(array), EXACT.get(array.type, 2.0**63))
            whole = pc.and_(exact, pc.equal(array, pc.floor(array)))
            array = pc.if_else(whole, array, None).cast(pa.int64())
        text = array.cast(pa.string())
    except pa.ArrowException:
        message = "the column is not flat, or its bytes are no text; export it as text"
        raise wrong(shown, message, column=column) from None
    return pc.replace_substring_regex(text, " 00:00:00([.]0+)?$", "") if pa.types.is_timestamp(array.type) else text


def _sheet(path: Path, shown: str, spec: InputSpec, needed: Set[str]) -> Extract:
    sheet, header_row = spec.sheet, spec.header_row
    try:
        book = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError):
        message = "the file is no workbook that can be opened; has it a password, or another format than its name says?"
        raise wrong(shown, message) from None
    if sheet is not None and sheet not in book.sheet_names:
        raise wrong(shown, f"there is no sheet {sheet!r}{nearest(sheet, book.sheet_names)}; correct sheet:")
    seen = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    name, *others = [sheet] if sheet else seen or book.sheet_names
    note = (
        f"the first sheet was read, {name!r}; there are also {', '.join(map(repr, others))}. Name another under sheet:"
    )
    held = book.get_sheet_by_name(name)

    def read() -> Iterator[list[str]]:
        return ([text_of(cell) for cell in row] for row in held.iter_rows())

    rows = read()
    top, row = next(((i, row) for i, row in enumerate(rows, 1) if i >= header_row and any(row)), (header_row, []))
    next_row = next(rows, [])
    _not_elsewhere(shown, row, header_row, read(), needed)
    headings = _headings(shown, row, next_row, top, held.start[1] if held.start else 0)

    def batches(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        positions = [headings.index(name) for name in columns]
        body, start = (row for row in chain([next_row], rows) if row), top + 1
        while chunk := [[row[i] for i in positions] for row in islice(body, BATCH)]:
            yield numbered([pa.array(cells) for cells in zip(*chunk, strict=True)], start)
            start += len(chunk)

    return Extract(shown, headings, batches, f"row {top} of sheet {name!r}", note if others else "")


def text_of(cell: object) -> str:
    """A cell as text: 12.0 is 12, midnight is a date, true and false in lower case, nothing a blank.

    So is a whole number that is too large to be held exactly: two of them could read the same.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float | Decimal) and isfinite(cell) and cell == int(cell):
        return "" if isinstance(cell, float) and abs(cell) >= EXACT[pa.float64()] else str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if cell.time() != time() else cell.date().isoformat()
    return str(cell)
