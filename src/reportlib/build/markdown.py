"""Markdown as a tree, so that HTML and PDF are written from the same reading of it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import mistune

Token = dict[str, Any]

_parse = mistune.create_markdown(renderer="ast", plugins=["table"])


def parse(source: str) -> list[Token]:
    """The blocks of a markdown cell. Raw HTML stays text: it is never passed on as markup."""
    tokens = _parse(source)
    return [token for token in tokens if token["type"] != "blank_line"]  # type: ignore[union-attr,index,misc]


def plain(token: Token) -> str:
    """A token's text without its markup."""
    if token["type"] in ("softbreak", "linebreak"):
        return " "
    if "children" in token:
        return "".join(plain(child) for child in token["children"])
    return str(token.get("raw", ""))


def to_html(tokens: list[Token], shift: int = 0, resolve: Callable[[str], str] = str) -> str:
    """HTML of parsed markdown; headings go `shift` levels down, links through `resolve`."""
    return "".join(_html(token, shift, resolve) for token in tokens)


SIMPLE = {"paragraph": "p", "emphasis": "em", "strong": "strong", "block_quote": "blockquote", "list_item": "li"}


def _html(token: Token, shift: int, resolve: Callable[[str], str]) -> str:
    kind, attrs = token["type"], token.get("attrs", {})
    inner = to_html(token.get("children", []), shift, resolve)
    if kind in SIMPLE:
        return f"<{SIMPLE[kind]}>{inner}</{SIMPLE[kind]}>"
    if kind == "block_text":
        return inner
    if kind == "heading":
        level = min(attrs["level"] + shift, 6)
        return f'<h{level} id="{escape(attrs["id"])}">{inner}</h{level}>'
    if kind == "link":
        address = resolve(attrs["url"])
        return f'<a href="{escape(address)}">{inner}</a>' if address else inner
    if kind == "list":
        tag = "ol" if attrs.get("ordered") else "ul"
        return f"<{tag}>{inner}</{tag}>"
    if kind == "table":
        headings = [plain(cell) for cell in token["children"][0]["children"]]
        caption = f'<caption class="hidden">{escape(" and ".join(headings))}</caption>'
        return f"<table>{caption}{inner}</table>"
    if kind.startswith("table_"):
        return _html_table(kind, attrs, inner)
    fixed = {"softbreak": "\n", "linebreak": "<br>", "thematic_break": "<hr>", "blank_line": ""}
    if kind in fixed:
        return fixed[kind]
    raw = escape(token.get("raw", plain(token)), quote=False)
    return {"codespan": f"<code>{raw}</code>", "block_code": f"<pre><code>{raw}</code></pre>"}.get(kind, raw)


def _html_table(kind: str, attrs: dict[str, Any], inner: str) -> str:
    if kind == "table_cell":
        return f'<th scope="col">{inner}</th>' if attrs.get("head") else f"<td>{inner}</td>"
    if kind == "table_head":
        return f"<thead><tr>{inner}</tr></thead>"
    if kind == "table_body":
        return f"<tbody>{inner}</tbody>"
    row_header = inner.replace("<td>", '<th scope="row">', 1).replace("</td>", "</th>", 1)
    return f"<tr>{row_header}</tr>"
