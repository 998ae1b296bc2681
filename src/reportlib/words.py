"""What things are called and how figures are printed: groups, measures, marks, numbers.

Words follow the Civil Service's guidance "Writing about ethnicity" (Race Disparity Unit, 2021): groups take
capitals, people come first, minorities are not lumped under an acronym nor named by what they are not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from reportlib.measures import Measure

MARKS = {
    "c": "suppressed to protect individuals",
    "x": "not available",
    "u": "unreliable, because too much rests on few people or cases",
    "z": "not applicable",
}
NO_LIMIT = "no limit"  # a relative rate, where nothing stands below the line
MOST_NAMED = 6  # groups in a sentence; of more, their number is said
DISPROPORTIONATE = "disproportionate"  # the one verdict that asks for an answer
SIZE_UNCERTAIN = "difference, size uncertain"
SMALL = "small difference"
PARITY = "parity"
INCONCLUSIVE = "inconclusive"
NOT_ASSESSED = "not assessed"
VERDICTS = (DISPROPORTIONATE, SIZE_UNCERTAIN, SMALL, PARITY, INCONCLUSIVE, NOT_ASSESSED)
SIGNIFICANT = VERDICTS[:3]
ONLY_COUNTED = " as counted"  # of a verdict that adjustment undoes
TOLD_VERDICTS = (*VERDICTS, *(verdict + ONLY_COUNTED for verdict in SIGNIFICANT))
VERDICT_MEANINGS = {  # as the summary and the notes of the spreadsheets give them
    DISPROPORTIONATE: "chance alone is unlikely to give such a difference, and the relative rate as estimated lies "
    "outside the band set in advance; its interval may reach inside",
    SIZE_UNCERTAIN: "chance alone is unlikely to give such a difference, and the relative rate lies inside the band; "
    "its interval reaches outside",
    SMALL: "chance alone is unlikely to give such a difference; its whole interval lies inside the band. Where much is "
    "counted, many people can be behind it",
    PARITY: "no difference was found, and the whole interval lies inside the band",
    INCONCLUSIVE: "the data could not tell. It does not mean that there is no difference",
    NOT_ASSESSED: "the group’s figures are suppressed, or too small to compare",
}
UNLIKELY, POSSIBLE = "chance unlikely", "chance could account for it"  # of a difference: is it significant?
GROUP_ADJECTIVES = (
    *("Asian", "Black", "White", "White British", "White Irish", "Indian", "Pakistani"),
    *("Bangladeshi", "Chinese", "Arab", "Roma", "Black African", "Black Caribbean"),
)
PEOPLE = {
    **{name: f"{name} people" for name in GROUP_ADJECTIVES},
    "Ethnic minority (including White minorities)": "people from ethnic minority backgrounds",
    "Any other ethnic group": "people recorded as “Any other ethnic group”",
    "Not stated": "people whose ethnicity was not stated",
    "All": "all ethnic groups together",
}

SHORT = {  # names beside a picture
    "Ethnic minority (including White minorities)": "Ethnic minority",
    "Awaiting further information": "Not yet known",
}
TERMS = {  # that the guidance advises against, and what to write instead
    r"\b(BA?ME|non[- ]?white|(people )?of colour)\b": "write “people from ethnic minority backgrounds”, or name the "
    "groups",
    r"\b(blacks|whites|asians)\b": "write “Black people”, “White people”, “Asian people”",
    r"\bcoloured\b": "name the groups",
    r"\bmixed[- ]race\b": "write “people from the Mixed ethnic group”",
    r"\bcaucasian\b": "write “White”",
    r"\bhard[- ]to[- ]reach\b": "say who was not reached, and by whom",
}

PERSON_NUMBER = r"\b[A-Z]\d{4}[A-Z]{2}\b"  # of the prison system

DIMENSION_WORDS = {  # what divides a table: its name, and what it divides the system into
    "ethnicity": ("Ethnic group", ""),
    "ethnicity_nomis": ("Ethnic group on NOMIS", "ethnic groups on NOMIS"),
    "ethnicity_ppud": ("Ethnic group on PPUD", "ethnic groups on PPUD"),
    "ethnicity_source": ("Where ethnicity comes from", "sources of ethnicity"),
    "establishment_type": ("Establishment type", "types of establishment"),
    "category": ("Category of complaint", "categories of complaint"),
    "concern": ("Concern about racism", "kinds of complaint"),
    "order_type": ("Type of order", "types of order"),
    "age_band": ("Age", "age groups"),
    "cause": ("Cause of death", "causes of death"),
    "region": ("Region", "regions"),
    "sex": ("Sex", "sexes"),
    "year": ("Reporting year", ""),
    "outcome": ("Outcome", "outcomes"),
}
DIMENSION_LABELS, PARTS_OF = ({name: told[at] for name, told in DIMENSION_WORDS.items() if told[at]} for at in (0, 1))
DERIVED_KINDS = ("evidence", "standardised", "gap", "national", "funnel")  # ends of names of `reportlib.derived_tables`


@dataclass(frozen=True)
class MeasureWords:
    """How a measure is spoken of.

    A share (unit "%") reads "{subject} were less likely to {verb} than …"; a rate (unit "deaths per 1,000 …")
    reads "{subject} had a lower {name} than …". `complement` names the opposite outcome, for a relative
    rate that is that of the opposite.
    """

    name: str
    subject: str = "{people}"
    verb: str = ""
    unit: str = "%"
    complement: str = ""
    decimals: int = 1  # of a rate: those of the measure

    @property
    def again(self) -> str:
        """The subject when it is named a second time: "those from {people}" after "complaints from {people}"."""
        before = self.subject.partition("{people}")[0].split()
        return f"those {before[-1]} {{people}}" if before else "{people}"


COMPLAINTS = "complaints from {people}"
COMMUNITY = "community and suspended sentence orders of {people}"
LICENCE = "{people} on licence or post-sentence supervision"
IN_FAVOUR = "upheld or mediated in the complainant's favour"
WORDS = {  # by the code of the measure
    "complainants": MeasureWords(
        "rate of complaining", unit="people per 1,000 of the average population, over the whole period"
    ),
    "complaints": MeasureWords("rate of complaints", unit="complaints per 1,000 of the average population a year"),
    "eligible": MeasureWords("eligibility rate", COMPLAINTS, "be eligible", complement="not being eligible"),
    "upheld": MeasureWords("uphold rate", COMPLAINTS, "be upheld", complement="not being upheld"),
    "upheld-with-mediated": MeasureWords(
        "uphold rate counting mediation", COMPLAINTS, f"be {IN_FAVOUR}", complement=f"not being {IN_FAVOUR}"
    ),
    "racism-concern": MeasureWords(
        "share with a concern about racism",
        COMPLAINTS,
        "have a recorded concern about racism",
        complement="having no recorded concern about racism",
    ),
    "deaths": MeasureWords("rate of death in prison custody", unit="deaths per 1,000 prisoners a year"),
    "completed": MeasureWords(
        "completion rate", "{people} under supervision", "complete it", complement="not completing supervision"
    ),
    "breached": MeasureWords(
        "rate of revocation for breach", COMMUNITY, "be revoked for breach", complement="not being revoked for breach"
    ),
    "further-offence": MeasureWords(
        "rate of revocation for a further offence",
        COMMUNITY,
        "be revoked for a further offence",
        complement="not being revoked for a further offence",
    ),
    "other-ending": MeasureWords(
        "share that ended in another way",
        "supervision periods of {people}",
        "end in another way",
        complement="ending in a way that is named",
    ),
    "recalled": MeasureWords("recall rate", LICENCE, "be recalled", complement="not being recalled"),
}


def ill_chosen(text: str) -> list[tuple[str, str]]:
    """Every term in a text that the guidance advises against, with what to write instead."""
    return [
        (match[0], advice) for pattern, advice in TERMS.items() for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


def missing(value: Any) -> bool:
    """Whether a scalar is None, NaN or NA."""
    return value is None or bool(pd.isna(value))


def number(value: Any, unit: str = "", decimals: int = 0, mark: Any = None) -> str:
    """A figure as it is printed: "1,234", "31%", "12.3 per 1,000"; or its mark, "[c]".

    A "%" value is a fraction of one; a value "per …" is already scaled. Halves round away from zero as a
    reader would round the printed decimal, so 0.285 is 29%. Raises ValueError when a figure is missing
    without a mark, or infinite (that is for `ratio` and `interval`).
    """
    if missing(value):
        if mark not in MARKS:
            raise ValueError(f"a missing figure needs a mark, one of {', '.join(MARKS)}; found {mark!r}")
        return f"[{mark}]"
    if math.isinf(value):
        raise ValueError("a figure without limit cannot be printed as a number")
    scaled = Decimal(repr(float(value))) * (100 if unit == "%" else 1)
    rounded = scaled.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    sign = "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded):,f}{unit if unit in ('', '%') else ' ' + unit}"


def flagged(text: str, row: Mapping[Any, Any]) -> str:
    """A figure with the mark that says how far to trust it, "45% [u]", where its row has one."""
    return f"{text} [{row['flag']}]" if row.get("flag") else text


def percent_decimals(denominator: Any) -> int:
    """Decimal places of a percentage: none where the denominator is under 100 or unknown, else one."""
    return 0 if missing(denominator) or denominator < 100 else 1


def ratio(value: Any, decimals: int = 2) -> str:
    """A relative rate, "1.38"; `NO_LIMIT` when nothing stands below the line."""
    return NO_LIMIT if not missing(value) and math.isinf(value) else number(value, "", decimals)


def interval(lower: Any, upper: Any, unit: str = "", decimals: int = 2, mark: Any = None) -> str:
    """Two limits: "1.21 to 1.57", "21% to 27%"; an open end reads "1.21 or more"."""
    if missing(lower) or missing(upper):
        return number(None, mark=mark)
    if math.isinf(lower) or math.isinf(upper):
        ends = [f"{number(lower, unit, decimals)} or more"] if not math.isinf(lower) else []
        ends += [f"{number(upper, unit, decimals)} or less"] if not math.isinf(upper) else []
        return ends[0] if ends else "any value"
    first = number(lower, unit if unit == "%" else "", decimals)
    return f"{first} to {number(upper, unit, decimals)}"


def p_value(p: Any) -> str:
    """A p-value to three decimal places, never 0 and never 1: "<0.001", "0.032", ">0.999"."""
    return "<0.001" if p < 0.001 else ">0.999" if p > 0.999 else number(p, "", 3)


def level_words(level: float) -> str:
    """The kind of an interval: "95% confidence interval"."""
    return f"{Decimal(repr(level)) * 100:f}".rstrip("0").rstrip(".") + "% confidence interval"


def counted(n: int, one: str) -> str:
    """A count with its noun: "no complaints", "1 complaint", "1,234 complaints"."""
    return f"{number(n) if n else 'no'} {one}{'s' * (n != 1)}"


def about(n: int) -> str:
    """How many there are, so roughly that no small count follows by subtraction: "about 14,300", "fewer than 100"."""
    return f"about {number(round(n, -2))}" if n >= 100 else "fewer than 100" if n else "none"


def listed(items: Sequence[str]) -> str:
    """A list in a sentence: "Asian", "Asian and Black", "Asian, Black and Mixed"."""
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1] if items else ""]))


def marked(marks: Iterable[str]) -> str:
    """Marks in words, each with its sign: "suppressed to protect individuals [c]"."""
    return " or ".join(f"{MARKS[mark]} [{mark}]" for mark in sorted(set(marks)))


def people(label: str) -> str:
    """The people of an ethnic group: "Black people", "people from the Mixed ethnic group"."""
    other = f"a{label[1:]}" if label.startswith("Any other") else f"the {label} ethnic group"
    return PEOPLE.get(label, f"people from {other}")


def capital(text: str) -> str:
    """A text with a capital first."""
    return text[:1].upper() + text[1:]


def spoken(name: str) -> str:
    """A name of the code in words: "fatal incidents", "NOMIS ethnicity"."""
    return name.replace("_", " ").replace("nomis", "NOMIS").replace("ppud", "PPUD")


def lower_first(text: str) -> str:
    """A text with a small letter first."""
    return text[:1].lower() + text[1:]


def marks_told(texts: Iterable[str]) -> list[str]:
    """What the marks mean that stand in the place of figures, in their order."""
    shown = {*texts}
    return [f"[{mark}] {meaning}" for mark, meaning in MARKS.items() if f"[{mark}]" in shown]


def dimensions(names: Sequence[str]) -> str:
    """What divides a table, in words: "region and type of order"."""
    return listed([DIMENSION_LABELS[name].lower() for name in names])


def subject(measure: Measure, by: Sequence[str], apart: str = "") -> str:
    """What a table shows, and by what; `apart` is what sort of ethnic groups."""
    labels = DIMENSION_LABELS | {"ethnicity": f"{apart} {DIMENSION_LABELS['ethnicity']}".strip()}
    named = [labels[name].lower() for name in by if name != "year"]
    told = " and ".join(named).replace("nomis", "NOMIS").replace("ppud", "PPUD")
    what = measure.name if named in ([], [measure.name.lower()]) else f"{measure.name} by {told}"
    return f"{what}, by year" if "year" in by else what


def all_people(labels: Sequence[str]) -> str:
    """The people of several groups: "Asian and Black people", "people from the Mixed and Other ethnic groups"."""
    each = {label: people(label) for label in labels}
    named = [text.removesuffix(" people") for text in each.values() if text.endswith(" people")]
    others = [label for label, text in each.items() if text == f"people from the {label} ethnic group"]
    parts = [f"{listed(named)} people"] if named else []
    parts += [f"people from the {listed(others)} ethnic group{'s' * (len(others) > 1)}"] if others else []
    rest = [text for label, text in each.items() if label not in others and not text.endswith(" people")]
    return listed(parts + rest)


def people_or_number(labels: Sequence[str]) -> str:
    """The people of several groups; how many groups, where they are too many to name."""
    return f"people from {len(labels)} ethnic groups" if len(labels) > MOST_NAMED else all_people(labels)
