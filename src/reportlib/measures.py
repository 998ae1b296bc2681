"""What can be measured: the counts, the measures made of them, and the tables that show them.

A part is something counted; a measure is one part over another. Both are declared here once, in
codes and in words, and everything else (queries, tables, sentences, the methods page) reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

UPHELD = "outcome IN ('upheld', 'partly upheld')"
DECIDED = "outcome IN ('upheld', 'partly upheld', 'not upheld')"
MEDIATED_FOR = "outcome IN ('upheld', 'partly upheld', 'mediated upheld')"
MEDIATED_ANY = "(outcome LIKE '%upheld')"  # upheld, partly upheld, not upheld, mediated either way
ORDERS, LICENCES = ("community order", "suspended sentence order"), ("licence", "post-sentence supervision")
COMMUNITY, CUSTODIAL = f"order_type IN {ORDERS}", f"order_type IN {LICENCES}"
ENDINGS = ("completed", "revoked for breach", "revoked for a further offence", "recalled", "other")
PRISON = "setting = 'prison'"
# On the rows of a part: the same in words, and the field without which there is no such part, if there is one.
CONDITIONS: dict[str, tuple[str, str]] = {
    "eligible": ("the complaint was found eligible", "eligible"),
    UPHELD: ("the outcome is upheld or partly upheld", "outcome"),
    DECIDED: ("the outcome is upheld, partly upheld or not upheld", "outcome"),
    MEDIATED_FOR: ("the outcome is upheld, partly upheld or mediated in the complainant's favour", "outcome"),
    MEDIATED_ANY: ("the outcome is upheld, partly upheld, not upheld or mediated", "outcome"),
    "racism_concern": ("a concern about racism was recorded", "racism_concern_complainant"),
    PRISON: ("the setting is prison", ""),
    **{f"outcome = '{end}'": (f"the outcome is {end}", "outcome") for end in ENDINGS},
    COMMUNITY: (f"the type of order is {' or '.join(ORDERS)}", "order_type"),
    CUSTODIAL: (f"the type of order is {' or '.join(LICENCES)}", "order_type"),
}

APART = "Complaints about probation are left out, where the extract tells them apart"
DAY = "counted by notification date where the record has it, else by date or month of death"
APART_DEATHS = "Where the extract tells settings apart, immigration removal centres are left out of both"
WHOSE = "in which the complainant or the investigator recorded"
# What a definition leaves open -> what it says where all rows have a field, the first that some have; "" where none do.
OPEN: dict[str, dict[str, str]] = {
    APART: {
        "service": "Complaints about probation are left out",
        "": "The extract does not tell complaints about probation apart, and should hold none",
    },
    DAY: {
        "notified_date": "counted by the date on which the Ombudsman was notified",
        "death_date": "counted by the date of death",
        "death_month": "counted by the month of death",
    },
    APART_DEATHS: {
        "setting": "Immigration removal centres are left out of both",
        "": "The extract does not tell settings apart, so immigration removal centres are in both",
    },
    WHOSE: {"racism_concern_investigator": WHOSE, "": "in which the complainant recorded"},
}
OMBUDSMAN, SERVICE = "the Ombudsman", "HM Prison and Probation Service"
EITHER = f"{SERVICE} and {OMBUDSMAN}"
ENFORCEMENT = f"{SERVICE}, which enforces orders; courts revoke them"
SUPERVISION = f"{SERVICE}, which supervises; courts convict people, and revoke orders"
CONCERN, NO_CONCERN = "Concern recorded", "No concern recorded"  # about racism, on a complaint
NOT_RECORDED = "Not recorded"  # what divides a table, of records that do not say it
UNKNOWN_TYPE = "Other or escort"  # a death in escort, an establishment that the list does not hold

DATASETS: dict[str, str] = {  # dataset of the release -> input that it is made from
    "complaints": "complaints",
    "population": "population",
    "deaths": "fatal_incidents",
    "terminations": "probation_terminations",
    "caseload": "probation_caseload",
}

NOMIS, PPUD = "nomis_ethnicity.ethnicity_code", "ethnicity_ppud"
CODED = {"ethnicity": ("ethnicity_code",)}
PLACE = {name: (f"establishments.{name}",) for name in ("establishment_type", "region")}


def _own(*names: str) -> dict[str, tuple[str, ...]]:
    """Dimensions that are fields of the dataset's own input."""
    return {name: (name,) for name in names}


