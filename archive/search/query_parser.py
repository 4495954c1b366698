"""Parser of a typed search query. Pure; without SQL.

    bridge ferry        both terms, in any form (“bridges”)         bridge OR ferry    one of them
    "lower quay"        this exact phrase                           -ferry, NOT ferry  without it
    harb*               terms that begin so                         author:vane        only in that field
    site:ledger.example links to that site                          ferry's            as ferry

Invariant: no text is an error. A part that cannot be searched is left out, with an entry in `notes`. Every
term is returned inside double quotes, so nothing typed can be read as FTS5 syntax.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from archive.core.formatting import in_quotes
from archive.core.letters import without_word_breaks
from archive.search.word_forms import base_form, other_forms

_LONGEST = 1000
MAX_TERMS = 40
SHORTEST = 3
FIELDS = {
    "author": "author",
    "by": "author",
    "byline": "author",
    "commenter": "author",
    "title": "title",
    "text": "text",
}
FILTERS = {
    "tag": "tag",
    "category": "tag",
    "source": "source",
    "site": "site",
    "link": "site",
    "type": "type",
}

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | dict.fromkeys("’‘ʼ＇", "'"))
_TOKEN = re.compile(
    r'(?P<sign>[-+])?(?:(?P<field>[A-Za-z]{2,10}):)?(?:"(?P<phrase>[^"]*)(?:"|$)(?P<star>\*)?|(?P<word>[^\s"()]+))'
)
_ENDINGS = (
    "ing",
    "ed",
    "ation",
    "ition",
    "er",
    "es",
    "ment",
    "ness",
    "ity",
    "ies",
    "al",
    "ize",
    "ise",
    "ful",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Term or phrase, the `field` it is searched in, and whether longer terms count too.

    `also` are other spellings that count as well. `pieces` is an expression for the index of substrings, and
    `spelled` the spellings that then confirm a match; both are empty if the full-text index finds the term.
    """

    text: str
    field: str | None = None
    prefix: bool = False
    also: tuple[str, ...] = ()
    pieces: str = ""
    spelled: tuple[str, ...] = ()


