"""What a chapter displays: a model that every renderer reads, and beside it what JupyterLab shows.

There too every table and chart says of what status its data are, and a table what its marks and figures mean.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

from reportlib.words import listed, marks_told

MIME = "application/vnd.reportlib+json"


def plain(model: Mapping[str, Any]) -> dict[str, str]:
    """What JupyterLab shows of a model, by media type."""
    kind = model["kind"]
    if kind == "table":
        return {"text/html": _table(model), "text/plain": _titled(model)}
    if kind == "chart":
        return {"text/html": _chart(model), "text/plain": model["alt"]}
    if kind == "say":
        return {"text/markdown": model["text"]}
    if kind == "points":
        points = [f"- **{item['title']}.** {item['text']}" for item in model["items"]]
        return {"text/markdown": "\n".join([model["lead"], "", *points])}
    if kind == "headline":
        return {"text/html": "".join(map(_card, model["items"]))}
    return {"text/plain": f"{model['chapter']}, {model['year']} ({listed(model['status'])})"}


def _titled(model: Mapping[str, Any]) -> str:
    """The caption of a table or chart, with the status of its data."""
    return f"{model['caption']} ({listed(model['status'])})" if model["status"] else str(model["caption"])


def _chart(model: Mapping[str, Any]) -> str:
    picture = b64encode(model["svg"].encode()).decode()
    address = f"data:image/svg+xml;base64,{picture}"
    return f"<p><b>{escape(_titled(model))}</b></p><img alt='{escape(model['alt'])}' src='{address}'>"


def _card(item: Mapping[str, Any]) -> str:
    text, *further = (f"<p>{escape(words)}</p>" for words in (item["text"], *item["further"]))
    picture = _chart(item["chart"] | {"status": []}) if item["chart"] else ""
    return f"<h4>{escape(item['title'])} ({escape(item['badge'])})</h4>{text}{picture}{''.join(further)}"


def _table(model: Mapping[str, Any]) -> str:
    keys = [column["key"] for column in model["columns"]]
    units = [f" ({column['unit']})" if column.get("unit") else "" for column in model["columns"]]
    labels = [f"{column['label']}{unit}" for column, unit in zip(model["columns"], units, strict=True)]
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for label in labels)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(row[key]['text'])}</td>" for key in keys) + "</tr>" for row in model["rows"]
    )
    marks = marks_told(row[key]["text"] for row in model["rows"] for key in keys)
    notes = "".join(f"<p>{escape(note)}</p>" for note in [*model.get("notes", []), *marks])
    return f"<table><caption>{escape(_titled(model))}</caption><tr>{head}</tr>{body}</table>{notes}"
