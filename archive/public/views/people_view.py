"""Pages about one author, one commenter's name, one tag: what there is, since when, the newest first."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from functools import partial
from typing import Any

from datasette.utils.asgi import NotFound

from archive.core.formatting import file_name
from archive.public.render.chart import bars
from archive.public.views.article_view import listing_page
from archive.public.views.search_view import stream_hits
from archive.public.web import Row, TooSlow, enter, first_row, read, render_page, rows
from archive.search.sql import TABLES

_SIZE = 30
_ARTICLES = (
    "SELECT articles.id, title, byline, type, published, comment_count, text IS NOT NULL AS held, gone_at"
    " FROM {join} JOIN articles ON articles.id = article_id WHERE {key} = ?"
    " ORDER BY published DESC, articles.id DESC LIMIT ? OFFSET ?"
)
_SPAN = (
    "SELECT count(*) AS articles, min(published) AS since, max(published) AS until,"
    " sum(comment_count) AS comments FROM {join} JOIN articles ON articles.id = article_id WHERE {key} = ?"
)


_MOST = 20_000
"""Comments of one name that its figures are made of."""
_REPLIES_TO = (
    "SELECT parent.author AS name, count(*) AS n FROM"
    f" (SELECT parent_id FROM comments WHERE author = ? AND parent_id IS NOT NULL LIMIT {_MOST}) AS own"
    " JOIN comments AS parent ON parent.id = own.parent_id WHERE parent.author > ''"
    " GROUP BY parent.author ORDER BY n DESC LIMIT 8"
)
_REPLIES_BY = (
    "SELECT reply.author AS name, count(*) AS n FROM"
    f" (SELECT id FROM comments WHERE author = ? LIMIT {_MOST}) AS own"
    " JOIN comments AS reply ON reply.parent_id = own.id WHERE reply.author > ''"
    " GROUP BY reply.author ORDER BY n DESC LIMIT 8"
)
_URLS = (
    "SELECT url, host, count(*) AS n,"
    " (SELECT json_group_array(author) FROM (SELECT DISTINCT others.author FROM comment_links AS same"
    "  JOIN comments AS others ON others.id = same.comment_id WHERE same.url = own.url"
    "  AND same.place = 'name'"
    "  AND others.author <> own.author LIMIT 8)) AS names"
    " FROM (SELECT comment_links.url, host, author FROM"
    f"  (SELECT id, author FROM comments WHERE author = ? LIMIT {_MOST}) AS written"
    "  JOIN comment_links ON comment_links.comment_id = written.id AND place = 'name') AS own"
    " GROUP BY url ORDER BY n DESC LIMIT 6"
)


async def author(datasette: Any, request: Any) -> Any:
    """Return all articles under one name of a byline."""
    return await _listed(datasette, request, "author", "authors", "article_authors", "author_id")


async def tag(datasette: Any, request: Any) -> Any:
    """Return all articles filed under one tag or category."""
    return await _listed(datasette, request, "tag", "tags", "article_tags", "tag_id")


async def commenter_page(datasette: Any, request: Any) -> Any:
    """Return everything that was written under one name, which need not be one person."""
    name = await enter(datasette, request)
    wanted = (request.args.get("name") or "").replace("\0", "")
    work = partial(_commenter, wanted=wanted)
    return await listing_page(datasette, request, name, work, "commenter", "commenter.html", {"name": wanted})


async def commenter_csv(datasette: Any, request: Any) -> Any:
    """Return all comments of exactly one name as a CSV, the newest first."""
    name = await enter(datasette, request)
    wanted = (request.args.get("name") or "").replace("\0", "")
    known = "SELECT 1 FROM comments WHERE author = ? LIMIT 1"
    if not await read(datasette, name, first_row, known, wanted):
        raise NotFound("No comment has this name.")
    table = TABLES["comments"]
    newest = f"ORDER BY {table.newest} DESC, r.id DESC"
    sql = f"SELECT {table.columns} FROM {table.rows} WHERE r.author = :author {newest}"
    file = file_name("comments", [wanted], "csv", datetime.now(UTC))
    headers = {"content-disposition": f'attachment; filename="{file}"'}
    return await stream_hits(datasette, request, name, [(sql, {"author": wanted})], headers)


async def _listed(datasette: Any, request: Any, kind: str, table: str, join: str, key: str) -> Any:
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])

    def work(connection: sqlite3.Connection, page: int) -> Row | None:
        item = first_row(connection, f"SELECT * FROM {table} WHERE id = ?", wanted)
        if item is None:
            return None
        sql = _ARTICLES.format(join=join, key=key)
        skipped = _SIZE * (page - 1)
        found = rows(connection, sql, wanted, _SIZE + 1, skipped)
        span = first_row(connection, _SPAN.format(join=join, key=key), wanted)
        return {"item": item, "span": span, "articles": found[:_SIZE], "more": len(found) > _SIZE}

    return await listing_page(datasette, request, name, work, kind, "listed.html", {"kind": kind})


def _commenter(connection: sqlite3.Connection, page: int, wanted: str) -> Row | None:
    span = first_row(
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
        _SIZE + 1,
        _SIZE * (page - 1),
    )
    portrait = {}
    if page == 1:
        portrait = _portrait(connection, wanted)
    return {"span": span, "comments": found[:_SIZE], "more": len(found) > _SIZE, **portrait}


def _portrait(connection: sqlite3.Connection, wanted: str) -> Row:
    """Return when a name comments, whom it replies to, who replies, and what shares its URLs."""
    months = rows(
        connection,
        "SELECT substr(published, 1, 7) AS month, count(*) AS n FROM"
        f" (SELECT published FROM comments WHERE author = ? AND published > '' LIMIT {_MOST})"
        " GROUP BY month ORDER BY month",
        wanted,
    )
    dated = [row for row in months if len(row["month"]) == len("2009-07")]
    named = [(row["month"], row["n"]) for row in dated]
    chart = None
    if len(named) > 1:
        chart = bars(f"Comments by {wanted}", "Comments", named)
    return {
        "chart": chart,
        "hours": _by_part(connection, wanted, "substr(published, 12, 2)", 24),
        "days": _by_part(connection, wanted, "strftime('%w', published)", 7),
        "answered": rows(connection, _REPLIES_TO, wanted),
        "answering": rows(connection, _REPLIES_BY, wanted),
        "sites": rows(connection, _URLS, wanted),
    }


def _by_part(connection: sqlite3.Connection, wanted: str, part: str, parts: int) -> list[int]:
    """Return how many comments of a name fall on each hour or weekday (UTC); empty if none has a time."""
    sql = (
        f"SELECT CAST({part} AS INTEGER) AS part, count(*) AS n FROM"
        f" (SELECT published FROM comments WHERE author = ? AND length(published) > 10 LIMIT {_MOST})"
        " GROUP BY part"
    )
    found = {row["part"]: row["n"] for row in rows(connection, sql, wanted)}
    if not found:
        return []
    return [found.get(number, 0) for number in range(parts)]


async def people(datasette: Any, request: Any) -> Any:
    """Return the authors, tags, categories and commenters with most texts."""
    name = await enter(datasette, request)
    try:
        found = await read(datasette, name, _people)
    except TooSlow:
        found = {"slow": True}
    return await render_page(datasette, request, "people.html", {**found, "database": name})


def _people(connection: sqlite3.Connection) -> Row:
    by_tag = (
        "SELECT id, kind, name, times FROM"
        " (SELECT tag_id, count(*) AS times FROM article_tags GROUP BY tag_id)"
        " JOIN tags ON tags.id = tag_id WHERE kind = ? ORDER BY times DESC, name LIMIT 60"
    )
    return {
        "authors": rows(
            connection,
            "SELECT id, name, times FROM (SELECT author_id, count(*) AS times FROM article_authors"
            " GROUP BY author_id) JOIN authors ON authors.id = author_id ORDER BY times DESC, name LIMIT 60",
        ),
        "tags": rows(connection, by_tag, "tag"),
        "categories": rows(connection, by_tag, "category"),
        "commenters": rows(
            connection,
            "SELECT author AS name, count(*) AS times FROM comments INDEXED BY comments_author"
            " WHERE author > '' GROUP BY author ORDER BY times DESC LIMIT 60",
        ),
    }


PEOPLE_ROUTES = (
    (r"/people$", people),
    (r"/author/(?P<id>\d{1,18})$", author),
    (r"/tag/(?P<id>\d{1,18})$", tag),
    (r"/commenter$", commenter_page),
    (r"/commenter\.csv$", commenter_csv),
)
