"""What a renderer needs to know: the report's own particulars and what each executed chapter shows."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import nbformat
from nbformat.v4 import new_output

from reportlib.build import markdown
from reportlib.build.markdown import Token
from reportlib.display import MIME
from reportlib.params import Params
from reportlib.words import MARKS, listed
from reportlib.years import in_words, year_dates

STATUSES = {
    "synthetic": "Made-up records, for demonstration. Only what is marked official describes real people.",
    "published": "Taken from published official statistics.",
    "extract": "Counted from case records.",
}
BADGES = {"published": "official figures", "extract": "case records"}  # of data: reports are published too
NOTEBOOK_LINK = re.compile(r"^(?![a-z]+:)(?:.*/)?(?:\d+-)?([\w-]+)\.ipynb(?:#(.*))?$")  # beside this one, not elsewhere
LONG = 24  # rows of a table; of more, a screen shows the first line alone
SENTENCE = 40  # letters of a cell from which it is read as one
WIDE, FEW = 12, 6  # columns and rows of a table that is easier read with one as the other

Model = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """The particulars of a report that stand on its cover and on each of its pages."""

    title: str
    year: str = ""
    edition: str = "National"
    authors: tuple[str, ...] = ()
    publication_date: date | None = None
    status: tuple[str, ...] = ()
    draft: bool = True
    disclosure_off: str = ""  # the reason given for turning disclosure control off
    organisation: str = ""
    contact: str = ""
    correction: str = ""  # what it puts right that was published before
    logo: str | None = None  # a data address
    colour: str = "#12436D"
    lineage: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)  # what each table comes from

    @classmethod
    def of(cls, params: Params, title: str, edition: str, **told: Any) -> Page:
        """The page that parameters ask for, with what else is told of it."""
        return cls(
            title, params.reporting_year, edition, params.authors, params.publication_date,
            tuple(sorted({source.status for source in params.inputs.values()})),
            disclosure_off=params.disclosure.off or "", organisation=params.organisation, contact=params.contact,
            correction=params.correction, logo=params.logo, colour=params.colour, **told,
        )  # fmt: skip

    @property
    def dated(self) -> str:
        """The title with its year."""
        return ", ".join(filter(None, (self.title, self.year)))

    @property
    def particulars(self) -> dict[str, str]:
        """What the cover says besides the title, by its name."""
        first, last = map(in_words, year_dates(self.year)) if self.year else ("", "")
        day = in_words(self.publication_date) if self.publication_date else ""
        told = {
            "Reporting year": self.year and f"{self.year}, from {first} to {last}",
            "Edition": self.edition,
            "Publication date" if self.draft else "Published": day,
            "Authors" if len(self.authors) > 1 else "Author": listed(self.authors),
            "Contact": self.contact,
            "Correction": self.correction,
        }
        return {name: value for name, value in told.items() if value}

    @property
    def warnings(self) -> list[tuple[str, str]]:
        """What every page must say, as pairs of a mark and its meaning."""
        marks = [("DRAFT", "Not for publication. Figures and findings may change.")] if self.draft else []
        if "synthetic" in self.status:
            marks.append(("SYNTHETIC DATA", STATUSES["synthetic"]))
        if self.disclosure_off:
            marks.append(("DISCLOSURE CONTROL IS OFF", f"Do not share. Reason given: {self.disclosure_off}"))
        return marks


def page_of(chapter: Chapter) -> Page:
    """The page of a chapter that stands alone, as far as its own heading tells."""
    header = chapter.header
    return Page(chapter.title, header.get("year", ""), status=tuple(header.get("status", ())))


def displayed(*models: Model) -> list[nbformat.NotebookNode]:
    """Models as the outputs of a cell."""
    return [new_output("display_data", {MIME: model}) for model in models]


class Link(NamedTuple):
    title: str
    href: str


class Step(NamedTuple):
    """A cell of code: its chapter, its name there, and what it says."""

    chapter: str
    cell: str
    source: str

    @property
    def address(self) -> str:
        return f"code-{self.chapter}-{self.cell}"

    @property
    def name(self) -> str:
        return self.cell.replace("-", " ")

    @property
    def title(self) -> str:
        """A name that no step of another chapter has."""
        return f"{self.chapter.replace('-', ' ')}: {self.name}"


@dataclass(frozen=True)
class Chapter:
    """One executed notebook, read: its name, its heading and its cells with markdown parsed."""

    id: str
    title: str
    header: Model
    cells: list[nbformat.NotebookNode]
    tokens: dict[int, list[Token]] = field(default_factory=dict)  # by the cell's place

    @property
    def sections(self) -> list[Link]:
        """The chapter's second-level headings, each with the address of its place."""
        return [
            Link(markdown.plain(token), f"#{token['attrs']['id']}")
            for token in headings(self.tokens)
            if token["attrs"]["level"] == 2
        ]

    def step(self, cell: nbformat.NotebookNode) -> Step | None:
        """The step that a cell is; None for one without code."""
        code = cell.cell_type == "code" and cell.source.strip()
        return Step(self.id, cell.id, cell.source) if code else None

    @property
    def steps(self) -> list[Step]:
        """The chapter's code, in order."""
        return [step for step in map(self.step, self.cells) if step]

    def under(self, place: int) -> Token | None:
        """The heading under which a cell stands."""
        before = headings({at: tokens for at, tokens in self.tokens.items() if at <= place})
        return before[-1] if before else None

    def level_below(self, place: int) -> int:
        """The level of a heading of what a cell shows."""
        heading = self.under(place)
        return 1 + (heading["attrs"]["level"] if heading else 1)

    @property
    def places(self) -> dict[str, str]:
        """The place of each table: the name of the heading under which it stands."""
        found = {model["id"]: self.under(at) for at, model in self.models() if model["kind"] == "table"}
        return {name: heading["attrs"]["id"] if heading else self.id for name, heading in found.items()}

    def models(self) -> Iterator[tuple[int, Model]]:
        """What the chapter displays, in order, with the place of its cell."""
        for place, cell in enumerate(self.cells):
            for output in cell.get("outputs", []):
                if MIME in output.get("data", {}):
                    yield place, output["data"][MIME]


