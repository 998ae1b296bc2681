"""A report made of published figures is reviewed, signed and published; whatever is changed makes it a draft."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from lxml import html
from small_report import Project, short_chapter
from test_deaths_counts import write
from typer.testing import CliRunner

from reportlib.archive import remarks
from reportlib.archive.checksums import digests, written
from reportlib.archive.remarks import Log
from reportlib.archive.reviewer import write_pages
from reportlib.archive.runs import kept_run
from reportlib.archive.signature import sign as ssh_sign
from reportlib.archive.signoff import DRAFT_LIST, MANIFEST, Review, last_signed
from reportlib.build import basis
from reportlib.cli import _next, app
from reportlib.errors import ReportError
from reportlib.gates.html import check_html
from reportlib.params import load

FIGURE = "deaths/establishment_type/category-c/value"


@dataclass(frozen=True)
class Office:
    """A project, and the keys of those who work on it."""

    project: Project
    keys: Path

    @property
    def review(self) -> Review:
        return Review(kept_run(self.project.current), self.keys / "allowed_signers")

    def cli(self, *words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--signers", str(self.keys / "allowed_signers")])
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    def copy(self, to: Path) -> Office:
        shutil.copytree(self.project.outputs, to / "outputs", symlinks=True)
        return replace(self, project=replace(self.project, outputs=to / "outputs"))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of an author, a reviewer and a stranger; the stranger is not on the list."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("author", "reviewer", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / name], check=True)
    names = {name: (folder / f"{name}.pub").read_text().strip() for name in ("author", "reviewer")}
    lines = [f'{name}@ppo namespaces="ppo-report" {key}\n' for name, key in names.items()]
    (folder / "allowed_signers").write_text("".join(lines))
    return folder


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Office:
    """A report of one chapter on published figures."""
    folder = tmp_path_factory.mktemp("published")
    made = Project(write(folder), folder / "outputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(basis, "NOTEBOOKS", short_chapter(folder / "notebooks"))
        made.make()
    return Office(made, keys)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, drafted: Office) -> tuple[Office, list[str]]:
    """The report after its review, and what the commands said."""
    made = drafted.copy(tmp_path_factory.mktemp("signed"))
    run, author, reviewer = str(made.project.current), str(made.keys / "author"), str(made.keys / "reviewer")
    said = [
        made.cli("status", run),
        made.cli("review", run, "--key", author),
        made.cli("remark", FIGURE, "Is this a rate a year?", "--run", run, "--by", "Rosa Reviewer"),
        made.cli("remark", "2", "Yes, see the methods.", "--answer", "--run", run, "--by", "Alex Author"),
        made.cli("sign", run, "--key", reviewer),
        made.cli("publish", run),
    ]
    return made, said


@pytest.fixture
def signed(office, tmp_path) -> Review:
    """A copy of the signed report, to be tampered with."""
    return office[0].copy(tmp_path).review


def test_a_report_goes_from_draft_to_published(office):
    said = [re.search(r"Run \w{16}: ([\w ]+)[,.]", words)[1] for words in office[1]]
    assert said == ["draft", "in review", "in review", "in review", "signed", "published"]
    assert "author author@ppo, reviewer reviewer@ppo" in office[1][-1]
    standing = office[0].review.standing()
    assert (standing.author, standing.reviewer, standing.faults) == ("author@ppo", "reviewer@ppo", ())


def test_publishing_leads_to_what_is_published_of_the_year(office):
    page = office[0].review.run.edition.parent / "published.html"
    assert "published.html" in office[1][-1]
    links = re.findall(r'href="([^"#]+/report\.(?:html|pdf))"', page.read_text(encoding="utf-8"))
    assert links == ["national/published/report.html", "national/published/report.pdf"]
    assert all((page.parent / link).is_file() for link in links)
    assert "DRAFT" not in page.read_text(encoding="utf-8")


def test_the_run_itself_is_not_altered(office, drafted):
    assert files(office[0].project.current) == files(drafted.project.current)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_signed_rendition_differs_from_the_draft_in_its_mark_alone(office):
    draft, final = files(office[0].project.current), files(office[0].review.signed)
    added = {MANIFEST, f"{MANIFEST}.sig", DRAFT_LIST, "sign-off.json"}
    assert final.keys() - draft.keys() == added
    differ = {name for name in draft if draft[name] != final[name]}
    assert {Path(name).suffix for name in differ} == {".html", ".pdf", ".xlsx", ".ods"}
    for name in (name for name in differ if name.endswith(".html")):
        assert b"DRAFT" not in final[name]
        assert unmarked(draft[name].decode()) == unmarked(final[name].decode())


def log_page(folder: Path) -> str:
    return html.document_fromstring((folder / "review-log.html").read_text(encoding="utf-8")).text_content()


def unmarked(page: str) -> list[str]:
    """The words of a page without the draft's mark, and its markup without where that stood."""
    tree = html.document_fromstring(page)
    for element in tree.xpath("//p[@class='warning'][strong='DRAFT'] | //*[@class='badge draft']"):
        element.drop_tree()
    text = html.tostring(tree, encoding="unicode").replace("<title>DRAFT – ", "<title>")
    return text.replace("<dt>Publication date</dt>", "<dt>Published</dt>").split()


