"""The editions of a report: the whole of England and Wales, or the part of it that has certain codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from reportlib.errors import Finding, ReportError, known, nearest_or_all
from reportlib.measures import UNKNOWN_TYPE, TableSpec
from reportlib.paramfile import Block, explain, read_yaml

# Why an edition of a part has no table that the national edition has
NATIONAL_ALONE = (
    "it is made for England and Wales alone, in the national edition, so that more of the other tables can be shown "
    "here"
)
ONE_PART = "this edition is of one part alone; the national edition sets all of them side by side"
Dimension = Literal["region", "establishment_type"]
FIELDS = {"region": "probation_terminations", "establishment_type": "establishments"}  # dimension -> contract


class Edition(Block):
    """One selection of the report: everything, or the rows whose dimension has one of the values."""

    name: str = Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", description="Name of the edition and of its folder")
    title: str = Field(min_length=1, description="What the report's title says of it")
    dimension: Dimension | None = Field(default=None, description="What it is a part by")
    values: tuple[str, ...] = Field(
        default=(), strict=False, validate_default=True, description="The codes that belong to it"
    )

    @field_validator("title")
    @classmethod
    def _words(cls, title: str) -> str:
        if not title[0].isalpha():
            raise ValueError("begin with a letter: a figure alone could be taken for one of the report")
        return title

    @field_validator("values")
    @classmethod
    def _known(cls, values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if dimension := info.data.get("dimension"):
            there = codes(dimension)
            for value in values:
                if value not in there:
                    raise ValueError(f"{value!r} is no {dimension.replace('_', ' ')}{nearest_or_all(value, there)}")
            if not values or len(set(values)) < len(values):
                raise ValueError("name at least one value, each once")
        return values

    @property
    def code(self) -> str:
        """The code under which its counts stand in its dimension: the value itself, or a name for several."""
        return self.values[0] if len(self.values) == 1 else self.name

    @property
    def part(self) -> str:
        """What part of the whole it is, in words; empty for the whole."""
        return self.title if self.dimension else ""

    def comparing(self, spec: TableSpec) -> TableSpec:
        """The table as it is compared here: what all of the edition have alike need not be held equal."""
        alike = self.dimension if len(self.values) == 1 else None
        return replace(spec, adjust=tuple(name for name in spec.adjust if name != alike))

    def lacks(self, spec: TableSpec, among: Iterable[TableSpec]) -> str | None:
        """Why an edition of a part has not a table, though its data are there; None if it has.

        It is for the whole alone; or would set parts side by side, of which there is one here, which is the headline.
        """
        if self.dimension and spec.national:
            return NATIONAL_ALONE
        one = spec.compared and len(self.values) == 1 and {*spec.by} == {self.dimension, "ethnicity"}
        headline = replace(spec, id="", by=("ethnicity",), adjust=(), national=False)
        return ONE_PART if one and headline in [replace(other, id="", adjust=()) for other in among] else None

    def heading(self, title: str) -> str:
        """The title of the report of this edition."""
        return ": ".join(filter(None, [title, self.part]))


class _List(Block):
    """What a file of editions holds."""

    editions: tuple[Edition, ...] = Field(min_length=1, strict=False, description="The editions of the list")

    @field_validator("editions")
    @classmethod
    def _parts(cls, editions: tuple[Edition, ...]) -> tuple[Edition, ...]:
        for edition in editions:
            if not edition.dimension:
                raise ValueError(f"{edition.name}: say which dimension and values it has")
        return editions


NATIONAL = Edition(name="national", title="National")


def codes(dimension: str) -> tuple[str, ...]:
    """The codes that a dimension can have, by the contract of the data."""
    from reportlib.inputs.contracts import contracts  # the inputs know the parameters, which know editions

    return contracts()[FIELDS[dimension]].fields[dimension].enum


def standard() -> list[Edition]:
    """The editions that need no list: national, every region, every type of establishment."""
    found = [NATIONAL]
    for dimension in FIELDS:
        for code in codes(dimension):
            if code != UNKNOWN_TYPE:  # no part of the system by itself
                name = re.sub(r"[^a-z0-9]+", "-", code.lower().replace("'", "")).strip("-")
                found.append(Edition(name=name, title=code, dimension=dimension, values=(code,)))  # type: ignore[arg-type]
    return found


def alone(name: str) -> tuple[Edition, ...]:
    """The editions that one edition by itself is protected with: the national one, and itself."""
    return (NATIONAL, *(edition for edition in standard() if edition.name == name and edition.dimension))


def available(folder: Path) -> list[Edition]:
    """The standard editions and those of every list in the folder.

    Raises ReportError with all that is wrong in the lists; a name may be used once.
    """
    found, findings = standard(), []
    for path in sorted(folder.glob("*.yml")):
        data, lines, wrong = read_yaml(path)
        findings += wrong
        try:
            listed = _List.model_validate(data).editions
        except ValidationError as error:
            findings += explain(error, _List.model_json_schema(), lines, path)
            continue
        for edition in listed:
            if edition.name in [other.name for other in found]:
                message = f"the edition {edition.name!r} is there already; give it another name"
                findings.append(Finding(message, str(path)))
            found.append(edition)
    if findings:
        raise ReportError("The lists of editions cannot be used:", findings)
    return found


def named(name: str, editions: Iterable[Edition]) -> Edition:
    """The edition of a name. Raises ReportError with the nearest where there is none."""
    return known(name, {edition.name: edition for edition in editions}, "edition")
