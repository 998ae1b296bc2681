"""The demo extracts, and the parameters of the default report pointed at them."""

from __future__ import annotations

from pathlib import Path

from reportlib.inputs import demo
from reportlib.params import Params, load
from reportlib.project import ROOT


def demo_params(folder: Path, seed: int = 1) -> Params:
    """Write the demo extracts of one seed to `folder`; returns the parameters that read them."""
    params = load(ROOT / "params" / "2024-25.yml")
    demo.write(folder, seed)
    inputs = {
        name: spec.model_copy(update={"path": str(folder / Path(spec.path).name)})
        for name, spec in params.inputs.items()
    }
    return params.model_copy(update={"inputs": inputs})
