"""Demo probation: supervision that ended, and the caseload."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtr

from reportlib.inputs.demo.world import (
    ASSUMED,
    GROUPS,
    PLANTED,
    RAW,
    RAW_GROUP,
    RAW_SHARE,
    REGIONS,
    Floats,
    World,
    named,
    raw_codes,
    whole,
)
from reportlib.inputs.identifiers import MADE_UP

HERE = ASSUMED["probation"]
ORDERS = pd.DataFrame.from_dict(HERE["orders"], orient="index")
OUTCOMES = ("revoked for breach", "recalled", "revoked for a further offence", "other", "completed")
REGION = pd.DataFrame([ASSUMED["regions"][region]["probation"] for region in REGIONS])


def shares() -> Floats:
    """Where supervision ends, region × order type × group, adding up to 1."""
    tilt = np.array([ASSUMED["regions"][name]["probation"].get("groups", HERE["elsewhere"]) for name in REGIONS])
    group = tilt[:, None] * np.array(ORDERS["groups"].tolist()) * HERE["groups"]
    size = REGION["size"].to_numpy()[:, None] * ORDERS["share"].to_numpy() / REGION["size"].sum()
    return np.asarray(size[:, :, None] * group / group.sum(axis=2, keepdims=True))


def chances() -> Floats:
    """Chance of each of OUTCOMES, region × order type × group × outcome."""
    breach, recall, further, completed = np.array(ORDERS["chances"].tolist()).T[:, :, None]
    adverse, success = (REGION[name].to_numpy()[:, None, None] for name in ("adverse", "completed"))
    parts = [adverse * breach * PLANTED["breached"], adverse * recall * PLANTED["recalled"]]
    parts = [*parts, further + 0 * parts[0], success * completed * PLANTED["completed"]]
    return np.stack([*parts[:3], 1 - sum(parts), parts[3]], axis=-1)


def terminations(world: World, rng: np.random.Generator, scale: float) -> pa.Table:
    """Supervision that ended in the five years, ordered by end date."""
    count = round(HERE["a_year"] * scale) * len(world.years)
    where = shares()
    people = round(HERE["people"] * count)
    cell = rng.choice(where.size, people, p=where.ravel())  # a person's region, order type and group
    code = raw_codes(cell % len(GROUPS), rng)
    own = rng.standard_normal(people)
    person = rng.integers(people, size=count)
    each = rng.standard_normal(count)
    rank = ndtr(np.sqrt(HERE["person"]) * own[person] + np.sqrt(1 - HERE["person"]) * each)
    steps = np.cumsum(chances().reshape(where.size, -1), axis=1)[:, :-1]
    region, order, _ = np.unravel_index(cell[person], where.shape)
    end = world.first + np.sort(rng.integers((world.last - world.first).astype(int) + 1, size=count))
    length = 1 + (ORDERS["days"].to_numpy()[order] * rng.gamma(4, 0.25, count)).astype(int)
    number = pc.cast(pa.array(10**7 + person), pa.string())
    return pa.table(
        {
            "person_id": pc.binary_join_element_wise(f"{MADE_UP}P", number, ""),
            "region": named(region, REGIONS),
            "order_type": named(order, ORDERS.index),
            "start_date": pa.array(end - length),
            "end_date": pa.array(end),
            "outcome": named((rank[:, None] > steps[cell[person]]).sum(axis=1), OUTCOMES),
            "ethnicity_code": named(code[person], RAW),
        }
    )


def caseload(world: World, scale: float) -> pd.DataFrame:
    """People under supervision at each quarter's end, by region and code."""
    dates = world.quarter_ends
    cells = shares().sum(axis=1)[:, RAW_GROUP] * RAW_SHARE
    number = whole(HERE["caseload"] * scale * np.linspace(0.94, 1.02, len(dates))[:, None, None] * cells)
    date, region, code = np.nonzero(number)
    return pd.DataFrame(
        {
            "snapshot_date": dates[date],
            "region": np.array(REGIONS, dtype=object)[region],
            "ethnicity_code": RAW[code],
            "number": number[date, region, code],
        }
    )
