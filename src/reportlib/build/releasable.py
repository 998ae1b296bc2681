"""Which estimates are released of a table: those that give no hidden count back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from reportlib.build.counting import Counted
from reportlib.editions import Edition
from reportlib.ethnicity import NOT_STATED
from reportlib.inputs.inversion import Cell
from reportlib.measures import TableSpec

OF_ONE = "deff|rate|expected|standardised|agreement|kappa|withheld"  # estimates; all others compare with the reference


def strata_shown(
    spec: TableSpec, edition: Edition, counted: Sequence[Counted], shows: Mapping[tuple[Edition, str], pd.DataFrame]
) -> frozenset[Cell] | None:
    """The cells that tables show of what the estimates of a table are made of.

    The tables of all editions: those of regions divided by type of order show the strata of the whole that holds both
    equal. None where no table shows any.
    """
    by = ["ethnicity", *spec.adjust] if spec.adjust else list(spec.by)
    own = [edition.dimension] if edition.dimension else []
    needed = list(dict.fromkeys([*by, *own]))
    part, found = spec.measure.numerator, None
    for table in counted:
        of, other = table.spec, table.edition
        alike = (of.measure.numerator, of.grouping, of.period) == (part, spec.grouping, spec.period)
        dimensions = {*of.by, *filter(None, [other.dimension])}
        elsewhere = other != edition and not {*own} <= {*of.by}  # all of it is of another edition's code
        if table.part != part or not alike or elsewhere or not dimensions.issuperset(needed):
            continue
        frame = table.placed(shows[other, of.id])
        rest = list(dimensions.difference(needed))
        wanted = (frame[needed] != "all").all(axis=1) & (frame[rest] == "all").all(axis=1)
        for name in own:
            wanted &= frame[name].isin(edition.values if name in by else [edition.code])
        if other != edition and other.dimension in needed and len(other.values) > 1:
            wanted &= frame[other.dimension] != other.code  # several of its codes together are none of the strata
        if wanted.any():
            cells = frame.loc[wanted & frame["mark"].eq(""), by].itertuples(index=False, name=None)
            found = (found or frozenset()).union(cells)
    return found


def releasable(found: pd.DataFrame, shown: pd.DataFrame, spec: TableSpec, reference: str) -> pd.DataFrame:
    """Estimates of cells that are shown, as far as they are printed.

    What is made of a hidden cell, or of two of which one is, could tell it; and so could a ratio of those not stated.
    """
    visible = shown.loc[shown["mark"].eq(""), list(spec.by)]
    if not (visible == "all").all(axis=1).any():  # what is made of everybody's would narrow the sum of all
        found = found[~found["statistic"].isin(["expected", "standardised"])]
    kept = found.merge(visible, on=list(spec.by)) if spec.by else found
    if "ethnicity" not in spec.by:
        return kept
    strata = [name for name in spec.by if name != "ethnicity"]
    base = set(visible.loc[visible["ethnicity"].eq(reference), strata].itertuples(index=False, name=None))
    beside = [row in base for row in kept[strata].itertuples(index=False, name=None)]
    compared = np.array(beside, dtype=bool) & kept["ethnicity"].ne(NOT_STATED)
    kept = kept[compared | kept["statistic"].str.match(OF_ONE)]
    whole = shown["mark"].eq("").groupby(shown["ethnicity"]).all()  # a test over all years is made of each of them
    over_years = kept["statistic"].eq("interaction")
    always = whole[whole & bool(whole.get(reference, False))]
    return kept[~over_years | kept["ethnicity"].isin(always.index)]
