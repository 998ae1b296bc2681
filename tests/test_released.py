"""What a report has published of its counts can be read again by a later one, and by nobody else's hand."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from reportlib.build.released import PATTERN, Publication, earlier, published, read
from reportlib.disclosure import CountTable
from reportlib.errors import ReportError

FRAME = pd.DataFrame({"ethnicity": ["A", "B", "M", "W"], "year": "2023-24", "value": [40, 12, 3, 90]})
TABLE = CountTable("deaths: deaths/prison", "deaths/prison", FRAME)
TOLD, HIDDEN = [True, False, False, False], [False, True, True, False]  # W is not available


def release(report: str = "2023-24 national", *before: Publication) -> Publication:
    return Publication.of(report, [published(TABLE, TOLD, HIDDEN)], before)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run that published a table."""
    folder = tmp_path / "runs" / "abc"
    folder.mkdir(parents=True)
    (folder / PATTERN).write_text(release().text())
    return folder


def test_a_hidden_count_is_nowhere_in_the_file(run: Path) -> None:
    held = json.loads((run / PATTERN).read_text())["tables"][0]
    assert held["rows"] == [
        ["A", "2023-24", 40, ""],
        ["B", "2023-24", None, "hidden"],
        ["M", "2023-24", None, "hidden"],
        ["W", "2023-24", None, ""],
    ]


def test_a_later_report_knows_what_was_shown_and_what_was_hidden(run: Path) -> None:
    (table,) = [table.carried() for table in read(run).handed_on()]
    assert table.name == "deaths: deaths/prison (2023-24 national)"
    shown = table.frame.set_index("ethnicity")["value"]
    assert shown["A"] == 40 and shown[["B", "M"]].isna().all() and "W" not in shown


def test_parts_that_a_table_left_out_are_known_to_be_few_and_no_more(tmp_path: Path) -> None:
    """A table that is shown says nothing of it, as none did once: what was written then is whole still."""
    few = CountTable("deaths, left out", "deaths/prison", pd.DataFrame({"cause": ["Other"], "value": [7]}), below=10)
    text = Publication.of("2023-24 national", [published(TABLE, TOLD, HIDDEN), published(few, [False], [False])], [])
    (tmp_path / PATTERN).write_text(text.text())
    shown, left_out = json.loads((tmp_path / PATTERN).read_text())["tables"]
    assert "below" not in shown and left_out["rows"] == [["Other", None, ""]]
    carried = read(tmp_path).tables[1].carried()
    assert carried.below == 10 and carried.frame["value"].isna().tolist() == [True]


def test_what_one_report_reckoned_with_the_next_one_knows_too(run: Path, tmp_path: Path) -> None:
    (tmp_path / PATTERN).write_text(release("2024-25 national", read(run)).text())
    names = [table.carried().name for table in read(tmp_path).handed_on()]
    assert names == ["deaths: deaths/prison (2024-25 national)", "deaths: deaths/prison (2023-24 national)"]


def test_an_archive_gives_what_its_run_gives(run: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "abc.zip", "w") as archive:
        archive.write(run / PATTERN, f"abc/data/run/{PATTERN}")
    assert read(tmp_path / "abc.zip") == read(run)


@pytest.mark.parametrize("link", ["published", "current", "mine", "published/pattern.json"])
def test_a_link_is_refused_with_the_run_that_it_leads_to_now(run: Path, tmp_path: Path, link: str) -> None:
    """Led elsewhere later, the same parameters would give another report."""
    signed = tmp_path / "review" / "abc" / "signed"
    shutil.copytree(run, signed)
    (tmp_path / "published").symlink_to("review/abc/signed")
    for name in ("current", "mine"):
        (tmp_path / name).symlink_to("runs/abc")
    with pytest.raises(ReportError) as raised:
        earlier([str(tmp_path / link)])
    place = run if "/" not in link else signed / PATTERN
    assert str(raised.value.findings[0]) == (
        f"disclosure.earlier: {tmp_path / link} is a link, which may lead elsewhere later; "
        f"write where it leads now: {place}"
    )


def test_a_folder_on_a_linked_disk_is_no_moving_link(run: Path, tmp_path: Path) -> None:
    (tmp_path / "outputs").symlink_to(".")
    assert earlier([str(tmp_path / "outputs" / "runs" / "abc")]) == [read(run)]


def test_everything_that_is_wrong_with_the_earlier_releases_is_said_at_once(run: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.json"
    changed.write_text((run / PATTERN).read_text().replace("40", "41"))
    for name, text in (("foreign.json", '{"tables": []}'), ("text.json", "no JSON"), ("no.zip", "no archive")):
        (tmp_path / name).write_text(text)
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("abc/data/inputs.json", "[]")
    names = ["changed.json", "foreign.json", "text.json", "no.zip", "empty", "other.zip", "gone"]
    with pytest.raises(ReportError) as raised:
        earlier([str(run), *(str(tmp_path / name) for name in names)])
    said = [str(finding) for finding in raised.value.findings]
    assert len(said) == len(names)
    assert all(name in text for name, text in zip(names, said, strict=True))
    assert "was changed since its report was made" in said[0]
    assert all("is not the counts of an earlier report" in text for text in said[1:4])
    assert all("is not there, or holds no pattern.json" in text for text in said[4:])
