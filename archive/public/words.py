"""How often words occur over time: the share of articles or comments of each month or year that have them.

It only reads. Each term is what one types into the search, so "quoted words", word* and a OR b are terms
too. A share is of all that was published then, so that a busy year does not look like a rising word.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from archive.search_sql import TABLES
from archive.wording import any_of, expression, read

MOST = 6
LONGEST = 80
"""How many terms are counted, and how long each may be, in characters."""
MOST_YEARS = 200
"""How far back from the newest is counted."""
ENDS = ("min", "max")  # asked for apart, each is found at an end of the index
COMMON = 30_000
"""A term with more matches than that is counted by reading all dates in their order."""
KINDS = ("articles", "comments")
SPANS = {"year": 4, "month": 7}
"""By what is counted, with the length of its name: "2009", "2009-07"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which terms are asked for, in what, and by year or month."""

    terms: tuple[str, ...]
    kind: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The answer: how many there were in each span of time, and of them with each term."""

    totals: Mapping[str, int]
    terms: Mapping[str, Mapping[str, int]]

    def share(self, term: str, span: str) -> float:
        """The share of those with a term, in percent."""
        return 100 * self.terms[term].get(span, 0) / self.totals[span]

    def peak(self, term: str) -> str | None:
        """The span of time in which the share of a term is highest, or None where it never occurs."""
        spans = [span for span in self.totals if self.terms[term].get(span)]
        return max(spans, key=lambda span: self.share(term, span), default=None)


def asked(words: str, kind: str, by: str) -> Asked:
    """What is meant, whatever was typed. Terms are divided by commas."""
    terms = dict.fromkeys(term for part in words.split(",") if (term := " ".join(part.split())[:LONGEST]))
    usable = [term for term in terms if _match(term, "comments") or _match(term, "articles")]
    return Asked(
        terms=tuple(usable[:MOST]),
        kind=kind if kind in KINDS else "comments",
        by=by if by in SPANS else "year",
    )


def count(connection: sqlite3.Connection, asked: Asked) -> Counted:
    """Count. Spans of time in which nothing was published are left out."""
    totals = _totals(connection, asked)
    found = {term: _counts(connection, asked, term) for term in asked.terms}
    return Counted(totals=totals, terms=found)


def _totals(connection: sqlite3.Connection, asked: Asked) -> dict[str, int]:
    """How many were published in each span of time: counted along an index, since rows are many."""
    oldest, newest = (f"(SELECT {end}(published) FROM {asked.kind} WHERE published > '')" for end in ENDS)
    first, last = connection.execute(f"SELECT {oldest}, {newest}").fetchone()
    if first is None:
        return {}
    sql = f"SELECT count(*) FROM {asked.kind} WHERE published >= ? AND published < ?"
    counted = {
        span: int(connection.execute(sql, [span, f"{span}~"]).fetchone()[0])
        for year in range(int(last[:4]) - MOST_YEARS, int(last[:4]) + 1)
        for span in _spans(f"{year:04}", asked.by)
        if span >= first[: len(span)]
    }
    return {span: number for span, number in counted.items() if number}


def _spans(year: str, by: str) -> list[str]:
    return [year] if by == "year" else [f"{year}-{month:02}" for month in range(1, 13)]


def _counts(connection: sqlite3.Connection, asked: Asked, term: str) -> dict[str, int]:
    """How many of each span have a term: asking each match when, or for a common one each date whether."""
    match, index = _match(term, asked.kind), TABLES[asked.kind].index
    if match is None:
        return {}
    matches = f"SELECT rowid FROM {index} WHERE {index} MATCH ?"
    few = f"SELECT count(*) FROM ({matches} LIMIT {COMMON + 1})"
    where = f"published > '' AND +id IN ({matches})"
    rows = f"{asked.kind} WHERE {where}"
    if connection.execute(few, [match]).fetchone()[0] <= COMMON:
        rows = f"({matches}) AS found CROSS JOIN {asked.kind} WHERE id = found.rowid AND published > ''"
    span = f"substr(published, 1, {SPANS[asked.by]}) AS span"
    return dict(connection.execute(f"SELECT {span}, count(*) FROM {rows} GROUP BY span", [match]).fetchall())


def _match(term: str, kind: str) -> str | None:
    """The FTS5 expression of a term, which is looked for everywhere but in names."""
    wording, fields = read(term), TABLES[kind].fields
    match = expression(wording.groups, fields)
    without = any_of(wording.without, fields)
    whole = f"({match}) NOT ({without})" if match and without else match
    return f"- {fields['author']} : ({whole})" if whole else None
