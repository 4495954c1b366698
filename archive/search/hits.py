"""The hits of a search as they are shown: their rows, with snippets and highlights.

Snippets have the delimiters MARK and UNMARK around what matched; they are not HTML. In a typed sentence,
“the” and “in” are searched but neither marked nor a reason to show one part of a text: they occur everywhere.
Which words do so is counted in the newest texts, so that it holds in every language. Only reads.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping

from archive.search.query_parser import Term, any_of
from archive.search.sql import MARK, UNMARK, Plan

EXCERPT_CHARACTERS = 280
_LONGEST_FUNCTION_WORD = 4
_NEWEST_TEXTS = 1000
_SHARE = {"articles_fts": 0.5, "comments_fts": 0.1}
"""Share of the newest texts of a full-text index that function words such as “the” have, at least."""

Row = dict[str, str | int | None]


def iterate_hits(connection: sqlite3.Connection, plan: Plan, ids: list[int]) -> Iterator[Row]:
    """Yield the hits themselves, each with its `text`.

    Snippets are made for these few alone, since they read the whole text.
    """
    table = plan.table
    row_sql = f"SELECT {table.columns} FROM {table.rows} WHERE r.id = :id"
    marked = _marked(connection, plan, ids)
    for row_id in ids:
        row = next(_rows(connection, row_sql, {"id": row_id}))
        excerpt = _excerpt(str(row["text"] or ""), plan.needles)
        yield {**row, "excerpt": excerpt, **marked.get(row_id, {})}


def without_text(hit: Row) -> Row:
    """Return a hit as pages show it."""
    return {name: value for name, value in hit.items() if name != "text"}


def _excerpt(text: str, needles: tuple[str, ...]) -> str:
    """Return the text around the first of some needles, all highlighted; or the beginning of a text."""
    found = None
    if needles:
        pattern = "|".join(map(re.escape, needles))
        found = re.search(pattern, text, re.IGNORECASE)
    start = 0
    if found:
        start = max(0, found.start() - EXCERPT_CHARACTERS // 3)
    shown = text[start : start + EXCERPT_CHARACTERS]
    for needle in needles:
        unmarked_needle = f"{re.escape(needle)}(?![^{MARK}]*{UNMARK})"
        shown = re.sub(unmarked_needle, rf"{MARK}\g<0>{UNMARK}", shown, flags=re.IGNORECASE)
    more = ""
    if start + EXCERPT_CHARACTERS < len(text):
        more = "…"
    before = ""
    if start:
        before = "…"
    return before + shown + more


def _marked(connection: sqlite3.Connection, plan: Plan, ids: list[int]) -> dict[int, Row]:
    """Return the index's highlights of each row."""
    if not plan.match:
        return {}
    telling = _telling_words(connection, plan)
    found = _highlights(connection, plan, telling, ids) if telling else {}
    rest = [row_id for row_id in ids if row_id not in found]
    return found | _highlights(connection, plan, plan.match, rest)


def _highlights(connection: sqlite3.Connection, plan: Plan, match: str, ids: list[int]) -> dict[int, Row]:
    """Return the highlights of an expression, in those rows that match it.

    Terms of one prefix are gathered once.
    """
    if not ids:
        return {}
    index = plan.table.index
    marks = ", ".join(map(str, ids))
    together = [f"rowid BETWEEN {min(ids)} AND {max(ids)} AND +rowid IN ({marks})"]
    wheres = together if plan.has_prefix else [f"rowid = {row_id}" for row_id in ids]
    columns = plan.table.excerpt
    sql = f"SELECT rowid, {columns} FROM {index} WHERE {index} MATCH :match AND "
    found = (row for where in wheres for row in _rows(connection, sql + where, {"match": match}))
    return {int(row.pop("rowid") or 0): row for row in found}


def _telling_words(connection: sqlite3.Connection, plan: Plan) -> str:
    """Return the expression for a query's words without function words; "" if it has none, or no others."""
    telling = [group for group in plan.groups if not _is_function_word(connection, plan, group)]
    if not telling or len(telling) == len(plan.groups):
        return ""
    parts = (any_of(group, plan.table.fields) for group in telling)
    return " OR ".join(f"({part})" for part in parts if part)


def _is_function_word(connection: sqlite3.Connection, plan: Plan, group: tuple[Term, ...]) -> bool:
    """True if a group is one short word that a large share of the newest texts have."""
    [term, *others] = group
    is_plain = not (others or term.prefix or term.field) and term.text.isalpha()
    if not is_plain or len(term.text) > _LONGEST_FUNCTION_WORD:
        return False
    _, index = plan.table.item or ("", plan.table.index)
    newest = f"SELECT id FROM {index}_docsize ORDER BY id DESC LIMIT {_NEWEST_TEXTS}"
    first, texts = connection.execute(f"SELECT min(id), count(*) FROM ({newest})").fetchone()
    if not texts:
        return False
    having = f"SELECT count(*) FROM {index} WHERE {index} MATCH ? AND rowid >= ?"
    [found] = connection.execute(having, [any_of(group, plan.table.fields), first]).fetchone()
    return bool(found >= _SHARE[index] * texts)


def _rows(connection: sqlite3.Connection, sql: str, values: Mapping[str, str | int]) -> Iterator[Row]:
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor)
