"""Words for ethnicity where codes belong, as lines for `codes:` with the code that the official lists give each.

Nothing is mapped by it: whoever holds the extract copies the lines, and may change them.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from reportlib.ethnicity import FIVE, groupings, label, meanings, raw_codes
from reportlib.inputs.findings import Places, is_code, quoted, spaced, to_copy

# What tells no label from another, and how NOMIS shortens words (White: Eng./Welsh/Scot./N.Irish/British).
WORDS = {"and": "", "or": "", "nd": "", "eng": "english", "scot": "scottish", "n": "northern", "backgr": "background"}
# The name of a family, as the censuses of 2001 to 2021 and NOMIS have it; before a label something must follow.
BROAD = (
    rf"({'|'.join(FIVE.values()).casefold()})( african caribbean)?( \1 british)?( \1 welsh)?( caribbean african)?"
    "( multiple)?( ethnic groups?)?"
)
FAMILY = re.compile(f"{BROAD} (?=.)")


def code_of(word: str) -> str | None:
    """The code of the official label that a word is, but for signs, capitals and how its family is called."""
    text = _plain(word)
    return _official().get(_parted(text)) or _official().get(("", text))


def lines(table: str, field: str, places: Sequence[Places]) -> str:
    """The lines for `codes:`, where any of the values is the word for a code, or for a broad group, which has none.

    They tell no number of rows. The code of any other value is left open, as a "?" that is refused; a value that no
    finding quotes is masked.
    """
    found = {each.value or "": code_of(each.value or "") for each in places}
    broad = [value for value in found if re.fullmatch(BROAD, _plain(value))]
    if not any(found.values()) and not broad:
        return ""
    told = []
    for value, code in sorted(found.items(), key=lambda pair: pair[1] is None):
        key = spaced(json.dumps(value, ensure_ascii=False))
        if code:
            told.append(f"{key}: {code}  # {label(raw_codes()[code])}")
        elif value in broad:
            told.append(f'{key}: "?"  # a broad group has no code: ask for the detailed groups')
        elif is_code(value):
            told.append(f'{key}: "?"  # which code? NS where it is not stated')
        else:
            told.append(f"# {quoted(value)}: correct it, or put it here as well")
    return to_copy(table, field, told)


@cache
def _official() -> dict[tuple[str, str], str]:
    """The code of each official label, by its family and the rest; what two groups are called has none."""
    codes: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for code, text in [*groupings()["19"].labels.items(), *meanings().items()]:
        group = raw_codes()[code]
        named, rest = _parted(text := _plain(text))
        keys = [(FIVE.get(groupings()["5+1"].of[group], "").casefold(), rest)]
        if not named or FAMILY.match(rest):  # White and Asian tells its family itself
            keys.append(("", rest))
        for key in keys:
            codes[key].setdefault(group, code)
    return {key: code for key, held in codes.items() if len(held) == 1 for code in held.values()}


def _parted(text: str) -> tuple[str, str]:
    """The family before a label, if there is one, and the label."""
    found = FAMILY.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def _plain(text: str) -> str:
    """The words of a label, in small letters and one space apart."""
    return " ".join(filter(None, (WORDS.get(word, word) for word in re.findall(r"[^\W_]+", text.casefold()))))
