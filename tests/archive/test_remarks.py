"""The log of a review: what is written in it stays as it was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reportlib.archive.remarks import Log, unanswered
from reportlib.errors import ReportError


@pytest.fixture
def log(tmp_path: Path) -> Log:
    held = Log(tmp_path / "log.jsonl", "run-1")
    held.append("remark", "Ana", "upheld/ethnicity/B/ratio", "Why so  low?")
    held.append("remark", "Ben", "report", "A better title?")
    held.append("answer", "Chris", "1", "See the methods.")
    return held


def lines(log: Log) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.path.read_text().splitlines()]


def write(log: Log, held: list[dict[str, object]]) -> None:
    log.path.write_text("".join(json.dumps(line) + "\n" for line in held))


def test_remarks_are_kept_in_order_with_who_and_when(log):
    first, second, third = log.entries()
    assert (first.number, first.kind, first.by, first.text) == (1, "remark", "Ana", "Why so low?")
    assert (second.about, third.about, third.kind) == ("report", "1", "answer")
    assert first.at.endswith("+00:00")
    assert log.faults() == []


def test_a_remark_without_an_answer_is_known(log):
    assert [entry.number for entry in unanswered(log)] == [2]


def change(held: list[dict[str, object]], place: int, **values: object) -> list[dict[str, object]]:
    return [line | values if at == place else line for at, line in enumerate(held)]


@pytest.mark.parametrize(
    ("tamper", "row"),
    [
        (lambda held: change(held, 0, text="Why so high?"), 1),
        (lambda held: change(held, 2, text="No."), 3),
        (lambda held: change(held, 1, by="Ana"), 2),
        (lambda held: change(held, 1, at="2020-01-01T00:00:00+00:00"), 2),
        (lambda held: held[1:], 1),
        (lambda held: [held[0], held[2]], 2),
        (lambda held: [held[1], held[0], held[2]], 1),
        (lambda held: [*held, held[2]], 4),
        (lambda held: [*held, {"nothing": "like it"}], 4),
    ],
    ids=["text", "last", "name", "time", "first-gone", "one-gone", "order", "repeated", "not-a-line"],
)
def test_a_changed_log_is_noticed_at_the_line(log, tamper, row):
    write(log, tamper(lines(log)))
    before = log.path.read_bytes()
    assert [finding.row for finding in log.faults()] == [row]
    with pytest.raises(ReportError, match="has been changed"):
        log.append("remark", "Ana", "report", "More.")
    assert log.path.read_bytes() == before


def test_a_log_of_another_run_is_not_this_ones(log):
    assert Log(log.path, "run-2").faults() != []


def test_a_remark_needs_a_name(log):
    with pytest.raises(ReportError, match="Say who you are"):
        log.append("remark", "  ", "report", "Who?")


def test_a_remark_with_a_persons_number_is_not_kept(log):
    with pytest.raises(ReportError, match="what looks like a person's number"):
        log.append("remark", "Ana", "report", "A1234BC said so")
    assert "A1234BC" not in log.path.read_text()


def test_nothing_but_the_name_is_kept_of_a_person(log):
    assert set(lines(log)[0]) == {"number", "kind", "at", "by", "about", "text", "digest"}
