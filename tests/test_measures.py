"""What can be measured: parts inside their wholes, and words for every measure."""

from __future__ import annotations

from itertools import product

import duckdb
import pandas as pd
import pytest

from reportlib.inputs.contracts import contracts
from reportlib.inputs.cube import columns
from reportlib.measures import DATASETS, DIMENSIONS, MEASURES, PARTS, Part
from reportlib.project import ROOT
from reportlib.words import WORDS

pytestmark = pytest.mark.check

NESTED = [part for part in PARTS.values() if part.whole]
COMPARED = [measure for measure in MEASURES.values() if measure.kind != "count"]
# Every value that a row can have in the columns that the parts' conditions read.
VALUES = {
    "complaints": {
        "outcome": [*contracts()["complaints"].fields["outcome"].enum, None],
        "eligible": [True, False, None],
        "racism_concern": [True, False],
    },
    "terminations": {
        "order_type": list(contracts()["probation_terminations"].fields["order_type"].enum),
        "outcome": [*contracts()["probation_terminations"].fields["outcome"].enum, "Not recorded"],
    },
}


def rows_in(part: Part) -> set[tuple[object, ...]]:
    """The possible rows of its dataset that a part counts."""
    values = VALUES[part.dataset]
    rows = pd.DataFrame(list(product(*values.values())), columns=list(values))
    rows = rows.astype({name: "boolean" for name in values if True in values[name]})
    with duckdb.connect() as db:
        return set(db.sql(f"SELECT * FROM rows WHERE {part.where}").fetchall())


@pytest.mark.parametrize("part", NESTED, ids=lambda part: part.code)
def test_a_part_lies_within_its_whole(part: Part):
    whole = PARTS[part.whole]
    assert (part.dataset, part.year) == (whole.dataset, whole.year)
    if part.counts == "events":
        assert rows_in(part) < rows_in(whole)


@pytest.mark.parametrize("measure", COMPARED, ids=lambda measure: measure.code)
def test_the_numerator_of_a_share_lies_within_its_denominator(measure):
    assert (measure.kind == "proportion") == (measure.denominator.counts != "stock")
    if measure.kind == "proportion":
        assert measure.numerator.whole == measure.denominator.code


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_columns_of_conditions_stand_in_the_docs(dataset):
    page = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    technical = {"person_id", "nomis", "ppud", "ethnicity", "snapshot_date", "number"}
    held = {name for name in columns(dataset, lambda field, of: True) if not name.endswith("year")} - technical
    assert f"| `{dataset}` | {', '.join(f'`{name}`' for name in sorted(held))} |" in page


def test_the_uphold_rate_is_upheld_and_partly_upheld_over_these_and_not_upheld():
    measure = MEASURES["upheld"]
    assert {row[0] for row in rows_in(measure.numerator)} == {"upheld", "partly upheld"}
    assert {row[0] for row in rows_in(measure.denominator)} == {"upheld", "partly upheld", "not upheld"}


def test_the_second_line_counts_mediated_in_the_complainants_favour():
    measure = MEASURES["upheld-with-mediated"]
    for_complainant = {"upheld", "partly upheld", "mediated upheld"}
    assert {row[0] for row in rows_in(measure.numerator)} == for_complainant
    assert {row[0] for row in rows_in(measure.denominator)} == for_complainant | {"not upheld", "mediated not upheld"}


def test_breach_and_recall_are_counted_over_the_orders_in_which_they_can_occur():
    assert {row[0] for row in rows_in(MEASURES["breached"].denominator)} == {
        "community order",
        "suspended sentence order",
    }
    assert {row[0] for row in rows_in(MEASURES["recalled"].denominator)} == {"licence", "post-sentence supervision"}


def test_completed_is_never_divided_by_received_nor_upheld_by_population():
    received, completed = PARTS["complaints/received"], PARTS["complaints/completed"]
    assert (received.year, completed.year) == ("received_year", "completed_year")
    assert all(m.denominator.year == m.numerator.year for m in COMPARED if m.kind == "proportion")
    assert {m.numerator.code for m in COMPARED if m.kind == "rate"} == {
        "people/complained",
        "complaints/received",
        "deaths/prison",
    }


def test_every_dataset_dimension_and_field_is_of_a_contract():
    fields = {name: contract.fields.keys() for name, contract in contracts().items()}
    wanted = [(PARTS[code].dataset, field) for code in PARTS for field in PARTS[code].fields]
    wanted += [
        (dataset, field)
        for dataset, dimensions in DIMENSIONS.items()
        for any_of in dimensions.values()
        for field in any_of
    ]
    for dataset, field in wanted:
        source, _, name = field.rpartition(".")
        assert name in fields[source or DATASETS[dataset]], field


@pytest.mark.parametrize("measure", COMPARED, ids=lambda measure: measure.code)
def test_every_compared_measure_has_its_words(measure):
    words = WORDS[measure.code]
    assert bool(words.verb and words.complement) == (measure.kind == "proportion")
    assert (words.unit == "%") == (measure.kind == "proportion")


def test_there_are_no_words_for_what_is_not_measured():
    assert set(WORDS) <= set(MEASURES)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.code)
def test_every_measure_stands_in_the_docs_with_its_definition(measure):
    page = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    over = measure.denominator.label if measure.denominator else "–"
    assert f"| `{measure.code}` | {measure.numerator.label} | {over} | {measure.definition} |" in page
