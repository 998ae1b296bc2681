"""How JupyterLab is set up by `make lab`: what it saves is a notebook as the report takes it."""

from reportlib.kernels.lab import as_written

c.ContentsManager.pre_save_hook = as_written  # type: ignore[name-defined]  # noqa: F821  # Jupyter's own `c`
