"""The contracts of the input tables: Table Schema, read from a Data Package and compiled to SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated, Any

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict
from pydantic import Field as Given

from reportlib.project import CONTRACTS

# A date written as in ISO 8601, or the date part of a local date and time; one with a zone is
# refused, since the day that it falls on would depend on the zone.
ISO_DATE = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.]\d+)?)?)?"
TIMES = ("", " %H:%M", " %H:%M:%S")  # after a date; cut off
WHOLE_NUMBER = r"[+-]?\d+([.]0+)?"


def literal(text: str) -> str:
    """A string as SQL."""
    return "'" + text.replace("'", "''") + "'"


def sql_list(values: Iterable[str]) -> str:
    """Strings as an SQL list in brackets; NULL stands in an empty one."""
    return f"({', '.join(map(literal, values)) or 'NULL'})"


def _in(block: str, name: str, default: Any = ...) -> Any:
    return Given(default, validation_alias=AliasPath(block, name))


class Field(BaseModel):
    """One column of a contract. `blank` is the level of a blank where it is required; "none" if a rule finds it."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    type: str
    required: bool = _in("constraints", "required", False)
    enum: tuple[str, ...] = _in("constraints", "enum", ())
    minimum: str | int | None = _in("constraints", "minimum", None)
    maximum: str | int | None = _in("constraints", "maximum", None)
    pattern: str = _in("constraints", "pattern", "")
    true: tuple[str, ...] = Given((), validation_alias="trueValues")
    false: tuple[str, ...] = Given((), validation_alias="falseValues")
    masked: bool = Given(default_factory=lambda given: not given["enum"], validation_alias="reportlib:mask")
    blank: str = Given("error", validation_alias="reportlib:blank")

    def typed(self, date_format: str) -> str:
        """SQL that types the trimmed text in the column of this name (not a string); NULL if it cannot."""
        name = self.name
        whole = f"CASE WHEN regexp_full_match({name}, '{WHOLE_NUMBER}') THEN try_cast({name} AS BIGINT) END"
        iso = f"CASE WHEN regexp_full_match({name}, '{ISO_DATE}') THEN try_cast({name}[:10] AS DATE) END"
        formats = ", ".join(literal(date_format + time) for time in TIMES)
        digits = "[0-9]{4}" if "%Y" in date_format else "[0-9]"  # 24 is not the year 24; "infinity" is no date
        held = f"CASE WHEN regexp_matches({name}, '{digits}') THEN {name} END"
        yes, no = f"WHEN {name} IN {sql_list(self.true)}", f"WHEN {name} IN {sql_list(self.false)}"
        return {
            "integer": whole,
            "date": f"coalesce(try_strptime({held}, [{formats}])::DATE, {iso})",
            "boolean": f"CASE {yes} THEN true {no} THEN false END",
        }[self.type] + f" AS {name}"

    def allowed(self, date_format: str) -> str:
        """What may stand in a cell of this type, and what to do otherwise."""
        return {
            "integer": "a whole number; correct it, or map it under codes:",
            "date": f"a date that exists, written {date_format}, no zone; correct it, or give its form as date_format:",
            "boolean": f"one of {', '.join(self.true + self.false)}; correct it, or map it under codes:",
        }[self.type]

    def breaches(self) -> Iterator[tuple[str, str]]:
        """SQL conditions that no row may meet, each with what to say; `{found}` stands for the value."""
        if self.enum:
            says = f"{{found}} is not one of the {self.title}s ({', '.join(self.enum)}); correct it, or map it"
            yield f"{self.name} NOT IN {sql_list(self.enum)}", f"{says} under codes:"
        for sign, word, limit in (("<", "below", self.minimum), (">", "above", self.maximum)):
            if limit is not None:
                bound = f"DATE '{limit}'" if self.type == "date" else limit
                yield (f"{self.name} {sign} {bound}", f"the {self.title} is {word} {limit}, the limit; correct it")
        if self.pattern:
            says = f"the {self.title} is not of the form {self.pattern}; a spreadsheet's error, such as #N/A?"
            yield f"NOT regexp_matches({self.name}, {literal(f'^(?:{self.pattern})$')})", says


def _by_name(fields: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in fields}


class Contract(BaseModel):
    """One input table. `repeats` is the level of a repeated key; one set of `dated` must be present."""

    model_config = ConfigDict(frozen=True)

    name: str
    fields: Annotated[dict[str, Field], BeforeValidator(_by_name)] = _in("schema", "fields")
    key: tuple[str, ...] = _in("schema", "primaryKey", ())
    repeats: str = _in("schema", "reportlib:repeats", "error")
    dated: tuple[tuple[str, ...], ...] = _in("schema", "reportlib:dated", ())


@cache
def contracts() -> dict[str, Contract]:
    """The contracts, by the name of the table."""
    resources = json.loads(CONTRACTS.read_text(encoding="utf-8"))["resources"]
    return {given["name"]: Contract.model_validate(given) for given in resources}
