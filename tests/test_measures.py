"""What can be measured: parts inside their wholes, and words for every measure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from reportlib.inputs.contracts import contracts
from reportlib.inputs.cube import ETHNICITIES, columns
from reportlib.measures import DATASETS, DIMENSIONS, MEASURES, PARTS, SUMS, Part
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


def tied(parts: Sequence[Part]) -> list[tuple[str, tuple[str, ...]]]:
    """What is declared of some parts: each with the rest of its whole, and the sums that any of them is in."""
    found = [(part.whole, (part.code, f"not {part.code}")) for part in parts if part.whole]
    known = {name for whole, some in found for name in (whole, *some)}
    for whole, some in SUMS:
        if known & {whole, *some}:
            found.append((whole, some))
            known |= {whole, *some}
    return found


@pytest.mark.parametrize(("dataset", "year"), sorted({(p.dataset, p.year) for p in NESTED if p.counts == "events"}))
def test_sums_say_all_that_the_conditions_of_parts_say_of_their_counts_and_no_more(dataset: str, year: str):
    """Of any weighted sum of the parts' counts, the most that it can be for so many rows is the same either way.

    By the rows that there can be, and by what is declared: less is a sum that does not hold, more lets somebody
    subtract what is not reckoned with. 200 sums with weights of −2 to 2.
    """
    parts = [part for part in PARTS.values() if (part.dataset, part.year, part.counts) == (dataset, year, "events")]
    rows = {part.code: rows_in(part) for part in parts}
    one_row = {tuple(row in rows[code] for code in rows) for row in set().union(*rows.values())}
    counts = np.array(sorted(one_row), dtype=float)  # of one row each, by part
    sums = tied(parts)
    names = [*dict.fromkeys([*rows, *(name for whole, some in sums for name in (whole, *some))])]
    equal = np.array([[(name in some) - float(name == whole) for name in names] for whole, some in sums])
    all_parts = np.array([[float(name in rows) for name in names]])
    for weights in np.random.default_rng(0).integers(-2, 3, (200, len(rows))):
        most = max(0, *(counts @ weights / counts.sum(axis=1)))
        cost = [*-weights, *[0] * (len(names) - len(rows))]
        found = -linprog(cost, all_parts, [1], equal, np.zeros(len(sums))).fun
        told = ", ".join(f"{weight} × {code}" for code, weight in zip(rows, weights, strict=True) if weight)
        assert found == pytest.approx(most), f"SUMS {'lack' if found > most else 'say too much of'} what ties {told}"


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


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_dimension_is_a_column_by_which_the_engine_can_count(dataset):
    made_of_others = {*ETHNICITIES, "ethnicity_source", "concern"}
    assert not {*DIMENSIONS[dataset]} - made_of_others - {*columns(dataset, lambda field, of: True)}


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
