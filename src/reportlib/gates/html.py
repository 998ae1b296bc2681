"""What a finished page must be: readable by everyone, complete in itself, and quiet on the network.

Success criteria are those of WCAG 2.2 (W3C Recommendation, 2023).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from urllib.parse import unquote

from lxml import html as lxml_html
from lxml.html import HtmlElement

from reportlib.colour import TEXT_CONTRAST, contrast
from reportlib.errors import Finding
from reportlib.gates.words import vague_alt, vague_link

Fault = tuple[HtmlElement, str]
Rule = Callable[[HtmlElement], Iterator[Fault]]

LOADING = ("src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href")
FORBIDDEN = ("script", "iframe", "object", "embed", "link", "base", "form", "applet", "audio", "video")
# Text and ground as the style sheet pairs them, each by the name of its colour.
PAIRS = [
    *[(ink, "paper") for ink in ("ink", "muted", "accent", "synthetic", "published", "extract", "caution")],
    *[(ink, "wash") for ink in ("ink", "muted", "accent", "synthetic", "extract", "caution")],
    *[("#ffffff", ground) for ground in ("cover", "alert")],
]


def check_html(html: str, name: str) -> list[Finding]:
    """Every fault of one page, by line."""
    tree = lxml_html.document_fromstring(html)
    return [
        Finding(f"{message}{_near(element)}", name, row=element.sourceline)
        for rule in RULES
        for element, message in rule(tree)
    ]


def check_site(pages: Mapping[str, str], files: Collection[str] = ()) -> list[Finding]:
    """Every fault of each page, and every link from one to another that leads nowhere.

    `pages` are HTML by file name; `files` are the names of the other files that stand beside them.
    """
    found = [finding for name, html in pages.items() for finding in check_html(html, name)]
    trees = {name: lxml_html.document_fromstring(html) for name, html in pages.items()}
    names = {name: set(tree.xpath("//@id")) for name, tree in trees.items()}
    for name, tree in trees.items():
        for link in tree.iter("a"):
            file, _, place = unquote(link.get("href", "")).partition("#")
            if not file or ":" in file:
                continue
            if file not in names and file not in files:
                found.append(Finding(f"a link leads to {file}, which is not there", name, row=link.sourceline))
            elif place and place not in names.get(file, {place}):
                found.append(Finding(f"a link leads to {file}#{place}: no such place", name, row=link.sourceline))
    return found


def _near(element: HtmlElement) -> str:
    names = [one.get("id") for one in (element, *element.iterancestors()) if one.get("id")]
    return f" (at #{names[0]})" if names else ""


def text_of(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def language(tree: HtmlElement) -> Iterator[Fault]:
    """The page names its language, British English (3.1.1)."""
    if tree.get("lang") != "en-GB":
        yield tree, 'the page does not say lang="en-GB"'


def title(tree: HtmlElement) -> Iterator[Fault]:
    """The page has a title (2.4.2)."""
    if not (tree.findtext("head/title") or "").strip():
        yield tree, "the page has no title"


def structure(tree: HtmlElement) -> Iterator[Fault]:
    """The page has one main part, and a link that skips to it (1.3.1, 2.4.1)."""
    mains = tree.xpath("//main[@id]")
    if len(mains) != 1:
        yield tree, f"the page has {len(mains)} main parts, not one"
    elif not tree.xpath("//body/a[1][@href=$main]", main=f"#{mains[0].get('id')}"):
        yield mains[0], "the first link does not skip to the main part"


def zoom(tree: HtmlElement) -> Iterator[Fault]:
    """Nothing keeps a reader from zooming (1.4.4)."""
    for meta in tree.xpath("//meta[@name='viewport']"):
        if re.search(r"user-scalable\s*=\s*(no|0)|maximum-scale", meta.get("content", "")):
            yield meta, "the viewport forbids zooming"


def headings(tree: HtmlElement) -> Iterator[Fault]:
    """One first-level heading, first of all; no level skipped, no heading empty (1.3.1, 2.4.6)."""
    found = tree.xpath("//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6]")
    levels = [int(heading.tag[1]) for heading in found]
    if levels.count(1) != 1:
        yield tree, f"the page has {levels.count(1)} first-level headings, not one"
    for heading, level, before in zip(found, levels, [0, *levels], strict=False):
        if level > before + 1:
            yield heading, f"a heading of level {level} follows one of level {before}"
        if not text_of(heading):
            yield heading, "an empty heading"


def alt_text(tree: HtmlElement) -> Iterator[Fault]:
    """Each picture has alt text that is real, and is not the caption again (1.1.1)."""
    for picture in tree.xpath("//img | //svg"):
        if picture.get("aria-hidden") == "true":
            continue
        is_svg = picture.tag == "svg"
        alt = (picture.get("aria-label" if is_svg else "alt") or "").strip()
        if is_svg and picture.get("role") != "img":
            yield picture, 'a chart does not say that it is one picture (role="img")'
        captions = [" ".join(words.split()) for words in picture.xpath("ancestor::figure/figcaption/text()")]
        if problem := vague_alt(alt, captions, short=not is_svg):
            yield picture, problem


def figures(tree: HtmlElement) -> Iterator[Fault]:
    """Each chart has a caption and a link to the figures behind it (1.1.1, 1.3.1)."""
    for figure in tree.iter("figure"):
        if not any(text_of(caption) for caption in figure.iter("figcaption")):
            yield figure, "a figure without a caption"
        if not figure.xpath(".//a[starts-with(@href, '#')]"):
            yield figure, "a figure without a link to its data"


def tables(tree: HtmlElement) -> Iterator[Fault]:
    """Each table has a caption, headings with a scope, and no empty cell (1.3.1)."""
    for table in tree.iter("table"):
        if not any(text_of(caption) for caption in table.iter("caption")):
            yield table, "a table without a caption"
        scopes = [cell.get("scope") for cell in table.iter("th")]
        if any(scope not in ("col", "row") for scope in scopes):
            yield table, "a heading cell without a scope"
        if "col" not in scopes or "row" not in scopes:
            yield table, "a table without headings for both its columns and its rows"
        for cell in table.xpath(".//th | .//td"):
            if not text_of(cell):
                yield cell, "an empty heading cell" if cell.tag == "th" else "an empty cell"
        if table.xpath(".//*[@colspan or @rowspan]"):
            yield table, "a merged cell"


def marks(tree: HtmlElement) -> Iterator[Fault]:
    """Each mark in a table is explained under it."""
    for block in tree.xpath("//*[contains(@class, 'block')][.//table]"):
        used = {text for cell in block.iter("td") for text in re.findall(r"\[[a-z]\]", text_of(cell))}
        explained = {text_of(term) for term in block.xpath(".//dl[@class='marks']//dt")}
        for missing in sorted(used - explained):
            yield block, f"the mark {missing} is not explained"


def statuses(tree: HtmlElement) -> Iterator[Fault]:
    """Each table of figures and each chart says what its data is."""
    for block in tree.xpath("//figure | //*[contains(@class, 'block')][.//table[@class='figures']]"):
        if not block.xpath(".//*[contains(@class, 'badge')]"):
            yield block, "figures without a data status"


def scrolling(tree: HtmlElement) -> Iterator[Fault]:
    """Each part that scrolls can be reached by keyboard and has a name of its own (2.1.1, 4.1.2)."""
    seen: set[str] = set()
    for region in tree.xpath("//*[@role='group']"):
        named = region.get("aria-labelledby", "").split()
        parts = [part for name in named for part in tree.xpath("//*[@id=$name]", name=name)]
        label = region.get("aria-label") or " ".join(map(text_of, parts))
        if region.get("tabindex") != "0":
            yield region, "a scrolling part that the keyboard cannot reach"
        if not label or label in seen:
            yield region, "a scrolling part without a name of its own"
        seen.add(label)


def links(tree: HtmlElement) -> Iterator[Fault]:
    """Each link says where it leads, and leads somewhere (2.4.4)."""
    ids = set(tree.xpath("//@id"))
    for link in tree.iter("a"):
        text, href = text_of(link) or " ".join(link.xpath(".//img/@alt")), link.get("href", "")
        if problem := vague_link(text):
            yield link, problem
        if href.startswith("#") and unquote(href[1:]) not in ids:
            yield link, f"a link leads to {href}: no such place"
        if not href or re.match(r"(?!https?:|mailto:|data:)[a-z]+:", href):
            yield link, f"a link of an unknown kind: {href[:40]!r}"


def same_words(tree: HtmlElement) -> Iterator[Fault]:
    """In the main part, the same words never lead to two places (2.4.9)."""
    targets: dict[str, str] = {}
    for link in tree.xpath("//main//a"):
        text, href = text_of(link).lower(), link.get("href", "")
        if targets.setdefault(text, href) != href:
            yield link, f"“{text_of(link)}” leads to different places"


def names(tree: HtmlElement) -> Iterator[Fault]:
    """No two places have one name, and each name that is used exists."""
    seen: set[str] = set()
    for element in tree.xpath("//*[@id]"):
        if element.get("id") in seen:
            yield element, f"the name {element.get('id')} is used twice"
        seen.add(element.get("id"))
    for element in tree.xpath("//*[@aria-labelledby or @aria-describedby]"):
        used = f"{element.get('aria-labelledby', '')} {element.get('aria-describedby', '')}".split()
        for missing in sorted(set(used) - seen):
            yield element, f"refers to #{missing}, which is not there"


def scripts(tree: HtmlElement) -> Iterator[Fault]:
    """Nothing on the page runs, loads another document or sends anything."""
    for element in tree.iter(*FORBIDDEN):
        yield element, f"a {element.tag} element"
    for element in tree.iter():
        for name in element.attrib if isinstance(element.tag, str) else ():
            if name.startswith("on"):
                yield element, f"a script in an attribute ({name})"
    for meta in tree.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']"):
        yield meta, "the page reloads itself"


def requests(tree: HtmlElement) -> Iterator[Fault]:
    """Nothing on the page is fetched from an address."""
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        hrefs = () if element.tag == "a" else ("href",)
        for name in (*LOADING, *hrefs):
            address = element.get(name, "#")
            if not address.startswith(("#", "data:")):
                yield element, f"something is fetched from {address[:60]}"
    for style in tree.iter("style"):
        if re.search(r"@import|url\((?!\s*['\"]?(?:data:|#))", style.text or ""):
            yield style, "the style sheet fetches something"


def policy(tree: HtmlElement) -> Iterator[Fault]:
    """The Content-Security-Policy allows the page's own style sheet, known by its digest, and nothing else."""
    found = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    rules = found[0] if found else ""
    if "default-src 'none'" not in rules or "unsafe" in rules or "http" in rules:
        yield tree, "the page has no strict Content-Security-Policy"
    for style in tree.iter("style"):
        digest = base64.b64encode(hashlib.sha256((style.text or "").encode()).digest()).decode()
        if digest not in rules:
            yield style, "a style sheet that the policy does not know"
    for element in tree.xpath("//*[@style]"):
        yield element, "a style in an attribute, which the policy refuses"


def colours(tree: HtmlElement) -> Iterator[Fault]:
    """Text stands out from its ground by 4.5 to 1 at least, on light and on dark (1.4.3)."""
    for style in tree.iter("style"):
        schemes = re.split(r"@media\s*\(prefers-color-scheme:\s*dark\)", style.text or "", maxsplit=1)
        light = _declared(schemes[0])
        dark = {**light, **_declared(schemes[1])} if len(schemes) > 1 else {}
        for scheme, palette in (("light", light), ("dark", dark)):
            for text, ground in PAIRS:
                if ground not in palette:
                    continue
                ratio = contrast(palette.get(text, text), palette[ground])
                if ratio < TEXT_CONTRAST:
                    yield style, f"{text} on {ground} ({scheme}): contrast {ratio:.2f}, at least {TEXT_CONTRAST} needed"


def _declared(sheet: str) -> dict[str, str]:
    root = re.search(r":root\s*\{([^}]*)\}", sheet)
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6})", root[1])) if root else {}


RULES: tuple[Rule, ...] = (
    language, title, structure, zoom, headings, alt_text, figures, tables, marks, statuses, scrolling, links,
    same_words, names, scripts, requests, policy, colours,
)  # fmt: skip
