"""The pages of changes: recent ones, and the versions of one item with their differences."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from itertools import pairwise
from typing import Any

from datasette.utils.asgi import Response

from archive.changes.upheaval import Upheaval
from archive.public.render.feed import Entry, atom
from archive.public.render.history import ChangeFilter, happened, recent, states, step, upheavals
from archive.public.render.text import unmarked
from archive.public.views.article_view import missing
from archive.public.views.files_view import replaced_files
from archive.public.web import (
    Row,
    TooSlow,
    enter,
    first_row,
    number_of,
    page_link,
    read,
    render_page,
    rows,
    site_url,
    span_of,
    unread_dates,
    within,
)
from archive.tables.events import Event

SIZE = 30
"""Changes on one page."""
WHOLE = 5
"""Events of whole sources that are shown above the others."""
_OBSERVATIONS = 200
_DEEPEST = 100_000
"""The last page of changes that can be asked for."""


async def changes_page(datasette: Any, request: Any) -> Any:
    """Return silent edits, removals, returns and moves, newest first."""
    name = await enter(datasette, request)
    wanted = asked_changes(request)
    found, slow = [], False
    try:
        found = await read(datasette, name, recent, wanted, size=SIZE)
    except TooSlow:
        slow = True
    sources = await read(datasette, name, rows, "SELECT * FROM sources")
    whole = await read(datasette, name, upheavals, wanted, size=WHOLE)
    context = {
        "whole": whole,
        "changes": found[:SIZE],
        "more": len(found) > SIZE,
        "wanted": wanted,
        "slow": slow,
        "unread": unread_dates(request),
        "sources": sources,
        "link": lambda **to: changes_link(datasette, wanted, **to),
    }
    return await render_page(datasette, request, "changes.html", context)


async def changes_feed(datasette: Any, request: Any) -> Any:
    """Return the same as an Atom feed."""
    name = await enter(datasette, request)
    wanted = replace(asked_changes(request), page=1)
    try:
        found = await read(datasette, name, recent, wanted, size=SIZE)
    except TooSlow:
        return Response.text("This took too long; ask for a shorter span of time.", status=503)
    whole = await read(datasette, name, upheavals, wanted, size=WHOLE)
    return feed_of_changes(datasette, request, found[:SIZE], whole, wanted)


def feed_of_changes(
    datasette: Any, request: Any, found: list[Row], whole: list[Row], wanted: ChangeFilter
) -> Any:
    """Return changes and events of whole sources as Atom."""
    entries = [_entry(datasette, request, row) for row in found]
    entries += [_entry_of_source(datasette, request, row) for row in whole]
    entries.sort(key=lambda entry: entry.updated or "", reverse=True)
    here = site_url(datasette, request, changes_link(datasette, wanted))
    return atom("What changed lately", here, site_url(datasette, request, request.full_path), entries)


def asked_changes(request: Any) -> ChangeFilter:
    """Return the filter of changes in a query string.

    Every text is accepted.
    """
    shown = request.args.get("show") or ""
    if shown not in set(Event):
        shown = ""
    return ChangeFilter(
        show=shown,
        source=request.args.get("source") or "",
        since=span_of(request.args.get("since")),
        until=span_of(request.args.get("until")),
        page=number_of(request.args.get("page"), most=_DEEPEST),
    )


def changes_link(datasette: Any, wanted: ChangeFilter, *, form: str = "", **to: Any) -> str:
    """Return the URL of these changes with another parameter.

    It contains only values that differ from the default.
    """
    new = replace(wanted, **{"page": 1, **to})
    usual = ChangeFilter()
    pairs = {name: getattr(new, name) for name in ChangeFilter.__slots__}
    chosen = {name: value for name, value in pairs.items() if value != getattr(usual, name)}
    return page_link(datasette, "changes", chosen, form=form)


async def versions(datasette: Any, request: Any) -> Any:
    """Return all versions of an article or comment, and what one step between them changed."""
    name = await enter(datasette, request)
    kind = request.url_vars["kind"]
    wanted = int(request.url_vars["id"])
    if kind == "article" and (asked_for := request.args.get("as-of")):
        return Response.redirect(page_link(datasette, f"article/{wanted}/as-of", {"at": asked_for}))
    known, events = await read(datasette, name, _history, kind, wanted)
    looks = await read(datasette, name, _observations, kind, wanted)
    if not known:
        return await missing(datasette, request, kind)
    replaced: list[Row] = []
    if kind == "article":
        replaced = await read(datasette, name, replaced_files, wanted)
    steps = list(pairwise(known))
    chosen = number_of(request.args.get("version"), least=0)
    latest = None
    if steps:
        latest = steps[-1]
    pair = latest
    for each in steps:
        if each[0]["version"] == chosen:
            pair = each
            break
    shown = None
    if pair:
        shown = step(kind, *pair)
    context = {
        "kind": kind,
        "item": known[-1],
        "states": known,
        "events": events,
        "observations": looks,
        "replaced": replaced,
        "step": shown,
    }
    return await render_page(datasette, request, "versions.html", context)


def _history(connection: sqlite3.Connection, kind: str, wanted: int) -> tuple[list[Row], list[Row]]:
    title = ""
    if kind == "comment":
        title = ", (SELECT title FROM articles WHERE articles.id = article_id) AS title"
    item = first_row(connection, f"SELECT *{title} FROM {kind}s WHERE id = ?", wanted)
    if item:
        return (states(connection, kind, item), happened(connection, kind, wanted))
    return ([], [])


def _observations(connection: sqlite3.Connection, kind: str, wanted: int) -> list[Row]:
    """Return who saw an article or comment and when, by time; nothing where this archive alone did.

    Its own first observation is included, without a witness.
    """
    which = "captures.id IN (SELECT capture_id FROM captured_comments WHERE comment_id = item.id)"
    if kind == "article":
        which = "captures.article_id = item.id"
    sql = (
        f"SELECT at, captures.witness FROM {kind}s AS item JOIN captures ON {which}"
        " WHERE item.id = ? AND item.redaction_id IS NULL ORDER BY at, captures.witness LIMIT ?"
    )
    found = rows(connection, sql, wanted, _OBSERVATIONS)
    own = f"SELECT coalesce(seen_at, CASE WHEN witness IS NULL THEN first_seen END) AS at FROM {kind}s"
    first = first_row(connection, f"{own} WHERE id = ?", wanted)
    if found and first and first["at"]:
        found.append({"at": first["at"], "witness": None})
    return sorted(found, key=lambda each: str(each["at"]))


def _entry_of_source(datasette: Any, request: Any, row: Row) -> Entry:
    what = "dates moved"
    if row["kind"] == Upheaval.REDESIGN:
        what = "redesigned"
    changes = site_url(datasette, request, datasette.urls.path(within(row, "changes")))
    return Entry(
        link=f"{changes}#source-event-{row['id']}",
        title=f"{row['title']}: {what}",
        updated=row["at"],
        author=row["title"],
        text=row["sentence"],
    )


def _entry(datasette: Any, request: Any, row: Row) -> Entry:
    what = row["title"]
    if row["kind"] == "comment":
        what = f"{row['author'] or 'No name'} on {row['title']}"
    step = ""
    if row["what"] == Event.EDITED:
        step = f"/versions?version={row['version']}"
    marks = {"same": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    path = within(row, f"{row['kind']}/{row['id']}{step}")
    page = site_url(datasette, request, datasette.urls.path(path))
    marked = (marks[kind].format(text) for kind, text in row["parts"])
    summary = "".join(marked)
    return Entry(
        link=page + f"#event-{row['event']}",
        title=f"{row['what'].capitalize()}: {unmarked(what) or 'Untitled'}",
        updated=row["at"],
        author=row["author"],
        text=summary,
    )
