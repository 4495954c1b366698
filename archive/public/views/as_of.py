"""An article and its thread as they were at a moment, as far as this archive had seen it by then.

It reads the views `article_states` and `comment_states`, which anybody may query in the same way. A moment is
a day, which means its end, or an instant in UTC.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from archive.public.render.markup import article_html
from archive.public.views.article_view import drawn_thread, missing
from archive.public.web import Row, enter, first_row, moment_of, number_of, read, render_page, rows
from archive.tables.captured import is_ours, own_since

_STOOD = "since <= ?2 AND (until > ?2 OR until IS NULL)"
_ARTICLE = f"SELECT * FROM article_states WHERE article_id = ?1 AND {_STOOD} ORDER BY version DESC LIMIT 1"
_NEAREST = (
    "SELECT (SELECT max(until) FROM article_states WHERE article_id = ?1 AND until <= ?2) AS gone,"
    " (SELECT min(since) FROM article_states WHERE article_id = ?1 AND since > ?2) AS next"
)
_COMMENTS = (
    "SELECT comment_id AS id, parent_id, kind, author, author_url, published, text, html, position,"
    " published_raw, version AS version_count, NULL AS gone_at FROM"
    f" (SELECT * FROM comment_states WHERE article_id = ?1 AND {_STOOD}) AS said"
    " JOIN (SELECT id, position, published_raw FROM comments) AS held ON held.id = comment_id"
)


_OTHERS = "SELECT DISTINCT witness FROM captures WHERE article_id = ?1 AND at <= ?2 ORDER BY witness"
_OTHER = "SELECT witness FROM article_versions WHERE article_id = ?1 AND version = ?2 AND witness IS NOT NULL"


async def as_of(datasette: Any, request: Any) -> Any:
    """Return an article with what stood below it at the moment `at`."""
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])
    moment = moment_of(request.args.get("at"))
    number = number_of(request.args.get("page"))
    found = await read(datasette, name, _as_of, wanted, moment, number)
    if found is None:
        return await missing(datasette, request, "article")
    context = {**found, "at": request.args.get("at") or "", "moment": moment}
    return await render_page(datasette, request, "asof.html", context)


def _as_of(connection: sqlite3.Connection, wanted: int, moment: str | None, number: int) -> Row | None:
    article = first_row(connection, "SELECT * FROM articles WHERE id = ?", wanted)
    if article is None or moment is None:
        return article and {"article": article, "then": None, "near": None}
    then = first_row(connection, _ARTICLE, wanted, moment)
    comments = rows(connection, _COMMENTS, wanted, moment)
    said = {comment["id"]: comment for comment in comments}
    talk = [comment for comment in said.values() if comment["kind"] == "comment"]
    state: Row = {"article": article, "then": None, "near": None, "body": None}
    if then:
        state = {
            "article": article | then,
            "then": then,
            "near": None,
            "body": article_html(then["markdown"], then["text"]),
            "witnesses": _witnesses(connection, article, then, moment),
        }
    else:
        state["near"] = first_row(connection, _NEAREST, wanted, moment)
    thread = drawn_thread(talk, lambda ids: [said[number] for number in ids], number)
    return {**state, "pings": len(said) - len(talk), **thread}


def _witnesses(connection: sqlite3.Connection, article: Row, then: Row, moment: str) -> list[str]:
    """Return who had seen an article by a moment, where this archive had not."""
    if is_ours(article) and own_since(article) <= moment:
        found = rows(connection, _OTHER, article["id"], then["version"])
    else:
        found = rows(connection, _OTHERS, article["id"], moment)
    return [row["witness"] for row in found]
