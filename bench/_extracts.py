"""The demo extracts, and the parameters of the default report pointed at them."""

from __future__ import annotations

from pathlib import Path

from reportlib.inputs import demo
from reportlib.params import Params, load
from reportlib.project import ROOT


def demo_params(folder: Path, seed: int = 1) -> Params:
    """Write the demo extracts of one seed to `folder`, and beside them `2024-25.yml`, the parameters that read them."""
    demo.write(folder, seed)
    text = (ROOT / "params" / "2024-25.yml").read_text(encoding="utf-8")
    (file := folder / "2024-25.yml").write_text(text.replace("data/demo/", f"{folder}/"), encoding="utf-8")
    return load(file)
