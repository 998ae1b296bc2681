"""The structure tree of a PDF, read once: its elements and their marked content, in reading order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Pdf

Mark = tuple[int, int]  # page number, mark on the page
PAINTS = {"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "EI", "Tj", "TJ", "'", '"'}
READ = " ".join(sorted({"BDC", "BMC", "EMC"} | PAINTS))  # asked for, an inline image comes as EI


@dataclass
class Element:
    """An element of the tree; `start` and `end` bound its marks in all marks, `last` its descendants."""

    kind: str
    alt: str
    scopes: set[str]
    headers: bool  # whether a cell names those that head it
    start: int
    end: int = 0
    last: int = 0


@dataclass(frozen=True)
class Tags:
    pdf: Pdf
    elements: list[Element] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def of(self, kind: str) -> Iterator[Element]:
        """The elements of one kind."""
        return (element for element in self.elements if element.kind == kind)

    def below(self, element: Element, kind: str) -> Iterator[Element]:
        """The descendants of an element that are of one kind."""
        first = self.elements.index(element) + 1
        return (one for one in self.elements[first : element.last] if one.kind == kind)

    def place(self, element: Element) -> str:
        """The element's page, for a finding."""
        return f" (page {self.marks[element.start][0]})" if element.end > element.start else ""


def read(pdf: Pdf) -> Tags:
    """Read the tree. A document without one has no elements."""
    tags = Tags(pdf)
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
    if "/StructTreeRoot" in pdf.Root:
        _visit(pdf.Root.StructTreeRoot, 0, tags, numbers)
    return tags


def _visit(node: Any, page: int, tags: Tags, numbers: dict[tuple[int, int], int]) -> None:
    if (own := node.get("/Pg")) is not None:
        page = numbers[own.objgen]
    for kid in _many(node.get("/K")):
        if not isinstance(kid, Dictionary):
            tags.marks.append((page, int(kid)))
        elif "/MCID" in kid:
            tags.marks.append((numbers[kid.Pg.objgen] if "/Pg" in kid else page, int(kid.MCID)))
        elif "/S" in kid:
            told = [one for one in _many(kid.get("/A")) if isinstance(one, Dictionary)]
            scopes = {str(one.Scope) for one in told if "/Scope" in one}
            headers = any(one.get("/Headers") for one in told)
            element = Element(str(kid.S), str(kid.get("/Alt", "")), scopes, headers, len(tags.marks))
            tags.elements.append(element)
            _visit(kid, page, tags, numbers)
            element.end, element.last = len(tags.marks), len(tags.elements)


def _many(value: Any) -> list[Any]:
    """One or several, as PDF allows, or none."""
    if value is None:
        return []
    return list(value) if isinstance(value, Array) else [value]


def drawn(page: pikepdf.Page) -> tuple[set[int], bool]:
    """The marks on a page, and whether anything is painted outside of marks and decoration."""
    marks: set[int] = set()
    open_marks: list[bool] = []  # whether each accounts for what is painted in it
    loose = False
    for instruction in pikepdf.parse_content_stream(page, READ):
        operator = str(instruction.operator)
        if operator in ("BDC", "BMC"):
            operands = instruction.operands
            properties: Any = operands[1] if len(operands) > 1 and isinstance(operands[1], Dictionary) else {}
            if "/MCID" in properties:
                marks.add(int(properties["/MCID"]))
            open_marks.append("/MCID" in properties or operands[0] == "/Artifact")
        elif operator == "EMC":
            open_marks.pop()
        elif operator in PAINTS:
            loose |= not any(open_marks)
    return marks, loose
