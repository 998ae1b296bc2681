"""What moved between two runs, and to which cause each move is attributed: by plain arithmetic."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, replace
from math import inf
from pathlib import Path

import pytest

from reportlib.archive.changes import comparison_csv, comparison_page, moved, tally
from reportlib.archive.compare import State, attribute, compare, difference, differs
from reportlib.archive.runs import Facts, Key, kept_run
from reportlib.errors import ReportError
from reportlib.facts import Fact
from reportlib.gates.html import check_html

NAMES = ("period", "data", "parameters", "code")


def fact(identifier: str, value: float | str | None, period: str = "2024-25", mark: str = "", table: str = "t") -> Fact:
    text = f"[{mark}]" if mark else str(value)
    return Fact(
        identifier, period, "national", "c", table, identifier.rpartition("/")[2], "A figure", text, value, mark
    )


def world(state: State) -> Facts:
    """Figures that follow from four things, each 1 in the later run and 0 in the earlier."""
    period, data, parameters, code = (0 if name in state else 1 for name in NAMES)
    figures = {
        "m/all/all/period": 10 + period,
        "m/all/all/data": 10 + 2 * data,
        "m/all/all/parameters": 10 + 3 * parameters,
        "m/all/all/code": 10 + 4 * code,
        "m/all/all/sum": period + 2 * data + 4 * parameters + 8 * code,
        "m/all/all/product": 10 * data * code,  # either put back alone takes all of it
        "m/all/all/either": max(parameters, code),  # neither put back alone changes it
        "m/all/all/numerator": 20 + data,
        "m/all/all/revised": 100 * period + 2 * data * (1 - period),  # records of the earlier period
        "m/all/all/word": "parity" if max(parameters, code) else "disproportionate",
        "m/all/all/verdict": "parity" if code else "disproportionate",
    }
    return {Key(name, "pooled", "national", "t"): fact(name, value) for name, value in figures.items()}


EARLIER, LATER = world(State(NAMES)), world(State())


def moves(compute=world, differ=NAMES):
    from reportlib.archive.compare import _move

    causes = attribute(EARLIER, LATER, dict.fromkeys(differ, "something"), compute)
    return {key.id.rpartition("/")[2]: _move(key, EARLIER, LATER, causes) for key in LATER}


@pytest.mark.parametrize(("name", "by"), [("period", 1), ("data", 2), ("parameters", 3), ("code", 4)])
def test_a_move_with_one_cause_is_attributed_to_it_alone(name, by):
    move = moves()[name]
    assert (move.causes, move.by, move.amounts[name]) == ((name,), by, by)
    assert [move.amounts[other] for other in NAMES if other != name] == [0, 0, 0]
    assert move.amounts["interaction"] == 0


def test_causes_that_add_up_are_told_each_with_its_part():
    move = moves()["sum"]
    assert move.by == 15
    assert move.amounts == {"period": 1, "data": 2, "parameters": 4, "code": 8, "interaction": 0}


def test_what_two_causes_do_together_is_said_to_be_interaction():
    product, either = moves()["product"], moves()["either"]
    assert product.causes == ("data", "code")  # each is seen to move it by all
    assert (product.amounts["data"], product.amounts["code"], product.amounts["interaction"]) == (10, 10, -10)
    assert either.causes == ("interaction",)
    assert either.amounts["interaction"] == 1


def test_revised_records_are_those_of_the_earlier_period():
    move = moves()["revised"]
    assert (move.by, move.amounts["period"], move.amounts["data"], move.amounts["interaction"]) == (100, 98, 2, 0)


def test_a_verdict_is_attributed_though_it_is_no_number():
    move = moves()["verdict"]
    assert (move.causes, move.by) == (("code",), None)
    assert moves()["word"].causes == ("interaction",)  # neither put back alone changes it


def test_where_a_cause_alone_would_hide_a_figure_nothing_is_said_of_what_is_left():
    def hiding(state: State) -> Facts:
        key = Key("m/all/all/sum", "pooled", "national", "t")
        hidden = {key: fact(key.id, None, mark="c")} if state == State({"parameters"}) else {}
        return world(state) | hidden

    move = moves(hiding)["sum"]
    assert move.causes == ("period", "data", "parameters", "code")
    assert (move.amounts["parameters"], move.amounts["interaction"], move.amounts["code"]) == (None, None, 8)


def test_how_far_a_cause_moved_a_count_is_not_told():
    move = moves()["numerator"]
    assert (move.causes, move.by) == (("data",), 1)
    assert set(move.amounts.values()) == {None}


def test_what_cannot_be_run_again_is_not_attributed_and_says_why():
    def without_code(state: State) -> Facts:
        if "code" in state:
            raise ReportError("the code is gone")
        return world(state)

    found = moves(without_code)
    assert found["code"].causes == ("not attributed",)
    assert found["data"].causes == ("data",)
    assert (found["sum"].causes, found["sum"].amounts["not attributed"]) == (
        ("period", "data", "parameters", "not attributed"),
        8,
    )
    causes = attribute(EARLIER, LATER, dict.fromkeys(NAMES, "something"), without_code)
    assert [cause.why_not for cause in causes] == ["", "", "", "the code is gone"]


def test_period_and_data_stay_together_where_they_cannot_be_told_apart():
    def too_short(state: State) -> Facts:
        if state == State({"period"}):
            raise ReportError("the extract begins too late")
        return world(state)

    move = moves(too_short)["sum"]
    assert move.causes == ("period and data", "parameters", "code")
    assert move.amounts["period and data"] == 3


def test_a_single_cause_needs_nothing_to_be_run():
    def never(state: State) -> Facts:
        raise AssertionError(state)

    (cause,) = attribute(EARLIER, LATER, {"data": "complaints"}, never)
    assert all(differs(cause.before[key], cause.after[key]) for key in LATER if differs(EARLIER[key], LATER[key]))


# Two runs are read from their folders


def kept(folder: Path, year: str, held: list[Fact], **parameters: object) -> Path:
    folder.mkdir()
    spec = {"complaints": {"path": "complaints.csv", "status": "synthetic", "format": "csv"}}
    given = {"reporting_year": year, "publication_date": "2025-11-27", "inputs": spec} | parameters
    (folder / "parameters.json").write_text(json.dumps(given))
    tables = {"t": {"by": ["ethnicity"], "period": "pooled"}, "y": {"by": ["year"], "period": "trend"}}
    inputs = [{"name": "complaints", "sha256": "same"}]
    run = {"tables": tables, "chapters": {}, "inputs": inputs, "disclosure": {}, "status": ["synthetic"]}
    (folder / "run.json").write_text(json.dumps(run | {"code": "x", "lock": "y"}))
    (folder / "facts.jsonl").write_text("".join(json.dumps(asdict(one)) + "\n" for one in held))
    return folder


def never(state: State) -> Facts:
    raise AssertionError(state)


def test_years_meet_by_the_part_that_their_periods_play(tmp_path):
    pooled, yearly = "upheld/ethnicity/B/ratio", "upheld/all/all/value"
    a = [fact(pooled, 0.7, "2021-22 to 2023-24"), fact(yearly, 0.3, "2023-24", table="y")]
    b = [
        fact(pooled, 0.9, "2022-23 to 2024-25"),
        fact(yearly, 0.3, "2023-24", table="y"),
        fact(yearly, 0.4, "2024-25", table="y"),
    ]
    a += [fact("upheld/ethnicity/B/ratio_lower", 0.6, "2021-22 to 2023-24")]
    a += [fact("upheld/ethnicity/B/ratio_upper", 0.8, "2021-22 to 2023-24")]
    down = "upheld/ethnicity/A/ratio"
    a += [fact(down, 0.9, "2021-22 to 2023-24"), fact(f"{down}_lower", 0.8, "2021-22 to 2023-24")]
    b += [fact(down, 0.6, "2022-23 to 2024-25")]
    runs = kept_run(kept(tmp_path / "a", "2023-24", a)), kept_run(kept(tmp_path / "b", "2024-25", b))
    found = compare(*runs, never)
    by = {(move.key.id, move.key.when): move for move in found.moves}
    assert by[pooled, "pooled"].by == 0.2
    assert by[pooled, "pooled"].relative == 2  # from 0.7 to beyond 0.8, twice the way
    assert by[down, "pooled"].relative == pytest.approx(3)  # from 0.9 to beyond 0.8, thrice the way
    assert by[pooled, "pooled"].causes == ("period",)
    furthest = moved(found)[-1].rows
    assert [row["Move in relation to interval"] for row in furthest] == ["3.0", "2.0"]
    assert (yearly, "2023-24") not in by  # the same year did not move
    assert by[yearly, "2024-25"].a is None


def test_the_page_is_accessible_and_the_csv_holds_every_figure_in_full(tmp_path):
    name = "upheld/ethnicity/B/value"
    a = kept_run(kept(tmp_path / "a", "2024-25", [fact(name, 2000000.25)], confidence_level=0.9))
    b = kept_run(kept(tmp_path / "b", "2024-25", [fact(name, 765432.75)]))
    found = compare(a, b, never)
    (row,) = csv.DictReader(comparison_csv(found).splitlines())
    assert (row["a"], row["b"], row["moved by"], row["causes"]) == (
        "2000000.25",
        "765432.75",
        "-1234567.5",
        "parameters",
    )
    assert (row["due to parameters"], row["interaction"], row["not attributed"]) == ("-1234567.5", "0", "")
    assert check_html(comparison_page(found), "compare.html") == []
    assert "confidence_level: 0.9 to 0.95" in comparison_page(found)


def test_of_verdicts_that_changed_those_of_the_headlines_stand_first(tmp_path):
    """By name uphold rates by category come before those by ethnic group alone."""
    by = {"Food": "category+ethnicity", "All": "ethnicity"}

    def run(word: str, level: float):
        held = [replace(fact(f"upheld/{of}/B/verdict", word), label=name) for name, of in by.items()]
        return kept_run(kept(tmp_path / word, "2024-25", held, confidence_level=level))

    verdicts, *_ = moved(compare(run("parity", 0.9), run("disproportionate", 0.95), never))
    assert [row["Comparison"] for row in verdicts.rows] == ["All", "Food"]


def test_the_page_says_of_a_cause_that_could_not_be_worked_out_that_nothing_is_known(tmp_path):
    def gone(state: State) -> Facts:
        raise ReportError("the code is gone")

    name = "upheld/ethnicity/B/value"
    a = kept(tmp_path / "a", "2024-25", [fact(name, 0.2)], confidence_level=0.9)
    (a / "run.json").write_text((a / "run.json").read_text().replace('"code": "x"', '"code": "z"'))
    found = compare(kept_run(a), kept_run(kept(tmp_path / "b", "2024-25", [fact(name, 0.3)])), gone)
    assert [move.causes for move in found.moves] == [("not attributed",)]
    page = " ".join(comparison_page(found).split())
    assert page.count("Not attributed, because: the code is gone") == 2
    assert (
        page.count(">[x]") == 2 * 6 + 1
    )  # of parameters and of code, five kinds of figures and verdicts; what [x] means


def test_only_what_changes_a_figure_counts_as_a_cause(tmp_path):
    held = [fact("upheld/ethnicity/B/ratio", 0.7)]
    a = kept_run(kept(tmp_path / "a", "2024-25", held, title="One", authors=["A"], archive={"wheels": True}))
    b = kept_run(kept(tmp_path / "b", "2024-25", held, title="Another", publication_date="2026-01-01"))
    found = compare(a, b, never)
    assert found.causes == []
    assert comparison_page(found).count("<p>None.</p>") == 3  # verdicts changed, new or gone, figures moved


def test_figures_that_are_new_gone_hidden_or_shown_again_did_not_move(tmp_path):
    held = {  # kind: the figure in the earlier and in the later run
        "moved": (fact("m/ethnicity/B/value", 0.5), fact("m/ethnicity/B/value", 0.75)),
        "new": (None, fact("m/ethnicity/A/value", 0.5)),
        "gone": (fact("m/ethnicity/M/value", 0.5), None),
        "hidden": (fact("m/ethnicity/O/value", 0.5), fact("m/ethnicity/O/value", None, mark="c")),
        "shown again": (fact("m/ethnicity/W/value", None, mark="c"), fact("m/ethnicity/W/value", 0.5)),
    }
    verdicts = [(None, "parity"), ("parity", None), ("parity", "disproportionate")]
    pairs = [(one and fact(f"m/ethnicity/v{n}/verdict", one), other and fact(f"m/ethnicity/v{n}/verdict", other))
             for n, (one, other) in enumerate(verdicts)]  # fmt: skip
    a, b = ([one for one in side if one] for side in zip(*held.values(), *pairs, strict=True))
    runs = (
        kept_run(kept(tmp_path / "a", "2024-25", a, confidence_level=0.9)),
        kept_run(kept(tmp_path / "b", "2024-25", b)),
    )
    found = compare(*runs, never)
    assert {move.key.id: move.kind for move in found.moves if not move.key.id.endswith("verdict")} == {
        (one or other).id: kind for kind, (one, other) in held.items()
    }
    figures, changed = found.by_cause()["parameters"], found.by_cause("verdict")["parameters"]
    assert (
        tally(figures) == tally(found.kinds) == "2 figures moved, 2 new, 2 gone, 1 hidden, 1 shown again"
    )  # each verdict is a figure too
    assert changed == {"new": 1, "gone": 1, "moved": 1}
    rows = list(csv.DictReader(comparison_csv(found).splitlines()))
    assert {row["fact"]: row["kind"] for row in rows} == {move.key.id: move.kind for move in found.moves}
    both, one_alone, _ = moved(found)
    assert [(row["Earlier"], row["Later"]) for row in both.rows] == [("parity", "disproportionate")]
    assert len(one_alone.rows) == 2
    assert "Of 4 figures that both hold, 0 are the same." in comparison_page(found)
    assert check_html(comparison_page(found), "compare.html") == []


def test_a_hidden_figure_is_never_a_difference_in_numbers():
    shown, hidden = fact("m/all/all/value", 7), fact("m/all/all/value", None, mark="c")
    assert differs(shown, hidden)
    assert differs(shown, replace(shown, unit="not being upheld"))  # the same number of another thing
    assert difference(shown, hidden) is None


def test_from_or_to_a_figure_without_limit_there_is_no_difference_in_numbers():
    endless, held = fact("m/all/all/ratio", inf), fact("m/all/all/ratio", 2.5)
    assert differs(held, endless) and not differs(endless, replace(endless))
    assert difference(held, endless) is difference(endless, held) is difference(endless, endless) is None


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("run.json", "{", "", "run.json: it is damaged, or was written by other code"),
        ("run.json", '"tables"', '"earlier name"', "run.json: it holds no 'tables'"),
        ("run.json", '"chapters": {}', '"chapters": []', "run.json: it is damaged"),
        ("run.json", '"sha256"', '"md5"', "run.json: it holds no 'sha256'"),
        ("parameters.json", '"reporting_year"', '"year"', "parameters.json: year is not a parameter"),
        ("parameters.json", "{", "", "parameters.json: "),
        ("facts.jsonl", '"status"', '"kind"', "facts.jsonl: it holds no 'status'"),
        ("facts.jsonl", '"label"', '"title"', "facts.jsonl: it is damaged"),
        ("facts.jsonl", "}", "", "facts.jsonl: it is damaged"),
    ],
)
def test_a_run_that_other_code_made_is_refused_in_words(tmp_path, name, old, new, says):
    folder = kept(tmp_path / "a", "2024-25", [fact("upheld/ethnicity/B/ratio", 0.7)])
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace(old, new, 1))
    with pytest.raises(ReportError, match="The run a cannot be read by this code") as error:
        kept_run(folder)
    assert says in str(error.value)


def test_a_folder_that_is_no_run_is_refused_in_words(tmp_path):
    with pytest.raises(ReportError, match=r"is not the folder of a run: facts.jsonl is not there, or is empty"):
        kept_run(tmp_path)
    folder = kept(tmp_path / "a", "2024-25", [])
    with pytest.raises(ReportError, match=r"is not the folder of a run: facts.jsonl is not there, or is empty"):
        kept_run(folder)
