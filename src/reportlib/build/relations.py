"""How the cells of all tables hang together: what makes up what, and which codes nobody has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from reportlib.build.counting import Counted
from reportlib.disclosure import Relations, Tables
from reportlib.disclosure.policy import PART, Sum
from reportlib.errors import ReportError
from reportlib.ethnicity import NOT_STATED, groupings
from reportlib.inputs.cube import ETHNICITIES
from reportlib.inputs.release import Release
from reportlib.measures import PARTS, SUMS, SUMS_ACROSS
from reportlib.params import Params
from reportlib.words import listed
from reportlib.years import span, years_between

Divided = dict[str, list[tuple[str, ...]]]  # code -> the ways in which it is divided
Hierarchies = dict[str, Divided]  # by dimension


def relations(
    params: Params,
    release: Release,
    counted: Sequence[Counted],
    before: Tables,
    official: Tables = (),
    parts: Iterable[Mapping[str, Mapping[str, Sequence[str]]]] = (),
) -> Relations:
    """How the cells hang together: groups in groups, years in the pooled period, parts in wholes.

    `before` and `official` are what earlier reports and official tables tell; `parts` says of which regions or types
    the editions of earlier reports were. Raises ReportError where one of them is of others now.
    """
    carried = [*before, *official]
    several = _several(params, parts)
    codes = _codes(params, release, counted, carried, several)
    dimensions = {edition.dimension for edition in params.editions if edition.dimension}
    periods = {str(year) for table in carried for year in table.frame["year"]}
    periods |= {span(release.years(table.spec)) for table in counted if table.left_out} | {params.pooled_label}
    places: Hierarchies = {
        name: {"all": [tuple(sorted(found))]} | several.get(name, {}) | _left_out(name, counted, before)
        for name, found in codes.items()
    }
    people = tuple((part.code, part.whole) for part in PARTS.values() if part.counts == "people" and part.whole)
    return Relations(
        hierarchies=places | {"year": _years(periods)} | dict.fromkeys(ETHNICITIES, _ethnic()),
        chains=_chains({table.part.code for table in counted} | {table.part for table in carried}, people),
        at_most=people,
        fixed=(*ETHNICITIES, "ethnicity_source"),
        nobody=_nobody(codes, counted, before, _held(release, counted, dimensions)),
        sums=(*_where_ethnicity_comes_from(), *SUMS_ACROSS, *_together(counted, release, params.pooled_label)),
    )


def _codes(
    params: Params, release: Release, counted: Sequence[Counted], carried: Tables, several: Hierarchies
) -> dict[str, set[str]]:
    """The codes of each dimension that anything shows, leaves out, or is an edition of."""
    codes: dict[str, set[str]] = {}
    for frame in [table.frame for table in counted] + [table.frame for table in carried]:
        for name in frame.columns.drop("value"):
            if name not in ETHNICITIES and name != "year":
                codes.setdefault(name, set()).update(frame[name])
    for name, left_out in [pair for table in counted for pair in table.left_out.items()]:
        codes[name].update(left_out)
    for edition in params.editions:
        if edition.dimension:
            held = (code for (code,) in release.codes(edition.dimension))
            codes.setdefault(edition.dimension, set()).update(held, edition.values)
    for name, of in several.items():
        codes.setdefault(name, set()).update(value for (values,) in of.values() for value in values)
    return {name: found - {"all"} for name, found in codes.items()}


def _years(periods: Iterable[str]) -> Divided:
    """The years of each period of more than one."""
    return {label: [years] for label in sorted(periods) if len(years := years_between(label)) > 1}


def _ethnic() -> Divided:
    """The groups that make up all, in every grouping, and the detailed ones of each broad one."""
    every = groupings()
    found: Divided = {"all": [tuple(grouping.codes) for grouping in every.values()]}
    for name in ("5+1", "two"):
        found |= {code: [every[name].members(code)] for code in every[name].compared}
    return found


def _chains(used: set[str], people: Iterable[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The parts that make up others, as far as they are used or such a part is made up of them.

    One more than there are people: one came twice.
    """
    chains: list[tuple[str, tuple[str, ...]]] = [
        (part.whole, (part.code, f"not {part.code}"))
        for part in PARTS.values()
        if part.whole and part.counts != "people" and part.code in used
    ]
    known = {*used}
    for whole, parts in SUMS:
        if known & {whole.removeprefix("not "), *parts}:
            chains.append((whole, parts))
            known.update(parts)
    return (*chains, *((whole, (some, f"repeated {whole}")) for some, whole in people))


def _several(params: Params, parts: Iterable[Mapping[str, Mapping[str, Sequence[str]]]]) -> Hierarchies:
    """The editions of several regions or types, of this report and of earlier ones: by dimension and name, of which."""
    found: Hierarchies = {}
    for edition in params.editions:
        if edition.dimension and len(edition.values) > 1:
            found.setdefault(edition.dimension, {})[edition.code] = [edition.values]
    for name, of in (pair for earlier in parts for pair in earlier.items()):
        for code, values in of.items():
            (known,) = found.setdefault(name, {}).setdefault(code, [tuple(values)])
            if set(known) != set(values):
                raise ReportError(
                    f"An earlier report has the edition {code!r} of {listed(values)}, which is of others now: "
                    "give the one that has changed another name."
                )
    return found


