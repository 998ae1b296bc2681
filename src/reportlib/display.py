"""What a chapter displays: a model that every renderer reads, and beside it what JupyterLab shows."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

MIME = "application/vnd.reportlib+json"


def plain(model: Mapping[str, Any]) -> dict[str, str]:
    """What JupyterLab shows of a model, by media type."""
    kind = model["kind"]
    if kind == "table":
        return {"text/html": _table(model), "text/plain": model["caption"]}
    if kind == "chart":
        return {"image/svg+xml": model["svg"], "text/plain": model["alt"]}
    if kind == "say":
        return {"text/markdown": model["text"]}
    if kind == "points":
        points = [f"- **{item['title']}.** {item['text']}" for item in model["items"]]
        return {"text/markdown": "\n".join([model["lead"], "", *points])}
    if kind == "headline":
        return {"text/html": "".join(map(_card, model["items"]))}
    return {"text/plain": f"{model['chapter']}, {model['year']}"}


def _card(item: Mapping[str, Any]) -> str:
    text, *further = (f"<p>{escape(words)}</p>" for words in (item["text"], *item["further"]))
    picture = item["chart"]["svg"] if item["chart"] else ""
    return f"<h4>{escape(item['title'])} ({escape(item['badge'])})</h4>{text}{picture}{''.join(further)}"


def _table(model: Mapping[str, Any]) -> str:
    keys = [column["key"] for column in model["columns"]]
    head = "".join(f"<th scope='col'>{escape(column['label'])}</th>" for column in model["columns"])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(row[key]['text'])}</td>" for key in keys) + "</tr>" for row in model["rows"]
    )
    return f"<table><caption>{escape(model['caption'])}</caption><tr>{head}</tr>{body}</table>"
