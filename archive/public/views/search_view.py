"""The search page, and its results as JSON and CSV. What is found is decided in archive/search/engine.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from datasette.utils.asgi import Response

from archive.core.formatting import disarmed, file_name
from archive.core.records import POST
from archive.public.render.feed import Entry, atom
from archive.public.render.text import unmarked
from archive.public.sql import downloads, stock
from archive.public.sql.jobs import Job
from archive.public.sql.pool import LateError, LostError
from archive.public.views.home_view import examples
from archive.public.views.lookup_view import path_for
from archive.public.web import (
    Row,
    TooSlow,
    enter,
    number_of,
    page_link,
    read,
    render_page,
    rows,
    site_url,
    within,
)
from archive.queries.url_lookup import is_url
from archive.search.engine import SEARCHED_KINDS, Ask, SearchResult, find, whole
from archive.search.suggestions import Help, find_with_help

_PLAIN = ("kind", "sort", "since", "until", "person", "tag", "source", "state", "site", "type")
_NUMBERS = ("match", "page")
_COLUMNS = (
    *("kind", "id", "title", "author", "published", "text", "url", "source", "gone_at", "page"),
    *("version", "replaced_at"),
)


async def search_page(datasette: Any, request: Any) -> Any:
    """Return the search page; no input makes it fail."""
    name = await enter(datasette, request)
    ask = asked_search(request)
    if is_url(ask.words):
        return Response.redirect(path_for(datasette, ask.words.strip()))
    found = SearchResult(ask=ask, sections=())
    help_ = Help()
    slow = False
    try:
        found, help_ = await read(datasette, name, find_with_help, ask)
    except TooSlow:
        slow = True
    sources, types, tried = await read(datasette, name, _around)
    shown = ask
    if help_.instead:
        shown = found.ask
    context = {
        "found": found,
        "help": help_,
        "asked": ask,
        "ask": shown,
        "slow": slow,
        "sources": sources,
        "types": types,
        "examples": tried,
        "link": lambda **to: search_link(datasette, shown, **to),
        "link_to": lambda other: search_link(datasette, other),
        "place": lambda hit: datasette.urls.path(page_of_hit(hit)),
    }
    return await render_page(datasette, request, "search.html", context)


def _around(connection: sqlite3.Connection) -> tuple[list[Row], list[str], list[str]]:
    """Return the sources, the content types, and searches that find something here."""
    sources = rows(connection, "SELECT name, title FROM sources")
    others = rows(connection, "SELECT DISTINCT type FROM articles WHERE type <> 'post' ORDER BY type")
    types = [POST, *(row["type"] for row in others)]
    return sources, types, examples(connection)


async def search_json(datasette: Any, request: Any) -> Any:
    """Return the same page of results, for programs."""
    name = await enter(datasette, request)
    ask = replace(asked_search(request), size=100)
    try:
        found = await read(datasette, name, find, ask)
    except TooSlow:
        return Response.json({"ok": False, "error": "This search took too long; narrow it."}, status=503)
    return Response.json(results_as_json(datasette, request, found, ask))


def results_as_json(datasette: Any, request: Any, found: SearchResult, ask: Ask) -> Row:
    """Return a page of results for programs."""
    hits = [plain_hit(datasette, request, hit) for part in found.sections for hit in part.hits]
    counts = {part.kind: {"count": part.count, "more": part.more} for part in found.sections}
    most = max((part.count for part in found.sections if part.hits), default=0)
    last = most <= ask.page * ask.size
    following = None
    if not last and ask.kind != "all":
        link = search_link(datasette, ask, page=ask.page + 1, form="json")
        following = site_url(datasette, request, link)
    return {
        "ok": True,
        "query": asdict(found.ask),
        "notes": found.notes,
        "counts": counts,
        "results": hits,
        "next_url": following,
    }


async def as_feed(datasette: Any, request: Any) -> Any:
    """Return the newest results as an Atom feed."""
    name = await enter(datasette, request)
    ask = replace(asked_search(request), sort="date", page=1, size=50)
    try:
        found = await read(datasette, name, find, ask)
    except TooSlow:
        return Response.text("This search took too long; narrow it.", status=503)
    return feed_of_results(datasette, request, found, ask)


def _entry_of_hit(hit: Row) -> Entry:
    return Entry(
        link=hit["page"],
        title=named(hit),
        updated=hit["published"],
        author=hit["author"],
        text=hit["excerpt"],
    )


def feed_of_results(datasette: Any, request: Any, found: SearchResult, ask: Ask) -> Any:
    """Return results as an Atom feed."""
    hits = [plain_hit(datasette, request, hit) for part in found.sections for hit in part.hits]
    hits.sort(key=lambda hit: hit["published"] or "", reverse=True)
    entries = [_entry_of_hit(hit) for hit in hits]
    page = site_url(datasette, request, search_link(datasette, ask, sort="relevance"))
    own = site_url(datasette, request, request.full_path)
    return atom(f"Search: {ask.words or 'everything'}", page, own, entries)


async def search_csv(datasette: Any, request: Any) -> Any:
    """Return all results as a CSV."""
    name = await enter(datasette, request)
    ask = asked_search(request)
    kinds = [kind for kind in SEARCHED_KINDS if ask.kind in ("all", kind)]
    statements = await read(
        datasette, name, lambda connection: [whole(connection, ask, kind) for kind in kinds]
    )
    return await stream_hits(datasette, request, name, statements, csv_headers(ask))


async def stream_hits(
    datasette: Any,
    request: Any,
    name: str,
    statements: list[tuple[str, Mapping[str, str | int]]],
    headers: dict[str, str],
) -> Any:
    """Stream all rows of statements for hits as CSV.

    Cells that a spreadsheet would run are disarmed unless `raw` is requested.
    """
    raw = bool(request.args.get("raw"))
    (sql, values), *further = statements
    place = stock.place_of(datasette.get_database(name))
    limit_ms = datasette.sql_time_limit_ms * downloads.READER_WAIT_SECONDS
    job = Job(
        place=place,
        sql=sql,
        params=values,
        further=tuple(further),
        limit_ms=limit_ms,
        portion_rows=downloads.PORTION_ROWS,
    )
    try:
        download = await stock.pool_of(datasette).open_download(job, "search")
    except (LateError, LostError) as error:
        raise TooSlow from error
    if download.failure is not None:
        raise TooSlow
    root = site_url(datasette, request, datasette.urls.path(""))

    mark = ""
    if request.args.get("excel"):
        mark = "\ufeff"

    def texts(found: list[tuple[Any, ...]], is_first: bool) -> str:
        hits = [dict(zip(download.names, row, strict=True)) for row in found]
        lines = [_line(hit, root, raw) for hit in hits]
        if not is_first:
            return downloads.csv_text(lines)
        return mark + downloads.csv_text([_COLUMNS, *lines])

    return downloads.stream_response(download, texts, content_type="text/csv; charset=utf-8", headers=headers)


def csv_headers(ask: Ask) -> dict[str, str]:
    """Return the header that names a search's file."""
    now = datetime.now(UTC)
    name = file_name("search", [ask.words], "csv", now)
    return {"content-disposition": f'attachment; filename="{name}"'}


