"""Extracts built to give each of the six verdicts, the whole way to the sentences of the report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_report import Project, project

from reportlib import facts
from reportlib.build import basis
from reportlib.project import NOTEBOOKS
from reportlib.statistics import VERDICTS

HEAD = "person_id,region,order_type,start_date,end_date,outcome,ethnicity_code\n"
LICENCES = {  # group: how many ended, how many of them in recall
    "W1": (20_000, 4_000),
    "A1": (2_000, 600),  # 30% against 20%
    "B1": (1_500, 360),  # 24%: significant, but the interval reaches 1.32
    "M1": (10_000, 2_160),  # 21.6%: significant, and the interval ends at 1.13
    "O9": (10_000, 2_020),  # 20.2%
}
ORDERS = {  # the same, revoked for breach
    "W1": (20_000, 4_000),
    "A1": (100, 24),  # 24% of few
    "B1": (60, 9),  # fewer than ten: nothing is estimated
    "M1": (10_000, 2_020),
    "O9": (10_000, 2_020),
}


def _rows(kind: str, worse: str, groups: dict[str, tuple[int, int]]) -> list[str]:
    return [
        f"London,{kind},2023-05-01,2024-06-01,{worse if place < events else 'completed'},{code}"
        for code, (ended, events) in groups.items()
        for place in range(ended)
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("verdicts")
    rows = [*_rows("licence", "recalled", LICENCES), *_rows("community order", "revoked for breach", ORDERS)]
    text = HEAD + "".join(f"X{place},{row}\n" for place, row in enumerate(rows))
    (folder / "probation_terminations.csv").write_text(text, encoding="utf-8")
    (folder / "notebooks").mkdir()
    for name in ("40-probation-outcomes.ipynb", "80-explain-or-reform.ipynb"):
        shutil.copy(NOTEBOOKS / name, folder / "notebooks")
    made = project(folder, folder, (), pooled_years=1, trend_years=1)
    made.change(
        inputs={"probation_terminations": {"path": str(folder / "probation_terminations.csv"), "status": "synthetic"}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(basis, "NOTEBOOKS", folder / "notebooks")
        made.make()
    return made


def _facts(built: Project) -> dict[str, str]:
    held = facts.read([Path(built.current) / "facts.jsonl"])
    kept = [fact for fact in held if fact.statistic in ("verdict", "sentence") and not fact.table.endswith("trend")]
    return {fact.id: fact.text for fact in kept}


def test_each_verdict_is_given_where_the_data_were_built_for_it(built: Project) -> None:
    found = _facts(built)
    recalled = {group: found[f"recalled/ethnicity/{group}/verdict"] for group in "ABMO"}
    breached = {group: found[f"breached/ethnicity/{group}/verdict"] for group in "ABMO"}
    assert recalled == dict(zip("ABMO", VERDICTS[:4], strict=True))
    assert breached == dict(zip("ABMO", ["inconclusive", "not assessed", "parity", "parity"], strict=True))


def test_the_sentences_say_each_verdict_in_plain_english(built: Project) -> None:
    found = _facts(built)
    assert found["recalled/ethnicity/all/sentence"] == (
        "Asian people on licence or post-sentence supervision were more likely to be recalled than White people "
        "(30.0% compared with 20.0%), by enough to be disproportionate. "
        "The recall rate was higher for Black people, by an amount that may not be small. "
        "The recall rate was higher for people from the Mixed ethnic group, by a small amount. "
        "Any difference in the recall rate is likely to be small for people from the Other ethnic group."
    )
    assert found["breached/ethnicity/all/sentence"] == (
        "No group was found to differ from White people by enough to be disproportionate. "
        "Any difference in the rate of revocation for breach is likely to be small for people from the Mixed and Other "
        "ethnic groups. "
        "The data cannot tell whether the rate of revocation for breach was higher or lower for Asian people. "
        "No comparison is made for community and suspended sentence orders of Black people: figures rest on too "
        "few people or cases."
    )
