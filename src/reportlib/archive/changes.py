"""What changed between two runs, for people: a page, and a CSV with every move."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from reportlib.archive.compare import KINDS, TOGETHER, UNKNOWN, Changes, Move
from reportlib.archive.pages import INTERNAL, NONE, Section, named, page, text_of
from reportlib.facts import Fact
from reportlib.words import counted, number

MOST = 40  # moves shown on the page; the CSV holds all
CAUSES = {
    "period": "Later period",
    "data": "Revised data",
    "period and data": "Later period and data",
    "parameters": "Parameters",
    "code": "Code or method",
    TOGETHER: "Only together (interaction)",
    UNKNOWN: "Not attributed",
}
FIGURES = {"value": "rate", "ratio": "relative rate"}  # what those are called that are not called by their names
ATTRIBUTED = (
    "The figures of the later report were worked out again with one thing of the earlier one put back at a time: "
    "the period, then the records for that same period, the parameters, the code. What a figure moves by then is due "
    "to that thing alone. What the things do only together is their interaction; it can be less than nothing, where "
    "each alone would already have moved the figure. Packages are those installed today."
)


def tally(kinds: Counter[str]) -> str:
    """How many figures moved, and how many are new, gone, hidden or shown again: "3 figures moved, 12 new"."""
    others = [f"{number(kinds[kind])} {kind}" for kind in KINDS if kinds[kind] and kind != "moved"]
    return ", ".join([f"{counted(kinds['moved'], 'figure')} moved", *others])


def told(found: Changes) -> Iterator[str]:
    """What changed, for the screen: how many figures, then what each cause moved of them."""
    yield f"{tally(found.kinds)}; {found.held:,} are held by both."
    figures, verdicts = found.by_cause(), found.by_cause("verdict")
    for cause in found.causes:
        moves = f"{tally(figures[cause.name])}; {counted(verdicts[cause.name]['moved'], 'verdict')} changed"
        moves = f"not attributed, because: {cause.why_not}" if cause.why_not else moves
        yield f"  {CAUSES[cause.name]} ({cause.what}): {moves}"


def write(found: Changes, folder: Path) -> Iterator[Path]:
    """Write the page and the CSV of a comparison to a folder, and say where each is."""
    folder.mkdir(parents=True, exist_ok=True)
    for ending, text in ((".html", comparison_page(found)), (".csv", comparison_csv(found))):
        place = folder / f"compare-{found.a.id}{ending}"
        place.write_text(text, encoding="utf-8", newline="")
        yield place


def comparison_page(found: Changes) -> str:
    """The page of a comparison."""
    title = f"What changed from {named(found.a)} to {named(found.b)}"
    same = found.held - sum(move.a is not None and move.b is not None for move in found.moves)
    text = f"{INTERNAL} Of {counted(found.held, 'figure')} that both hold, {number(same)} are the same."
    sections = [
        Section(
            "Why figures moved",
            ATTRIBUTED if found.causes else "Nothing that a figure follows from differs.",
            "What differs, and what it moved",
            _causes(found),
        ),
        *moved(found),
    ]
    return page("what-changed", title, text, sections, found.b)


def moved(found: Changes, why: bool = True) -> list[Section]:
    """The verdicts that changed, and the figures that moved most; with or without their causes."""
    verdicts = [move for move in found.moves if move.fact.statistic == "verdict"]
    changed = [move for move in verdicts if move.kind == "moved"]
    changed.sort(key=lambda move: (move.fact.by != "ethnicity", move.key.when != "pooled"))  # headlines first
    others = [move for move in verdicts if move.kind != "moved"]
    figures = [move for move in found.moves if move.relative is not None]
    figures.sort(key=lambda move: (-(move.relative or 0), move.key))
    told = (
        f"{counted(len(figures), 'figure')} with an interval moved. "
        + (f"The {MOST} that moved furthest are shown; all are in the CSV. " if len(figures) > MOST else "")
        + "A move of 1.0 goes from the earlier figure to the limit of its interval on that side; one above it "
        "ends outside of that interval."
    )
    return [
        Section("Verdicts that changed", "", "Verdicts, earlier and later", [_row(move, why) for move in changed]),
        Section(
            "Verdicts that only one report holds",
            "",
            "Verdicts that are new or gone",
            [_row(move, why) for move in others],
        ),
        Section(
            "Figures that moved furthest",
            told if figures else "",
            "Figures, earlier and later",
            [_row(move, why) for move in figures[:MOST]],
        ),
    ]


def _causes(found: Changes) -> list[dict[str, str]]:
    figures, verdicts = found.by_cause(), found.by_cause("verdict")
    how = "The only difference" if len(found.causes) == 1 else "Worked out again with this alone put back"
    rows = [
        {
            "Cause": CAUSES[cause.name],
            "What differs": cause.what,
            **_numbers(figures[cause.name], verdicts[cause.name], known=not cause.why_not),
            "How it is known": f"Not attributed, because: {cause.why_not}" if cause.why_not else how,
        }
        for cause in found.causes
    ]
    told = {TOGETHER: "No single thing alone", UNKNOWN: "Left over"}
    return rows + [
        {"Cause": CAUSES[name], "What differs": what, **_numbers(figures[name], verdicts[name]),
         "How it is known": "Figures that no cause above accounts for"}
        for name, what in told.items() if figures[name]
    ]  # fmt: skip


def _numbers(figures: Counter[str], verdicts: Counter[str], known: bool = True) -> dict[str, str]:
    """How many of each kind, in columns; [x] where it is not known."""
    names = {"Figures moved" if kind == "moved" else kind.capitalize(): figures[kind] for kind in KINDS}
    names["Verdicts changed"] = verdicts["moved"]
    return {name: number(count) if known else NONE for name, count in names.items()}


def _row(move: Move, why: bool) -> dict[str, str]:
    """What moved; a figure with an interval has a name, and how far it moved in relation to that."""
    fact, relative = move.fact, move.relative
    when = "" if move.key.when == "pooled" else f", {fact.period}"
    row = {"Comparison": f"{fact.label}{when}", "Chapter": fact.chapter.replace("-", " ")}
    row |= {} if relative is None else {"Figure": FIGURES.get(fact.statistic, fact.statistic.replace("_", " "))}
    row |= {"Earlier": text_of(move.a), "Later": text_of(move.b)}
    row |= {} if relative is None else {"Move in relation to interval": number(relative, "", 1)}
    return row | ({"Because of": ", ".join(CAUSES[name] for name in move.causes).capitalize()} if why else {})


def comparison_csv(found: Changes) -> str:
    """Every move as CSV: one row a figure, one column a cause."""
    names = [cause.name for cause in found.causes]
    lines = io.StringIO()
    writer = csv.writer(lines)
    parts = [*(f"due to {name}" for name in names), TOGETHER, UNKNOWN]
    head = (
        *("fact", "when", "edition", "table", "label", "kind"),
        *("a", "b", "moved by", "in relation to interval", "causes"),
    )
    writer.writerow([*head, *parts])
    for move in found.moves:
        own = [move.key.id, move.key.when, move.key.edition, move.key.table, move.fact.label, move.kind]
        moves = [_value(move.a), _value(move.b), _number(move.by), _number(move.relative, 3), "; ".join(move.causes)]
        writer.writerow([*own, *moves, *(_number(move.amounts.get(name)) for name in (*names, TOGETHER, UNKNOWN))])
    return lines.getvalue()


def _value(fact: Fact | None) -> str:
    return "" if fact is None else fact.text if fact.value is None else str(fact.value)


def _number(value: float | None, places: int = 9) -> str:
    return "" if value is None else f"{value:.{places}f}".rstrip("0").rstrip(".")
