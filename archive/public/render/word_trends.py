"""How often terms occur over time: the share of articles or comments of each month or year that have them.

It only reads. Each term is what one types into the search, so "quoted phrases", prefix* and a OR b are terms
too. A share is of all that was published then, so that a busy year does not appear as a rising term. Comments
that follow one another in the archive are mostly of one month: ids of matches are counted between the ends of
such runs, and no comment need be read.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.search.query_parser import any_of, expression, parse_query
from archive.search.sql import TABLES

MAX_WORDS = 6
_LONGEST = 80
"""How many terms are counted, and how long each may be, in characters."""
MOST_YEARS = 200
"""How far back from the newest is counted."""
LOT = 400_000
"""How many ids are taken at a time."""
_KINDS = {
    "articles": "SELECT id, id, substr(published, 1, {}) FROM articles INDEXED BY articles_filters"
    " WHERE published > '' ORDER BY id",
    "comments": "SELECT first, last, substr(month, 1, {}) FROM comment_months ORDER BY first",
}
"""For each kind the runs of ids of one span of time: the first one, the last one, and the span."""
SPANS = {"year": 4, "month": 7}
"""By what is counted, with the length of its name: "2009", "2009-07"."""

Run = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Query of trends: the terms, the kind of item, and by year or month."""

    terms: tuple[str, ...]
    kind: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The answer: how many there were in each span of time, and of them with each term."""

    totals: Mapping[str, int]
    terms: Mapping[str, Mapping[str, int]]

    def share(self, term: str, span: str) -> float:
        """Return the share of those with a term, in percent."""
        count = self.terms[term].get(span, 0)
        return 100 * count / self.totals[span]

    def peak(self, term: str) -> str | None:
        """Return the span of time in which the share of a term is highest, if it occurs."""
        spans = [span for span in self.totals if self.terms[term].get(span)]
        return max(spans, key=lambda span: self.share(term, span), default=None)


def asked(words: str, kind: str, by: str) -> Asked:
    """Return the requested terms, parsed from comma-separated text."""
    parts = words.split(",")
    cleaned = (" ".join(part.split())[:_LONGEST] for part in parts)
    terms = dict.fromkeys(term for term in cleaned if term)
    usable = [term for term in terms if _match(term, "comments") or _match(term, "articles")]
    if kind not in _KINDS:
        kind = "comments"
    if by not in SPANS:
        by = "year"
    return Asked(terms=tuple(usable[:MAX_WORDS]), kind=kind, by=by)


def count_words(connection: sqlite3.Connection, asked: Asked) -> Counted:
    """Count. Spans of time in which nothing was published are left out."""
    sql = _KINDS[asked.kind].format(SPANS[asked.by])
    runs: list[Run] = connection.execute(sql).fetchall()
    newest = max((span for _, _, span in runs), default="0000")
    first_year = max(int(newest[:4]) - MOST_YEARS, 0)
    oldest = f"{first_year:04}"
    runs = [run for run in runs if run[2] >= oldest]
    totals: Counter[str] = Counter()
    for first, last, span in runs:
        totals[span] += last - first + 1
    last = 0
    if runs:
        last = runs[-1][1]
    found = {}
    for term in asked.terms:
        ids = _ids(connection, asked.kind, term, last)
        found[term] = _counts(ids, runs)
    return Counted(totals=dict(sorted(totals.items())), terms=found)


def _counts(ids: Sequence[int], runs: Sequence[Run]) -> Counter[str]:
    """Return how many of some sorted ids fall on each span of time."""
    counted: Counter[str] = Counter()
    end = 0
    for first, last, span in runs:
        begin = bisect_left(ids, first, end)
        end = bisect_right(ids, last, begin)
        counted[span] += end - begin
    return counted


def _ids(connection: sqlite3.Connection, kind: str, term: str, last: int) -> list[int]:
    """Return the sorted ids of all that have a term.

    They are read in portions, since row by row takes far longer.
    """
    match = _match(term, kind)
    index = TABLES[kind].index
    if match is None:
        return []
    some = f"SELECT rowid FROM {index} WHERE {index} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid"
    sql = f"SELECT json_group_array(rowid) FROM ({some})"
    lots = ((first, first + LOT - 1) for first in range(1, last + 1, LOT))
    found = []
    for lot in lots:
        [ids] = connection.execute(sql, [match, *lot]).fetchone()
        found += json.loads(ids)
    return found


def _match(term: str, kind: str) -> str | None:
    """Return the FTS5 expression of a term, which is looked for everywhere but in names."""
    wording = parse_query(term)
    fields = TABLES[kind].fields
    match = expression(wording.groups, fields)
    without = any_of(wording.without, fields)
    whole = match
    if match and without:
        whole = f"({match}) NOT ({without})"
    if not whole:
        return None
    return f"- {fields['author']} : ({whole})"
