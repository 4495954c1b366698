"""Pages about one author, one commenter's name, one tag: what there is, since when, the newest first."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Any

from archive.public.views.article_view import listing
from archive.public.web import Row, enter, one, rows

SIZE = 30
_ARTICLES = (
    "SELECT articles.id, title, byline, published, comment_count, text IS NOT NULL AS held, gone_at"
    " FROM {join} JOIN articles ON articles.id = article_id WHERE {key} = ?"
    " ORDER BY published DESC, articles.id DESC LIMIT ? OFFSET ?"
)
_SPAN = (
    "SELECT count(*) AS articles, min(published) AS since, max(published) AS until,"
    " sum(comment_count) AS comments FROM {join} JOIN articles ON articles.id = article_id WHERE {key} = ?"
)


async def author(datasette: Any, request: Any) -> Any:
    """All articles under one name of a byline."""
    return await _listed(datasette, request, "author", "authors", "article_authors", "author_id")


async def tag(datasette: Any, request: Any) -> Any:
    """All articles filed under one tag or category."""
    return await _listed(datasette, request, "tag", "tags", "article_tags", "tag_id")


async def commenter(datasette: Any, request: Any) -> Any:
    """Everything that was written under one name, which need not be one person."""
    name, wanted = await enter(datasette, request), (request.args.get("name") or "").replace("\0", "")
    work = partial(_commenter, wanted=wanted)
    return await listing(datasette, request, name, work, "commenter", "commenter.html", {"name": wanted})


async def _listed(datasette: Any, request: Any, kind: str, table: str, join: str, key: str) -> Any:
    name, wanted = await enter(datasette, request), int(request.url_vars["id"])

    def work(connection: sqlite3.Connection, page: int) -> Row | None:
        item = one(connection, f"SELECT * FROM {table} WHERE id = ?", wanted)
        if item is None:
            return None
        sql = _ARTICLES.format(join=join, key=key)
        found = rows(connection, sql, wanted, SIZE + 1, SIZE * (page - 1))
        span = one(connection, _SPAN.format(join=join, key=key), wanted)
        return {"item": item, "span": span, "articles": found[:SIZE], "more": len(found) > SIZE}

    return await listing(datasette, request, name, work, kind, "listed.html", {"kind": kind})


def _commenter(connection: sqlite3.Connection, page: int, wanted: str) -> Row | None:
    span = one(
        connection,
        "SELECT count(*) AS comments, count(DISTINCT article_id) AS articles, min(published) AS since,"
        " max(published) AS until"
        " FROM (SELECT article_id, published FROM comments WHERE author = ? LIMIT 100000)",
        wanted,
    )
    if span is None or not span["comments"]:
        return None
    found = rows(
        connection,
        "SELECT comments.id, comments.kind, comments.published, comments.text, comments.gone_at,"
        " comments.version_count, article_id, title FROM comments JOIN articles ON articles.id = article_id"
        " WHERE author = ? ORDER BY comments.published DESC, comments.id DESC LIMIT ? OFFSET ?",
        wanted,
        SIZE + 1,
        SIZE * (page - 1),
    )
    sites = rows(
        connection,
        "SELECT author_url, count(*) AS times FROM"
        " (SELECT author_url FROM comments WHERE author = ? LIMIT 10000)"
        " WHERE author_url IS NOT NULL GROUP BY author_url ORDER BY times DESC LIMIT 6",
        wanted,
    )
    return {"span": span, "comments": found[:SIZE], "more": len(found) > SIZE, "sites": sites}