def test_anyone_can_check_it_with_two_ordinary_commands(office):
    folder, allowed = office[0].review.signed, office[0].keys / "allowed_signers"
    subprocess.run(["sha256sum", "--quiet", "--strict", "-c", MANIFEST], cwd=folder, check=True)
    who = ["-f", allowed, "-I", "reviewer@ppo", "-n", "ppo-report", "-s", f"{MANIFEST}.sig"]
    with (folder / MANIFEST).open("rb") as given:
        subprocess.run(["ssh-keygen", "-Y", "verify", *who], cwd=folder, stdin=given, check=True, capture_output=True)


def test_what_is_published_is_the_signed_rendition(office):
    assert (office[0].project.edition / "published").resolve() == office[0].review.signed.resolve()
    said = office[0].cli("status", str(office[0].project.edition / "published"))  # the run that was signed, by its link
    assert f"Run {office[0].review.run.id}: published" in said


def test_the_pages_are_accessible_and_tell_the_review(office):
    folder = write_pages(office[0].review)
    log = (folder / "review-log.html").read_text(encoding="utf-8")
    assert check_html(log, "review-log.html") == []
    assert check_html((folder / "reviewer.html").read_text(encoding="utf-8"), "reviewer.html") == []
    for words in ("Rosa Reviewer", "Is this a rate a year?", "Yes, see the methods.", "Signed off", "reviewer@ppo"):
        assert words in log


def test_every_command_says_what_the_report_is_made_from_and_which_is_published(office, tmp_path):
    made, said = office[0].copy(tmp_path), office[1]
    assert all("Made from published figures." in words for words in said)
    assert all("Published of its year and edition: nothing yet." in words for words in said[:-1])
    assert "Published of" not in said[-1]
    following = made.project.edition / "runs" / "0123456789abcdef"
    shutil.copytree(made.project.current, following)
    words = made.cli("status", str(following)).partition("0123456789abcdef: ")[2]
    published = f"Published of its year and edition: {made.review.run.id}."
    assert words.startswith(f"draft. Made from published figures. {published}")


def test_who_gives_a_synthetic_report_to_review_is_told_that_it_can_never_be_signed(drafted, tmp_path):
    made = drafted.copy(tmp_path)
    place = made.project.current / "parameters.json"
    given = json.loads(place.read_text())
    given["inputs"]["population"]["status"] = "synthetic"
    place.write_text(json.dumps(given))
    said = made.cli("review", str(made.project.current), "--key", str(made.keys / "author"))
    assert "in review, author author@ppo. Made from published figures, synthetic data; it can never be signed." in said


def test_who_made_a_report_that_can_be_signed_is_told_what_comes_next(drafted, tmp_path):
    made = drafted.copy(tmp_path)
    following = f"make review RUN={os.path.relpath(made.project.current)} KEY=<your SSH key>\n"
    assert CliRunner().invoke(app, made.project.command()[1:]).output.endswith(following)
    (first,) = _next(load(made.project.params), made.project.current, answered=False)
    assert "write the answers that are missing, and run this again" in first
    made.review.submit(drafted.keys / "author")
    assert "make review" not in CliRunner().invoke(app, made.project.command()[1:]).output


