"""Whether URLs are archived: a pasted URL opens its article or comment, a list of them becomes a table."""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette.utils.asgi import Response

from archive.core.connection import Database
from archive.public.web import Row, enter, page_link, read, render_page
from archive.queries.url_lookup import Answer, look_up

MAX_URLS = 100


async def lookup(datasette: Any, request: Any) -> Any:
    """Redirect to the page of one URL, or list what is archived of each requested URL."""
    name = await enter(datasette, request)
    typed = (request.args.get("url") or "")[:20_000]
    asked = typed.split()[:MAX_URLS]
    answers = await read(datasette, name, _answers, asked)
    if len(answers) == 1 and answers[0].kind:
        first = answers[0]
        return Response.redirect(datasette.urls.path(f"{first.kind}/{first.id}"))
    context: Row = {"answers": answers, "typed": typed, "most": MAX_URLS}
    status = 200
    if len(answers) == 1:
        status = 404
    return await render_page(datasette, request, "lookup.html", context, status=status)


def path_for(datasette: Any, url: str) -> str:
    """Return the path of the page that states whether a URL is archived."""
    return page_link(datasette, "lookup", {"url": url})


def _answers(connection: sqlite3.Connection, urls: list[str]) -> list[Answer]:
    db = Database(connection)
    return [look_up(db, url) for url in urls]