def _left_out(name: str, counted: Sequence[Counted], before: Tables = ()) -> Divided:
    """The parts that tables leave out together, now or earlier: what is shown tells of them as one."""
    together = {tuple(sorted(table.left_out.get(name, ()))) for table in counted}
    earlier = [table.frame[name] for table in before if table.below and name in table.frame]
    together |= {tuple(sorted({*codes} - {"all"})) for codes in earlier}
    return {"+".join(codes): [codes] for codes in sorted(together) if len(codes) > 1}


def _where_ethnicity_comes_from() -> tuple[Sum, ...]:
    """How a person's ethnicity follows from those on the two systems: NOMIS, and where it holds none, PPUD."""
    unknown = {"ethnicity_nomis": NOT_STATED}
    of_neither = unknown | {"ethnicity_ppud": NOT_STATED}
    codes = {code for grouping in groupings().values() for code in grouping.codes} - {NOT_STATED}
    return (
        *((({"ethnicity": c},), ({"ethnicity_nomis": c}, unknown | {"ethnicity_ppud": c})) for c in sorted(codes)),
        (({"ethnicity": NOT_STATED},), (of_neither,)),
        (({"ethnicity": NOT_STATED},), ({"ethnicity_source": "Not stated"},)),
        (({"ethnicity_source": "Not stated"},), (of_neither,)),
        (({},), ({"ethnicity_source": "NOMIS"}, unknown)),
    )


def _together(counted: Sequence[Counted], release: Release, period: str) -> tuple[Sum, ...]:
    """The regions and types that hold the same records, and what types leave of a region that they are in alone.

    An establishment that is not in the list is of no region and of no known type, and whoever subtracts regions from
    the whole has what subtracting types gives; and who subtracts a type from the one region that has it, or a region
    from its one type, what else that has. Of each part and year of which this report has tables by both; an earlier
    one may have had another list.
    """
    shown: dict[str, set[tuple[str, str]]] = {"region": set(), "establishment_type": set()}
    for table in counted:
        frame = table.as_published(period).frame
        for name in shown.keys() & {*frame.columns}:
            shown[name].update((table.part.code, year) for year in frame["year"].unique())
    if not (both := sorted(set.intersection(*shown.values()))):
        return ()
    pairs = {(region, kind) for region, kind in release.codes("region", "establishment_type")}
    same = _groups(pairs)
    sums = [({"region": some}, {"establishment_type": others}, "") for some, others in same if len(same) > 1]
    for one, other, held in (
        ("region", "establishment_type", pairs),
        ("establishment_type", "region", {(kind, region) for region, kind in pairs}),
    ):
        for whole in sorted({each for _, each in held}):
            elsewhere = {code for code, each in held if each != whole}
            there = {code for code, each in held if each == whole}
            if there - elsewhere and there & elsewhere:
                sums.append(({other: {whole}}, {one: there - elsewhere}, f"elsewhere in {whole}"))
    return tuple(
        (
            _places(part, year, whole),
            (*_places(part, year, some), *([{PART: f"{part}, {rest}", "year": year}] if rest else [])),
        )
        for part, year in both
        for whole, some, rest in sums
    )


def _places(part: str, year: str, codes: Mapping[str, Iterable[str]]) -> tuple[dict[str, str], ...]:
    return tuple({PART: part, "year": year, name: code} for name, some in codes.items() for code in sorted(some))


def _groups(pairs: Iterable[tuple[str, str]]) -> list[tuple[set[str], set[str]]]:
    """Codes of two dimensions that are tied to one another by pairs, and to those of no other group."""
    groups: list[tuple[set[str], set[str]]] = []
    for code, beside in sorted(pairs):
        tied = [group for group in groups if code in group[0] or beside in group[1]]
        groups = [group for group in groups if group not in tied]
        groups.append(({code}.union(*(group[0] for group in tied)), {beside}.union(*(group[1] for group in tied))))
    return groups


def _held(release: Release, counted: Sequence[Counted], dimensions: Iterable[str]) -> dict[tuple[str, str], set[str]]:
    """The codes that somebody has, of each part and each dimension of editions by which no table of the whole is.

    Where nobody has any other, the editions add up to the whole, and readers see it.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for table in counted:
        for name in {*dimensions} - {*table.frame.columns} if not table.edition.dimension else ():
            spec = replace(table.spec, by=(*table.spec.by, name))
            frame = pd.DataFrame() if release.why_unavailable(spec) else release.counts(spec, table.part)
            if name in frame:
                found.setdefault((table.part.code, name), set()).update(frame.loc[frame["value"].gt(0), name])
    return found


def _nobody(
    codes: Mapping[str, set[str]],
    counted: Sequence[Counted],
    before: Tables,
    held: Mapping[tuple[str, str], set[str]],
) -> dict[tuple[str, str], frozenset[str]]:
    """The codes that no table of a part lists: those of the whole list every code that somebody has in any edition.

    `held` are the codes that somebody has where none of them lists any. An official table may count what a part does
    not, deaths in removal centres among those in prisons say.
    """
    listed: dict[tuple[str, str], set[str]] = {}
    for table in counted:
        if not table.edition.dimension:
            for name in codes.keys() & {*table.frame.columns}:
                found = listed.setdefault((table.part.code, name), set())
                found.update(table.frame[name], table.left_out.get(name, ()))
    listed = {key: {*found} for key, found in held.items()} | listed
    for earlier in before:
        for name in codes.keys() & {*earlier.frame.columns}:
            if (earlier.part, name) in listed:
                listed[earlier.part, name].update(earlier.frame[name])
    return {(part, name): frozenset(codes[name] - found) for (part, name), found in listed.items()}