# The fields that each dimension rests on; any one of a tuple will do.
DIMENSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "complaints": {
        "ethnicity": (PPUD, NOMIS),
        "ethnicity_ppud": (PPUD,),
        "ethnicity_nomis": (NOMIS,),
        "ethnicity_source": (PPUD, NOMIS),
        **PLACE,
        **_own("category", "outcome"),
        "concern": ("racism_concern_complainant",),
    },
    "population": CODED | PLACE | _own("age_band", "sex"),
    "deaths": CODED | PLACE | _own("cause", "age_band", "sex"),
    "terminations": CODED | _own("region", "order_type"),
    "caseload": CODED | _own("region"),
}


@dataclass(frozen=True)
class Part:
    """Something that is counted: events, people, or a population (the mean over snapshots).

    `where` is the condition on the dataset's rows; `year` the column that puts a row in a year;
    `fields` what the input must hold; `whole` the part that contains this one.
    """

    code: str
    label: str
    dataset: str
    year: str = "year"
    where: str = "TRUE"
    fields: tuple[str, ...] = ()
    counts: Literal["events", "people", "stock"] = "events"
    whole: str | None = None

    @property
    def rows(self) -> str:
        """Which rows of the dataset are counted, in words."""
        held = [CONDITIONS[one][0] for one in self.where.split(" AND ") if one != "TRUE"]
        return f"rows where {' and '.join(held)}" if held else "every row"


@dataclass(frozen=True)
class Measure:
    """A numerator over a denominator, and the words for both.

    `kind` is "proportion" (the numerator is part of the denominator), "rate" (events over
    population) or "count". `clustered`: several events can come from one person; `answers`: who is asked to explain
    a disproportionate comparison; `instead_of`: the code of the measure whose outcome it counts otherwise.
    """

    code: str
    name: str
    numerator: Part
    denominator: Part | None
    kind: Literal["proportion", "rate", "count"]
    question: str
    definition: str
    answers: str
    clustered: bool = False
    per: int = 1000
    decimals: int = 1
    instead_of: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.numerator, self.denominator) if self.denominator else (self.numerator,)

    @property
    def separate(self) -> bool:
        """Whether it is a rate of events of which a person has one: a death."""
        return self.kind == "rate" and self.numerator.counts == "events" and not self.clustered

    def defined(self, held: Callable[[str], float]) -> str:
        """The definition, with what it leaves open settled by the inputs.

        `held` gives the share of the rows of the numerator's input that have a field.
        """
        text = self.definition
        for phrase, ways in OPEN.items():
            field = next((name for name in ways if not name or held(name)), None)
            if phrase in text and field is not None and (not field or held(field) == 1):
                text = text.replace(phrase, ways[field])
        return text


def _part(code: str, label: str, *conditions: str, whole: str | None = None, **given: Any) -> Part:
    """A part of its whole: the rows that meet all conditions. Raises ValueError for one that has no words."""
    if unknown := {*conditions} - CONDITIONS.keys():
        raise ValueError(f"{code}: say in CONDITIONS what {min(unknown)!r} means")
    fields = (*given.pop("fields", ()), *filter(None, (CONDITIONS[one][1] for one in conditions)))
    return Part(code, label, where=" AND ".join(conditions) or "TRUE", fields=fields, whole=whole, **given)


