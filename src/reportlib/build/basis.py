"""What all editions of a run follow from: parameters, chapters, checked inputs, earlier reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reportlib.build.plan import ChapterPlan, plan
from reportlib.build.released import Publication, earlier
from reportlib.editions import Edition
from reportlib.errors import Finding, ReportError
from reportlib.inputs.engines import engine
from reportlib.inputs.rules import check
from reportlib.inputs.sources import Source, read_all
from reportlib.origin import environment, origin, portable
from reportlib.params import Params
from reportlib.project import NOTEBOOKS, ROOT


@dataclass(frozen=True)
class Basis:
    """What all editions of a run follow from, read and checked once."""

    params: Params  # with paths that hold anywhere
    chapters: Sequence[ChapterPlan]
    sources: dict[str, Source]
    findings: Sequence[Finding]
    before: Sequence[Publication] = ()
    made_with: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, params: Params, work: Path, answers: Mapping[str, Mapping[str, str]], drafts: bool = False) -> Basis:
        """Raises ReportError for inputs, answers, earlier reports or chapters that cannot be used.

        The text of `drafts` may hold what a report may not.
        """
        chapters = plan(NOTEBOOKS, params.grouping, params.chapters, drafts)
        sources, findings = checked_inputs(params, work, answers)
        before = earlier(params.disclosure.earlier)
        return cls(portable(params, before), chapters, sources, findings, before, environment())

    def of(self, edition: Edition, responses: Mapping[str, str]) -> tuple[Params, dict[str, Any]]:
        """The parameters of an edition, and what it follows from and with what it is made."""
        own = self.params.of(edition)
        follows = origin(own, {name: source.sha256 for name, source in self.sources.items()}, responses)
        return own, {"run": follows.run_id, "digests": asdict(follows), **self.made_with}


def checked_inputs(
    params: Params, work: Path, answers: Mapping[str, Mapping[str, str]] = {}
) -> tuple[dict[str, Source], list[Finding]]:
    """Read and check every input. Raises ReportError with all findings if one of them is an error.

    `answers` to the register are given by edition; like the parameters, they may not name a person of the inputs.
    """
    sources = read_all({str(name): spec for name, spec in params.inputs.items()}, work, ROOT)
    texts = params.texts | {
        f"answer to {name}, {edition}": text for edition, own in answers.items() for name, text in own.items()
    }
    with closing(engine(params.engine)) as counting:
        findings = check(sources, params.span, counting, texts)
    if any(finding.level == "error" for finding in findings):
        raise ReportError("The inputs do not fulfil their contracts:", findings)
    return sources, findings
