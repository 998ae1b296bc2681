"""Every published or independently computed example, run through the function that must reproduce it.

`vectors.json` gives each with its source: the paper, or the implementation with its file and commit.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportlib import statistics
from reportlib.statistics import Estimate, Test

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
Z95 = 1.959963984540054


COUNTS = {  # function: the inputs that are its arguments, in order
    "proportion": ("x", "n"),
    "direct_rate": ("x", "n", "w"),
    "rate_ratio": ("x1", "t1", "x2", "t2"),
    **dict.fromkeys(("difference", "relative_rate"), ("x1", "n1", "x2", "n2")),
}


def _as_dict(found: Estimate | Test) -> dict[str, Any]:
    names = vars(found)
    if isinstance(found, Test):
        return {**names, "chi2": names["statistic"]}
    return {**names, "ratio": names["value"], "kappa": names["value"]}


def _rate(inputs: dict[str, Any], level: float) -> dict[str, Any]:
    per = inputs.get("mult", 1)
    return _as_dict(statistics.rate(inputs["x"], inputs.get("n", 1), per=per, level=level))


def _indirect_ratio(inputs: dict[str, Any], level: float) -> dict[str, Any]:
    observed, expected, per = inputs["observed"], inputs["expected"], inputs["ref"]
    return _as_dict(statistics.indirect_ratio(observed, expected, per=per, level=level))


def _mantel_haenszel(inputs: dict[str, Any], level: float) -> dict[str, Any]:
    tables = [[[x1, n1 - x1], [x2, n2 - x2]] for x1, n1, x2, n2 in inputs["strata_x1_n1_x2_n2"]]
    return _as_dict(statistics.mantel_haenszel(tables, level=level))


def _trend(inputs: dict[str, Any], level: float) -> dict[str, Any]:
    return _as_dict(statistics.trend(inputs["x"], inputs["n"], inputs.get("scores")))


def _agreement(inputs: dict[str, Any], level: float) -> dict[str, Any]:
    found = statistics.agreement(inputs["table"], level=level)
    assert found.lower is not None and found.upper is not None
    return {**_as_dict(found), "se": (found.upper - found.lower) / (2 * Z95)}


def _funnel_limits(inputs: dict[str, Any], level: float) -> dict[str, Any]:
    warning, alarm = (statistics.funnel_limits(inputs["average"], inputs["n"], at) for at in (0.95, 0.998))
    return {
        f"{side}_{sigma}s": getattr(limits, side) * inputs["mult"]
        for sigma, limits in ((2, warning), (3, alarm))
        for side in ("lower", "upper")
    }


def _adjust_p(inputs: dict[str, Any], level: float, method: str) -> dict[str, Any]:
    adjusted = statistics.adjust_p(inputs["p"], method=method)
    return {"q": adjusted, "reject_at_05": np.asarray(adjusted) <= 0.05}


def _run(vector: dict[str, Any]) -> dict[str, Any]:
    inputs, level = vector["inputs"], vector["inputs"].get("conf", 0.95)
    if vector["function"] == "adjust_p":
        method = {"benjamini_hochberg": "fdr_bh"}.get(vector["method"], vector["method"])
        return _adjust_p(inputs, level, method)
    if names := COUNTS.get(vector["function"]):
        return _as_dict(getattr(statistics, vector["function"])(*(inputs[name] for name in names), level=level))
    found: dict[str, Any] = globals()[f"_{vector['function']}"](inputs, level)
    return found


def _name(vector: dict[str, Any]) -> str:
    return f"{vector['id']}: {vector['source']['cites'] or vector['source']['where']}"


@pytest.mark.parametrize("vector", VECTORS, ids=_name)
def test_reproduces_the_published_figure(vector: dict[str, Any]) -> None:
    found, tol = _run(vector), vector["tol"]
    for name, expected in vector["expected"].items():
        expected = np.inf if expected is None else expected
        close = {"rtol": tol["rel"] or 0, "atol": tol["abs"] or 0}
        np.testing.assert_allclose(found[name], expected, **close, err_msg=name)