def headings(tokens: dict[int, list[Token]]) -> list[Token]:
    """The headings of a chapter, in order."""
    return [token for cell in tokens.values() for token in cell if token["type"] == "heading"]


def slug(text: str) -> str:
    """A name for an address: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"


def read_chapter(notebook: nbformat.NotebookNode, name: str = "") -> Chapter:
    """Read an executed notebook, cells tagged `qa-only` left out; each heading is given a name unique in the report."""
    cells = [cell for cell in notebook.cells if "qa-only" not in cell.metadata.get("tags", [])]
    tokens = {place: markdown.parse(cell.source) for place, cell in enumerate(cells) if cell.cell_type == "markdown"}
    header = next((model for _, model in Chapter("", "", {}, cells).models() if model["kind"] == "header"), {})
    named = headings(tokens)
    title = markdown.plain(named[0]) if named else header.get("title", "Untitled")
    chapter = header.get("chapter") or name or slug(title)
    _name_headings(named, chapter)
    read = Chapter(chapter, title, header, cells, tokens)
    for place in _of_nothing(read):
        level = [token["attrs"]["level"] if token["type"] == "heading" else 0 for token in tokens[place]]
        first = level.index(2) if 2 in level else 0
        tokens[place] = [token for at, token in enumerate(tokens[place]) if at < first or level[at]]
    return read


def _of_nothing(chapter: Chapter) -> list[int]:
    """The places of the texts of sections that show nothing but what is not available."""
    starts = [at for at, held in chapter.tokens.items() if any(h["attrs"]["level"] == 2 for h in headings({at: held}))]
    shown: dict[int, list[Model]] = {}
    for place, model in chapter.models():
        shown.setdefault(bisect(starts, place), []).append(model)
    nothing = {
        section
        for section, models in shown.items()
        if section and all(model["kind"] == "say" and model["id"].endswith("-unavailable") for model in models)
    }
    return [place for place in chapter.tokens if bisect(starts, place) in nothing]


def _name_headings(headings: Sequence[Token], chapter: str) -> None:
    seen: dict[str, int] = {}
    for token in headings:
        top = token["attrs"]["level"] == 1
        name = chapter if top else f"{chapter}--{slug(markdown.plain(token))}"
        seen[name] = seen.get(name, 0) + 1
        token["attrs"]["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"


def resolve(url: str, href: Callable[[str], str]) -> str:
    """A link between notebooks, such as `20-uphold-rates.ipynb`, as a link between rendered chapters.

    Empty where the report does not hold the chapter, which is where `href` is.
    """
    match = NOTEBOOK_LINK.match(url)
    if not match:
        return url
    chapter, place = match.groups()
    if not place or not href(chapter):
        return href(chapter)
    return f"{href(chapter).partition('#')[0]}#{chapter}--{slug(place)}"


def heading(column: Model) -> str:
    """A column's heading with its unit."""
    return f"{column['label']} ({column['unit']})" if column.get("unit") else column["label"]


