"""The verdict of an audit: what an archived report followed from and what came out when made again, compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reportlib import facts
from reportlib.archive.bundle import AGE
from reportlib.archive.content import COMPRESSED, difference
from reportlib.errors import visible
from reportlib.facts import Fact
from reportlib.project import files_below

IDENTICAL, OTHER_BYTES, DIFFER, CANNOT = (
    "identical bytes",
    "identical figures, other bytes",
    "figures differ",
    "cannot re-run",
)
EXIT = {IDENTICAL: 0, OTHER_BYTES: 3, DIFFER: 4, CANNOT: 5}
APPROXIMATED = "environment approximated: "

CHANGED = "changed since it was archived; "
ALIKE = (COMPRESSED, CHANGED + COMPRESSED)

Found = Callable[[], Iterable["Difference"]]


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was archived: what, where it stands or is shown, then and now."""

    what: str
    where: str = ""
    archived: str = ""
    again: str = ""

    def __str__(self) -> str:
        values = f": archived {self.archived or 'nothing'}, again {self.again or 'nothing'}"
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}{values if self.archived or self.again else ''}"


@dataclass(frozen=True)
class Verdict:
    """How a report came out when it was made again; `damaged` names files that are not as the manifest says.

    `code` says of which commit the archived code is, `inputs` where each input came from, and `cautions` what the grade
    does not vouch for.
    """

    run: str
    grade: str
    environment: str = ""
    code: str = ""
    inputs: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    advice: str = ""
    damaged: tuple[str, ...] = ()
    origin: tuple[Difference, ...] = ()
    figures: tuple[Difference, ...] = ()
    files: tuple[Difference, ...] = ()

    @property
    def other_tools(self) -> bool:
        """Whether Python or a package is another than those of the archive."""
        return any(one.what.startswith(("package ", "Python")) for one in self.origin)

    @property
    def exit_code(self) -> int:
        return EXIT[self.grade]

    def json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def text(self) -> str:
        """The verdict for a person, in Markdown."""
        parts = [f"# Run {self.run}: {self.grade}"]
        parts += [f"{told[0].upper()}{told[1:]}." for told in (self.environment, self.code) if told]
        lists: dict[str, Sequence[object]] = {
            "What is missing": self.missing,
            "What this does not vouch for": self.cautions,
            "Changed since it was archived (its checksum is not that of the manifest)": self.damaged,
            "What the run followed from differs": self.origin,
            "Figures that differ, and what no fact accounts for": self.figures,
            "Files that differ": self.files,
            "Inputs": self.inputs,
        }
        parts += [
            "\n".join([f"## {title}", "", *(f"- {one}" for one in held)]) for title, held in lists.items() if held
        ]
        return visible("\n\n".join([*parts, *filter(None, [self.advice])]) + "\n")


def judged(so_far: Verdict, archived: Path, again: Path, environment: str, found: Found) -> Verdict:
    """The verdict on two payloads of bundles: what was archived, and what came out now.

    `found` tells what the files of the archived run show that its facts do not account for.
    """
    so_far = replace(so_far, origin=tuple(_origins(archived, again)))
    if so_far.other_tools:
        environment = (
            f"{APPROXIMATED}{environment.removeprefix(APPROXIMATED).removeprefix('environment ')}, other versions"
        )
    figures = tuple(_figures(archived / "run", again / "run"))
    files = [*_files(archived, again, so_far.damaged)]
    if not figures and any(one.what.startswith("run/") for one in files):
        figures = tuple(found())
    grade = OTHER_BYTES if so_far.damaged else IDENTICAL
    return compared(replace(so_far, grade=grade, environment=environment, figures=figures), files)


def compared(so_far: Verdict, files: Sequence[Difference]) -> Verdict:
    """The verdict with more files that differ.

    What a file of the report holds differs from what is made again, and not its bytes alone: where Python and packages
    are those of the archive, it is not what the code makes.
    """
    others = [one for one in files if one.what.startswith(("run/", "published/")) and one.where not in ALIKE]
    if so_far.other_tools or so_far.figures:
        others = []
    figures = (*so_far.figures, *(replace(one, what=f"{one.what} is not what was made") for one in others))
    grade = DIFFER if figures else OTHER_BYTES if files else so_far.grade
    return replace(so_far, grade=grade, figures=figures, files=(*so_far.files, *files))


def _origins(archived: Path, again: Path) -> Iterator[Difference]:
    """What the two runs followed from, as far as it is not the same."""

    def both(name: str) -> list[Any]:
        return [json.loads((data / "run" / name).read_bytes()) for data in (archived, again)]

    then, now = both("origin.json")
    for name, digest in then["digests"].items():
        if digest != now["digests"][name]:
            yield Difference(name, "its digest", digest[:12], now["digests"][name][:12])
    yield from _changes("parameter ", *(dict(_flat(held)) for held in both("parameters.json")))
    inputs = ({each["name"]: each["sha256"][:12] for each in run["inputs"]} for run in both("run.json"))
    yield from _changes("input ", *inputs)
    if then["python"] != now["python"]:
        yield Difference("Python", "", then["python"], now["python"])
    yield from _changes("package ", then["packages"], now["packages"])


def _flat(held: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The values of nested parameters by their whole names."""
    if isinstance(held, dict):
        for key, value in held.items():
            yield from _flat(value, f"{name}.{key}".lstrip("."))
    else:
        yield name, json.dumps(held, ensure_ascii=False)


def _changes(kind: str, then: dict[str, str], now: dict[str, str]) -> Iterator[Difference]:
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            yield Difference(f"{kind}{name}", "", then.get(name, ""), now.get(name, ""))


def _figures(archived: Path, again: Path) -> Iterator[Difference]:
    """Facts that are not the same, with the place where each is shown."""
    then, now = (
        {(fact.id, fact.period, fact.edition, fact.table): fact for fact in facts.read([run / "facts.jsonl"])}
        for run in (archived, again)
    )
    for key in sorted(then.keys() | now.keys()):
        if then.get(key) != now.get(key):
            name, period, edition, table = key
            fact = then.get(key) or now[key]
            where = f"{period}, {edition} edition; chapter {fact.chapter}, table {table}"
            yield Difference(name, where, _told(then.get(key), now.get(key)), _told(now.get(key), then.get(key)))


def _told(fact: Fact | None, other: Fact | None) -> str:
    """A fact's text, or the field of it that differs."""
    if fact is None or other is None or fact.text != other.text:
        return fact.text if fact else ""
    return ", ".join(f"{name} {value}" for name, value in asdict(fact).items() if value != asdict(other)[name])


def _files(archived: Path, again: Path, damaged: Sequence[str]) -> Iterator[Difference]:
    """Files that are not the same, and in what; what is encrypted is another text each time."""
    for name in sorted({*files_below(archived), *files_below(again)}):
        one, two = archived / name, again / name
        if name.endswith(AGE) or not (one.exists() and two.exists()):
            if one.exists() != two.exists():
                yield Difference(name, "only in the archive" if one.exists() else "only when made again")
        elif one.read_bytes() != two.read_bytes():
            tampered = CHANGED if f"data/{name}" in damaged else ""
            yield Difference(name, tampered + (difference(one, two) or COMPRESSED))
