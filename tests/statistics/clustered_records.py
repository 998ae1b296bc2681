"""Records of persons with several events each, and the model that statsmodels fits to them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM


def records(seed: int, people: int = 150, years: int = 4) -> pd.DataFrame:
    """Several records a person: an outcome that depends on group, type and the person."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), rng.integers(1, 5, people))
    group = rng.random(people) < 0.4
    lean = rng.normal(0, 0.8, people)
    kind = rng.choice(["Open", "Category C", "High security"], len(person))
    logit = -0.5 + 0.6 * group[person] + 0.7 * (kind == "Open") + lean[person]
    return pd.DataFrame(
        {
            "person": person,
            "group": group[person],
            "kind": kind,
            "year": 2020 + rng.integers(0, years, len(person)),
            "upheld": rng.random(len(person)) < 1 / (1 + np.exp(-logit)),
        }
    )


def fitted_glm(frame: pd.DataFrame, design: np.ndarray) -> object:
    model = GLM(frame["upheld"].to_numpy(float), design, family=Binomial())
    return model.fit(cov_type="cluster", cov_kwds={"groups": frame["person"].to_numpy()})
