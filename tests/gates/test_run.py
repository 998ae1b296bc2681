"""Every gate stands between a run and its being kept: what is planted for each is found by all of them together."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pikepdf

from reportlib.gates.run import gates


def rewritten(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, "nothing was planted"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def found(run: Path) -> str:
    return "\n".join(map(str, gates(run)))


def test_a_run_without_a_fault_passes(run: Path) -> None:
    assert found(run) == ""


def test_faults_of_each_finished_file_are_found(run: Path) -> None:
    (run / "more.csv").write_text("3")
    rewritten(run / "report.html", "</body>", " " * 1_000_000 + "</body>")
    rewritten(run / "report.html", 'lang="en-GB"', 'lang="fr"')
    rewritten(run / "chapters" / "uphold-rates.html", 'lang="en-GB"', 'lang="fr"')
    with pikepdf.open(run / "report.pdf", allow_overwriting_input=True) as document:
        document.Root.Lang = "fr"
        document.save()
    with zipfile.ZipFile(run / "tables.ods") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(run / "tables.ods", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(b">White<", b">Whyte<"))
    said = found(run)
    for fault in (
        "report.html: the file is",
        'report.html, row 2: the page does not say lang="en-GB"',
        'uphold-rates.html, row 2: the page does not say lang="en-GB"',
        "report.pdf: the document does not name its language",
        "tables.ods: worksheet",
        "more.csv: a file that no check reads",
    ):
        assert fault in said


def test_faults_of_notebooks_and_facts_are_found(run: Path) -> None:
    rewritten(run / "notebooks" / "20-uphold-rates.ipynb", "Groups are those of", "Coloured people are of")
    rewritten(run / "facts.jsonl", "Uphold rate: Black", "Uphold rate: Blacks")
    rewritten(run / "facts.jsonl", '"text": "22.5%"', '"text": "22.6%"')
    said = found(run)
    for fault in ("“Coloured”", "“Blacks”", "has a value that its text does not show"):
        assert fault in said
