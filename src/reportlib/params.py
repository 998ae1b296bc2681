"""The parameters of a report: one typed schema for the YAML file, the help, the notebooks and the docs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator

from reportlib.editions import NATIONAL, Edition, alone, available, named
from reportlib.errors import ReportError
from reportlib.ethnicity import groupings
from reportlib.inputs.spec import Contract, InputSpec
from reportlib.look import logo_address, readable
from reportlib.paramfile import Block, allowed, explain, read_yaml
from reportlib.project import ROOT
from reportlib.years import reporting_year, span, year_dates, years_to

# What a notebook's parameters cell holds: all that changes the analysis, and nothing else.
ANALYSIS = (
    "reporting_year",
    "pooled_years",
    "trend_years",
    "grouping",
    "reference_group",
    "confidence_level",
    "verdict_band",
    "edition",
)
PAGE = """# Parameters

A report is made from one parameter file, such as `params/2024-25.yml`. A name that is not listed here, or is
given twice, is refused. This page is made from the schema in `src/reportlib/params.py`, by `make docs`.

| parameter | what it is | allowed | default |
| --- | --- | --- | --- |
"""


class Exempted(Block):
    """A table that a reviewer has decided to show whole."""

    table: str = Field(min_length=1, description="Id of the table")
    reason: str = Field(min_length=10, description="Why it may be shown whole; printed in the report")
    reviewer: str = Field(min_length=1, description="Who decided so; printed in the report")


class Disclosure(Block):
    """The disclosure control policy, and on how little a figure may rest."""

    threshold: int = Field(default=5, ge=1, le=5, description="Counts from 1 to this are hidden")
    protection_width: int = Field(
        default=5,
        ge=1,
        description="How far apart the lowest and highest possible values of a hidden small count must lie",
    )
    minimum_denominator: int = Field(
        default=10, ge=0, description="Groups smaller than this are hidden when all or none of them did something"
    )
    zeros: Literal["shown", "hidden"] = Field(default="shown", description="Whether a count of nobody is shown")
    least_for_percent: int = Field(default=10, ge=1, description="No percentage is shown on fewer")
    reliable_percent: int = Field(default=30, ge=1, description="A percentage on fewer is marked [u] as unreliable")
    least_for_rate: int = Field(default=100, ge=1, description="No rate is shown on a smaller population")
    exemptions: tuple[Exempted, ...] = Field(
        default=(), strict=False, description="Tables that are shown whole, each with a reason and a name"
    )
    earlier: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Earlier releases that this one must not give away, with those that they name themselves: the "
        "folder of a run, or its archive; no link, such as `published`, since it may lead elsewhere later",
    )
    off: str | None = Field(
        default=None,
        min_length=10,
        description="Why control is turned off. Every page then says so, and the report cannot be signed off",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_reason(cls, given: Any) -> Any:
        if given in ("off", False):
            raise ValueError("is turned off with a reason: write `off:` below it, then why")
        return given

    @property
    def on(self) -> bool:
        """Whether disclosure control is applied."""
        return self.off is None


class Archive(Block):
    """What the bundle of a run holds besides what it always does."""

    wheels: bool = Field(default=False, description="Keep the packages of the lock too: registries forget")
    extracts_for: str | None = Field(
        default=None,
        description="Keep the extracts too, encrypted for this age public key; its owner alone can open them",
    )

    @field_validator("extracts_for")
    @classmethod
    def _public_key(cls, key: str | None) -> str | None:
        from pyrage import RecipientError, x25519

        try:
            return key and str(x25519.Recipient.from_str(key))
        except RecipientError:
            raise ValueError("is not an age public key; one begins with age1, and age-keygen makes it") from None


class Params(Block):
    """The parameters of one report."""

    reporting_year: str = Field(
        description="Year that the report covers, from 1 April to 31 March", examples=["2024-25"]
    )
    pooled_years: int = Field(default=3, ge=1, le=10, description="Years pooled for detail, up to the reporting year")
    trend_years: int = Field(default=5, ge=1, le=20, description="Years in a trend, up to the reporting year")
    grouping: Literal["5+1", "19", "two"] = Field(
        default="5+1", description="Ethnic groups: 5+1, the 19 of the 2021 Census, or two (White British, minority)"
    )
    reference_group: str = Field(
        default_factory=lambda given: groupings()[given["grouping"]].reference,
        description="Code of the group that others are compared with: W at 5+1, W1 at 19, WB at two",
    )
    confidence_level: float = Field(default=0.95, ge=0.5, lt=1, description="Level of every confidence interval")
    verdict_band: tuple[float, float] = Field(
        default=(0.8, 1.25), strict=False, description="Relative rates between these are close to parity"
    )
    disclosure: Disclosure = Field(default=Disclosure(), description="Disclosure control policy")
    archive: Archive = Field(default=Archive(), description="What the archived bundle holds besides")
    publication_date: date = Field(description="Date shown on the report", examples=["2025-11-27"])
    edition: str = Field(
        default="national",
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        description="Which edition: national, one such as london or open, or one of your lists",
    )
    editions: tuple[Edition, ...] = Field(
        default_factory=lambda given: alone(given["edition"]),
        strict=False,
        description="The editions whose figures are protected together; `make editions` fills it in",
    )
    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb",
        description="What goes through the records: DuckDB here, or the Spark that `PPO_SPARK_REMOTE` names",
    )
    title: str = Field(
        default="Race equality in prisons and probation",
        min_length=1,
        max_length=100,  # more does not fit the foot of a page
        description="Title of the report",
    )
    authors: tuple[str, ...] = Field(default=(), strict=False, description="Author lines for the cover")
    organisation: str = Field(
        default="Prisons and Probation Ombudsman",
        min_length=1,
        description="Whose report it is: on the cover, and what is read out for the logo",
    )
    contact: str = Field(default="", description="Whom readers can ask about the report; printed on the cover")
    correction: str = Field(
        default="",
        max_length=300,
        description="What the report puts right that was published before, and since when; printed on the cover",
    )
    logo: Annotated[str, AfterValidator(lambda given: logo_address(given, ROOT))] | None = Field(
        default=None, description="SVG or PNG file, from the project's folder, for the cover; at most 100 KB"
    )
    colour: Annotated[str, AfterValidator(readable)] = Field(
        default="#12436D", description="Colour of cover and links; its contrast with white must be 4.5 to 1 at least"
    )
    chapters: tuple[str, ...] = Field(
        default=(), strict=False, description="Chapters by name, in the order wanted; without it, all of them"
    )
    inputs: dict[Contract, InputSpec] = Field(
        min_length=1, description="The extracts, by the name of the contract that each fulfils"
    )

    @field_validator("editions")
    @classmethod
    def _national_first(cls, editions: tuple[Edition, ...]) -> tuple[Edition, ...]:
        return NATIONAL, *(edition for edition in editions if edition.dimension)

    @field_validator("reporting_year")
    @classmethod
    def _consecutive_years(cls, year: str) -> str:
        digits = re.findall(r"\d+", year)
        shaped = [len(part) for part in digits] in ([4, 2], [4, 4])
        if not shaped or not 1900 <= int(digits[0]) < 2100 or (int(digits[0]) + 1 - int(digits[1])) % 100:
            raise ValueError(f"{year!r} is not a reporting year; write two years in a row, such as 2024-25")
        if year != (written := reporting_year(int(digits[0]))):
            raise ValueError(f"{year!r} is not how a reporting year is written; write {written}")
        return year

    @field_validator("publication_date")
    @classmethod
    def _after_the_year(cls, day: date, info: ValidationInfo) -> date:
        if (year := info.data.get("reporting_year")) and day <= (last := year_dates(year)[1]):
            raise ValueError(f"found {day}; allowed: a date after {last}, when the reporting year ends")
        return day

    @field_validator("reference_group")
    @classmethod
    def _in_grouping(cls, code: str, info: ValidationInfo) -> str:
        if (name := info.data.get("grouping")) and code not in (groups := groupings()[name].compared):
            raise ValueError(f"{code!r} is not a group of {name!r}; allowed: {', '.join(groups)}")
        return code

    @field_validator("chapters")
    @classmethod
    def _once(cls, chapters: tuple[str, ...]) -> tuple[str, ...]:
        if twice := sorted({name for name in chapters if chapters.count(name) > 1}):
            raise ValueError(f"a chapter stands twice: {', '.join(twice)}")
        return chapters

    @field_validator("verdict_band")
    @classmethod
    def _around_one(cls, band: tuple[float, float]) -> tuple[float, float]:
        if not 0 < band[0] < 1 < band[1]:
            raise ValueError(f"found {list(band)}; allowed: a number below 1, then one above, as [0.8, 1.25]")
        return band

    @property
    def pooled(self) -> tuple[str, ...]:
        """The reporting years that are pooled, oldest first."""
        return years_to(self.reporting_year, self.pooled_years)

    @property
    def pooled_label(self) -> str:
        """The pooled period's label: "2022-23 to 2024-25", or the year alone."""
        return span(self.pooled)

    @property
    def trend(self) -> tuple[str, ...]:
        """The reporting years of a trend, oldest first."""
        return years_to(self.reporting_year, self.trend_years)

    @property
    def span(self) -> tuple[date, date]:
        """First and last day of the data that the report needs."""
        first = min(self.pooled[0], self.trend[0])
        return year_dates(first)[0], year_dates(self.reporting_year)[1]

    @property
    def made(self) -> Edition:
        """The edition that these parameters are of."""
        return named(self.edition, self.editions)

    def of(self, edition: Edition) -> Params:
        """The same parameters for another edition of the same run."""
        return self.model_copy(update={"edition": edition.name})

    @property
    def texts(self) -> dict[str, str]:
        """What is written in the parameters to be printed, by where it stands."""
        told: dict[str, Sequence[str | None]] = {
            "title": [self.title],
            "authors": self.authors,
            "organisation": [self.organisation],
            "contact": [self.contact],
            "correction": [self.correction],
            "editions": [edition.title for edition in self.editions],
            "disclosure.off": [self.disclosure.off],
            "disclosure.exemptions": [f"{each.reason} {each.reviewer}" for each in self.disclosure.exemptions],
        }
        return {place: " ".join(filter(None, texts)) for place, texts in told.items()}

    def analysis(self) -> dict[str, Any]:
        """The parameters that a notebook is run with, as plain values."""
        return self.model_dump(mode="json", include=set(ANALYSIS))


