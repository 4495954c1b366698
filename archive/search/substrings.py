"""Terms of scripts without spaces, and compounds: found by the index of substrings.

Texts in other scripts than Latin, or of articles in other languages than English, are indexed by groups of
three characters (`articles_substrings`, `comments_substrings`). A term of such a script is searched there. Of
a Latin term, the longer terms that contain it are found there and searched as its other forms, so that
ranking and highlights stay those of the full-text index. An English archive has nothing there.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from archive.search.query_parser import Term, Wording, quoted

GROUP_CHARACTERS = 3
MAX_COMPOUNDS = 80
"""Longer words that are searched for one word."""

_SAMPLED_TEXTS = 600
_MAX_GROUPS = 800
_SHORTEST_COMPOUND = 4
_OTHER_SCRIPT = re.compile("[Ͱ-῿Ⰰ-퟿豈-﷿ﹰ-﻾＀-￯𠀀-𳿿]")
_WORD = re.compile(r"[^\W_]+")
_SAMPLED = {
    "articles": "SELECT coalesce(title, '') || ' ' || coalesce(text, '') FROM main.articles"
    " WHERE coalesce(language, 'en') NOT LIKE 'en%' AND id IN",
    "comments": "SELECT comments.text FROM main.comments JOIN main.articles ON articles.id = article_id"
    " WHERE coalesce(language, 'en') NOT LIKE 'en%' AND comments.id IN",
}


def widen(connection: sqlite3.Connection, wording: Wording) -> Wording:
    """Return the wording with additional terms from the index of substrings.

    Without such an index, or with an empty one, the wording is returned unchanged.
    """
    indexes = [table for table in _SAMPLED if _has_texts(connection, table)]
    if not indexes:
        return wording
    groups = tuple(tuple(_widened(connection, term, indexes) for term in group) for group in wording.groups)
    without = tuple(_widened(connection, term, indexes) for term in wording.without)
    return replace(wording, groups=groups, without=without)


def is_of_other_script(text: str) -> bool:
    """True if only the index of substrings finds a term whole."""
    return _OTHER_SCRIPT.search(text) is not None


def _widened(connection: sqlite3.Connection, term: Term, indexes: list[str]) -> Term:
    if term.field not in (None, "text") or term.pieces:
        return term
    text = term.text.lower()
    if is_of_other_script(text):
        pieces = _pieces(connection, text, indexes)
        spelled: tuple[str, ...] = ()
        if len(text) > GROUP_CHARACTERS:
            spelled = (text, text.capitalize(), text.upper())
        return replace(term, pieces=pieces, spelled=tuple(dict.fromkeys(spelled)))
    if term.prefix or len(text) < _SHORTEST_COMPOUND or not _WORD.fullmatch(text):
        return term
    compounds = _compounds(connection, text, indexes)
    if compounds:
        return replace(term, also=(*term.also, *compounds))
    return term


def _pieces(connection: sqlite3.Connection, text: str, indexes: list[str]) -> str:
    """Return the expression that finds a text of any length in the index of substrings."""
    if len(text) >= GROUP_CHARACTERS:
        last = len(text) - GROUP_CHARACTERS
        groups = (text[at : at + GROUP_CHARACTERS] for at in range(last + 1))
        return " AND ".join(map(quoted, dict.fromkeys(groups)))
    found = dict.fromkeys(group for table in indexes for group in _groups(connection, table, text))
    whole = quoted(text.ljust(GROUP_CHARACTERS))
    return " OR ".join(map(quoted, found)) or whole


def _groups(connection: sqlite3.Connection, table: str, start: str) -> Iterator[str]:
    """Yield the groups of an index that begin with one or two characters."""
    vocabulary = f"temp.{table}_groups"
    connection.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {vocabulary}"
        f" USING fts5vocab('main', '{table}_substrings', 'row')"
    )
    sql = f"SELECT term FROM {vocabulary} WHERE term >= ? AND term < ? LIMIT {_MAX_GROUPS}"
    for (group,) in connection.execute(sql, [start, start + "\U0010ffff"]):
        yield group


def _compounds(connection: sqlite3.Connection, word: str, indexes: list[str]) -> list[str]:
    """Return longer terms that contain a term, the most frequent of the newest texts first."""
    expression = _pieces(connection, word, indexes)
    counts = Counter[str]()
    for table in indexes:
        index = f"{table}_substrings"
        newest = (
            f"SELECT rowid FROM main.{index} WHERE {index} MATCH ? ORDER BY rowid DESC LIMIT {_SAMPLED_TEXTS}"
        )
        for (text,) in connection.execute(f"{_SAMPLED[table]} ({newest})", [expression]):
            words = _WORD.findall((text or "").lower())
            counts.update({found for found in words if word in found})
    del counts[word]
    return [found for found, _ in counts.most_common(MAX_COMPOUNDS)]


def _has_texts(connection: sqlite3.Connection, table: str) -> bool:
    sql = f"SELECT 1 FROM main.{table}_substrings_docsize LIMIT 1"
    try:
        return connection.execute(sql).fetchone() is not None
    except sqlite3.OperationalError:  # an archive of before, opened for reading
        return False