# Tampering


def later(path: Path) -> None:
    """Change the last byte of a file."""
    held = path.read_bytes()
    path.write_bytes(held[:-1] + bytes([held[-1] ^ 1]))


def listed_again(review: Review) -> None:
    """Change a figure's page and put its new checksum into the manifest."""
    later(review.signed / "report.html")
    kept = {name: digest for name, digest in digests(review.signed).items() if MANIFEST not in name}
    (review.signed / MANIFEST).write_text(written(kept))


def by_another(review: Review, key: str) -> None:
    ssh_sign(review.signed / MANIFEST, review.allowed.parent / key)


def signed_again(review: Review) -> None:
    """Another figure in the data, under a signature that is the reviewer's own."""
    later(next((review.signed / "data").glob("*.csv")))
    (review.signed / MANIFEST).write_text(
        written({name: digest for name, digest in digests(review.signed).items() if MANIFEST not in name})
    )
    by_another(review, "reviewer")


def rechained(review: Review, drop: int) -> None:
    """Take a remark out of the log and chain the rest again, as only one who knows how would."""
    held = [entry for entry in review.log.entries() if entry.number != drop]
    review.log.path.unlink()
    for entry in held:
        Log(review.log.path, review.run.id).append(entry.kind, entry.by, entry.about, entry.text)


def said_otherwise(review: Review) -> None:
    text = review.log.path.read_text()
    review.log.path.write_text(text.replace("a rate a year", "a rate a month"))


TAMPERED = {
    "a page": (lambda r: later(r.signed / "report.html"), "report.html: was changed"),
    "the PDF": (lambda r: later(r.signed / "report.pdf"), "report.pdf: was changed"),
    "a fact": (lambda r: later(r.signed / "facts.jsonl"), "facts.jsonl: was changed"),
    "a file gone": (lambda r: (r.signed / "tables.ods").unlink(), "tables.ods: is gone"),
    "a file added": (lambda r: (r.signed / "more.csv").write_text("1"), "more.csv: was added"),
    "the manifest": (lambda r: later(r.signed / MANIFEST), f"does not fit {MANIFEST}"),
    "page and manifest": (listed_again, f"does not fit {MANIFEST}"),
    "the signature": (lambda r: (r.signed / f"{MANIFEST}.sig").write_text("none"), "is not by a key in"),
    "no signature": (lambda r: (r.signed / f"{MANIFEST}.sig").unlink(), "its signature is missing"),
    "a stranger's": (lambda r: by_another(r, "stranger"), "is not by a key in"),
    "the author's": (lambda r: by_another(r, "author"), "The author and the reviewer are the same"),
    "data and signature": (signed_again, "What was signed is not what was given to review"),
    "the rendition gone": (lambda r: shutil.rmtree(r.signed), "the signed rendition is gone"),
    "a remark": (said_otherwise, "the line was changed"),
    "a remark gone": (lambda r: rechained(r, 2), "The remarks are not those"),
    "the log gone": (lambda r: r.log.path.unlink(), "The remarks are not those"),
    "the run": (lambda r: later(r.run.folder / "run.json"), "run.json: was changed"),
    "the draft": (lambda r: later(r.run.folder / "report.html"), "report.html: was changed"),
    "the draft's list": (lambda r: later(r.folder / DRAFT_LIST), f"does not fit {DRAFT_LIST}"),
    "the draft's list gone": (lambda r: (r.folder / DRAFT_LIST).unlink(), "what the author signed is gone"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_makes_it_a_draft(signed, what):
    change, told = TAMPERED[what]
    run = kept_run(signed.run.folder)
    assert run.facts and run.run and run.params  # read before anything is changed
    change(signed)
    standing = replace(signed, run=run).standing()
    assert standing.state == "draft"
    assert told in " ".join(map(str, standing.faults))


def test_the_command_says_so_and_fails(signed):
    later(signed.signed / "report.pdf")
    done = CliRunner().invoke(app, ["status", str(signed.run.folder), "--signers", str(signed.allowed)])
    assert done.exit_code == 2
    assert "The report is a draft again" in done.output
    assert "report.pdf" in done.output
    with pytest.raises(ReportError, match="Only a signed report is published"):
        signed.publish()


# What cannot be signed


@pytest.fixture
def review(drafted, tmp_path) -> Review:
    """A copy of the draft, given to review."""
    held = drafted.copy(tmp_path).review
    held.submit(drafted.keys / "author")
    return held


def refused(review: Review, key: str = "reviewer") -> str:
    with pytest.raises(ReportError) as error:
        review.sign(review.allowed.parent / key)
    assert not review.signed.exists()
    assert [*review.folder.glob(".work*")] == []
    return str(error.value)


def test_a_report_that_nobody_gave_to_review(drafted, tmp_path):
    assert "is not in review" in refused(drafted.copy(tmp_path).review)


def test_a_report_with_an_open_remark(review):
    remarks.remark(review.run, "report", "Really?", "Rosa")
    assert "remark 2 has no answer" in refused(review)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("author", "author@ppo is an author of the report. Another person signs it"),
        ("stranger", "is not by a key in allowed_signers"),
        ("nobody", "cannot be used to sign"),
    ],
)
def test_a_report_by_the_wrong_person(review, key, why):
    """Which they learn at once, and not when all remarks have answers."""
    remarks.remark(review.run, "report", "Really?", "Rosa")
    assert why in refused(review, key)


