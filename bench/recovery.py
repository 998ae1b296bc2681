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
from reportlib.comparison import compare, complement_is_rarer
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

TEXT = """The demo extracts are drawn {seeds} times, from the first seed on, and go the whole way to the headline
tables, with no count hidden. Each interval for the relative rate of a group against White, as published and so as
rounded, either holds the ratio planted there or does not. A measure is kept unless its share lies outside the limits
by more than chance brings about once in a hundred times; all together must lie within them.

{table}

The middle of an interval (geometric) should lie as often above the truth as below; the half-width is that of the
median interval. The published numbers of deaths in each type, age band and cause are the same in every draw, and of
complaints in each year; only whom they befall is drawn. So intervals for deaths and complainants, exact besides,
may hold the truth more often than they promise. A few people make dozens of complaints, and a group that happens to
lack them seems low: the interval of a small group therefore rests on how unequally all groups together complain.
"""


def headline_tables(params: Params) -> list[TableSpec]:
    """The tables by ethnicity alone whose effects are planted."""
    known = set(planted()["measure"])
    specs = [spec for chapter in plan(NOTEBOOKS, params.grouping, params.chapters) for spec in chapter.tables]
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
            counts = unprotected(release, spec)
            side = spec.measure.kind == "proportion" and complement_is_rarer(counts, params.reference_group)
            beside = estimates(release, spec, **given, complement=side)
            found[spec.measure.code] = compare(counts, beside, spec, years=len(params.pooled), **given, complement=side)
        release.engine.close()
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


def line(name: str, kind: str, rows: pd.DataFrame, good: bool) -> list[str]:
    """One line of the page's table."""
    middle = np.sqrt(rows["lower"] * rows["upper"])
    off, reach = (middle / rows["truth"]).median() - 1, np.sqrt(rows["upper"] / rows["lower"]).median() - 1
    must = f"at least {LEAST:.0%}" if name in CONSERVATIVE else f"{LEAST:.0%} to {MOST:.0%}"
    share = f"{rows['inside'].mean():.1%}"
    return [name, kind, str(len(rows)), share, must, "yes" if good else "NO", f"{off:+.1%}", f"{reach:.1%}"]


def summary(found: pd.DataFrame) -> tuple[str, bool]:
    """The table of the page, and whether every line is kept."""
    by = {(kind, name): rows for (kind, name), rows in found.groupby(["kind", "measure"], sort=False)}
    verdicts = {key: kept(key[1], int(rows["inside"].sum()), len(rows)) for key, rows in by.items()}
    lines = [line(name, kind, rows, verdicts[kind, name]) for (kind, name), rows in by.items()]
    rest = found[~found["measure"].isin(CONSERVATIVE)]
    together = LEAST <= rest["inside"].mean() <= MOST
    lines.append(line(f"all but {' and '.join(CONSERVATIVE)}", "both", rest, together))
    heads = ["measure", "ratio", "intervals", "hold the truth", "must", "kept", "middle off the truth", "half-width"]
    return table(heads, lines), together and all(verdicts.values())


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