def csv_of_hits(datasette: Any, request: Any, hits: Iterable[Row]) -> str:
    """Return hits of several archives, with their texts, as a CSV; the first column is the archive."""
    root = site_url(datasette, request, datasette.urls.path(""))
    raw = bool(request.args.get("raw"))
    lines = [[hit["archive"], *_line(hit, root, raw)] for hit in hits]
    mark = ""
    if request.args.get("excel"):
        mark = "\ufeff"
    return mark + downloads.csv_text([["archive", *_COLUMNS], *lines])


def asked_search(request: Any) -> Ask:
    """Return the search in a query string; never raises."""
    plain = {name: (request.args.get(name) or "").strip()[:200] for name in _PLAIN}
    page = number_of(request.args.get("page"))
    match = number_of(request.args.get("match"), least=0, most=20)
    ask = Ask(words=request.args.get("q") or "", page=page, match=match)
    changes: dict[str, Any] = {name: value for name, value in plain.items() if value}
    return replace(ask, **changes)


def search_link(datasette: Any, ask: Ask, *, form: str = "", **changes: Any) -> str:
    """Return the address of this search with something changed.

    Only what differs from the usual is in it.
    """
    wanted = replace(ask, **{"page": 1, **changes})
    usual = Ask()
    pairs = []
    if wanted.words:
        pairs.append(("q", wanted.words))
    for name in (*_PLAIN, *_NUMBERS):
        value = getattr(wanted, name)
        if value != getattr(usual, name):
            pairs.append((name, str(value)))
    return page_link(datasette, "search", pairs, form=form)


def _full(datasette: Any, request: Any, hit: Row) -> Row:
    path = datasette.urls.path(page_of_hit(hit))
    return {**hit, "page": site_url(datasette, request, path)}


def page_of_hit(hit: Row) -> str:
    """Return the path of a hit; an earlier version leads to its comparison."""
    kind = "comment"
    if str(hit["kind"]).startswith("article"):
        kind = "article"
    step = ""
    if hit["version"]:
        step = f"/versions?version={hit['version']}"
    return within(hit, f"{kind}/{hit['id']}{step}")


def plain_hit(datasette: Any, request: Any, hit: Row) -> Row:
    """Return a hit for programs: without highlighting, with the URL of its page."""
    texts = {name: unmarked(hit[name]) for name in ("title", "author", "excerpt")}
    return {**_full(datasette, request, hit), **texts}


def named(hit: Row) -> str:
    """Return the name of a hit, for a list."""
    title = hit["title"] or "Untitled"
    name = title
    if not hit["kind"].startswith("article"):
        name = f"{hit['author'] or 'No name'} on {title}"
    if hit["version"]:
        return f"{name} (in an earlier version)"
    return name


def _line(hit: Row, root: str, raw: bool) -> list[Any]:
    page = root + page_of_hit(hit)
    shown = {**hit, "page": page}
    values = [shown[name] for name in _COLUMNS]
    if raw:
        return values
    return [disarmed(value) for value in values]