def test_a_draft_that_was_changed_after_it_was_given_to_review(review):
    later(review.run.folder / "report.pdf")
    assert "report.pdf: was changed" in refused(review)


def barred(drafted: Office, folder: Path, change) -> str:
    """What is said of a report whose parameters were other from the start."""
    office = drafted.copy(folder)
    place = office.project.current / "parameters.json"
    given = json.loads(place.read_text())
    change(given)
    place.write_text(json.dumps(given))
    office.review.submit(drafted.keys / "author")
    return refused(office.review)


def test_a_synthetic_input(drafted, tmp_path):
    said = barred(drafted, tmp_path, lambda given: given["inputs"]["population"].update(status="synthetic"))
    assert "it is made from synthetic data" in said


def test_disclosure_control_turned_off(drafted, tmp_path):
    said = barred(drafted, tmp_path, lambda given: given["disclosure"].update(off="for a trial only"))
    assert "disclosure control is off" in said


def test_a_report_by_a_reviewer_whom_the_parameters_name_as_an_author(drafted, tmp_path, monkeypatch):
    monkeypatch.setattr(basis, "NOTEBOOKS", short_chapter(tmp_path / "notebooks"))
    held = drafted.copy(tmp_path)
    params = Path(shutil.copy(held.project.params, tmp_path / "params.yml"))
    other = replace(held, project=replace(held.project, params=params))
    other.project.change(authors=["Alex Author", "Reviewer@PPO"])
    other.project.make()
    other.review.submit(drafted.keys / "author")
    assert "reviewer@ppo is an author of the report" in refused(other.review)


def test_a_report_that_does_not_reckon_with_a_published_one(office, tmp_path, monkeypatch):
    monkeypatch.setattr(basis, "NOTEBOOKS", short_chapter(tmp_path / "notebooks"))
    held = office[0].copy(tmp_path)
    params = Path(shutil.copy(held.project.params, tmp_path / "params.yml"))
    other = replace(held, project=replace(held.project, params=params))
    before = held.review.run
    other.project.change(pooled_years=1)
    other.project.make()
    told = f"2024-25/national/runs/{before.id}: is published"
    with pytest.raises(ReportError, match="could not be signed") as raised:  # before a reviewer spends a day on it
        other.review.submit(office[0].keys / "author")
    assert told in str(raised.value)
    link = held.review.published.rename(tmp_path / "published")  # as if it were published while this is in review
    other.review.submit(office[0].keys / "author")
    link.rename(held.review.published)
    assert told in refused(other.review)
    other.project.change(disclosure={"earlier": [str(before.folder)]}, correction="One year is counted, not three.")
    other.project.make()
    other.review.submit(office[0].keys / "author")
    other.review.sign(office[0].keys / "reviewer")
    other.review.publish()
    assert other.review.standing().state == "published"
    said = held.cli("status", str(before.folder))  # the one that is corrected
    assert re.search(
        rf"{before.id}: signed, author author@ppo, reviewer reviewer@ppo; "
        rf"was published on 20\d\d-\d\d-\d\d, replaced by {other.review.run.id}\.",
        said,
    )
    assert "The report is signed" in (page := log_page(held.review.folder.parent / before.id))
    assert "it was published on 20" in page and f"replaced by {other.review.run.id}" in page


