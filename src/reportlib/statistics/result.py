"""What a method gives back, how numbers come in, and the register of the methods on offer.

Every interval is two-sided at `level`. Counts come in as scalars (a fault raises) or as equal-length
arrays, where a missing row stands for a suppressed cell and stays missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
import pandas as pd
from scipy import special

LEVEL = 0.95
SUPPRESSED = "suppressed"
Array = np.ndarray[Any, np.dtype[Any]]
Values = Sequence[float] | Array | pd.Series
Numbers = Values | float
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; an unbounded side is inf; what is not defined is None, with the reason."""

    value: float | None
    lower: float | None
    upper: float | None
    p_value: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Test:
    """A test without an estimate; all None where the data cannot bear one."""

    __test__: ClassVar[bool] = False  # pytest takes classes of this name for its own
    statistic: float | None
    df: int | None
    p_value: float | None


@dataclass(frozen=True)
class Method:
    """One entry of the methods chapter, in words that a reader without statistics can check."""

    name: str
    title: str  # what readers call it
    summary: str
    formula: str
    interval: str  # the kind that must stand beside every interval; empty where there is none
    source: str
    used: str
    cannot_say: str


METHODS: dict[str, Method] = {}


def method(
    *, formula: str, source: str, used: str, cannot_say: str, interval: str = "", title: str = ""
) -> Callable[[F], F]:
    """Register a public function for the methods chapter, and let its docstring name formula and source.

    Without a `title` it is called by its name.
    """

    def register(function: F) -> F:
        doc = (function.__doc__ or "").strip()
        name = function.__name__
        told = title or name.replace("_", " ")
        METHODS[name] = Method(name, told, doc.split("\n")[0], formula, interval, source, used, cannot_say)
        function.__doc__ = f"{doc}\n\n    Formula: {formula}\n    Source: {source}\n"
        return function

    return register


@dataclass(frozen=True)
class Rows:
    """The shape of an answer: one row (index None) or a frame; `missing` marks suppressed rows."""

    index: pd.Index | None
    missing: Array


def numbers(**given: Numbers) -> tuple[list[Array], Rows]:
    """Named counts as float arrays of one length, row by row; ValueError names the argument that is at fault."""
    index = common_index(given)
    size = 1 if index is None else len(index)
    arrays = [np.broadcast_to(_floats(name, value), (size,)) for name, value in given.items()]
    missing = np.isnan(np.sum(arrays, axis=0))
    if index is None and missing.any():
        raise ValueError(f"a number is missing among {', '.join(given)}")
    return arrays, Rows(index, missing)


def common_index(given: Mapping[str, Any]) -> pd.Index | None:
    """The labels of named columns, of which scalars have none; ValueError where columns are not of the same rows."""
    columns = {name: value for name, value in given.items() if np.ndim(value)}  # type: ignore[arg-type]
    lengths = {name: len(value) for name, value in columns.items()}  # type: ignore[arg-type]
    if len(set(lengths.values())) > 1:
        raise ValueError(f"unequal lengths: {lengths}")
    series = [value.index for value in columns.values() if isinstance(value, pd.Series)]
    if any(not index.equals(series[0]) for index in series):
        raise ValueError(f"rows of different labels: {', '.join(columns)}")
    if series:
        return series[0]
    return pd.RangeIndex(next(iter(lengths.values()))) if lengths else None


def _floats(name: str, value: Numbers) -> Array:
    try:
        array = as_floats(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numeric") from None
    if np.isinf(array).any() or (array < 0).any():
        raise ValueError(f"{name} must be finite and not negative")
    return array


def as_floats(value: Numbers | None) -> Array:
    """One or more numbers as a float array, in which every kind of missing is nan."""
    dtype = getattr(value, "dtype", None)
    if isinstance(value, int | float) or (isinstance(dtype, np.dtype) and dtype.kind in "iuf"):
        return np.atleast_1d(np.asarray(value, dtype=float))  # as most come, and without the detour below
    column = pd.Series(value if np.ndim(value) else [value])  # type: ignore[arg-type]
    return column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def check_at_most(count: Array, nobs: Array, names: str = "count exceeds nobs") -> None:
    """ValueError where a part exceeds its whole (to rounding: effective counts are not whole numbers)."""
    if (count > nobs * (1 + 1e-12)).any():
        raise ValueError(names)


def tail_area(level: float) -> float:
    """What a two-sided interval leaves out on each side: 0.025 at 0.95."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return (1 - level) / 2


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile: 1.96 at 0.95."""
    return -float(special.ndtri(tail_area(level)))


def estimates(
    rows: Rows, value: Array, lower: Array, upper: Array, undefined: dict[str, Array], p_value: Array | None = None
) -> Estimate | pd.DataFrame:
    """An Estimate or a frame of them; rows under an `undefined` reason (the first that holds) are blank."""
    reasons = np.full(len(value), None, dtype=object)
    for reason, mask in reversed(list({SUPPRESSED: rows.missing, **undefined}.items())):
        reasons[np.asarray(mask)] = reason
    blank = reasons != None  # noqa: E711  elementwise
    p_value = np.full(len(value), np.nan) if p_value is None else p_value
    parts = {"value": value, "lower": lower, "upper": upper, "p_value": p_value}
    columns = {name: np.where(blank, np.nan, part) for name, part in parts.items()}
    if rows.index is None:
        return Estimate(**{name: as_scalar(column) for name, column in columns.items()}, reason=reasons[0])
    return pd.DataFrame(columns, index=rows.index).assign(reason=pd.array(reasons, dtype="str"))


def as_scalar(column: Array) -> float | None:
    """The only number of an array, with not-a-number as None."""
    return None if np.isnan(column[0]) else float(column[0])


def nothing(reason: str) -> Estimate:
    """An Estimate of nothing, with the reason."""
    return Estimate(None, None, None, None, reason)


def log_wald(value: float, variance: float, level: float) -> Estimate:
    """A ratio with a Wald interval and p-value on the log scale, on which zero and infinity have none."""
    value, variance = float(value), float(variance)
    if value == 0 or math.isinf(value):
        return Estimate(value, None, None, None, "no events: the log interval is not defined")
    if variance < 1e-15:  # nothing but rounding
        return Estimate(value, None, None, None, "all events or none: the log interval is not defined")
    se = math.sqrt(variance)
    reach = normal_quantile(level) * se
    p = 2 * float(special.ndtr(-abs(math.log(value)) / se))
    return Estimate(value, value * math.exp(-reach), value * math.exp(reach), p)
