"""The effects planted in the demo extracts, by recorded ethnicity, from the generating probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reportlib.inputs.demo import complaints, deaths, probation
from reportlib.inputs.demo.world import GROUPS, NOT_STATED, WHITE, Floats, World, world
from reportlib.measures import MEASURES

POOLED = 3  # years of the headline period
Expected = dict[str, tuple[Floats, Floats]]  # measure -> events and their base, stratum × group


def planted(last_year: str = "2024-25") -> pd.DataFrame:
    """True relative rates against White over the last three years, by recorded ethnicity.

    Columns measure, group (5+1), ratio_crude, ratio_adjusted; for shares also complement_crude and
    complement_adjusted, of the opposite (not upheld). Adjusted is the Mantel-Haenszel ratio over
    establishment type (complainants, complaints), establishment type × category (upheld), age band × sex
    (deaths), or region × order type (completed, breached, further-offence, recalled, other-ending).
    """
    here = world(last_year)
    rows = [
        {"measure": measure, "group": GROUPS[group]}
        | _ratios("ratio", events, base, group)
        | (_ratios("complement", base - events, base, group) if MEASURES[measure].kind == "proportion" else {})
        for measure, (events, base) in {**_complaints(here), **_deaths(here), **_probation()}.items()
        for group in range(len(GROUPS))
        if group not in (WHITE, NOT_STATED)
    ]
    return pd.DataFrame(rows)


def _ratios(name: str, events: Floats, base: Floats, group: int) -> dict[str, float]:
    whole = events.sum(axis=0, keepdims=True), base.sum(axis=0, keepdims=True)
    return {f"{name}_crude": _mantel_haenszel(*whole, group), f"{name}_adjusted": _mantel_haenszel(events, base, group)}


def _mantel_haenszel(events: Floats, base: Floats, group: int) -> float:
    """Mantel-Haenszel ratio of risks or of rates (Rothman, 1986): one formula; empty strata add nothing."""
    both = base[:, group] + base[:, WHITE]
    weight = np.divide(1, both, out=np.zeros_like(both), where=both > 0)
    top, bottom = events[:, group] * base[:, WHITE] * weight, events[:, WHITE] * base[:, group] * weight
    return float(top.sum() / bottom.sum())


def _complaints(here: World) -> Expected:
    recorded = complaints.misrecorded(here)
    events, population = here.by_type() * complaints.RATE, here.by_type(POOLED)
    completed = complaints.yearly(here, "completed")[-POOLED:]
    mix = complaints.category_shares(here)[:, -POOLED:].transpose(0, 2, 1) @ completed  # type × category
    decided = events[:, None, :] * mix[:, :, None]
    upheld = decided * complaints.UPHELD
    return {
        "complainants": (complaints.expected_people(here, POOLED) @ recorded, population),
        "complaints": (events @ recorded, population),
        "upheld": (_strata(upheld @ recorded), _strata(decided @ recorded)),
    }


def _deaths(here: World) -> Expected:
    female = (here.units["sex"] == "female").to_numpy()
    cells = here.cells[-POOLED:].mean(axis=0)
    population = np.stack([cells[~female].sum(axis=0), cells[female].sum(axis=0)]).transpose(2, 0, 1)
    events = deaths.expected_deaths(here, here.years[-POOLED:]) @ deaths.misrecorded()
    return {"deaths": (_strata(events), _strata(population))}


def _probation() -> Expected:
    base, chance = probation.shares(), probation.chances()
    community, custodial = slice(0, 2), slice(2, 4)
    measures = {
        "completed": (slice(None), "completed"),
        "breached": (community, "revoked for breach"),
        "further-offence": (community, "revoked for a further offence"),
        "recalled": (custodial, "recalled"),
        "other-ending": (slice(None), "other"),
    }
    return {
        measure: (_strata((base * chance[..., probation.OUTCOMES.index(outcome)])[:, orders]), _strata(base[:, orders]))
        for measure, (orders, outcome) in measures.items()
    }


def _strata(values: Floats) -> Floats:
    return values.reshape(-1, len(GROUPS))
