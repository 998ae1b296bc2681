"""What the methods and quality chapter tells: how figures are made, from what, and what is hidden in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from reportlib.comparison import LEAST_OF
from reportlib.ethnicity import CHINESE_NOTE, groupings
from reportlib.measures import MEASURES
from reportlib.statistics import METHODS
from reportlib.tables import Table, words_table
from reportlib.words import MARKS, POSSIBLE, UNLIKELY, capital, counted, number, spoken, subject

Run = dict[str, Any]
SHOWN_VERSIONS = ("reportlib", "pandas", "scipy", "statsmodels", "duckdb", "papermill", "nbconvert", "typst")
PACKAGES = (
    "Versions are those of the Python packages. The PDF names the compiler that the package typst holds, which has a "
    "version of its own."
)
ALL_ROWS = "Rows are those of the whole of England and Wales, whatever part of it an edition is of."
RELIABLE = "One event more or less would change a figure on fewer beyond use."


@dataclass(frozen=True)
class About:
    """A table of words about the run: its caption, the column that names its rows, its rows, and a note below."""

    caption: str
    header: str
    rows: Callable[[Run], list[dict[str, Any]]]
    note: str = ""

    def table(self, name: str, run: Run) -> Table:
        table = words_table(name, self.caption, self.rows(run) or [{self.header: "none"}])
        return replace(table, notes=[self.note] if self.note else [])


def _inputs(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "Input": spoken(held["name"]),
            "Status": held["status"],
            "Rows used": held["rows"],
            "Rows left out as declared": held["excluded"],
            "Checksum (first characters)": held["sha256"][:12],
        }
        for held in run["inputs"]
    ]


def _establishments(run: Run) -> list[dict[str, Any]]:
    return [
        {"Establishment type": kind, "Establishments": ", ".join(names)}
        for kind, names in run["establishments"].items()
    ] or [{"Establishment type": "[x]", "Establishments": "no list of establishments was supplied"}]


def _findings(run: Run) -> list[dict[str, Any]]:
    found = [{"Level": held["level"], "Finding": held["text"]} for held in run["findings"]]
    return found or [{"Level": "none", "Finding": "Nothing was found wrong with the inputs."}]


def _hidden(run: Run) -> list[dict[str, Any]]:
    tables: dict[str, tuple[int, int]] = {}
    for held in run["hidden"]:
        cells, hidden = tables.get(held["table"], (0, 0))
        tables[held["table"]] = cells + held["cells"], hidden + held["hidden"]
    rows = []
    for name, (cells, hidden) in tables.items():
        of = run["tables"][name]
        shown = number(1 - hidden / cells if cells else 1.0, "%", 0)
        told = subject(MEASURES[of["measure"]], of["by"], of["apart"])
        rows.append({"Table": told, "Counts": number(cells), "Hidden": number(hidden), "Share shown": shown})
    return rows


def _definitions(run: Run) -> list[dict[str, Any]]:
    return [
        {"Measure": measure.name, "Question": measure.question, "Definition": run["definitions"][measure.code]}
        for measure in MEASURES.values()
        if measure.code in {of["measure"] for of in run["tables"].values()}
    ]


def _groups(run: Run) -> list[dict[str, Any]]:
    grouping, detail = groupings()[run["parameters"]["grouping"]], groupings()["19"].labels
    return [
        {"Ethnic group": name, "Who is in it": "; ".join(detail[member] for member in grouping.members(code))}
        for code, name in grouping.labels.items()
    ]


def _methods(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "Method": method.title,
            "What it gives": _in_words(method.summary),
            "Formula": method.formula,
            "Source": method.source,
            "Used for": _in_words(method.used),
            "What it cannot say": _in_words(method.cannot_say),
        }
        for method in METHODS.values()
    ]


def _in_words(text: str) -> str:
    """What the code says of itself, for those who do not read code."""
    return text.replace("`", "").replace("_", " ")


def _marks(run: Run) -> list[dict[str, Any]]:
    few, flagged = run["disclosure"]["reliable_percent"], counted(run["flagged"], "percentage")
    after = {"u": f"; after a percentage: it rests on fewer than {few}, so read it with caution ({flagged} here)"}
    return [{"Mark": f"[{mark}]", "Meaning": meaning + after.get(mark, "")} for mark, meaning in MARKS.items()]


def _rules(run: Run) -> list[dict[str, Any]]:
    policy = run["disclosure"]
    least = [{"rule": name.replace("_", " "), "value": policy[name], "reason": RELIABLE} for name in LEAST_OF.values()]
    rules = [*([] if policy["off"] else run["rules"]), *least]
    off = [{"Rule": "disclosure control", "Value": "off", "Reason": policy["off"]}] if policy["off"] else []
    return off + [{name.capitalize(): str(rule[name]) for name in ("rule", "value", "reason")} for rule in rules]


def _words(run: Run) -> list[dict[str, Any]]:
    level = number(run["parameters"]["confidence_level"], "%", 0)
    meanings = {
        "Adjusted": "With other things held equal, such as age or type of establishment: people are compared with "
        "people who are alike in these. Crude is the opposite, as counted. Adjustment undoes a difference where at "
        "least half of it is gone (on a log scale), what is left lies within the band, and chance could account for "
        "that. What is left is about as large where it is within a fifth of the difference as counted (on that scale) "
        "or one per cent of the relative rate.",
        "Adjusted p": "A p-value that allows for the number of comparisons in the table, or in the larger table that a "
        "note names (Benjamini-Hochberg); intervals do not.",
        "Cases needed": "How large the denominator of the group would have to be, and that of the reference group in "
        "proportion, to find, four times in five, a ratio at the edge of what counts as close to parity.",
        capital(
            UNLIKELY
        ): "Chance alone would seldom give a difference so large: its p-value is 0.05 or less, adjusted "
        f"where several comparisons are made. Statistically significant means the same. Otherwise {POSSIBLE}.",
        "Confidence interval": "A range that shows how uncertain a figure is. About "
        f"{level} of ranges made in this way hold the true figure. The wider it is, the less sure the figure. A limit "
        "of a relative rate that leaves out 1 is never rounded to 1, but to the next figure away from it.",
        "Design effect": "How much repeat cases add to the variance of a figure, to one decimal, and 1 at least; 1 "
        "where each case is a different person. An ethnic group with a thousand cases or more has its own; a smaller "
        "one has that of all ethnic groups together, those not stated among them, in its part of the system, or in all "
        "parts where its part has fewer than two hundred cases, or of England and Wales in an edition of fewer. There "
        "is none, and so neither an interval nor a relative rate, where all of these have fewer too, where the group "
        "has fewer than ten events, or where one person’s cases could be told from it.",
        "Ethnicity not stated": "Refused, unknown or not recorded. These people are counted and not compared.",
        "If all were known": "How far the ratio could lie if the ethnicity of everyone not stated became known (sharp "
        "bounds, without sampling error).",
        "Least ratio shown": "The nearest to 1, below and above it, that a comparison of this size would find four "
        "times in five.",
        "Percentage point": "The difference between two percentages: 12% is 2 percentage points more than 10%.",
        "Pooled period": "Several years counted together, since single years hold too few cases to compare.",
        "P-value": "How often a difference at least this large would be seen if there were really none. It says "
        "neither how large the difference is, nor how likely it is to be real.",
        "Reference group": "The group that the others are compared with.",
        "Relative rate": "The rate of a group divided by that of the reference group: 2 is twice as high, 0.5 half as "
        "high, 1 the same.",
        "Tipping point": "What share of the events with ethnicity not stated would make the two rates equal if these "
        "events alone were given to one side. Above 100%, events alone would not do it; whether all that is not stated "
        "could, “If all were known” says.",
        "Verdict": "What the figures allow to be said of a difference. The summary explains each word, as do the notes "
        "of the spreadsheets.",
    }
    return [{"Word": word, "Meaning": meaning} for word, meaning in meanings.items()]


def _versions(run: Run) -> list[dict[str, Any]]:
    return [{"Software": name, "Version": version} for name, version in run["versions"].items()]


ABOUT: dict[str, About] = {
    "inputs": About("What the report was made from", "Input", _inputs, ALL_ROWS),
    "establishments": About(
        "Which establishments this report is of, by type, in the records supplied",
        "Establishment type",
        _establishments,
    ),
    "findings": About("What was found when the inputs were checked", "Level", _findings),
    "hidden": About("What was hidden to protect people", "Table", _hidden),
    "rules": About("Rules of disclosure control", "Rule", _rules),
    "groups": About("Who is in each ethnic group", "Ethnic group", _groups, CHINESE_NOTE),
    "definitions": About("What is measured", "Measure", _definitions),
    "methods": About("How it is measured", "Method", _methods),
    "marks": About("Marks used in tables", "Mark", _marks),
    "words": About("Words used in this report", "Word", _words),
    "versions": About("Software that made the report", "Software", _versions, PACKAGES),
}
