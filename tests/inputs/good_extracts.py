"""A small set of extracts in which nothing is wrong, for tests to spoil."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reportlib.errors import Finding, ReportError
from reportlib.inputs.rules import check
from reportlib.inputs.sources import Source, read_all
from reportlib.inputs.spec import InputSpec

YEARS = (date(2024, 4, 1), date(2025, 3, 31))
GOOD = {
    "complaints": """\
complaint_id,person_id,received_date,completed_date,establishment,category,eligible,outcome,ethnicity_ppud
C1,A1001AA,2024-04-02,2024-06-01,Leeds,Property,yes,upheld,W1
C2,A1002AA,2024-05-02,2024-07-01,Leeds,Property,yes,not upheld,B1
C3,A1003AA,2024-06-02,,Wandsworth,Staff behaviour,no,,
""",
    "nomis_ethnicity": "person_id,ethnicity_code\nA1001AA,W1\nA1002AA,B1\nA1003AA,UN\n",
    "population": """\
snapshot_date,establishment,ethnicity_code,age_band,sex,number
2024-06-30,Leeds,W1,30 to 39,male,700
2024-06-30,Wandsworth,B1,30 to 39,male,400
2024-09-30,Leeds,W1,30 to 39,male,690
2024-09-30,Wandsworth,B1,30 to 39,male,410
""",
    "fatal_incidents": """\
incident_id,notified_date,death_date,establishment,setting,cause,age_band,sex,ethnicity_code
F1,2024-07-02,2024-07-01,Leeds,prison,natural causes,60 to 69,male,W1
F2,2024-08-02,2024-08-01,,post-release,self-inflicted,21 to 24,male,B1
""",
    "probation_terminations": """\
person_id,region,order_type,start_date,end_date,outcome,ethnicity_code
X1,London,licence,2023-05-01,2024-05-01,recalled,W1
X2,Wales,community order,2023-05-01,2024-05-01,revoked for breach,B1
""",
    "probation_caseload": "snapshot_date,region,ethnicity_code,number\n2024-06-30,London,W1,9000\n",
    "establishments": """\
establishment,establishment_type,valid_from,valid_to
Leeds,Category B or local,2000-01-01,
Wandsworth,Category B or local,,
""",
}


class Extracts:
    """A project folder with extracts in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inputs: dict[str, InputSpec] = {}

    def put(self, name: str, content: str | bytes, file: str = "", **spec: Any) -> None:
        """Write an extract and say where it is."""
        path = self.root / (file or f"{name}.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        spec.setdefault("path", path.name)
        self.inputs[name] = InputSpec(**({"status": "synthetic"} | spec))

    def change(self, name: str, old: str, new: str, **spec: Any) -> None:
        """The good extract with one thing changed."""
        assert GOOD[name].count(old) >= 1
        self.put(name, GOOD[name].replace(old, new, 1), **spec)

    def read(self) -> dict[str, Source]:
        """Type all of them."""
        return read_all(self.inputs, self.root / "work", self.root)

    def check(self) -> list[Finding]:
        """All that is wrong with them."""
        return check(self.read(), YEARS)

    def refusal(self) -> list[str]:
        """Why they cannot be read."""
        with pytest.raises(ReportError) as error:
            self.read()
        return [str(finding) for finding in error.value.findings]