BLOCKS: dict[str, type[BaseModel]] = {
    "editions.*": Edition,
    "archive": Archive,
    "disclosure": Disclosure,
    "disclosure.exemptions.*": Exempted,
    "inputs.*": InputSpec,
}


def load(path: Path) -> Params:
    """Read a parameter file; raises ReportError with all that is wrong with it."""
    if not path.exists():
        raise ReportError(f"{path} cannot be read: No such file or directory.{_there(path)}")
    data, lines, findings = read_yaml(path)
    try:
        params = Params.model_validate(data)
    except ValidationError as error:
        findings += explain(error, Params.model_json_schema(), lines, path)
    if findings:
        raise ReportError(f"{path} cannot be used:", findings)
    if params.edition not in [edition.name for edition in params.editions]:
        own = named(params.edition, available(path.parent / "editions"))
        return params.model_copy(update={"editions": (*params.editions, own)})
    return params


def _there(missing: Path) -> str:
    """Which parameter files there are where one is missing, and what to do."""
    folders = {missing.parent.resolve(), ROOT / "params"} - {ROOT}
    files = sorted(file for folder in folders for file in folder.glob("*.yml") if ".responses." not in file.name)
    names = ", ".join(map(os.path.relpath, files))
    return f" There are: {names}. For a new year, copy last year's and change it." if files else ""


