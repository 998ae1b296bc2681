"""JupyterLab on the notebooks: how it is started, and what it saves."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from reportlib.errors import ReportError
from reportlib.gates.notebooks import KERNEL, METADATA
from reportlib.kernels import warm
from reportlib.project import NOTEBOOKS

SETTINGS = Path(__file__).with_name("jupyter")


def command(port: int | None, browser: bool, root: bool) -> list[str]:
    """What starts JupyterLab. Raises ReportError where it would refuse, for `root` who is not told to be let in."""
    if os.geteuid() == 0 and not root:
        allowed = ".venv/bin/reportlib lab params/<year>.yml --allow-root"
        raise ReportError(f"JupyterLab does not run as root: start it as another user, or with `{allowed}`.")
    return [
        *(sys.executable, "-m", "jupyterlab", str(NOTEBOOKS)),
        *([f"--ServerApp.port={port}"] if port else []),
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if root else []),
    ]


def environment(handoff: Path) -> dict[str, str]:
    """Of JupyterLab and its kernels: where the counts are, and the settings, below the user's own."""
    settings = [path for path in (os.environ.get("JUPYTER_CONFIG_PATH"), str(SETTINGS)) if path]
    own = {"REPORTLIB_WORK": str(handoff), "JUPYTER_CONFIG_PATH": os.pathsep.join(settings)}
    return os.environ | own | warm.ENVIRONMENT


def as_written(model: dict[str, Any], **_: Any) -> None:
    """Take out of a notebook, before it is saved, what opening and running it put there.

    That is outputs, their numbers, and all metadata but those that a chapter's author gives; JupyterLab calls it. Of
    other notebooks than a chapter's nothing is taken out.
    """
    notebook = model["content"]
    if model["type"] != "notebook" or "reportlib" not in notebook["metadata"]:
        return
    kept = {name: held for name, held in notebook["metadata"].items() if name in METADATA}
    notebook["metadata"] = kept | {"kernelspec": KERNEL, "language_info": {"name": KERNEL["language"]}}
    for cell in notebook["cells"]:
        cell["metadata"] = {name: held for name, held in cell["metadata"].items() if name == "tags"}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
