"""The terms of an archive, and the nearest of them to a misspelt one.

It reads the terms of the full-text indexes (stems, as the indexes keep them) through FTS5's own vocabulary
tables, made in the connection's temporary database. Work is bounded: a few hundred exact look-ups, and one
walk over the terms that share the first two letters.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence

from archive.search.query_parser import quoted

_INDEXES = ("comments_fts", "articles_fts")
_COLUMNS = {"comments_fts": 2, "articles_fts": 3}  # of each index, from its first on
_ALPHABETS = (("a", "abcdefghijklmnopqrstuvwxyz"), ("а", "абвгдежзийклмнопрстуфхцчшщъыьэюя"))
_MAX_TERMS = 20_000
_MAX_LENGTH = 30
_SHORT = 5
_SHORTEST_RESPELLED = 4
"""Letters of a word that may be misspelt: a shorter one is near to so many that another was remembered."""
_MARKED = re.compile("\x02([^\x03]+)\x03")
_WORD = re.compile(r"[^\W_]+")


def nearest_word(connection: sqlite3.Connection, word: str) -> str | None:
    """Return the archive's term with the spelling nearest to an absent one, if any is near."""
    stems = near_stems(connection, word, _INDEXES)[:5]
    low = word.lower()
    forms = (spelled_form(connection, stem, low) for stem in stems)
    return next(filter(None, forms), None)


def near_stems(connection: sqlite3.Connection, word: str, indexes: Sequence[str]) -> list[str]:
    """Return the terms of full-text indexes that are spelled like a word, the nearest and commonest first."""
    low = word.lower()
    if not _WORD.fullmatch(low) or not _SHORTEST_RESPELLED <= len(low) <= _MAX_LENGTH:
        return []
    stem = _stem(connection, low)
    found: dict[str, tuple[int, int]] = {}
    for index in indexes:
        for term, times in _near_terms(connection, index, stem):
            off = distance(term, stem)
            known = found.get(term, (off, 0))
            found[term] = (off, known[1] + times)
    limit = 2
    if len(stem) <= _SHORT:
        limit = 1
    near = sorted((off, -times, term) for term, (off, times) in found.items() if 0 < off <= limit)
    return [term for _, _, term in near]


def distance(one: str, other: str) -> int:
    """Return how many letters are added, left out, exchanged or swapped between two terms."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, char in enumerate(one, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            substituted = last[column - 1] + (char != wanted)
            cost = min(last[column] + 1, now[-1] + 1, substituted)
            is_crossed = row > 1 and column > 1 and char == other[column - 2]
            is_swap = is_crossed and one[row - 2] == wanted
            if is_swap:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]


def _near_terms(connection: sqlite3.Connection, index: str, stem: str) -> Iterator[tuple[str, int]]:
    """Yield terms of an index that may be meant by a stem, each with the texts that have it."""
    table = f"temp.{index}_words"
    connection.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {table} USING fts5vocab('main', '{index}', 'row')"
    )
    one = f"SELECT term, doc FROM {table} WHERE term = ?"
    for edit in sorted(_edits(stem)):
        yield from connection.execute(one, [edit])
    start = stem[:2]
    walk = f"SELECT term, doc FROM {table} WHERE term >= ? AND term < ? LIMIT {_MAX_TERMS}"
    for term, times in connection.execute(walk, [start, start + "\U0010ffff"]):
        if abs(len(term) - len(stem)) <= 2:
            yield term, times


def _edits(word: str) -> set[str]:
    """Return the terms one typing error away."""
    alphabets = (alphabet for first, alphabet in _ALPHABETS if word[0] >= first)
    letters = next(alphabets, "")
    letters = _ALPHABETS[1][1] if word[0] >= "а" else letters
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    left_out = {a + b[1:] for a, b in halves if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    exchanged = {a + letter + b[1:] for a, b in halves if b for letter in letters}
    added = {a + letter + b for a, b in halves for letter in letters}
    return left_out | swapped | exchanged | added


def _stem(connection: sqlite3.Connection, word: str) -> str:
    """Return the term of the indexes for a word."""
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.stemmed"
        " USING fts5(word, tokenize='porter unicode61 remove_diacritics 2')"
    )
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.stems USING fts5vocab('temp', 'stemmed', 'row')"
    )
    connection.execute("DELETE FROM temp.stemmed")
    connection.execute("INSERT INTO temp.stemmed VALUES (?)", [word])
    found = connection.execute("SELECT term FROM temp.stems").fetchone()
    if found:
        return str(found[0])
    return word


def spelled_form(connection: sqlite3.Connection, term: str, like: str) -> str | None:
    """Return how a text spells a term of the indexes.

    Of its forms the one most similar to `like`.
    """
    for index in _INDEXES:
        marked = ", ".join(f"highlight({index}, {at}, char(2), char(3))" for at in range(_COLUMNS[index]))
        sql = f"SELECT {marked} FROM {index} WHERE {index} MATCH ? LIMIT 5"
        rows = connection.execute(sql, [quoted(term)])
        texts = [str(text or "") for row in rows for text in row]
        forms = {str(form).lower() for text in texts for form in _MARKED.findall(text)}
        if forms:
            return min(forms, key=lambda form: (distance(form, like), form))
    return None