def belonging(columns: Sequence[Model]) -> list[str]:
    """For each column the figure that it belongs to, where its heading does not say: of an interval, or one twice."""
    labels = [column["label"] for column in columns]
    found, before = [], ""
    for column, label in zip(columns, labels, strict=True):
        own = column["role"] == "text" and (label.endswith("interval") or labels.count(label) > 1)
        found.append(before if own else "")
        before = before if own else label
    return found


def spoken(columns: Sequence[Model]) -> list[str]:
    """Headings that say all of themselves, wherever they are read: "Relative rate: 95% interval"."""
    whose = belonging(columns)
    return [": ".join(filter(None, (of, heading(column)))) for of, column in zip(whose, columns, strict=True)]


def folded(model: Model) -> bool:
    """Whether readers see a table only when they ask for it: what is behind a comparison, or a long one."""
    return bool(model["folded"]) or len(model["rows"]) > LONG


def stacked(model: Model) -> bool:
    """Whether a narrow screen shows a table's cells one below the other, since they are sentences and not figures."""
    cells = [
        row[column["key"]]["text"] for column in model["columns"] if column["role"] == "text" for row in model["rows"]
    ]
    figures = any(column["role"] == "number" for column in model["columns"])
    return not figures and len(model["columns"]) > 2 and max(map(len, cells), default=0) > SENTENCE


def transposed(model: Model) -> Model:
    """A table of many columns and few rows as pages show it, a row a figure and a column a group; else as it is."""
    heads = [column for column in model["columns"] if column["role"] == "header"]
    if len(heads) != 1 or len(model["columns"]) < WIDE or len(model["rows"]) > FEW:
        return model
    groups = [{"key": (name := row[heads[0]["key"]]["text"]), "label": name, "role": "number"} for row in model["rows"]]
    rows = [
        {"figure": {"text": told}}
        | {group["key"]: row[column["key"]] for group, row in zip(groups, model["rows"], strict=True)}
        for column, told in zip(model["columns"], spoken(model["columns"]), strict=True)
        if column not in heads
    ]
    return {**model, "columns": [{"key": "figure", "label": "Figure", "role": "header"}, *groups], "rows": rows}


def on_screen(model: Model) -> Model:
    """A table as a screen shows it: a verdict beside whom it is of, where even a narrow screen shows it."""
    early = sorted(model["columns"], key=lambda column: (column["role"] != "header", column["key"] != "verdict"))
    return transposed({**model, "columns": early})


def marks_in(model: Model) -> list[str]:
    """The marks that a table uses on its figures, each of which must then be explained."""
    keys = [column["key"] for column in model["columns"] if column["role"] != "header"]
    texts = [row[key]["text"] for row in model["rows"] for key in keys]
    return sorted(mark for mark in MARKS if any(f"[{mark}]" in text for text in texts))
