"""Which columns of an input are which fields of its contract, and what is wrong with that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from reportlib.errors import Finding, nearest, nearest_or_all
from reportlib.inputs.contracts import Contract
from reportlib.inputs.extracts import Extract
from reportlib.inputs.findings import quoted, shortened
from reportlib.inputs.spec import InputSpec
from reportlib.words import listed


def mapped(contract: Contract, spec: InputSpec, extract: Extract) -> dict[str, str]:
    """The user's name of each field that the file has; one that is named "" it has not."""
    names = {name: spec.columns.get(name, name) for name in contract.fields}
    return {name: theirs for name, theirs in names.items() if theirs and theirs in extract.headings}


def needed(contract: Contract, spec: InputSpec) -> set[str]:
    """The fields without which a file is refused: those that must be there, and those that were asked for."""
    asked = {name for name, theirs in spec.columns.items() if theirs}
    return asked | {name for name, field in contract.fields.items() if field.required}


def _unread(spec: InputSpec, extract: Extract, present: Mapping[str, str]) -> list[str]:
    """The columns of a file that nothing asks for."""
    return [name for name in extract.headings if name and name not in {*present.values(), *spec.exclude}]


def ill_named(contract: Contract, spec: InputSpec) -> list[Finding]:
    """What is wrong with `columns:`, `codes:` and `exclude:`, whatever the files hold."""
    faults = (_unknown_fields, _read_twice, _named_in_exclude, _unknown_codes)
    return [finding for fault in faults for finding in fault(contract, spec)]


def _unknown_fields(contract: Contract, spec: InputSpec) -> list[Finding]:
    asked = [("columns", name) for name in spec.columns] + [("codes", name) for name in spec.codes]
    text = "{}: names {!r}, which is not a field of {}{}"
    return [
        Finding(text.format(option, name, contract.name, nearest(name, contract.fields)), spec.shown)
        for option, name in asked
        if name not in contract.fields
    ]


def _unknown_codes(contract: Contract, spec: InputSpec) -> Iterator[Finding]:
    """Codes that `codes:` maps to, and that the contract does not know."""
    for name, codes in spec.codes.items():
        field = contract.fields.get(name)
        allowed = (*field.enum, *field.true, *field.false) if field else ()
        for code in dict.fromkeys(code for code in codes.values() if allowed and code and code not in allowed):
            theirs = listed(shortened([quoted(value) for value, ours in codes.items() if ours == code]))
            known = nearest_or_all(code, allowed)
            message = f"codes: maps {theirs} of {name} to {code!r}, which is not one of its codes{known}"
            yield Finding(message, spec.shown, column=spec.columns.get(name, name))


def _read_twice(contract: Contract, spec: InputSpec) -> Iterator[Finding]:
    """A column that is named for one field, and has the name of another."""
    for name, theirs in spec.columns.items():
        if theirs in contract.fields.keys() - spec.columns.keys():
            advice = f'name another for {theirs}, or "" if you do not have it'
            yield Finding(f"columns: names {theirs!r} for {name}, but it is read as {theirs} too; {advice}", spec.shown)


def _named_in_exclude(contract: Contract, spec: InputSpec) -> Iterator[Finding]:
    """People and cases that `exclude:` names: the parameters are kept with the report."""
    for name in contract.fields:
        column = spec.columns.get(name, name)
        if name.endswith("_id") and any(spec.exclude.get(column, ())):
            advice = "parameters are archived with the report, so leave those rows out of the extract"
            yield Finding(f"exclude: names people or cases; {advice}", spec.shown, column=column)


def missing_columns(contract: Contract, spec: InputSpec, extract: Extract, some: set[str]) -> Iterator[Finding]:
    """What a file lacks: files of one input have the same columns, so also what `some` of the others have."""
    present = mapped(contract, spec, extract)
    unread, lacking = _unread(spec, extract, present), (needed(contract, spec) | some) - present.keys()
    others = {spec.columns.get(name, name) for name in some if not contract.fields[name].required}
    missing = {spec.columns.get(name) or name: unread for name in contract.fields if name in lacking}
    missing |= {name: [*extract.headings] for name in spec.exclude if name not in extract.headings}
    advice = f"Name yours under columns: of the input {contract.name}"
    if lost := bool(extract.top and not present):
        message = f"{extract.top} holds none of the headings that are needed; give the row in which they stand"
        yield Finding(f"{message} as header_row:, or say under columns: what yours are called", extract.shown)
    for name, headings in missing.items():
        hint = _alike(name, headings, sure=not lost)
        ours = ", or add an empty one where it was not recorded: other files have it" if name in others else ""
        yield Finding(f"there is no column {name!r}{hint}. {advice}{ours}", extract.shown, column=name)
    if contract.dated and not any(present.keys() >= {*fields} for fields in contract.dated):
        choice = ", or ".join(" with ".join(fields) for fields in contract.dated)
        yield Finding(f"there is no date; it needs {choice}. {advice}", extract.shown)


def _alike(name: str, headings: Sequence[str], sure: bool) -> str:
    """A hint of the heading that has the words of a name, one more or fewer, in any order, or is spelt much like it.

    If it is not sure that they are headings, the row may be a record: one is named only for the very same words.
    """
    words = _words(name)
    same = [each for each in headings if words & _words(each) and len(words ^ _words(each)) <= sure]
    return nearest(name, same, 0) or (nearest(name, headings, 0.8) if sure else "")


def _words(name: str) -> set[str]:
    return {*re.findall(r"[^\W_]+", name.casefold())}


def unmapped(contract: Contract, spec: InputSpec, extracts: Sequence[Extract]) -> Iterator[Finding]:
    """Fields that are not there, beside columns that nothing reads.

    What is needed is there by now, so that the first row is known to hold headings.
    """
    present = mapped(contract, spec, extracts[0])
    absent = [name for name in contract.fields if name not in present and spec.columns.get(name) != ""]
    unread = dict.fromkeys(repr(name) for extract in extracts for name in _unread(spec, extract, present))
    if absent and unread:
        advice = 'Name yours under columns:, or "" for a field that you do not have'
        file = extracts[0].shown if len(extracts) == 1 else spec.shown
        detail = f"; not read: {', '.join(unread)}. {advice}"
        yield Finding(f"not mapped: {', '.join(absent)}", file, level="warning", detail=detail)