_received = partial(_part, dataset="complaints", year="received_year")
_completed = partial(_part, dataset="complaints", year="completed_year", fields=("completed_date",))
_ended = partial(_part, dataset="terminations")
PARTS: dict[str, Part] = {
    part.code: part
    for part in (
        _received("complaints/received", "Complaints received"),
        _received("complaints/eligible", "Complaints eligible", "eligible", whole="complaints/received"),
        _completed("complaints/completed", "Complaints completed"),
        _completed("complaints/decided", "Complaints decided", DECIDED, whole="complaints/decided-or-mediated"),
        _completed("complaints/upheld", "Complaints upheld", UPHELD, whole="complaints/decided"),
        _completed(
            "complaints/decided-or-mediated", "Complaints decided or mediated",
            MEDIATED_ANY, whole="complaints/completed",
        ),
        _completed(
            "complaints/upheld-or-mediated-for", "Complaints upheld or mediated in the complainant's favour",
            MEDIATED_FOR, whole="complaints/decided-or-mediated",
        ),
        _completed(
            "complaints/racism-concern", "Complaints with a concern about racism",
            "racism_concern", whole="complaints/completed",
        ),
        _received("people/complained", "People who complained", counts="people", whole="complaints/received"),
        Part("population/average", "Average population of all establishments", "population", counts="stock"),
        Part(
            "population/prison", "Average prison population", "population",
            where=PRISON, counts="stock", whole="population/average",
        ),
        Part("deaths/prison", "Deaths", "deaths", where=PRISON),
        _ended("terminations/all", "Supervision periods ended"),
        _ended("terminations/completed", "Completed", "outcome = 'completed'", whole="terminations/all"),
        _ended(
            "terminations/community", "Community and suspended sentence orders ended",
            COMMUNITY, whole="terminations/all",
        ),
        _ended(
            "terminations/breached", "Revoked for breach",
            COMMUNITY, "outcome = 'revoked for breach'", whole="terminations/community",
        ),
        _ended(
            "terminations/further-offence", "Revoked for a further offence",
            COMMUNITY, "outcome = 'revoked for a further offence'", whole="terminations/community",
        ),
        _ended(
            "terminations/custodial", "Licences and post-sentence supervision ended",
            CUSTODIAL, whole="terminations/all",
        ),
        _ended(
            "terminations/recalled", "Recalled to prison",
            CUSTODIAL, "outcome = 'recalled'", whole="terminations/custodial",
        ),
        _ended("terminations/other", "Ended in another way", "outcome = 'other'", whole="terminations/all"),
        Part("caseload/average", "Average probation caseload", "caseload", counts="stock"),
    )
}  # fmt: skip

# Whole and parts: ways in which counts make up one another, besides each part and what is left of its whole ("not …").
# A part that no table shows is what subtraction gives.
SUMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("complaints/upheld-or-mediated-for", ("complaints/upheld", "complaints/mediated for")),
    ("not complaints/upheld-or-mediated-for", ("not complaints/upheld", "complaints/mediated against")),
    ("not complaints/decided", ("complaints/mediated for", "complaints/mediated against")),
    ("terminations/all", ("terminations/community", "terminations/custodial")),
    ("not terminations/completed", ("terminations/breached", "terminations/recalled", "terminations/otherwise")),
    ("terminations/otherwise", ("terminations/further-offence", "terminations/remaining")),
    ("terminations/remaining", ("terminations/other", "terminations/of no known ending")),
    ("not terminations/breached", ("terminations/further-offence", "terminations/not revoked")),
)

Across = tuple[str, tuple[Mapping[str, str], ...]]  # a part, and the places across a dimension that make it up


def _by_type(kind: str, types: tuple[str, ...], *endings: str) -> tuple[Across, ...]:
    """Of orders or licences that ended, by type, some were completed; what each other ending leaves of the rest."""
    return (
        (f"terminations/{kind}", tuple({"part": "terminations/all", "order_type": of} for of in types)),
        (f"{kind} completed", tuple({"part": "terminations/completed", "order_type": of} for of in types)),
        *(
            (f"not terminations/{end}", ({"part": f"{kind} completed"}, {"part": f"neither completed nor {end}"}))
            for end in endings
        ),
    )


def _others(whole: str, types: tuple[str, ...]) -> Across:
    """Of what is left of orders or licences, by type, a table has those of the outcome other."""
    return whole, (*({"part": "terminations/other", "order_type": of} for of in types), {"part": f"{whole}, not other"})


def _decided(whole: str, concern: str) -> Across:
    """Of completed complaints with a concern about racism, or without, some were decided."""
    return whole, ({"part": "complaints/decided", "concern": concern}, {"part": f"{concern}, not decided"})


