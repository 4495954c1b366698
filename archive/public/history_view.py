"""The pages of change: what was edited or removed lately, and the versions of one item, word by word."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from typing import Any

from datasette.utils.asgi import Response

from archive.public.article_view import missing
from archive.public.feed import Entry, atom
from archive.public.history import recent, state_at, states, step
from archive.public.text import unmarked
from archive.public.web import Row, TooSlow, absolute, day_of, enter, number_of, one, read, show

SIZE = 30
_SHOWN = {"edited": "edited", "removed": "removed"}


async def changes(datasette: Any, request: Any) -> Any:
    """Silent edits and removals, newest first."""
    name = await enter(datasette, request)
    page, only = number_of(request.args.get("page"), most=100), _SHOWN.get(request.args.get("show") or "", "")
    try:
        found = await read(datasette, name, lambda connection: recent(connection, only, size=SIZE, page=page))
    except TooSlow:
        found = []
    context = {"changes": found[:SIZE], "more": len(found) > SIZE, "page": page, "only": only}
    return await show(datasette, request, "changes.html", context)


async def changes_feed(datasette: Any, request: Any) -> Any:
    """The same as an Atom feed."""
    name = await enter(datasette, request)
    only = _SHOWN.get(request.args.get("show") or "", "")
    found = await read(datasette, name, lambda connection: recent(connection, only, size=SIZE, page=1))
    entries = [_entry(datasette, request, row) for row in found[:SIZE]]
    here = absolute(datasette, request, datasette.urls.path("changes"))
    return atom("Edited and removed lately", here, absolute(datasette, request, request.full_path), entries)


async def versions(datasette: Any, request: Any) -> Any:
    """All versions of an article or comment, and what one step between them changed."""
    name, kind, wanted = (
        await enter(datasette, request),
        request.url_vars["kind"],
        int(request.url_vars["id"]),
    )
    known = await read(datasette, name, lambda connection: _states(connection, kind, wanted))
    if not known:
        return await missing(datasette, request, kind)
    if asked := day_of(request.args.get("as-of")):
        state = state_at(known, asked)
        path = (
            f"{kind}/{wanted}?version={state['version']}"
            if state
            else f"{kind}/{wanted}/versions?before={asked}"
        )
        return Response.redirect(datasette.urls.path(path))
    steps = list(pairwise(known))
    chosen = number_of(request.args.get("version"), least=0)
    pair = next((pair for pair in steps if pair[0]["version"] == chosen), steps[-1] if steps else None)
    context = {
        "kind": kind,
        "item": known[-1],
        "states": known,
        "step": step(kind, *pair) if pair else None,
        "before": day_of(request.args.get("before")),
    }
    return await show(datasette, request, "versions.html", context)


def _states(connection: sqlite3.Connection, kind: str, wanted: int) -> list[Row]:
    title = (
        "" if kind == "article" else ", (SELECT title FROM articles WHERE articles.id = article_id) AS title"
    )
    item = one(connection, f"SELECT *{title} FROM {kind}s WHERE id = ?", wanted)
    return states(connection, kind, item) if item else []


def _entry(datasette: Any, request: Any, row: Row) -> Entry:
    what = f"{row['author'] or 'No name'} on {row['title']}" if row["kind"] == "comment" else row["title"]
    path = f"{row['kind']}/{row['id']}" + ("/versions" if row["what"] == "edited" else "")
    words = {"same": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    return Entry(
        link=absolute(datasette, request, datasette.urls.path(path)) + f"#{row['at']}",
        title=f"{row['what'].capitalize()}: {unmarked(what) or 'Untitled'}",
        updated=row["at"],
        author=row["author"],
        text="".join(words[kind].format(text) for kind, text in row["parts"]),
    )
