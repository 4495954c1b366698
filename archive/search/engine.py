"""Search of an archive: the typed query, as SQL over articles, comments and their earlier versions.

Used by the page and by the command line alike: both pass a connection and an `Ask`, and get the same hits in
the same order. It only reads. Invariant: the work is bounded for every query. Counts stop at `CAP`; of more
matches than that, only the `CAP` archived last are ranked, and `Section` states so.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from archive.core.formatting import in_quotes
from archive.core.timestamps import is_span
from archive.search.hits import Row, iterate_hits, without_text
from archive.search.query_parser import Wording, parse_query, searchable, tidy_query
from archive.search.sql import CAP, MARK, TABLES, UNMARK, Ask, Plan
from archive.search.substrings import widen

__all__ = [
    "CAP",
    "MARK",
    "SEARCHED_KINDS",
    "UNMARK",
    "Ask",
    "Ranked",
    "SearchResult",
    "Section",
    "expand_query",
    "find",
    "rank_matches",
    "understand",
    "whole",
]

SEARCHED_KINDS = tuple(TABLES)

Common = Callable[[str, str], bool]
"""True if an index has a great many matches: asked for several kinds, counted once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Result for one kind. `count` is exact unless `more`; with `partly` only some were ranked.

    Versions are not searched for terms that a great many present articles or comments have, unless they are
    requested by their kind or as changes: then `count` is 0 and `more` is set.
    """

    kind: str
    count: int
    more: bool
    hits: tuple[Row, ...]
    partly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Result with a section for each kind (an unwanted kind has a count and no hits), and notes."""

    ask: Ask
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Return the number of items found, of the requested kinds."""
        return sum(part.count for part in self.sections if self.ask.kind in ("all", part.kind))


def find(connection: sqlite3.Connection, ask: Ask) -> SearchResult:
    """Search. Raises nothing but what SQLite raises for a broken or interrupted file."""
    wording, ask, notes = expand_query(connection, ask)
    common = cache(partial(_is_common, connection))
    sections = [_section(connection, Plan.of(kind, wording, ask), ask, common) for kind in SEARCHED_KINDS]
    return SearchResult(ask=ask, sections=tuple(sections), notes=notes)


def expand_query(connection: sqlite3.Connection, ask: Ask) -> tuple[Wording, Ask, tuple[str, ...]]:
    """Return the result of `understand`, extended by the archive's index of substrings."""
    wording, ask, notes = understand(ask)
    return widen(connection, wording), ask, notes


def whole(connection: sqlite3.Connection, ask: Ask, kind: str) -> tuple[str, Mapping[str, str | int]]:
    """Return the statement, and its values, that gives all hits of one kind in the order of the pages."""
    wording, ask, _ = expand_query(connection, ask)
    plan = Plan.of(kind, wording, ask)
    return plan.whole(ask.sort), plan.values


def understand(ask: Ask) -> tuple[Wording, Ask, tuple[str, ...]]:
    """Parse the terms of a query and correct impossible ones, with a note."""
    wording = parse_query(ask.words)
    notes = list(wording.notes)
    if ask.words.strip() and not wording and not wording.filters:
        notes.append("Nothing in this can be searched for, so all is shown, newest first.")
    ask = replace(
        ask,
        person=tidy_query(ask.person).strip(),
        tag=tidy_query(ask.tag).strip(),
        source=tidy_query(ask.source),
    )
    if ask.person and not searchable(ask.person):
        notes.append(f"{in_quotes(ask.person, 40)} has no letters or digits and was left out.")
        ask = replace(ask, person="")
    for name, value in wording.filters:
        changes: dict[str, Any] = {name: getattr(ask, name) or value}
        ask = replace(ask, **changes)
    type_ = tidy_query(ask.type).strip()
    ask = replace(ask, site=_host_of(ask.site), type=type_)
    for name in ("since", "until"):
        value = getattr(ask, name)
        if value and not is_span(value):
            notes.append(
                f"{in_quotes(value, 40)} is not a date such as 2009, 2009-07 or 2009-07-15, and was left out."
            )
            ask = replace(ask, since="") if name == "since" else replace(ask, until="")
    kind = "all"
    if ask.kind in SEARCHED_KINDS:
        kind = ask.kind
    sort = "relevance"
    if ask.sort == "date":
        sort = "date"
    deepest = CAP // max(ask.size, 1)
    ask = replace(ask, kind=kind, sort=sort, page=min(max(ask.page, 1), deepest))
    return wording, ask, tuple(notes)


def _host_of(text: str) -> str:
    """Return the host that a person names by a host or a URL, in lower case and without "www."."""
    bare = tidy_query(text).strip().lower().partition("://")
    host = re.split(r"[/?#:]", bare[2] or bare[0], maxsplit=1)
    return host[0].removeprefix("www.")