def load_editions(path: Path) -> Params:
    """Read a parameter file for every edition there is: the standard ones and those of the lists beside it."""
    params = load(path)
    return params.model_copy(update={"editions": tuple(available(path.parent / "editions"))})


def notebook_parameters() -> dict[str, Any]:
    """The parameters of the analysis as notebooks have them, before a run puts its own there."""
    given = {name: field.examples[0] for name, field in Params.model_fields.items() if field.examples}
    return Params.model_construct(None, **given).analysis()


def parameters_cell() -> str:
    """The code of a notebook's `parameters` cell: each parameter of the analysis with its default."""
    lines = []
    for name, value in notebook_parameters().items():
        kind = "list[float]" if isinstance(value, list) else type(value).__name__
        lines.append(f"{name}: {kind} = {json.dumps(value)}  # {Params.model_fields[name].description}")
    return "\n".join(lines)


def parameters_page() -> str:
    """The parameter page of the documentation, in Markdown."""
    schema = Params.model_json_schema()
    parts = {"": schema, **{f"{name}.": schema["$defs"][kind.__name__] for name, kind in BLOCKS.items()}}
    rows = [
        f"| `{prefix}{name}` | {part['description']} | {allowed(part, schema)} | {_default(prefix, name)} |"
        for prefix, block in parts.items()
        for name, part in block["properties"].items()
    ]
    return PAGE + "\n".join(rows) + "\n"


def _default(prefix: str, name: str) -> str:
    field = BLOCKS.get(prefix.rstrip("."), Params).model_fields[name]
    if field.is_required():
        return "required"
    if field.default_factory or isinstance(field.default, BaseModel):
        return "see left" if field.default_factory else "see below"
    return "none" if field.default is None else f"`{json.dumps(field.default)}`"
