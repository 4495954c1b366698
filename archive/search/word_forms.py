"""Other spellings of a typed term with the same meaning. Pure; without SQL.

    e-mail     email, “e mail”          U.S.      us              F16     “F 16”, F-16
    straße     strasse                  O'Brien   obrien          ёлка    елка
    harbor     harbour                  organise  organize        centre  center

Does not: correct a mistake (see `vocabulary.py`) or reduce a term to its stem, which the index does.
Invariant: a form is one token or a short phrase of the index, never a shorter term.
"""

from __future__ import annotations

import re
import unicodedata

MAX_FORMS = 12
"""Forms of one word that are searched; more would slow the query and find nothing new."""

_JOINED_PARTS = 6
_PARTS = re.compile(r"[^\W_]+")
_DIGIT_EDGE = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_POSSESSIVE = re.compile(r"(?<=[^\W\d_])'s?$|(?<=s)'$", re.IGNORECASE)
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ё": "е"}
)
_ONE_LETTER_PREFIXES = frozenset("eotx")  # e-mail, O'Brien, T-shirt, X-ray
_PREFIXES = (
    *("anti", "co", "counter", "ex", "inter", "mid", "multi", "non", "over", "post", "pre", "pro"),
    *("re", "self", "semi", "sub", "under"),
)
_SPELLINGS = (  # British and American
    (re.compile(r"is(e[drs]?|ing|ations?|ers)$"), r"iz\1"),
    (re.compile(r"iz(e[drs]?|ing|ations?|ers)$"), r"is\1"),
    (re.compile(r"(?<=\w{3})our(s|ed|ing|able|ite)?$"), r"or\1"),
    (re.compile(r"(?<=\w{2}[^o])or(s|ed|ing|able|ite)?$"), r"our\1"),
    (re.compile(r"(?<=\w{2})tre(s?)$"), r"ter\1"),
    (re.compile(r"(?<=\w{2})ter(s?)$"), r"tre\1"),
)
_GREEK_ACCENTS = {
    "α": "ά",
    "ε": "έ",
    "η": "ή",
    "ι": "ί",
    "ο": "ό",
    "υ": "ύ",
    "ω": "ώ",
}


def base_form(word: str) -> str:
    """Return a term without its possessive ending: “harbour” for “harbour's”."""
    base = _POSSESSIVE.sub("", word)
    if any(char.isalnum() for char in base):
        return base
    return word


def other_forms(word: str) -> tuple[str, ...]:
    """Return other spellings of a term, at most MAX_FORMS.

    Empty for a phrase.
    """
    if any(char.isspace() for char in word):
        return ()
    parts = _PARTS.findall(word)
    if not parts:
        return ()
    low = word.lower()
    found = _joined_forms(parts) if len(parts) > 1 else _divided_forms(parts[0])
    found += _letter_forms(low)
    others = (form for form in found if form.lower() != low)
    unique = dict.fromkeys(others)
    return tuple(unique)[:MAX_FORMS]


def _joined_forms(parts: list[str]) -> list[str]:
    """Return the parts of a hyphenated or dotted term joined into one."""
    if len(parts) <= _JOINED_PARTS:
        return ["".join(parts)]
    return []


def _divided_forms(word: str) -> list[str]:
    """Return a term with a hyphen, dots or an apostrophe inserted: the index has its parts."""
    found = []
    if _DIGIT_EDGE.search(word):
        found.append(_DIGIT_EDGE.sub(" ", word))
    if word.isascii() and word.isalpha():
        if word.isupper() and 2 <= len(word) <= _JOINED_PARTS:
            found.append(" ".join(word))
        low = word.lower()
        if low[0] in _ONE_LETTER_PREFIXES and len(low) > 4:
            found.append(f"{low[0]} {low[1:]}")
        for prefix in filter(low.startswith, _PREFIXES):
            rest = low.removeprefix(prefix)
            if len(rest) > 3:
                found.append(f"{prefix} {rest}")
    return found


def _letter_forms(low: str) -> list[str]:
    """Return spellings with other letters for one sound, or without Greek diacritics."""
    found = [low.translate(_LETTERS)]
    if low.isascii():
        found += [form.sub(other, low) for form, other in _SPELLINGS if form.search(low)]
    if "ss" in low:
        found.append(low.replace("ss", "ß"))
    for at, char in enumerate(low):
        if char == "е":
            found.append(f"{low[:at]}ё{low[at + 1 :]}")
    decomposed = unicodedata.normalize("NFD", low)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    if any("α" <= char <= "ω" for char in bare):
        found.append(bare)
        for at, char in enumerate(bare):
            if char in _GREEK_ACCENTS:
                found.append(bare[:at] + _GREEK_ACCENTS[char] + bare[at + 1 :])
    return found