def _section(connection: sqlite3.Connection, plan: Plan, ask: Ask, common: Common) -> Section:
    """Count, order and cut, in as few passes over the matches as that takes."""
    size = 0
    if ask.kind == plan.table.name:
        size = ask.size
    elif ask.kind == "all":
        size = ask.size // 2
    if _is_in_vain(plan, ask, common):
        return Section(kind=plan.table.name, count=0, more=True, hits=())
    by_date = ask.sort == "date" or not plan.match
    many = plan.match is not None and common(plan.table.index, plan.match)
    unsorted = many and not plan.conditions and (by_date or not size)
    pool = [(None, 0)] * (CAP + 1) if unsorted else _pool(connection, plan, by_date, many)
    more = len(pool) > CAP or (many and plan.table.item is not None)
    start = (ask.page - 1) * size
    if more and by_date and plan.match:
        page = connection.execute(f"{plan.walk()} LIMIT {size} OFFSET {start}", plan.values)
        ids = [row_id for (row_id,) in page]
    else:
        best = pool[:CAP][start : start + size]
        ids = [row_id for _, row_id in best]
    found = iterate_hits(connection, plan, ids)
    hits = tuple(without_text(hit) for hit in found)
    return Section(
        kind=plan.table.name, count=min(len(pool), CAP), more=more, hits=hits, partly=more and not by_date
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Matches of one kind: (score, id), best first, of which there are `count`, or more if `more`.

    Scores are of the index (smaller is better), or dates where the newest are first.
    """

    plan: Plan
    best: tuple[tuple[Any, int], ...]
    count: int
    more: bool


def rank_matches(
    connection: sqlite3.Connection, plan: Plan, ask: Ask, size: int, *, most: int, is_small: bool
) -> Ranked:
    """Return the best `size` matches of a plan, for one who merges them with those of other archives.

    They are only counted where that is 0. Of more than `most` matches, those archived last are counted and
    ranked; all are, where the newest are first. `is_small` says that the archive has at most CAP texts of
    each kind.
    """
    common: Common = (lambda *_: False) if is_small else cache(partial(_is_common, connection))
    if _is_in_vain(plan, ask, common):
        return Ranked(plan=plan, best=(), count=0, more=True)
    by_date = ask.sort == "date" or not plan.match
    many = plan.match is not None and common(plan.table.index, plan.match)
    if by_date and (many or not plan.match):
        size = size or 1
        sql = f"{plan.few('date')} ORDER BY score DESC, id DESC LIMIT {size + 1}"
        matches = connection.execute(sql, plan.values)
        found = [(score or "", row_id) for row_id, score in matches]
        more = len(found) > size
        return Ranked(plan=plan, best=tuple(found[:size]), count=min(len(found), size), more=more)
    if by_date:
        most = CAP
    sql = _ranking(plan, size, most, by_date=by_date, many=many)
    rows = connection.execute(sql, plan.values).fetchall()
    number = rows[0][2] if rows else 0
    is_of_items = many and plan.table.item is not None
    more = number > most or is_of_items
    ranked = tuple((score or "", row_id) for score, row_id, _ in rows if size)
    return Ranked(plan=plan, best=ranked, count=min(number, most), more=more)


def _ranking(plan: Plan, size: int, most: int, *, by_date: bool, many: bool) -> str:
    """Return the statement that gives score, id, and the number of matches, of the best."""
    if not size:
        counted = plan.many("count") if many else plan.few("count")
        return f"SELECT NULL, NULL, count(*) FROM ({counted} LIMIT {most + 1})"
    if by_date:
        sql, order = plan.few("date"), "score DESC, id DESC"
    else:
        last = f"{plan.few('relevance')} ORDER BY {plan.table.index}.rowid DESC"
        sql, order = plan.many("relevance") if many else last, "score, id DESC"
    pool = f"WITH found AS MATERIALIZED ({sql} LIMIT {most + 1}), kept AS (SELECT * FROM found LIMIT {most})"
    total = "SELECT count(*) FROM found"
    return f"{pool} SELECT score, id, ({total}) FROM kept ORDER BY {order} LIMIT {size}"


def _is_in_vain(plan: Plan, ask: Ask, common: Common) -> bool:
    """True if versions would be searched for a common term without being requested."""
    if plan.table.item is None or not plan.match:
        return False
    if ask.state or ask.kind == plan.table.name:
        return False
    _, present = plan.table.item
    return common(present, plan.match)


def _is_common(connection: sqlite3.Connection, index: str, match: str) -> bool:
    """True if a full-text index has more matches than are ever counted."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT {CAP + 1})"
    counted = connection.execute(sql, [match])
    return int(counted.fetchone()[0]) > CAP


def _pool(connection: sqlite3.Connection, plan: Plan, by_date: bool, many: bool) -> list[tuple[Any, int]]:
    """Return (score, id) of what is found, best first.

    One more than CAP where there is more than that.
    """
    if not plan.match:
        newest = connection.execute(f"{plan.walk()} LIMIT {CAP + 1}", plan.values)
        return [(0, row_id) for (row_id,) in newest]
    order = "date" if by_date else "relevance"
    sql = plan.many(order) if many else plan.few(order)
    matches = connection.execute(f"{sql} LIMIT {CAP + 1}", plan.values)
    scored = [(score, row_id) for row_id, score in matches]
    if by_date:
        return sorted(scored, key=lambda pair: (pair[0] or "", pair[1]), reverse=True)
    ranked = sorted(scored[:CAP], key=lambda pair: (pair[0], -pair[1]))
    return ranked + scored[CAP:]
