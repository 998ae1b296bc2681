"""Do the intervals of the report hold the effects planted in the demo extracts? Forty seeds, the headline tables.

Run by `make bench`; writes its section of docs/benchmark.md and fails when an interval misses too often.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from multiprocessing import Pool
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from _extracts import demo_params
from _page import table, write_section
from scipy import stats

from reportlib.build.plan import plan
from reportlib.comparison import compare
from reportlib.inputs.demo import planted
from reportlib.inputs.estimates import estimates
from reportlib.inputs.release import Release
from reportlib.inputs.sources import read_all
from reportlib.measures import TableSpec
from reportlib.params import Params
from reportlib.project import NOTEBOOKS, ROOT

LEAST, MOST = 0.93, 0.97  # of 95% intervals; exact ones hold at least their promise
CONSERVATIVE = ("complainants", "deaths")  # exact intervals, and deaths drawn within fixed totals: no upper limit
DOUBT = 0.01  # how rarely a share that lies within the limits would seem by chance to lie outside

TEXT = """The demo extracts are drawn {seeds} times, from their first seed on, and go the whole way to the headline tables,
with no count hidden. Each interval for the relative rate of a group against White, as published and so as
rounded, either holds the ratio planted there or does not. The measure is kept unless its share lies outside the limits
by more than chance would bring about once in a hundred times.

{table}

The middle of an interval (geometric) should be as often above the truth as below it; the half-width is that of the
median interval. The extracts have the published numbers of deaths in each type, age band and cause, and the published
numbers of complaints in each year: only who they befall is drawn, so those intervals hold the truth more often than
they promise.
"""


def headline_tables(params: Params) -> list[TableSpec]:
    """The tables by ethnicity alone whose effects are planted."""
    known = set(planted()["measure"])
    specs = [spec for chapter in plan(NOTEBOOKS, params.grouping) for spec in chapter.tables]
    return [spec for spec in specs if spec.by == ("ethnicity",) and spec.measure.code in known]


def thinned(params: Params) -> None:
    """Leave out the supervision that ended before the pooled years: it is half of the reading."""
    path = Path(params.inputs["probation_terminations"].path)
    rows = f"FROM read_parquet('{path}') WHERE end_date >= DATE '{params.pooled[0][:4]}-04-01'"
    duckdb.execute(f"COPY ({rows}) TO '{path}.thin' (FORMAT parquet)")
    Path(f"{path}.thin").replace(path)


def unprotected(release: Release, spec: TableSpec) -> pd.DataFrame:
    """The counts of a table as a chapter gets them, but with none hidden."""
    columns = {
        name: (release.average if part.counts == "stock" else release.counts)(spec, part)
        for name, part in zip(("numerator", "denominator"), spec.measure.parts, strict=True)
    }
    held = [frame.set_index("ethnicity")["value"].rename(name) for name, frame in columns.items()]
    return pd.concat(held, axis=1).fillna(0).reset_index().assign(mark="")


def compared(seed: int) -> pd.DataFrame:
    """Every comparison that the report publishes from one seed's extracts: one row a measure and group."""
    with tempfile.TemporaryDirectory() as folder:
        params = demo_params(Path(folder), seed)
        thinned(params)
        release = Release(read_all(params.inputs, Path(folder) / "typed", ROOT), params)
        given = {"reference": params.reference_group, "level": params.confidence_level}
        found = {}
        for spec in headline_tables(params):
            counts, beside = unprotected(release, spec), estimates(release, spec, **given)
            found[spec.measure.code] = compare(counts, beside, spec, years=len(params.pooled), **given)
        release.db.close()
    return pd.concat(found, names=["measure", None]).reset_index("measure")


def judged(found: pd.DataFrame) -> pd.DataFrame:
    """Measure, group, kind, truth and limits of every ratio, against the truth of the side that was judged."""
    both = found.merge(planted(), left_on=["measure", "ethnicity"], right_on=["measure", "group"])
    other = both["judged"] == "complement"
    parts = []
    for kind, limits in (("crude", "ratio"), ("adjusted", "adjusted")):
        truth = both[f"ratio_{kind}"].mask(other, both[f"complement_{kind}"])
        lower, upper = both[f"{limits}_lower"], both[f"{limits}_upper"]
        kept = {"kind": kind, "truth": truth, "lower": lower, "upper": upper}
        parts.append(both[["measure", "group"]].assign(**kept))
    return pd.concat(parts).dropna().assign(inside=lambda row: row["truth"].between(row["lower"], row["upper"]))


def kept(measure: str, inside: int, number: int) -> bool:
    """Whether the share inside lies within the limits, or outside by no more than chance."""
    too_few = stats.binom.cdf(inside, number, LEAST) < DOUBT
    too_many = measure not in CONSERVATIVE and stats.binom.sf(inside - 1, number, MOST) < DOUBT
    return not (too_few or too_many)


def summary(found: pd.DataFrame) -> tuple[str, bool]:
    """The table of the page, and whether every measure is kept."""
    rows, good = [], True
    for (measure, kind), each in found.groupby(["measure", "kind"], sort=False):
        inside, number = int(each["inside"].sum()), len(each)
        middle = np.sqrt(each["lower"] * each["upper"])
        off, reach = (middle / each["truth"]).median() - 1, np.sqrt(each["upper"] / each["lower"]).median() - 1
        this = kept(str(measure), inside, number)
        most = "" if measure in CONSERVATIVE else f" to {MOST:.0%}"
        share, limits = f"{inside / number:.1%}", f"at least {LEAST:.0%}{most}"
        rows.append([str(measure), str(kind), str(number), share, limits, "yes" if this else "NO"])
        rows[-1] += [f"{off:+.1%}", f"{reach:.1%}"]
        good &= this
    heads = ["measure", "ratio", "intervals", "hold the truth", "must", "kept", "middle off the truth by", "half-width"]
    return table(heads, rows), good


def main() -> int:
    """Print the table, write it on the page; 1 when a measure misses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40, help="demo extracts to draw")
    seeds = parser.parse_args().seeds
    start = time.perf_counter()
    with Pool(2) as pool:
        found = pd.concat(pool.imap(compared, range(1, seeds + 1)), ignore_index=True)
    shown, good = summary(judged(found))
    write_section("Recovery of planted effects", TEXT.format(seeds=seeds, table=shown))
    print(shown, f"{time.perf_counter() - start:.0f} s", sep="\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
