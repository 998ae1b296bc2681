"""Read a parameter file and say, in the user's words, all that a schema finds wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reportlib.errors import Finding, ReportError, nearest_or_all

Place: TypeAlias = tuple[str | int, ...]  # the keys that lead to a value, as pydantic's `loc`
Schema: TypeAlias = dict[str, Any]  # JSON Schema
KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    date: "a date",
    list: "a list",
    dict: "a block of parameters",
    type(None): "nothing",
}
MOST_PLACES = 100_000  # in a file, with what its aliases stand for: ten lines of them can stand for billions
QUOTES = "Put a text that holds a colon or a # in quotation marks, or what follows is no part of it."
HINTS = {  # a part of what ruamel.yaml says: what to do
    r"'\t'": "Use spaces in place of the tab.",
    "mapping values are not allowed": QUOTES,
}


class Block(BaseModel):
    """A block of parameters, in which every name is known and every value is of its type as written.

    Blanks around a text are no part of it: one of blanks alone is empty, and no reason or name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)


class _Constructor(SafeConstructor):
    """Takes a name as it is written, and leaves a date that does not exist as text, for the schema to report."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> Any:
        for key, _ in node.value:
            if isinstance(key, ScalarNode) and key.value != "<<":
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)

    def construct_yaml_timestamp(self, node: ScalarNode, values: Any = None) -> Any:
        try:
            return super().construct_yaml_timestamp(node, values)
        except ValueError:
            return node.value


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.construct_yaml_timestamp)


def read_yaml(path: Path) -> tuple[Any, dict[Place, int], list[Finding]]:
    """A YAML file's content, the line of each value in it, and a finding for each repeated key.

    Raises ReportError where the file is missing or not YAML.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = True
    try:
        text = path.read_text(encoding="utf-8-sig")
        root = yaml.compose(text)
        places = list(islice(_walk(root), MOST_PLACES)) if root else []
        data = yaml.load(text) if len(places) < MOST_PLACES else None
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ReportError(f"{path} is not in UTF-8; save it as UTF-8") from None
    except RecursionError:
        raise ReportError(f"{path} is nested too deeply, or holds itself") from None
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = str(getattr(error, "problem", None) or error)
        hint = next((f". {advice}" for said, advice in HINTS.items() if said in problem), "")
        raise ReportError(f"{path}{where}: not YAML: {problem}{hint}") from None
    if len(places) == MOST_PLACES:
        raise ReportError(f"{path} holds too much, or names that stand for one another again and again")
    lines: dict[Place, int] = {}
    findings = []
    for place, line in places:
        if place in lines:
            message = f"{_name(place)} is given twice; the first is in line {lines[place]}"
            findings.append(Finding(message, f"{path}, line {line}"))
        lines.setdefault(place, line)
    return ({} if data is None else data), lines, findings


def _walk(node: Node, place: Place = ()) -> Iterator[tuple[Place, int]]:
    children: list[tuple[str | int, Node, Node]] = []
    if isinstance(node, MappingNode):
        children = [(key.value, key, value) for key, value in node.value if isinstance(key, ScalarNode)]
    elif isinstance(node, SequenceNode):
        children = [(index, item, item) for index, item in enumerate(node.value)]
    for key, at, child in children:
        yield (*place, key), at.start_mark.line + 1
        yield from _walk(child, (*place, key))


def explain(error: ValidationError, schema: Schema, lines: Mapping[Place, int], path: Path) -> list[Finding]:
    """What is wrong, as findings with the file's line: all of it, in the order of the file."""
    found = []
    for detail in error.errors(include_url=False):
        # a default that follows from a parameter which is itself wrong: that one is reported
        if detail["type"] != "default_factory_not_called":
            found.append((_line(detail["loc"], lines), _message(detail, detail["loc"], schema)))
    return [Finding(text, f"{path}, line {line}" if line else str(path)) for line, text in sorted(found)]


def _line(place: Place, lines: Mapping[Place, int]) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 0)


