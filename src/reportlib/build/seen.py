"""What readers see of the counts, once they are protected."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reportlib.build.counting import Counted
from reportlib.disclosure import Pattern
from reportlib.handoff import checked
from reportlib.inputs.release import Release
from reportlib.measures import TableSpec


def as_seen(release: Release, spec: TableSpec, tables: Sequence[Counted], pattern: Pattern) -> pd.DataFrame:
    """The table as a notebook sees it: counts, and a mark where one is hidden."""
    shown = tables[0].frame[list(spec.by)].copy()
    for table in tables:
        column, part = table.column, table.frame.copy()
        by = [name for name in spec.by if name in part]
        if table.part.counts == "stock":
            mean = release.average(spec, table.part).round({"value": 1})  # as it is shown
            part["value"] = (
                part[by].merge(mean, on=by, how="left")["value"].fillna(0.0).to_numpy() if by else mean["value"]
            )
        part[column] = part["value"].astype("Float64" if table.part.counts == "stock" else "Int64")
        part[column] = part[column].mask(pattern.marks(table.name).ne("").to_numpy())
        keep = part[[*by, column]]
        shown = shown.merge(keep, on=by, how="left") if by else shown.merge(keep, how="cross")
    hidden = shown.drop(columns=list(spec.by)).isna().any(axis=1)
    shown["numerator"] = shown["numerator"].mask(hidden)
    shown["mark"] = hidden.map({True: "c", False: ""})
    return checked(_without_unheld(shown, spec))


def _without_unheld(shown: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Groups that the code list of the data cannot hold (Roma under 18+1) are not available, not zero."""
    if "ethnicity" not in spec.by or "denominator" not in shown:
        return shown
    held = shown.groupby("ethnicity")[["numerator", "denominator"]].sum(min_count=1).sum(axis=1)
    marked = shown["mark"].ne("").groupby(shown["ethnicity"]).any()
    absent = shown["ethnicity"].map((held == 0) & ~marked) & shown["ethnicity"].eq("W5")
    shown.loc[absent, ["numerator", "denominator"]] = pd.NA
    return shown.assign(mark=shown["mark"].mask(absent, "x"))


def told_and_hidden(table: Counted, shown: pd.DataFrame) -> tuple[list[bool], list[bool]]:
    """Whether each count of a table is one that a notebook sees, and whether it is hidden, by whatever rule."""
    column = table.column
    by = [name for name in table.spec.by if name in table.frame]
    seen = shown[by].assign(told=shown[column].notna(), hidden=shown[column].isna() & shown["mark"].eq("c"))
    if not by:
        return [bool(seen["told"].any())], [bool(seen["hidden"].any())]
    found = table.frame[by].merge(seen.groupby(by, as_index=False).any(), on=by, how="left")
    return list(found["told"]), list(found["hidden"] & ~found["told"])
