"""`python -m reportlib` is the command `reportlib`."""

from reportlib.cli import app

app()
