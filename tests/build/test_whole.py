"""What an edition takes over from the report of the whole."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from reportlib.build.plan import ChapterPlan
from reportlib.build.prepare import Prepared
from reportlib.build.whole import family, shown_by_part, taken_over
from reportlib.editions import NATIONAL, Edition, named, standard
from reportlib.measures import MEASURES, TableSpec
from reportlib.words import TOLD_VERDICTS

LONDON = named("london", standard())
OWN = TableSpec("recalled", MEASURES["recalled"], ("ethnicity",), "5+1", adjust=("order_type",))
BY_REGION = TableSpec("recalled-by-region", MEASURES["recalled"], ("region", "ethnicity"), "5+1")
WHOLE = pd.DataFrame(
    [
        ("all", "B", 0.25, 1.31, 1.2, 1.4, 1.3, 1.2, 1.4, 0.001, "disproportionate", ""),
        ("all", "M", 0.25, 1.31, 1.2, 1.4, 1.1, 0.9, 1.3, 0.001, "disproportionate", ""),
        ("all", "W", 0.2, *[None] * 7, None, ""),
        ("London", "B", 0.24, 1.2, 1.1, 1.3, None, None, None, 0.04, "difference, size uncertain", ""),
        ("London", "M", 0.24, 1.2, 0.7, 1.3, None, None, None, 0.4, "inconclusive", ""),
        ("London", "O", *[None] * 8, "not assessed", "c"),
        ("London", "A", 0.5, *[None] * 7, "not assessed", "u"),
    ],
    columns=["region", "ethnicity", "value", "ratio", "ratio_lower", "ratio_upper", "adjusted_ratio", "adjusted_lower",
             "adjusted_upper", "p_adjusted", "verdict", "mark"],
).assign(denominator=1000, label=lambda rows: rows["ethnicity"])  # fmt: skip
BAND = (0.8, 1.25)


def compared(spec: TableSpec) -> pd.DataFrame:
    """The table by region, or that of all regions together."""
    return WHOLE if "region" in spec.by else WHOLE[WHOLE["region"].eq("all")].drop(columns="region")


@pytest.mark.parametrize(
    ("edition", "other", "found"),
    [
        (LONDON, BY_REGION, True),
        (NATIONAL, BY_REGION, False),
        (named("open", standard()), BY_REGION, False),  # by another dimension
        (LONDON.model_copy(update={"values": ("London", "Wales")}), BY_REGION, False),
        (LONDON, replace(BY_REGION, measure=MEASURES["breached"]), False),
        (LONDON, replace(BY_REGION, period="trend"), False),
        (LONDON, replace(BY_REGION, grouping="19"), False),
        (LONDON, replace(BY_REGION, by=("region", "order_type", "ethnicity")), False),
        (LONDON, OWN, False),
    ],
)
def test_the_same_comparisons_are_those_of_one_measure_period_and_grouping_by_what_the_edition_is_a_part_by(
    edition: Edition, other: TableSpec, found: bool
) -> None:
    assert (shown_by_part(edition, OWN, [OWN, other]) == other) is found


def test_a_table_that_is_by_region_already_has_no_other_by_region() -> None:
    assert shown_by_part(LONDON, BY_REGION, [BY_REGION]) is None


def test_an_edition_takes_over_the_p_values_of_its_part_and_the_figures_of_the_whole() -> None:
    found = taken_over(LONDON, OWN, BY_REGION, compared, BAND, 0.95).set_index(["ethnicity", "statistic"])
    assert found.loc[("B", "family"), "value"] == 0.04
    assert found.loc[("B", "national_value"), "value"] == 0.25
    assert found.loc[("B", "national_ratio"), ["value", "lower", "upper"]].tolist() == [1.31, 1.2, 1.4]
    assert TOLD_VERDICTS[int(found.loc[("B", "national_verdict"), "value"])] == "disproportionate"
    undone = int(found.loc[("M", "national_verdict"), "value"])
    assert TOLD_VERDICTS[undone] == "disproportionate as counted"  # 1.31 becomes 1.1, which may be 1
    assert ("W", "national_verdict") not in found.index


def test_an_edition_takes_over_whether_its_part_differs_from_the_others() -> None:
    """Log limits as printed, half a digit further out; of the two parts of Black people, each is the other of one."""
    wales = WHOLE[WHOLE["region"].eq("London") & WHOLE["ethnicity"].eq("B")].assign(
        region="Wales", ratio=1.0, ratio_lower=0.9, ratio_upper=1.1
    )
    both = pd.concat([WHOLE, wales], ignore_index=True)
    found = taken_over(LONDON, OWN, BY_REGION, lambda spec: both if "region" in spec.by else compared(spec), BAND, 0.95)
    told = found[found["statistic"].eq("others")].set_index("ethnicity")["value"]
    se = [math.log(upper / lower) / 2 / 1.959964 for lower, upper in ((1.095, 1.305), (0.895, 1.105))]
    z = math.log(1.2) / math.hypot(*se)
    assert told.to_dict() == {"B": pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-4)}


def test_figures_of_the_whole_stand_beside_the_headlines_of_parts_alone() -> None:
    assert taken_over(NATIONAL, OWN, None, compared, BAND, 0.95).empty
    assert taken_over(LONDON, replace(OWN, grouping="19", apart="detailed"), None, compared, BAND, 0.95).empty
    assert {*taken_over(LONDON, OWN, None, compared, BAND, 0.95)["statistic"]} == {
        "national_value", "national_ratio", "national_verdict",
    }  # fmt: skip


def test_a_family_holds_the_comparisons_within_parts_that_are_made_or_hidden() -> None:
    """Two that are made and one that is hidden; not one on too few, nor those of all parts together."""
    assert family(WHOLE, LONDON) == 3


def test_a_part_that_the_table_leaves_out_is_of_no_family() -> None:
    assert family(WHOLE, named("wales", standard())) == 0


def test_a_table_that_divides_the_edition_takes_over_what_is_of_all_of_it() -> None:
    by_order = replace(OWN, id="by-order", by=("order_type", "ethnicity"), adjust=())
    assert shown_by_part(LONDON, by_order, [OWN, BY_REGION]) == BY_REGION
    found = taken_over(LONDON, by_order, BY_REGION, compared, BAND, 0.95).set_index(["order_type", "ethnicity"])
    assert set(found.index) == {("all", "B"), ("all", "M")} and set(found["statistic"]) == {"family"}
    assert found.loc[("all", "B"), "value"] == 0.04


def test_an_edition_leaves_out_a_chapter_of_which_the_whole_alone_can_tell() -> None:
    """But for one that has official figures too, one that the whole lacks as well, and the only one."""

    def plan(name: str, *published: str) -> ChapterPlan:
        return ChapterPlan(name, Path(f"{name}.ipynb"), (replace(OWN, id=name),), published, False)

    def chapters(*names: str) -> list[str]:
        planned = [plan(name, *["decisions-by-month"] * (name == "official")) for name in names]
        why = {("london", name): None if name == "told" else "it cannot be told apart" for name in names}
        why |= {("national", name): "no input" if name == "nowhere" else None for name in names}
        made = Prepared(SimpleNamespace(chapters=planned), None, [], why, None)  # type: ignore[arg-type]
        return [chapter.name for chapter in made.chapters(LONDON)]

    assert chapters("told", "gone", "official", "nowhere") == ["told", "official", "nowhere"]
    assert chapters("gone") == ["gone"]


def test_no_share_of_few_is_set_beside_an_edition() -> None:
    """The national edition prints it without decimals; a picture of it would have no figure behind it."""
    found = taken_over(LONDON, OWN, None, lambda spec: compared(spec).assign(denominator=99), BAND, 0.95)
    assert found.empty
