"""Rules on establishments: whether the list of them holds every one, on every day, once and in a known region."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reportlib.editions import codes
from reportlib.errors import Finding, closest
from reportlib.inputs.contracts import sql_list
from reportlib.inputs.cube import input_table
from reportlib.inputs.findings import FIRST, is_code, quoted, shortened, to_copy
from reportlib.inputs.typed_tables import Tables
from reportlib.words import listed

PRISON = ("hmp", "yoi", "hmpyoi", "hmyoi", "irc", "and")  # before the name of a place, or not
NOT_TYPED = "counted as of no known type"


def unknown_establishments(tables: Tables) -> Iterator[Finding]:
    """Establishments that the list of establishments does not hold; an error if most rows are so."""
    for table in tables.placed():
        held = tables.engine.rows(f"SELECT DISTINCT establishment FROM {input_table('establishments')}")
        names = sorted(name for (name,) in held if name)
        unknown = (
            f"SELECT establishment, count(*) FROM {input_table(table)} WHERE establishment NOT IN {sql_list(names)}"
        )
        counts = dict(tables.engine.rows(f"{unknown}{tables.in_custody(table)} GROUP BY establishment"))
        lines = [f"{json.dumps(name)}: {json.dumps(known)}" for name, known in _as_listed(counts, names).items()]
        for finding in _unknown_in(tables, table, names, counts):
            yield replace(finding, lines=to_copy(table, "establishment", lines) if lines else "")
            lines = []  # once is enough


def _as_listed(unknown: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """Which names are of the list, but for capitals, spaces and what kind of prison it is said to be."""
    known = defaultdict(set)
    for name in names:
        for form in (_folded(name), _bare(name)):
            known[form].add(name)
    found = {name: known[_folded(name)] | known[_bare(name)] for name in sorted(unknown) if _bare(name)}
    return {name: min(same) for name, same in found.items() if len(same) == 1 and is_code(name) and "(" not in name}


def _unknown_in(tables: Tables, table: str, names: Sequence[str], counts: Mapping[str, int]) -> Iterator[Finding]:
    source, advice = tables.sources[table], f"{NOT_TYPED} until mapped to a name there under codes:, or added there"
    folded, in_custody = {_folded(name): name for name in names}, tables.in_custody(table)
    level = "warning" if sum(counts.values()) <= source.rows / 2 else "error"
    if alike := {name: folded[_folded(name)] for name in sorted(counts) if _folded(name) in folded}:
        pairs = [f"{quoted(name)} for {quoted(known)}" for name, known in alike.items()]
        message = "differs from establishments in capitals or spaces alone; under codes: map each to its name there"
        where = f"establishment IN {sql_list(alike)}{in_custody}"
        detail = f": {listed(shortened(pairs))}"
        yield from tables.find(table, "establishment", where, message, level, detail=detail)
    where = f"establishment NOT IN {sql_list([*names, *alike])}{in_custody}"
    places = tables.places(table, where, "establishment")
    different = (places[0].different or len(places)) if places else 0
    questions = {place.value or "": _question(place.value or "", names) for place in places}
    if level == "warning" and different == len(places) <= FIRST:
        for place, (name, question) in zip(places, questions.items(), strict=True):
            message = f"{quoted(name)} is not in establishments; {advice}"
            yield place.finding(message, source.files, source.names["establishment"], level, question)
        return
    message = f"{different} names are not in establishments; {advice}"
    if level == "error":
        message = (
            "most rows have an establishment that is not in establishments; under codes: map each to its name there"
        )
    told = ", ".join(quoted(name) + question for name, question in questions.items())
    detail = f": {told}" if different == len(places) else ""
    yield from tables.find(table, "establishment", where, message, level, detail=detail)


def _folded(name: str) -> str:
    """A name without capitals and spaces."""
    return "".join(name.casefold().split())


def _question(name: str, names: Sequence[str]) -> str:
    """Which of some names may be meant, asked in brackets: what is spelt much alike may be another place."""
    own, bare = _bare(name), {known: words for known in names if (words := _bare(known))}
    same = [known for known, words in bare.items() if words == own]
    same = same or [known for known, words in bare.items() if words in own or own in words]
    if own and same:
        return f" (is it {quoted(max(same, key=len))}?)"
    close = closest(name, names, 0.8)
    return f" (a misspelling of {quoted(close)}, or a place to add to the list?)" if close else ""


def _bare(name: str) -> str:
    """The words of a name with spaces round them, without capitals, brackets and what kind of prison it is."""
    words = [word for word in re.findall(r"[^\W_]+", re.sub(r"[(].*?[)]", "", name.casefold())) if word not in PRISON]
    return f" {' '.join(words)} " if words else ""


def closed_establishments(tables: Tables) -> Iterator[Finding]:
    """Rows of a day on which the list of establishments gives an establishment no type."""
    limits = {"valid_from": "e.valid_from > r.day", "valid_to": "e.valid_to < r.day"}
    held = [name for name in limits if tables.has("establishments", name)]
    outside = " OR ".join(limits[name] for name in held)
    for table in filter(tables.dated, tables.placed() if held else []):
        same = f"SELECT 1 FROM {input_table('establishments')} e WHERE e.establishment = r.establishment"
        where = f"EXISTS ({same}) AND NOT EXISTS ({same} AND NOT coalesce({outside}, FALSE)){tables.in_custody(table)}"
        rows = f"SELECT *, {tables.day(table)[0]} AS day FROM {input_table(table)}"
        message = f"{{found}} is not in establishments on that day; {NOT_TYPED}"
        yield from tables.find(table, "establishment", where, message, "warning", "establishment", rows)


def overlapping_types(tables: Tables) -> Iterator[Finding]:
    """Two types of one establishment on the same day, which would count its rows twice."""
    if not tables.sound("establishments", "valid_from", "valid_to"):
        return
    periods = ("o.valid_from > r.valid_to", "r.valid_from > o.valid_to")
    apart = periods if tables.has("establishments", "valid_from", "valid_to") else ("FALSE",)
    earlier = "(o.source_file < r.source_file OR (o.source_file = r.source_file AND o.source_row < r.source_row))"
    where = (
        f"EXISTS (SELECT 1 FROM {input_table('establishments')} o WHERE o.establishment = r.establishment "
        f"AND {earlier} AND NOT coalesce({' OR '.join(apart)}, FALSE))"
    )
    message = "{found} stands in an earlier row for some of the same days; take one out, or give its days"
    yield from tables.find("establishments", "establishment", where, message, value="establishment")


def unknown_regions(tables: Tables) -> Iterator[Finding]:
    """Regions of establishments that are no region of an edition."""
    if tables.has("establishments", "region"):
        where = f"region NOT IN {sql_list(codes('region'))}"
        message = "{found} is none of the regions of supervision; what happens there is in no edition by region"
        yield from tables.find("establishments", "region", where, message, "warning", "region")
