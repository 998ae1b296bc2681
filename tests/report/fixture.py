"""Executed notebooks such as a run leaves them: every kind of display, marks, wide and long tables."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import date
from typing import Any

import pikepdf
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from reportlib.build.page import Page
from reportlib.display import MIME

PAGE = Page(
    title="Race equality in complaints, deaths and supervision",
    year="2024-25",
    authors=("Analysis and Research Team", "A. Reviewer"),
    publication_date=date(2025, 11, 28),
    status=("published", "synthetic"),
    organisation="Prisons and Probation Ombudsman",
    contact="Insight and Race Equality, 020 0000 0000",
    correction="Deaths of May were counted twice until 3 March 2026.",
)

SHAPE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18"/></svg>'
LOGO = f"data:image/svg+xml;base64,{b64encode(SHAPE.encode()).decode()}"

GROUPS = ["Asian", "Black", "Mixed", "White", "Other", "Not stated"]
COLOURS = ["#1F8A81", "#801650", "#F46A25", "#12436D", "#A285D1", "#3D3D3D"]
TYPES = ["Category B or local", "Category C", "High security", "Open", "Women's prison", "Other or escort"]
READING = """## How to read this report

A *relative rate* compares a group with the White group. See
[the method](90-methods-and-quality.ipynb#how-we-compare), or the Civil Service's
[guidance on writing about ethnicity](https://www.ethnicity-facts-figures.service.gov.uk/).

- Suppressed figures are marked.
- Uncertain figures say so, **in words**.

1. First the verdict,
2. then the `figures`.
"""
ARGUMENT = """## Do rates differ by ethnic group?

We compare each group with the White group. A rate counts completed complaints only, since an open one may
still be upheld.
"""
EXPLANATION = """## What might explain it?

> Differences between groups are not, by themselves, evidence of discrimination.

### Establishment type

Groups are held in different kinds of prison.

| Term | Meaning |
|---|---|
| Eligible | within the Ombudsman's remit |
| Upheld | includes partly upheld |
"""


def number(value: float, form: str = "{:,.0f}") -> dict[str, Any]:
    return {"text": form.format(value), "value": value, "mark": None, "fact": None}


def mark(letter: str) -> dict[str, Any]:
    return {"text": f"[{letter}]", "value": None, "mark": letter, "fact": None}


def columns(*pairs: tuple[str, str, str]) -> list[dict[str, str]]:
    """Columns from (label, unit, role); keys are the labels."""
    return [{"key": label, "label": label, "unit": unit, "role": role} for label, unit, role in pairs]


def table(name: str, caption: str, cols: list[dict[str, str]], rows: list[list[Any]], **extra: Any) -> dict[str, Any]:
    cells = [[cell if isinstance(cell, dict) else {"text": cell} for cell in row] for row in rows]
    keyed = [dict(zip([col["key"] for col in cols], row, strict=True)) for row in cells]
    model = {
        "kind": "table",
        "id": name,
        "caption": caption,
        "status": ["synthetic"],
        "columns": cols,
        "rows": keyed,
        "notes": [],
        "source": "PPO complaints, demonstration extract",
        "folded": False,
    }
    return {**model, **extra}


def uphold_table() -> dict[str, Any]:
    rates = [0.31, 0.24, 0.28, 0.33, 0.29]
    rows = [
        [
            group,
            number(rate * 620),
            number(620 + 1311 * place),
            number(rate * 100, "{:.0f}%"),
            f"{rate * 100 - 3:.0f}% to {rate * 100 + 3:.0f}%",
            number(rate / 0.33, "{:.2f}"),
        ]
        for place, (group, rate) in enumerate(zip(GROUPS, rates, strict=False))
    ]
    rows.append(["Not stated", mark("c"), number(48), mark("c"), mark("c"), mark("u")])
    model = table(
        "uphold-rate-by-ethnicity",
        "Complaints upheld by ethnic group of the complainant, 2024-25",
        columns(
            ("Ethnic group", "", "header"),
            ("Upheld", "", "number"),
            ("Completed", "", "number"),
            ("Uphold rate", "%", "number"),
            ("95% interval", "", "text"),
            ("Relative rate", "White = 1", "number"),
        ),
        rows,
        notes=[
            "Upheld includes partly upheld; mediated complaints are counted apart.",
            "Ethnicity is as recorded in prison records on the day the complaint was received.",
        ],
    )
    total = ["All complainants", number(1510), number(5021), number(30, "{:.0f}%"), "29% to 31%", mark("x")]
    cells = [cell if isinstance(cell, dict) else {"text": cell} for cell in total]
    model["rows"].append({**dict(zip([c["key"] for c in model["columns"]], cells, strict=True)), "_total": True})
    return model


def wide_table() -> dict[str, Any]:
    cols = columns(
        ("Establishment type", "", "header"),
        *[
            (f"{group} {what}", unit, "number")
            for group in GROUPS[:5]
            for what, unit in (("complaints", ""), ("rate", "per 1,000"))
        ],
    )
    rows = [
        [
            kind,
            *[
                number(x, "{:,.1f}") if i % 2 else number(x)
                for i, x in enumerate(31_000.7 + 97_000.3 * i * (j + 1) for i in range(10))
            ],
        ]
        for j, kind in enumerate(TYPES)
    ]
    rows[4][3] = rows[4][4] = mark("c")
    return table("complaints-by-type", "Complaints received by establishment type and ethnic group", cols, rows)


def long_table() -> dict[str, Any]:
    cols = columns(
        ("Year", "", "header"),
        ("Ethnic group", "", "header"),
        ("Deaths", "", "number"),
        ("Rate", "per 1,000 prisoners", "number"),
    )
    rows = [
        [
            f"{year}-{(year + 1) % 100:02d}",
            group,
            number(5 + 7 * place + year % 5) if place != 2 else mark("c"),
            number(1.3 + place / 10, "{:.1f}") if place != 2 else mark("c"),
        ]
        for year in range(2013, 2025)
        for place, group in enumerate(GROUPS)
    ]
    return table(
        "deaths-by-year",
        "Deaths in custody by year of notification and ethnic group",
        cols,
        rows,
        notes=["Deaths are counted by the date on which the Ombudsman was notified."],
    )


def many_columns() -> dict[str, Any]:
    cols = columns(
        ("Region", "", "header"),
        ("Order", "", "text"),
        ("Completed", "%", "number"),
        ("Recalled", "%", "number"),
        ("Verdict", "", "text"),
    )
    rows = [
        [region, order, number(61 + place), mark("u") if place == 2 else number(9 + place), "inconclusive"]
        for place, region in enumerate(("London", "Yorkshire and the Humber", "Kent Surrey and Sussex", "Wales"))
        for order in ("community order", "licence")
    ]
    return table(
        "outcomes-by-region",
        "Supervision that was completed or ended in recall, by region and type of order",
        cols,
        rows,
    )


def chart(name: str, caption: str, alt: str, of: str) -> dict[str, Any]:
    """A forest plot with a band and a clip path, as plain SVG."""
    marks = []
    for place, (group, colour) in enumerate(zip(GROUPS[:5], COLOURS, strict=False)):
        x, y = 200 + 260 * [0.94, 0.73, 0.85, 1.0, 0.88][place], 30 + 40 * place
        marks.append(
            f'<text x="8" y="{y + 5}">{group}</text><path d="M{x - 45} {y}H{x + 50}" stroke="{colour}" '
            f'stroke-width="2"/><circle cx="{x}" cy="{y}" r="6" fill="{colour}"/>'
        )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 260" width="832" height="338" '
        'font-family="DejaVu Sans, Arial, sans-serif" font-size="15">'
        f'<defs><clipPath id="{name}-0"><path d="M0 0H640V260H0z"/></clipPath></defs>'
        '<path d="M0 0H640V260H0z" fill="#fff"/><path d="M408 8H525V215H408z" fill="#e6eaee"/>'
        f'<g clip-path="url(#{name}-0)"><path d="M460 8V215" stroke="#3D3D3D"/>{"".join(marks)}</g>'
        '<text x="460" y="245" text-anchor="middle">Relative rate (White = 1)</text></svg>'
    )
    return {
        "kind": "chart",
        "id": name,
        "caption": caption,
        "alt": alt,
        "svg": svg,
        "table": of,
        "status": ["synthetic"],
    }


def say(name: str, text: str, role: str = "finding") -> dict[str, Any]:
    return {"kind": "say", "id": name, "text": text, "role": role}


def show(cell: str, source: str, *models: dict[str, Any], tags: tuple[str, ...] = ()) -> NotebookNode:
    outputs = [new_output("display_data", {MIME: model, "text/plain": model["kind"]}) for model in models]
    return new_code_cell(source, id=cell, outputs=outputs, execution_count=1, metadata={"tags": list(tags)})


def notebook(chapter: str, title: str, intro: str, *cells: NotebookNode) -> NotebookNode:
    header = {
        "kind": "header",
        "chapter": chapter,
        "title": title,
        "question": intro,
        "status": ["synthetic"],
        "edition": "national",
        "year": "2024-25",
    }
    setup = show("setup", f'chapter = reportlib.open_chapter("{chapter}")', header, tags=("hide-code",))
    parameters = show(
        "parameters", 'reporting_year: str = "2024-25"\nconfidence_level: float = 0.95', tags=("parameters",)
    )
    first = new_markdown_cell(f"# {title}\n\n{intro}", id="title")
    close = show("close", "chapter.close()", tags=("hide-code",))
    return new_notebook(cells=[first, parameters, setup, *cells, close])


def markdown(source: str, cell: str, **metadata: Any) -> NotebookNode:
    return new_markdown_cell(source, id=cell, metadata=metadata)


def summary() -> NotebookNode:
    items = [
        (
            "Complaints received",
            "disproportionate",
            "Black people complained at 1.38 times the rate of White people. The range is 1.21 to 1.57.",
            "complaint-proportionality",
            "complaints-by-type",
        ),
        (
            "Complaints upheld",
            "difference, size uncertain",
            "Complaints from Black people were upheld less often than those from White people, 24% against 33%.",
            "uphold-rates",
            "uphold-rate-by-ethnicity",
        ),
        (
            "Deaths in custody",
            "inconclusive",
            "The numbers are too small to say. A difference of half as much again would have been seen.",
            "deaths-in-custody",
            "deaths-by-year",
        ),
        (
            "Supervision completed",
            "parity",
            "People from each ethnic group completed supervision at similar rates.",
            "probation-outcomes",
            "outcomes-by-region",
        ),
    ]
    alt = "Forest plot of complaints received. Black 1.38, above the band from 0.8 to 1.25; Asian 0.94, within it."
    picture = chart("complaints-card", "Complaints received", alt, "")
    headline = {
        "kind": "headline",
        "items": [
            dict(
                zip(("title", "verdict", "text", "chapter", "table"), item, strict=True),
                badge=item[1],
                further=[],
                chart=chart,
            )
            for item, chart in zip(items, [picture, None, None, None], strict=False)
        ],
    }
    return notebook(
        "summary",
        "Summary",
        "What the year's figures say, in one minute.",
        show("verdicts", "chapter.headlines()", headline),
        markdown(READING, "how-to-read"),
    )


def analysis(chapter: str, title: str, intro: str, model: dict[str, Any], name: str) -> NotebookNode:
    alt = (
        f"Forest plot of relative rates for five ethnic groups, {title.lower()}. Black 0.73, below the band from "
        "0.8 to 1.25; Asian 0.94, within it; Mixed and Other inconclusive."
    )
    return notebook(
        chapter,
        title,
        intro,
        markdown(ARGUMENT, "do-rates-differ"),
        show("compare-rates", 'rates = chapter.compare("uphold-rate-by-ethnicity", reference="White")'),
        show(
            "verdict",
            "chapter.say(rates.verdict)",
            say(
                f"{name}-verdict",
                "Complaints from Black people were upheld less often than those from White people: 24% against 33%.",
                "verdict",
            ),
        ),
        show(
            "chart",
            "chapter.chart(rates, kind='forest')",
            chart(name, f"Relative rates with 95% intervals: {title}", alt, model["id"]),
        ),
        show("table", "chapter.table(rates)", model),
        show(
            "finding",
            "chapter.say(rates.finding)",
            say(
                f"{name}-finding",
                "The interval runs from 0.66 to 0.81, so a difference this large is unlikely to be chance.",
            ),
            say(
                f"{name}-note",
                "The groups Mixed and Other are too small for a verdict; that is not evidence of no difference.",
                "note",
            ),
        ),
        show(
            "check",
            "chapter.audit()",
            say(f"{name}-qa", "Checked against last year's figures.", "note"),
            tags=("qa-only",),
        ),
        markdown(EXPLANATION, "explanations"),
    )


def report() -> list[NotebookNode]:
    """Five chapters, as a run leaves them."""
    return [
        summary(),
        analysis(
            "complaint-proportionality",
            "Who complains",
            "Do people from each ethnic group complain as often as their share of the prison population suggests?",
            wide_table(),
            "complaints-forest",
        ),
        analysis(
            "uphold-rates",
            "Complaints upheld",
            "Are complaints from each ethnic group upheld as often?",
            uphold_table(),
            "uphold-forest",
        ),
        analysis(
            "deaths-in-custody",
            "Deaths in custody",
            "Do deaths in custody fall evenly on ethnic groups?",
            long_table(),
            "deaths-forest",
        ),
        analysis(
            "probation-outcomes",
            "Probation outcomes",
            "Does supervision end in the same way for people from each ethnic group?",
            many_columns(),
            "outcomes-forest",
        ),
        notebook(
            "methods-and-quality",
            "Methods and quality",
            "How the figures were made and how far to trust them.",
            markdown("## How we compare\n\nEach rate is divided by the White group's rate.", "how-we-compare"),
        ),
    ]


def elements(document: pikepdf.Pdf, kind: str) -> Iterator[Any]:
    """The elements of one kind in a PDF's structure tree, in reading order, to look at or to break."""
    return (node for node in _descend(document.Root.StructTreeRoot) if str(node.S) == kind)


def _descend(node: Any) -> Iterator[Any]:
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from _descend(kid)