def test_a_report_can_be_signed_once_more_when_its_signed_rendition_is_moved_away(signed, keys, tmp_path):
    signed.signed.rename(tmp_path / "away")
    assert "the signed rendition is gone" in str(signed.standing().faults)
    signed.submit(keys / "author")
    assert signed.standing().state == "in review"
    signed.sign(keys / "reviewer")
    assert (signed.standing().state, signed.standing().faults) == ("signed", ())


def test_a_draft_that_is_not_what_its_notebooks_give(drafted, tmp_path):
    held = drafted.copy(tmp_path).review
    later(held.run.folder / "chapters" / "deaths.html")
    held.submit(drafted.keys / "author")
    said = refused(held)
    assert "they were changed. Make the report again.\n  - chapters/deaths.html: is not what is rendered now" in said
    place = held.run.folder / "origin.json"
    made = json.loads(place.read_text())
    for other, why in (
        ({"python": "3.10.1"}, "it was made with Python 3.10.1, and this is 3."),
        ({"packages": made["packages"] | {"pandas": "2.0.0"}}, "it was made with other versions of pandas. Sign with"),
    ):
        place.write_text(json.dumps(made | other))
        held.submit(drafted.keys / "author")
        assert why in refused(held)


def test_a_draft_that_only_other_code_could_render(drafted, tmp_path):
    office = drafted.copy(tmp_path)
    place = office.project.current / "run.json"
    told = json.loads(place.read_text()) | {"code": "0" * 64}
    for table in told["tables"].values():
        table["measured"] = table.pop("measure")
    place.write_text(json.dumps(told))
    office.review.submit(drafted.keys / "author")
    assert "cannot be rendered by this code. Use the project as it was" in refused(office.review)


def test_a_remark_names_something_that_is_there(review):
    with pytest.raises(ReportError, match=re.escape(f"the nearest is {FIGURE!r}")):
        remarks.remark(review.run, FIGURE.replace("category", "catgory"), "?", "Rosa")
    with pytest.raises(ReportError, match="no remark number '7'"):
        remarks.answer(review.run, "7", "!", "Alex")
    with pytest.raises(ReportError, match="nothing written"):
        remarks.remark(review.run, "deaths", "  ", "Rosa")


def test_the_next_report_is_compared_with_the_last_signed_one(signed):
    following = signed.run.edition / "runs" / "0123456789abcdef"
    shutil.copytree(signed.run.folder, following)
    review = Review(kept_run(following), signed.allowed)
    assert last_signed(signed) is None  # a report is not its own forerunner
    found = last_signed(review)
    assert found and found.id == signed.run.id
    page = (write_pages(review) / "reviewer.html").read_text(encoding="utf-8")
    assert f"Compared with 2024-25 (national, run {signed.run.id[:8]})" in page
    later(signed.signed / "report.pdf")
    assert last_signed(review) is None


def test_a_last_signed_report_of_other_code_holds_no_review_up(signed):
    following = signed.run.edition / "runs" / "0123456789abcdef"
    shutil.copytree(signed.run.folder, following)
    later(signed.run.folder / "run.json")
    page = (write_pages(Review(kept_run(following), signed.allowed)) / "reviewer.html").read_text(encoding="utf-8")
    assert f"Not known. The run {signed.run.id} cannot be read by this code" in page
