"""What the screen shows while editions are made: what is going on, how far it is, how long it took and will take."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from reportlib.build.report import Job, Run
from reportlib.editions import Edition
from reportlib.errors import ReportError

MOST_NAMED = 3


class Following:
    """One display for all editions, while `progress` is entered; without a terminal, a line for each that is done."""

    def __init__(self, console: Console, editions: int) -> None:
        self.console = console
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left:"), TimeRemainingColumn(), console=console,
        )  # fmt: skip
        self.counts = self.progress.add_task("protecting", total=None, visible=False)
        self.editions = self.progress.add_task("starting", total=editions)
        self.running: dict[str, float] = {}

    def stage(self, name: str) -> None:
        """A stage of the whole run begins."""
        if not self.running:
            self.progress.update(self.editions, description=name)
            self.console.print(f"{name} …")

    def protected(self, done: int, of: int) -> None:
        """So many of the groups of counts that hang together are protected."""
        self.progress.update(self.counts, completed=done, total=of, visible=done < of)

    def began(self, job: Job) -> None:
        self.running[job.edition.name] = time.monotonic()
        self._name()

    def done(self, edition: Edition, run: Run | ReportError) -> None:
        start = self.running.pop(edition.name, None)
        how = "FAILED" if isinstance(run, ReportError) else "made" if run.new else "unchanged"
        took = f", {time.monotonic() - start:.1f} s" if start else ""
        self.console.print(f"  {edition.name}: {how}{took}")
        self.progress.advance(self.editions)
        self._name()

    def _name(self) -> None:
        names: list[Any] = list(self.running)[:MOST_NAMED]
        more = len(self.running) - len(names)
        self.progress.update(self.editions, description=", ".join(names) + (f" and {more} more" if more else ""))
