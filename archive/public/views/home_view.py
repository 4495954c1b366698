"""The front page, the way to Datasette's own index, and robots.txt."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from datasette.utils.asgi import NotFound, Response
from datasette.views.index import IndexView

from archive.core.connection import Database
from archive.public.render import completeness
from archive.public.render.history import ChangeFilter, recent
from archive.public.render.monthly_counts import by_month, charts
from archive.public.served_archives import room_of
from archive.public.web import Row, TooSlow, enter, first_row, read, render_page, rows
from archive.storage.coverage import Coverage
from archive.storage.run_ledger import CRAWLED
from archive.tables.events import Event

TALK = 300
"""How many of the newest comments say where the talk is now."""
_CHANGES = 5


async def home(datasette: Any, request: Any) -> Any:
    """Return the home page: the archive's name, search box and latest items."""
    room = room_of(datasette)
    if room.main is None and room.waiting is not None:
        await datasette.ensure_permissions(request.actor, [("view-database", room.waiting), "view-instance"])
        return await render_page(datasette, request, "empty.html", {"title": room.title})
    if room.main is None:
        request.scope["url_route"]["kwargs"]["format"] = None
        return await IndexView(datasette).get(request)
    name = await enter(datasette, request)
    try:
        found = await read(datasette, name, _front)
    except TooSlow:
        found = {"sources": [], "coverage": {"articles": 0, "comments": 0}, "slow": True}
    context = {**found, "title": room.title, "database": name}
    template = "empty.html"
    if found["coverage"]["articles"] or found.get("slow"):
        template = "home.html"
    return await render_page(datasette, request, template, context)


async def data(datasette: Any, request: Any) -> Any:
    """Return Datasette's own front page: every database, table and view."""
    return await IndexView(datasette).get(request)


async def robots(datasette: Any) -> Any:
    """Request that search engines stay away.

    The text belongs to the sites it was copied from.
    """
    if not room_of(datasette).active:
        raise NotFound("robots.txt")
    return Response.text("User-agent: *\nDisallow: /\n")


def _front(connection: sqlite3.Connection) -> Row:
    sources = rows(connection, "SELECT name, url, title FROM sources ORDER BY first_seen")
    proofs = Coverage(Database(connection))
    return {
        "sources": [_with_proof(source, proofs) for source in sources],
        "examples": examples(connection),
        "coverage": key_counts(connection),
        "latest": rows(
            connection,
            "SELECT id, title, byline, type, published, comment_count, text IS NOT NULL AS held, gone_at"
            " FROM articles WHERE published IS NOT NULL ORDER BY published DESC LIMIT 12",
        ),
        "talk": _talk(connection),
        "changes": _changes(connection),
        "charts": charts(by_month(connection)),
    }


def _with_proof(source: Row, proofs: Coverage) -> Row:
    summary = proofs.summary(source["name"])
    return {**source, "proof": summary, "complete": completeness.completeness_sentence(summary)}


def examples(connection: sqlite3.Connection) -> list[str]:
    """Return up to three tags that most articles have, as searches."""
    found = rows(
        connection,
        "SELECT name FROM (SELECT tag_id, count(*) AS times FROM article_tags GROUP BY tag_id)"
        " JOIN tags ON tags.id = tag_id WHERE length(name) < 30 GROUP BY lower(name)"
        " ORDER BY max(times) DESC, name LIMIT 3",
    )
    names = [str(row["name"]) for row in found if re.fullmatch(r"[\w -]+", row["name"])]
    return [_quoted(name) for name in names]


def key_counts(connection: sqlite3.Connection) -> Row:
    """Return the archive's key counts."""
    found = first_row(
        connection,
        "SELECT (SELECT count(*) FROM articles) AS articles, (SELECT count(*) FROM comments) AS comments,"
        " (SELECT min(published) FROM articles WHERE published > '') AS since,"
        " (SELECT max(published) FROM articles) AS until",
    )
    run = first_row(
        connection, f"SELECT * FROM runs WHERE ended_at IS NOT NULL AND {CRAWLED} ORDER BY id DESC LIMIT 1"
    )
    return {**(found or {}), "run": run}


def _talk(connection: sqlite3.Connection) -> list[Row]:
    """Return the threads in which most of the newest comments were written, and how many of them."""
    return rows(
        connection,
        "SELECT articles.id, title, comment_count, fresh, latest FROM"
        " (SELECT article_id, count(*) AS fresh, max(published) AS latest FROM"
        "  (SELECT article_id, published FROM comments WHERE kind = 'comment' AND published IS NOT NULL"
        "   ORDER BY published DESC LIMIT ?) GROUP BY article_id)"
        " JOIN articles ON articles.id = article_id ORDER BY fresh DESC, latest DESC LIMIT 8",
        TALK,
    )


def _changes(connection: sqlite3.Connection) -> list[Row]:
    """Return the latest changes; what was removed last is always among them."""
    found = recent(connection, ChangeFilter(), size=_CHANGES)[:_CHANGES]
    if any(row["what"] == Event.REMOVED for row in found):
        return found
    removed = recent(connection, ChangeFilter(show=Event.REMOVED), size=1)[:1]
    return [*found[: _CHANGES - len(removed)], *removed]


def _quoted(name: str) -> str:
    """Return a name as a term of a search."""
    if " " in name:
        return f'"{name}"'
    return name
