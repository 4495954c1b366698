"""Pages of copies: timeline of a text, and networks."""

from __future__ import annotations

import json
from typing import Any

from archive.public.views.article_view import missing
from archive.public.web import Row, TooSlow, enter, first_row, page_link, read, render_page
from archive.queries import same_words

_EXCERPT = 700  # characters of a text that the timeline shows
_ITEM = {
    "article": "SELECT articles.id, title, byline AS author, published, text, redaction_id FROM articles"
    " WHERE id = ?",
    "comment": "SELECT comments.id, title, author, comments.published, comments.text, comments.redaction_id"
    " FROM comments JOIN articles ON articles.id = article_id WHERE comments.id = ?",
}


async def same_words_page(datasette: Any, request: Any) -> Any:
    """Return the timeline of one text."""
    name = await enter(datasette, request)
    kind = request.url_vars["kind"]
    wanted = int(request.url_vars["id"])

    def work(connection: Any) -> Row | None:
        item = first_row(connection, _ITEM[kind], wanted)
        if item is None:
            return None
        return {"item": item, "places": same_words.find_places(connection, kind, wanted)}

    found = await read(datasette, name, work)
    if found is None:
        return await missing(datasette, request, kind)
    places = found["places"][: same_words.MAX_PLACES]
    names = {each["author"] for each in places if each["author"]}
    context = {
        "kind": kind,
        "item": found["item"],
        "places": [{**each, "excerpt": _excerpt(each["text"])} for each in places],
        "more": len(found["places"]) > len(places),
        "names": len(names),
        "csv": _query_path(datasette, name, "same_words", kind=kind, id=wanted),
    }
    return await render_page(datasette, request, "same_words.html", context)


async def networks_page(datasette: Any, request: Any) -> Any:
    """Return the texts that occur under several names."""
    name = await enter(datasette, request)
    try:
        found = await read(datasette, name, same_words.find_networks)
        slow = False
    except TooSlow:
        found, slow = [], True
    waiting = await read(datasette, name, same_words.waiting)
    for each in found:
        names = json.loads(each["written_by"])
        each["written_by"] = [who for who in names if who]
        each["excerpt"] = _excerpt(each["text"])
    context = {
        "networks": found,
        "slow": slow,
        "waiting": waiting,
        "csv": _query_path(datasette, name, "copy_networks"),
    }
    return await render_page(datasette, request, "copy_networks.html", context)


def _excerpt(text: str | None) -> str:
    text = " ".join((text or "").split())
    if len(text) <= _EXCERPT:
        return text
    return f"{text[:_EXCERPT].rsplit(' ', 1)[0]} …"


def _query_path(datasette: Any, database: str, query: str, **values: Any) -> str:
    """Return the path of a canned query as CSV."""
    parameters = {**values, "_stream": "on", "_dl": "on"}
    return page_link(datasette, f"{database}/{query}", parameters, form="csv")