# And across a dimension, places with what is counted there.
SUMS_ACROSS: tuple[tuple[tuple[Mapping[str, str], ...], tuple[Mapping[str, str], ...]], ...] = tuple(
    (({"part": whole},), parts)
    for whole, parts in (
        *_by_type("community", ORDERS, "breached", "further-offence"),
        ("neither completed nor breached", ({"part": "terminations/further-offence"}, {"part": "community otherwise"})),
        _others("community otherwise", ORDERS),
        _others("neither completed nor recalled", LICENCES),
        *_by_type("custodial", LICENCES, "recalled"),
        _decided("complaints/racism-concern", CONCERN),
        _decided("not complaints/racism-concern", NO_CONCERN),
    )
)
TIED = {  # parts that hang together
    name.removeprefix("not ")
    for whole, parts in (*SUMS, *((of["part"], [each["part"] for each in parts]) for (of,), parts in SUMS_ACROSS))
    for name in (whole, *parts)
}


def _share(code: str, name: str, part: str, question: str, definition: str, answers: str, **given: Any) -> Measure:
    """A part out of its whole, of which one person can have several."""
    whole = PARTS[part].whole or ""
    told = question, definition, answers
    return Measure(code, name, PARTS[part], PARTS[whole], "proportion", *told, clustered=True, **given)


MEASURES: dict[str, Measure] = {
    measure.code: measure
    for measure in (
        Measure(
            "complainants", "People who complained", PARTS["people/complained"], PARTS["population/average"], "rate",
            "Do people of each ethnic group complain in proportion to the prison population?",
            "Distinct people who made at least one complaint in the period, per 1,000 average population of all "
            "establishments. A figure for several years is not a yearly rate and cannot be compared with one: people "
            f"come and go, so the number who complained can be larger than the average population. {APART}.",
            EITHER,
        ),
        Measure(
            "complaints", "Complaints received", PARTS["complaints/received"], PARTS["population/average"], "rate",
            "Are complaints received in proportion to the prison population?",
            "Complaints received in the period, per 1,000 average population of all establishments a year. One person "
            f"may complain many times, so the interval allows for repeat complaints. {APART}.",
            EITHER,
            clustered=True,
        ),
        _share(
            "eligible", "Complaints found eligible", "complaints/eligible",
            "Are complaints found eligible as often for each group?",
            f"Complaints found eligible, out of complaints received in the period. {APART}.",
            OMBUDSMAN,
        ),
        _share(
            "upheld", "Uphold rate", "complaints/upheld",
            "Are complaints upheld as often for each group?",
            "Complaints upheld or partly upheld, out of complaints upheld, partly upheld or not upheld, that were "
            f"completed in the period. Mediated and ceased complaints stand apart. {APART}.",
            OMBUDSMAN,
        ),
        _share(
            "upheld-with-mediated", "Uphold rate counting mediation", "complaints/upheld-or-mediated-for",
            "Does the answer change if mediated complaints are counted?",
            "Complaints upheld, partly upheld or mediated in the complainant's favour, out of all complaints decided "
            f"or mediated, that were completed in the period. {APART}.",
            OMBUDSMAN,
            instead_of="upheld",
        ),
        _share(
            "racism-concern", "Complaints with a recorded concern about racism", "complaints/racism-concern",
            "How often is a concern about racism recorded?",
            f"Completed complaints {WHOSE} a concern about racism, out of complaints completed in the period. {APART}.",
            EITHER,
        ),
        Measure(
            "deaths", "Deaths in prison custody", PARTS["deaths/prison"], PARTS["population/prison"], "rate",
            "Are deaths in prison custody in proportion to the prison population?",
            f"Fatal incidents in prison in the period, per 1,000 average prison population a year; {DAY}. "
            f"{APART_DEATHS}.",
            SERVICE,
            decimals=2,
        ),
        Measure(
            "caseload", "People on probation", PARTS["caseload/average"], None, "count",
            "How many people of each ethnic group are on probation?",
            "People on probation: the mean over the dates of a year when the caseload was counted, then over years.",
            SERVICE,
            decimals=0,
        ),
        _share(
            "completed", "Supervision completed", "terminations/completed",
            "Do people of each group complete supervision as often?",
            "Supervision periods completed, out of all that ended in the period.",
            SERVICE,
        ),
        _share(
            "breached", "Revoked for breach", "terminations/breached",
            "Are community orders revoked for breach as often for each group?",
            "Community and suspended sentence orders revoked for breach, out of all such orders that ended "
            "in the period. Licences cannot end this way and are left out.",
            ENFORCEMENT,
        ),
        _share(
            "further-offence", "Revoked for a further offence", "terminations/further-offence",
            "Are community orders revoked for a further offence as often for each group?",
            "Community and suspended sentence orders revoked for a further offence, out of all such orders that ended "
            "in the period. Licences cannot end this way and are left out. It is no measure of reoffending.",
            SUPERVISION,
        ),
        _share(
            "recalled", "Recalled to prison", "terminations/recalled",
            "Are people on licence recalled as often for each group?",
            "Licences and periods of post-sentence supervision that ended in recall, or in return to prison by a "
            "court, out of all that ended in the period. Community orders cannot end in recall and are left out.",
            SERVICE,
        ),
        _share(
            "other-ending", "Ended in another way", "terminations/other",
            "Does supervision end in other ways as often for each group?",
            "Supervision periods whose outcome is other, out of all that ended in the period. The records do not say "
            "what it was.",
            SERVICE,
        ),
        Measure(
            "ethnicity-agreement", "Ethnicity on PPUD against NOMIS", PARTS["people/complained"], None, "count",
            "Is the ethnicity on PPUD the same as on NOMIS?",
            "People who complained in the period, by the ethnicity held on each of the two systems.",
            OMBUDSMAN,
        ),
        Measure(
            "ethnicity-source", "Where ethnicity comes from", PARTS["people/complained"], None, "count",
            "Which system does each person's ethnicity come from?",
            "People who complained in the period: ethnicity from NOMIS where it is known there, else from "
            "PPUD, else not stated.",
            OMBUDSMAN,
        ),
    )
}  # fmt: skip


