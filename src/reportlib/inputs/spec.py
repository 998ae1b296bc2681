"""Where an input stands, and how its columns and codes are called there: a block of `inputs:`."""

from __future__ import annotations

import codecs
import re
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from reportlib.paramfile import Block
from reportlib.words import listed

Contract = Literal[
    "complaints",
    "nomis_ethnicity",
    "population",
    "fatal_incidents",
    "probation_terminations",
    "probation_caseload",
    "establishments",
]
# What says where an input stands, and which of it each kind needs.
PLACE = ("path", "url_env", "driver", "table")
PLACES: dict[str, tuple[str, ...]] = {
    "files": ("path",),
    "postgres": ("url_env", "table"),
    "sqlite": ("path", "table"),
    "duckdb": ("path", "table"),
    "adbc": ("url_env", "driver", "table"),
    "sqlalchemy": ("url_env", "table"),
}
Format = Literal["csv", "parquet", "xlsx", "ods"]
FORMATS = get_args(Format)
LAST_ROW = 1 << 20  # of a sheet
# YAML reads a bare true or false as a truth value, which contracts spell as text, and nothing as null: a blank.
Code = Annotated[
    str, BeforeValidator(lambda code: str(code).lower() if isinstance(code, bool) else "" if code is None else code)
]


class InputSpec(Block):
    """Where one input stands, and how its columns and codes are called there, to the last blank."""

    model_config = ConfigDict(str_strip_whitespace=False)

    kind: Literal["files", "postgres", "sqlite", "duckdb", "adbc", "sqlalchemy"] = Field(
        default="files", description="What is read: files, or a table of a database, read once and kept as Parquet"
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="File, or pattern such as `data/complaints-*.csv`, from the project's folder; for the kinds "
        "files, sqlite and duckdb",
    )
    url_env: str | None = Field(
        default=None,
        description="Environment variable that holds the database's address, such as `PPO_NOMIS_URL`; for the kinds "
        "postgres, adbc and sqlalchemy",
    )
    table: str | None = Field(
        default=None, min_length=1, description="Table of the database, such as `nomis.ethnicity`; for all but files"
    )
    driver: str | None = Field(
        default=None, description="Python package of an ADBC driver, such as `adbc_driver_flightsql`; for the kind adbc"
    )
    snapshot: str | None = Field(
        default=None,
        exclude=True,  # the same rows give the same report, wherever they were read
        description="Kept Parquet file of an earlier run, read instead of the database",
    )
    status: Literal["published", "extract", "synthetic"] = Field(
        description="What the data are; shown as a badge on all that is made from them"
    )
    format: Format | None = Field(
        default_factory=lambda given: _ending(given["kind"], given["path"]),
        validate_default=True,
        description="File format; without it, the path's ending says",
    )
    columns: dict[str, str] = Field(
        default={}, description='Contract field: the column\'s name in your file; "" for a field that it does not have'
    )
    codes: dict[str, dict[str, Code]] = Field(
        default={},
        description='Contract field: for each code in your file, the contract\'s code; "" where nothing is known',
    )
    exclude: dict[str, list[str]] = Field(
        default={}, description="Column in your file: the values whose rows are left out (and counted)"
    )
    header_row: int = Field(
        default=1,
        ge=1,
        le=LAST_ROW,
        exclude_if=lambda row: row == 1,  # parameters that leave it out stay what they were, and so does their digest
        description="Row of a CSV, XLSX or ODS file in which the headings stand; what is above is not read",
    )
    sheet: str | None = Field(default=None, description="Sheet of an XLSX or ODS file; without it, the first")
    encoding: str = Field(default="utf-8", description="Encoding of a CSV file, such as `utf-8` or `windows-1252`")
    date_format: str = Field(default="%Y-%m-%d", description="How dates are written, such as `%d/%m/%Y`")

    @field_validator("path", "url_env", "table", "driver", "snapshot")
    @classmethod
    def _no_password(cls, text: str | None) -> str | None:
        if text and re.search(r"://[^/]*@|\b(password|pwd)=", text, re.IGNORECASE):
            raise ValueError("holds a user name or password; take it out: parameters are kept and published")
        return text

    @field_validator("url_env")
    @classmethod
    def _variable(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise ValueError("is the name of an environment variable, such as PPO_NOMIS_URL, not the address itself")
        return name

    @field_validator("driver")
    @classmethod
    def _package(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"adbc_driver_\w+", name):
            raise ValueError(f"{name!r} is not an ADBC driver's package; their names begin with adbc_driver_")
        return name

    @field_validator("columns")
    @classmethod
    def _one_field_each(cls, columns: dict[str, str]) -> dict[str, str]:
        fields = defaultdict(list)
        for field, column in columns.items():
            fields[column].append(field)
        twice = [f"{column!r} for {listed(names)}" for column, names in fields.items() if column and len(names) > 1]
        if twice:
            raise ValueError(f"names {', '.join(twice)}; name a column of its own for each field")
        return columns

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            "a".encode(encoding)  # base64 and its like are codecs, but not of text
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(f"{encoding!r} is not an encoding; utf-8 and windows-1252 are common") from None

    @field_validator("date_format")
    @classmethod
    def _whole_date(cls, pattern: str) -> str:
        signs = set(re.findall("%(.?)", pattern))
        if unknown := sorted(signs - {*"aAbBdfHIMmpSyY%"}):
            raise ValueError(f"{pattern!r} holds %{unknown[0]}, which stands for no part of a date or time")
        if not all(signs & {*part} for part in ("Yy", "mbB", "d")):
            raise ValueError(f"{pattern!r} lacks a day (%d), a month (%m) or a year (%Y)")
        return pattern

    @model_validator(mode="after")
    def _as_kind_needs(self) -> InputSpec:
        needed, given = PLACES[self.kind], {name for name in PLACE if getattr(self, name) is not None}
        if missing := [name for name in needed if name not in given]:
            raise ValueError(f"of the kind {self.kind} needs {' and '.join(missing)}")
        if self.kind == "files" and not self.format:
            known = " or ".join(FORMATS)
            raise ValueError(
                f"path: {self.path!r} does not end in {known}; save it as one, or say under format: what it is"
            )
        if self.sheet is not None and self.format not in ("xlsx", "ods"):
            raise ValueError("takes no sheet:, as it is no workbook; take it out")
        if self.header_row > 1 and self.format not in ("csv", "xlsx", "ods"):
            raise ValueError("takes no header_row:, as nothing stands above its headings; take it out")
        if other := [name for name in PLACE if name in given - {*needed}]:
            raise ValueError(f"of the kind {self.kind} takes no {' or '.join(other)}; take it out")
        return self

    @property
    def shown(self) -> str:
        """What findings about the input as a whole are about: its path or its table."""
        return self.table or self.path or ""


def _ending(kind: str, path: str | None) -> str | None:
    ending = Path(path or "").suffix.lower().lstrip(".")
    return ending if kind == "files" and ending in FORMATS else None
