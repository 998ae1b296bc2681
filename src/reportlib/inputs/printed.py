"""What of the inputs, and of what somebody has written, would stand in print and must not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from reportlib.errors import Finding
from reportlib.facts import slug
from reportlib.inputs.contracts import contracts, sql_list
from reportlib.inputs.cube import input_table
from reportlib.inputs.findings import quoted
from reportlib.inputs.typed_tables import Tables
from reportlib.look import lacking
from reportlib.words import PERSON_NUMBER, ill_chosen

IDENTIFIER = r"\w[\w/-]{3,}\w"  # of a person or a case, as somebody would write it
NUMBER = rf"{PERSON_NUMBER}|\d{{5}}"  # of a person or a case, which no category has
LINK = r"\[[^\]]*\]\([^)]*\)"
FORMULA = r"[=@]|[+-](?![\d ]*$)"  # at the beginning, a spreadsheet takes what follows for one; a number is none
NO_SIGN = "which the report cannot show"
PRINTED = ", and the report prints categories"
MOST_CATEGORIES = 100  # of complaint; a column with more holds something else


def many_categories(tables: Tables) -> Iterator[Finding]:
    """A column that cannot be of categories: each of them would be printed."""
    if tables.has("complaints", "category"):
        ((different,),) = tables.engine.rows(f"SELECT count(DISTINCT category) FROM {input_table('complaints')}")
        if different > MOST_CATEGORIES:
            message = (
                f"there are {different:,} categories, and the report prints each of them: is it the right column? At "
                f"most {MOST_CATEGORIES} are read; give several one name under codes:"
            )
            yield tables.about("complaints", "category", message, "error")


def categories_alike(tables: Tables) -> Iterator[Finding]:
    """Categories of complaint of signs alone, called as the total is, or that differ in capitals or signs alone."""
    alike = defaultdict(list)
    for name in _categories(tables):
        alike[slug(name)].append(name)
    for code, names in alike.items():
        if not code:
            yield _of_categories(tables, f"{' and '.join(map(quoted, names))}: without a letter from a to z or a digit")
        elif len(names) > 1 or code == "all":
            what = "from 'all', as totals are called" if code == "all" else "by a reader"
            yield _of_categories(tables, f"{' and '.join(map(quoted, names))} cannot be told apart {what}", "them")


def ill_chosen_words(tables: Tables) -> Iterator[Finding]:
    """Words for people that no report may print, in what somebody has written and in categories of complaint."""
    for place, text in tables.texts.items():
        yield from (Finding(f"“{term}”: {advice}", place) for term, advice in ill_chosen(text))
    for name in _categories(tables):
        for term, advice in ill_chosen(name):
            yield _of_categories(tables, f"{quoted(name)} says “{term}”: {advice}")


def unprintable_texts(tables: Tables) -> Iterator[Finding]:
    """In what is printed: numbers as people have, links, formulas of spreadsheets, signs that cannot be shown."""
    for place, text in tables.texts.items():
        if re.search(PERSON_NUMBER, text):
            yield Finding("holds what looks like a person's number, and is printed in the report; take it out", place)
        if re.search(LINK, text):
            yield Finding("holds a link as Markdown has it; write the address itself", place)
        if re.match(FORMULA, text):
            yield Finding(f"begins with {text[0]}, as a formula of a spreadsheet does; begin with a word", place)
        if signs := lacking(text):
            yield Finding(f"holds {quoted(signs)}, {NO_SIGN}; write it otherwise", place)
    for name in _categories(tables):
        if signs := lacking(name):
            yield _of_categories(tables, f"{quoted(name)} holds {quoted(signs)}, {NO_SIGN}")
        if re.match(FORMULA, name) or re.search(LINK, name):
            yield _of_categories(tables, f"{quoted(name)} would be a formula of a spreadsheet, or a link")
    if tables.has("establishments", "establishment"):
        names = tables.engine.rows(f"SELECT DISTINCT establishment FROM {input_table('establishments')}")
        for name in sorted(name for (name,) in names if name and lacking(name)):
            message = f"{quoted(name)} holds {quoted(lacking(name))}, {NO_SIGN}; write it otherwise"
            yield tables.about("establishments", "establishment", message, "error")


def printed_identifiers(tables: Tables) -> Iterator[Finding]:
    """People and cases of the extracts in what would be printed: categories, and what somebody has written."""
    words = {place: {*re.findall(IDENTIFIER, text.casefold())} for place, text in tables.texts.items()}
    categories = _categories(tables)
    if numbers := [name for name in categories if re.search(NUMBER, name, re.IGNORECASE)]:
        others = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
        yield _of_categories(tables, f"{quoted(numbers[0])}{others} may be a number of a person or a case{PRINTED}")
    names = {name.casefold() for name in categories if name not in numbers}
    written = sql_list(sorted(names.union(*words.values())))
    for table, source in tables.sources.items() if written != sql_list(()) else ():
        for name in source.columns:
            if not name.endswith("_id"):
                continue
            same = f"SELECT DISTINCT lower({name}) FROM {input_table(table)} WHERE lower({name}) IN {written}"
            found = {each for (each,) in tables.engine.rows(same)}
            what = f"the {contracts()[table].fields[name].title} of a row of {table}"
            yield from (
                Finding(f"holds {what}, and is printed in the report; take it out", place)
                for place, own in words.items()
                if own & found
            )
            if names & found:
                yield _of_categories(tables, f"a category is {what}{PRINTED}")


def _categories(tables: Tables) -> list[str]:
    """The categories of complaint; none where the extract has none, or where its column holds something else."""
    if not tables.has("complaints", "category"):
        return []
    rows = tables.engine.rows(f"SELECT DISTINCT category FROM {input_table('complaints')} WHERE category IS NOT NULL")
    return sorted(name for (name,) in rows) if len(rows) <= MOST_CATEGORIES else []


def _of_categories(tables: Tables, message: str, what: str = "it") -> Finding:
    return tables.about("complaints", "category", f"{message}; map {what} under codes:", "error")
