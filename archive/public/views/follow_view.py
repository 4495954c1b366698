"""Atom feeds of one thread, author, tag or commenter, newest first."""

from __future__ import annotations

import sqlite3
from typing import Any

from archive.public.render.feed import Entry, atom
from archive.public.views.article_view import missing
from archive.public.web import Row, enter, first_row, read, rows, site_url

_ENTRIES = 50
_COMMENTS = (
    "SELECT comments.id, author, comments.published, comments.text, articles.title FROM comments"
    " JOIN articles ON articles.id = article_id WHERE {where}"
    f" ORDER BY comments.published DESC, comments.id DESC LIMIT {_ENTRIES}"
)
_ARTICLES = (
    "SELECT articles.id, byline AS author, published, description AS text, title FROM {join}"
    " JOIN articles ON articles.id = article_id WHERE {key} = ?"
    f" ORDER BY published DESC, articles.id DESC LIMIT {_ENTRIES}"
)
_LISTED = {
    "author": ("authors", "article_authors", "author_id"),
    "tag": ("tags", "article_tags", "tag_id"),
}


async def thread_feed(datasette: Any, request: Any) -> Any:
    """Return an article's newest comments as an Atom feed."""
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])

    def work(connection: sqlite3.Connection) -> tuple[Row | None, list[Row]]:
        article = first_row(connection, "SELECT title FROM articles WHERE id = ?", wanted)
        where = "article_id = ? AND comments.kind = 'comment'"
        return article, rows(connection, _COMMENTS.format(where=where), wanted)

    article, found = await read(datasette, name, work)
    if article is None:
        return await missing(datasette, request, "article")
    title = f"Comments on {article['title'] or 'Untitled'}"
    return _feed(datasette, request, title, f"article/{wanted}", "comment", found)


async def commenter_feed(datasette: Any, request: Any) -> Any:
    """Return a name's newest comments as an Atom feed."""
    name = await enter(datasette, request)
    asked = (request.args.get("name") or "").replace("\0", "")
    wanted = asked.encode("utf-8", "ignore").decode()
    sql = _COMMENTS.format(where="author = ?")
    found = await read(datasette, name, rows, sql, wanted)
    if not found:
        return await missing(datasette, request, "commenter")
    path = f"commenter?{request.query_string}"
    return _feed(datasette, request, f"Comments by {wanted}", path, "comment", found)


async def listed_feed(datasette: Any, request: Any) -> Any:
    """Return the newest articles of one author or tag as an Atom feed."""
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])
    kind = request.url_vars["kind"]
    table, join, key = _LISTED[kind]

    def work(connection: sqlite3.Connection) -> tuple[Row | None, list[Row]]:
        item = first_row(connection, f"SELECT name FROM {table} WHERE id = ?", wanted)
        sql = _ARTICLES.format(join=join, key=key)
        return item, rows(connection, sql, wanted)

    item, found = await read(datasette, name, work)
    if item is None:
        return await missing(datasette, request, kind)
    return _feed(datasette, request, f"Articles: {item['name']}", f"{kind}/{wanted}", "article", found)


def _feed(datasette: Any, request: Any, title: str, page: str, kind: str, found: list[Row]) -> Any:
    entries = [_entry(datasette, request, kind, row) for row in found]
    own = site_url(datasette, request, request.full_path)
    page_url = site_url(datasette, request, datasette.urls.path(page))
    return atom(title, page_url, own, entries)


def _entry(datasette: Any, request: Any, kind: str, row: Row) -> Entry:
    title = row["title"] or "Untitled"
    if kind == "comment":
        title = f"{row['author'] or 'No name'} on {title}"
    path = datasette.urls.path(f"{kind}/{row['id']}")
    return Entry(
        link=site_url(datasette, request, path),
        title=title,
        updated=row["published"],
        author=row["author"],
        text=row["text"] or "",
    )