def _message(detail: Mapping[str, Any], place: Place, schema: Schema) -> str:
    kind, found = detail["type"], detail["input"]
    if kind == "missing":
        return f"{_name(place)} is missing: {_at(schema, place).get('description', '')}"
    if kind == "extra_forbidden":
        return _unknown(place, list(_at(schema, place[:-1])["properties"]))
    if place[-1:] == ("[key]",) and isinstance(found, str):
        return _unknown(place[:-1], _at(schema, place[:-2])["propertyNames"]["enum"])
    if place[-1:] == ("[key]",) or kind == "invalid_key":
        return f"put the name {[key for key in place if key != '[key]'][-1]} in quotes"
    if kind == "value_error":
        return f"{_name(place)}: {detail['ctx']['error']}"
    what = allowed(_at(schema, place), schema)
    bare = kind in ("string_type", "literal_error") and isinstance(found, bool | int | float | date)
    quotes = ". Put it in quotes" if bare else ""
    return f"{_name(place)}: found {_show(found)}; allowed: {what}{quotes}"


def _unknown(place: Place, known: list[str]) -> str:
    return f"{_name(place)} is not a parameter{nearest_or_all(str(place[-1]), known)}"


def _at(schema: Schema, place: Place) -> Schema:
    """The part of a JSON Schema that describes what stands at a place."""
    here = schema
    for key in place:
        here = _resolve(here, schema)
        if isinstance(key, int):
            prefix = here.get("prefixItems", [])
            here = prefix[key] if key < len(prefix) else here.get("items", {})
        else:
            here = here.get("properties", {}).get(key) or here.get("additionalProperties") or {}
    return {**_resolve(here, schema), **here}


def _resolve(part: Schema, schema: Schema) -> Schema:
    if "anyOf" in part:
        part = next(option for option in part["anyOf"] if option.get("type") != "null")
    if "$ref" in part:
        return _resolve(schema["$defs"][part["$ref"].rsplit("/", 1)[-1]], schema)
    return part


def allowed(part: Schema, schema: Schema) -> str:
    """What a part of a JSON Schema allows, in plain words."""
    part = {**part, **_resolve(part, schema)}
    if "enum" in part:
        return "one of " + ", ".join(repr(value) for value in part["enum"])
    if part.get("format") == "date":
        return f"a date such as {part['examples'][0]}, without quotes"
    match part.get("type"):
        case "integer" | "number" as number:
            return {"integer": "a whole number", "number": "a number"}[number] + _range(part)
        case "boolean":
            return "true or false"
        case "string" if "pattern" in part:
            return f"small letters{', digits' * ('0-9' in part['pattern'])} and hyphens"
        case "string" if "examples" in part:
            return f"text such as {part['examples'][0]}"
        case "string":
            least = part.get("minLength", 0)
            if "maxLength" in part:
                return f"text of {least} to {part['maxLength']} characters"
            return ("text", "text that is not empty", f"text of {least} characters or more")[min(least, 2)]
        case "array" if "prefixItems" in part:
            return f"a list of {len(part['prefixItems'])} numbers"
        case "array":
            return "a list"
    names = part.get("properties") or part.get("propertyNames", {}).get("enum")
    return "a block with " + ", ".join(names) if names else "a block of names"


def _range(part: Schema) -> str:
    low, high = part.get("minimum"), part.get("maximum")
    if "exclusiveMaximum" in part:
        return f" from {low} to below {part['exclusiveMaximum']}"
    if low is None:
        return ""
    return f" from {low} to {high}" if high is not None else f", {low} or more"


def _name(place: Place) -> str:
    return ".".join(f"item {key + 1}" if isinstance(key, int) else key for key in place) or "the file"


def _show(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float) else str(value)
    # a connection string may hold a password, wherever it was written
    text = "text that is not repeated here" if "://" in text else text[:60]
    kind = KINDS.get(type(value), type(value).__name__)
    return kind if isinstance(value, dict | list | type(None)) else f"{text} ({kind})"