REPEATED = "repeated"  # a table by the groups of the report, which has it anyway


@dataclass(frozen=True)
class TableSpec:
    """A table that a chapter declares: what it measures, by what, over which period.

    `period` is "pooled" (the headline: several years together) or "trend" (single years side by
    side). `adjust` names the dimensions that the adjusted comparison holds equal. `apart` names
    its ethnic groups where they are not those of the report (`ethnicity.APART`), or says that it is repeated.
    `national`: no edition of a part has it.
    """

    id: str
    measure: Measure
    by: tuple[str, ...]
    grouping: str
    period: Literal["pooled", "trend"] = "pooled"
    adjust: tuple[str, ...] = ()
    apart: str = ""
    national: bool = False

    @property
    def axes(self) -> tuple[str, ...]:
        """The dimensions as facts name them: those of other ethnic groups than the report's have names of their own."""
        return tuple(f"{self.apart}-{name}" if self.apart and name == "ethnicity" else name for name in self.by)

    @property
    def compared(self) -> bool:
        """Whether it compares ethnic groups."""
        return "ethnicity" in self.by and self.measure.kind != "count"

    @property
    def headline(self) -> bool:
        """Whether it is one of those that the summary is of: the report's groups over all years and parts."""
        return self.compared and self.by == ("ethnicity",) and self.period == "pooled" and not self.apart

    @property
    def strata(self) -> tuple[str, ...]:
        """The dimensions other than ethnicity and year."""
        return tuple(name for name in self.by if name not in ("ethnicity", "year"))


def inputs_of(parts: Iterable[Part], dimensions: Iterable[str]) -> set[str]:
    """The names of the inputs that counts of some parts rest on: the parts' own, and those of what divides them."""
    datasets, held = {part.dataset for part in parts}, list(dimensions)
    fields = [one for name in datasets for dimension in held for one in DIMENSIONS[name].get(dimension, ())]
    return {DATASETS[name] for name in datasets} | {one.partition(".")[0] for one in fields if "." in one}