Groups = tuple[tuple[Term, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Groups that must all match, each by one of its terms; no term of `without` may occur."""

    groups: Groups = ()
    without: tuple[Term, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.without)


def parse_query(typed: str) -> Wording:
    """Read what was typed. Never raises."""
    text, notes = _clean(typed)
    groups: list[list[Term]] = []
    without: list[Term] = []
    filters: list[tuple[str, str]] = []
    joined = False
    for word in _words(text):
        if isinstance(word, str):
            joined = word == "OR" and bool(groups)
            continue
        if word.unknown and (note := _unknown_note(word.unknown)) not in notes:
            notes.append(note)
        number = len(without) + sum(map(len, groups))
        if number >= MAX_TERMS:
            notes.append(f"Only the first {MAX_TERMS} words were searched.")
            break
        if note := _unusable_note(word):
            notes.append(note)
        elif word.filter:
            filters.append((word.filter, word.term.text))
        elif word.negative:
            without.append(word.term)
        elif joined:
            groups[-1].append(word.term)
            joined = False
        else:
            groups.append([word.term])
    return Wording(
        groups=tuple(map(tuple, groups)), without=tuple(without), filters=tuple(filters), notes=tuple(notes)
    )


def format_query(groups: Iterable[Iterable[Term]]) -> str:
    """Return groups as a person would type them."""
    return " ".join(" OR ".join(map(_typed, group)) for group in groups)


def at_least(groups: Groups, number: int, columns: Mapping[str, str]) -> str | None:
    """Return an FTS5 expression for texts that meet at least `number` of the groups, if any."""
    written = (any_of(group, columns) for group in groups)
    parts = [part for part in written if part]
    if not parts:
        return None
    needed = min(max(number, 1), len(parts))
    chosen = combinations(parts, needed)
    joined = (" AND ".join(f"({part})" for part in some) for some in chosen)
    return " OR ".join(f"({some})" for some in joined)


def expression(groups: Iterable[Iterable[Term]], columns: Mapping[str, str]) -> str | None:
    """Return groups as an FTS5 expression for a table whose fields have these column names, if possible."""
    written = [any_of(group, columns) for group in groups]
    return " AND ".join(f"({part})" for part in written if part) or None


def any_of(terms: Iterable[Term], columns: Mapping[str, str]) -> str | None:
    """Write terms of which one must be met.

    Those in a field this table lacks are left out.
    """
    possible = {None, *columns}
    parts = [_term(term, columns) for term in terms if term.field in possible]
    return " OR ".join(parts) or None


def quoted(text: str) -> str:
    """Return a string of FTS5, all of it literal."""
    return '"' + text.replace('"', '""') + '"'


def tidy_query(text: str) -> str:
    """Return text that can be handed to SQLite.

    No NUL, no half of a surrogate pair, no control character.
    """
    composed = unicodedata.normalize("NFC", without_word_breaks(text))
    return "".join(" " if unicodedata.category(char)[0] == "C" else char for char in composed)


def searchable(text: str) -> bool:
    """True if the text contains anything the index can store: letters or digits."""
    return any(unicodedata.category(char)[0] in "LN" for char in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    term: Term
    negative: bool = False
    filter: str | None = None
    unknown: str = ""


def _clean(typed: str) -> tuple[str, list[str]]:
    notes = []
    if len(typed) > _LONGEST:
        notes.append(f"Only the first {_LONGEST:,} characters were searched.")
    return tidy_query(typed[:_LONGEST]).translate(_QUOTES), notes


def _words(text: str) -> Iterator[_Word | str]:
    """Yield the terms of a text, and "OR" where it is between two of them."""
    negative, field = False, None
    for found in _TOKEN.finditer(text):
        word = found["word"]
        if word in ("OR", "|", "||") and not found["sign"]:
            yield "OR"
        elif word == "NOT":
            negative = True
        elif word and word.endswith(":") and word[:-1].lower() in FIELDS | FILTERS:
            field = word[:-1].lower()
        elif word not in ("AND", "&", "&&", "+", "-"):
            made = _word(found, field)
            yield replace(made, negative=True) if negative or found["sign"] == "-" else made
            negative, field = False, None


def _word(found: re.Match[str], pending: str | None) -> _Word:
    name = (found["field"] or "").lower()
    known = name in FIELDS | FILTERS
    text = found["phrase"] if found["phrase"] is not None else found["word"]
    is_unknown = bool(name) and not known and text[:1] not in ("", "/")
    unknown = found["field"] if is_unknown else ""
    if name and not known:
        text = f"{found['field']}:{text}"
    name = name if known else (pending or "")
    prefix = bool(found["star"]) or text.endswith("*")
    text = text.strip("*").strip()
    filtered = FILTERS.get(name)
    if filtered is None and found["phrase"] is None and not prefix:
        text = base_form(text)
    also = () if prefix or filtered else other_forms(text)
    field = FIELDS.get(name)
    term = Term(text=text, field=field, prefix=prefix, also=also)
    return _Word(term=term, filter=filtered, unknown=unknown)


def _unusable_note(word: _Word) -> str:
    """Return a sentence on a part that cannot be searched for, "" for any other."""
    text = word.term.text
    if not searchable(text):
        return _unsearchable_note(text)
    if word.term.prefix and len(text) < SHORTEST:
        short = in_quotes(f"{text}*")
        return f"{short} is too short: {SHORTEST} letters are needed before a star."
    if word.filter and word.negative:
        typed = in_quotes(f"-{word.filter}:{text}", 40)
        return f"{typed} was left out: {word.filter}: narrows a search, and cannot exclude."
    return ""


def _unsearchable_note(text: str) -> str:
    """Return a sentence on a term without a letter or digit."""
    if not text:
        return "There is nothing between the quotation marks, so they were left out."
    return f"{in_quotes(text, 40)} has no letters or digits and was left out."


def _unknown_note(name: str) -> str:
    """Return a sentence on an operator that does not exist."""
    known = ", ".join(f"{each}:" for each in ("author", "title", "text", "tag", "source", "site", "type"))
    return f"There is no filter “{name}:”, so it was searched as a word. The filters are {known}."


def _typed(term: Term) -> str:
    """Return a term as a person would type it."""
    name = f"{term.field}:" if term.field else ""
    is_phrase = any(char.isspace() for char in term.text)
    text = f'"{term.text}"' if is_phrase else term.text
    return f"{name}{text}{'*' if term.prefix else ''}"


def _term(term: Term, columns: Mapping[str, str]) -> str:
    where = f"{columns[term.field]} : " if term.field else ""
    if not term.prefix and not term.also:
        return where + quoted(term.text)
    if not term.prefix:
        return f"{where}({' OR '.join(map(quoted, (term.text, *term.also)))})"
    completions = map(quoted, _completions(term.text))
    parts = [f"{quoted(term.text)} *", *completions]
    return f"{where}({' OR '.join(parts)})"


def _completions(word: str) -> list[str]:
    """Return whole terms that a prefix may represent.

    The index contains stems: “organiz*” alone would never match “organization”, kept as “organ”.
    """
    is_latin = word.isascii() and word.isalpha()
    if len(word) < 4 or not is_latin:
        return []
    low = word.lower()
    begun = ((ending, size) for ending in _ENDINGS for size in range(1, len(ending)))
    cut = [low[:-size] + ending for ending, size in begun if low.endswith(ending[:size])]
    return [*cut, *(low + ending for ending in ("ation", "ing", "ed", "e")), low]
