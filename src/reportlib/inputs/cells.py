"""The cells of an input, typed as its contract says, and what is wrong with single ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import reduce
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reportlib.errors import Finding
from reportlib.inputs.contracts import TIMES, Contract, Field
from reportlib.inputs.extracts import Extract
from reportlib.inputs.findings import Places, shape
from reportlib.inputs.spec import InputSpec
from reportlib.words import listed

ARROW = {"string": pa.string(), "integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32()}
SEPARATED = r"[+-]?\d{1,3}([,'’\s]\d{3})+"  # a number with a thousands separator
TOTAL = "(?i)^(grand |sub-?)?totals?:?$"  # of what stands above
PLACE = (pa.field("source_file", pa.int64()), pa.field("source_row", pa.int64()))


class Typing:
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
                if each.name in spec.codes and each.type == "string"
            },
        }
        self.totals = Places()
        self.db = duckdb.cursor()

    def write(self, extracts: Sequence[Extract], path: Path) -> tuple[int, int]:
        """Write the typed rows; returns how many are kept and how many excluded."""
        rows = excluded = 0
        with pq.ParquetWriter(path, self.schema) as writer:
            for file, extract in enumerate(extracts):
                for batch in extract.batches(self.read):
                    text, gone = self._text(batch, file)
                    typed = self._typed(text, file)
                    self._note(file, text, typed)
                    writer.write_table(typed)
                    rows, excluded = rows + len(text), excluded + gone
        return rows, excluded

    def _text(self, batch: pa.RecordBatch, file: int) -> tuple[pa.Table, int]:
        """The fields as text in the contract's codes, and how many rows are excluded.

        A row that is blank throughout is no row: workbooks are full of them. Nor is one of totals, but it is noted.
        """
        trimmed = map(pc.utf8_trim_whitespace, batch.columns[:-1])
        raw = [pc.if_else(pc.equal(text, ""), None, text) for text in trimmed]
        columns = dict(zip(self.read, raw, strict=True))
        kept = row = reduce(pc.or_, map(pc.is_valid, raw))
        for name, values in self.spec.exclude.items():
            left_out = pc.is_in(filled := columns[name].fill_null(""), pa.array(values, pa.string()))
            self._seen("exclude", name, filled.filter(left_out))
            kept = pc.and_not(kept, left_out)
        totals = pc.and_(kept, self._totals(columns))
        self.totals.add(file, batch["source_row"].filter(totals).to_pylist())
        row, kept = pc.and_not(row, totals), pc.and_not(kept, totals)
        text = {name: self._coded(name, columns[theirs]) for name, theirs in self.names.items()}
        table = pa.table({**text, "source_row": batch["source_row"]}).filter(kept)
        return table, pc.sum(row, min_count=0).as_py() - len(table)

    def _totals(self, columns: dict[str, pa.Array]) -> pa.Array:
        """Which rows have the word for a total in one column, and a blank in another that is needed."""
        needed = [self.names[each.name] for each in self.fields if each.required and each.blank == "error"]
        blank = reduce(pc.or_, (columns[name].is_null() for name in needed))
        if not blank.true_count:
            return blank
        word = [pc.match_substring_regex(text.fill_null(""), TOTAL) for text in columns.values()]
        return pc.and_(blank, reduce(pc.or_, word))

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

    def _allowed(self, each: Field, found: str) -> str:
        """What may stand in a field where this was found, and what to do."""
        short = self.spec.date_format.replace("%Y", "%y")
        if each.type == "date" and re.fullmatch(r"\d{5}", found):
            return "a date but a spreadsheet's number of a day; format the column there as dates"
        if each.type == "date" and any(_is_date(found, short + time) for time in TIMES):
            return f'a date with a year of four digits; where all have two, write date_format: "{short}"'
        if each.type == "integer" and re.fullmatch(SEPARATED, found):
            return "a whole number in digits alone; remove the thousands separator"
        return each.allowed(self.spec.date_format)

    def findings(self, files: Sequence[str], rows: int, excluded: int) -> Iterator[Finding]:
        """What was wrong with cells, and how many rows were left out of those that are not kept."""
        if self.totals.count:
            yield self.totals.finding("this may be a row of totals; delete it", files)
        for each in self.fields:
            column = self.names[each.name]
            if (blank := self.wrong.get((each.name, "blank"))) and each.blank != "none":
                advice = "the row is left out where it is needed"
                if each.blank == "error":
                    advice = f'fill it in, or leave such rows out by exclude: {{{column}: [""]}}'
                if "" in self.spec.codes.get(each.name, {}).values():
                    advice = "codes: makes some values blank, which none may be here; map them to a code"
                yield blank.finding(f"the {each.title} is blank; {advice}", files, column, each.blank)
            if each.required and blank and blank.count == rows:
                advice = "if a workbook has formulas there, open and save it; or name another under columns:"
                yield Finding(f"there is no value in the whole column; {advice}", files[0], column=column)
            if untyped := self.wrong.get((each.name, "type")):
                found, allowed = untyped.value or "", self._allowed(each, untyped.value or "")
                yield untyped.finding(f"'{shape(found)}' (masked) is not {allowed}", files, column)
        for (option, name), values in self.unseen.items():
            if values:
                asked = listed(list(map(repr, values)))
                detail = f"; no row has {asked}. Is it spelt so?"
                message = f"{option}: asks for what is not there"
                yield Finding(message, self.spec.shown, column=name, level="warning", detail=detail)
        if excluded:
            message = f"rows are left out, as exclude: of {', '.join(self.spec.exclude)} asks"
            file = files[0] if len(files) == 1 else self.spec.shown
            yield Finding(message, file, level="warning", detail=f"; in all {excluded:,}")


def _is_date(text: str, date_format: str) -> bool:
    try:
        return bool(datetime.strptime(text, date_format))
    except ValueError:
        return False
