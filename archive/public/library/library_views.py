"""Pages over many archives: home, search, changes and coverage.

They have the layout of one archive's pages, and link to its own pages, below /archives/NAME/. Most is read
from the index; an archive itself is queried only where the index finds a candidate.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlsplit

from datasette.utils.asgi import Forbidden, Response

from archive.public.library.library import Library, OpenGeneration, ShardReader, library_of
from archive.public.render.history import ChangeFilter, listed, with_excerpt
from archive.public.render.monthly_counts import charts
from archive.public.render.text import unmarked
from archive.public.views import desk_view, history_view, search_view
from archive.public.web import Row, page_link, render_page, unread_dates
from archive.queries.url_lookup import is_url
from archive.search.engine import SEARCHED_KINDS, Ask
from archive.search.suggestions import Help
from archive.shards.merged_help import search_with_help
from archive.shards.merged_search import DEEPEST, MergedSearch, search_shards
from archive.shards.shard_index import Shard

ASK_SECONDS = 5.0
"""How long one search over all archives may take."""
DEEPEST_PAGE = 100
_LATEST = 12
_SHOWN = ("articles", "comments")
_FILTERED = 60
"""Sources that are offered as a filter; of more, a reader names one in the address."""


def _page(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return a view with library, generation and permitted shards."""

    async def answered(datasette: Any, request: Any) -> Any:
        library = library_of(datasette)
        if library is None:
            raise RuntimeError("This page needs a library.")
        with library.reading() as held:
            shards = await _allowed(datasette, request, held)
            return await view(datasette, request, library, held, shards)

    return answered


async def _allowed(datasette: Any, request: Any, held: OpenGeneration) -> dict[str, Shard]:
    """Return the shards a reader may see. Raises Forbidden."""
    instance = await _answer(datasette, request, "view-instance", None)
    allowed = {}
    for name, shard in held.shards.items():
        tables = [await _answer(datasette, request, "view-table", (name, table)) for table in _SHOWN]
        database = await _answer(datasette, request, "view-database", name)
        if all(_first_known(table, database, instance) for table in tables):
            allowed[name] = shard
    if not allowed:
        raise Forbidden("view-database")
    return allowed


def _first_known(*answers: bool | None) -> bool:
    """Return the first answer that is not None, else True."""
    return next((answer for answer in answers if answer is not None), True)


async def _answer(datasette: Any, request: Any, action: str, resource: Any) -> bool | None:
    """Return an explicit permission, if there is one."""
    given: bool | None = await datasette.permission_allowed(request.actor, action, resource, default=None)
    return given


@_page
async def library_home(
    datasette: Any, request: Any, library: Library, held: OpenGeneration, shards: dict[str, Shard]
) -> Any:
    """Return the home page: archives, latest articles and changes."""

    def work(reader: ShardReader) -> Row:
        latest = reader.index.newest(shards, _LATEST)
        changes = _changes(reader, shards, ChangeFilter(), size=5)
        months = reader.index.months(shards)
        return {
            "latest": latest,
            "changes": changes,
            "charts": charts(months),
        }

    front = await library.ask(held, work)
    context = {**front, "shards": list(shards.values()), "totals": _totals(shards)}
    return await render_page(datasette, request, "library_home.html", {**context, "made_at": held.made_at})


@_page
async def library_search_page(
    datasette: Any, request: Any, library: Library, held: OpenGeneration, shards: dict[str, Shard]
) -> Any:
    """Return the search page over all archives."""
    ask = search_view.asked_search(request)
    if is_url(ask.words):
        return _looked_up(datasette, ask.words.strip(), shards)
    merged, advice = await library.ask(held, lambda reader: _search_with_help(reader, shards, ask))
    found = merged.result
    shown = found.ask if advice.instead else ask
    sources = [source for shard in shards.values() for source in shard.sources]
    if len(sources) > _FILTERED:
        sources = []
    context = {
        "found": found,
        "help": advice,
        "asked": ask,
        "ask": shown,
        "slow": False,
        "sources": sources,
        "types": [],
        "examples": [],
        "link": lambda **to: search_view.search_link(datasette, shown, **to),
        "link_to": lambda other: search_view.search_link(datasette, other),
        "place": lambda hit: datasette.urls.path(search_view.page_of_hit(hit)),
    }
    return await render_page(datasette, request, "search.html", context)


@_page
async def library_search_json(
    datasette: Any, request: Any, library: Library, held: OpenGeneration, shards: dict[str, Shard]
) -> Any:
    """Return results as JSON, with the number of archives."""
    ask = replace(search_view.asked_search(request), size=100)
    merged = await library.ask(held, lambda reader: _search(reader, shards, ask))
    answer = search_view.results_as_json(datasette, request, merged.result, ask)
    told = {"of": len(shards), "candidates": merged.candidates, "asked": merged.asked, "late": merged.late}
    return Response.json({**answer, "archives": told})


@_page
async def library_search_csv(
    datasette: Any, request: Any, library: Library, held: OpenGeneration, shards: dict[str, Shard]
) -> Any:
    """Return the best results of all archives with their texts, up to DEEPEST of a kind."""
    asked = search_view.asked_search(request)
    size = 2 * DEEPEST
    if asked.kind in SEARCHED_KINDS:
        size = DEEPEST
    ask = replace(asked, page=1, size=size)

    def work(reader: ShardReader) -> MergedSearch:
        return search_shards(reader.index, shards, reader.archive, ask, seconds=ASK_SECONDS, with_text=True)

    merged = await library.ask(held, work)
    hits = [hit for part in merged.result.sections for hit in part.hits]
    plain_hits = ({**hit, **_unmarked(hit)} for hit in hits)
    text = search_view.csv_of_hits(datasette, request, plain_hits)
    headers = search_view.csv_headers(asked)
    return Response(text, headers=headers, content_type="text/csv; charset=utf-8")


def _unmarked(hit: Row) -> Row:
    return {name: unmarked(hit[name]) for name in ("title", "author")}


@_page
async def library_search_feed(
    datasette: Any, request: Any, library: Library, held: OpenGeneration, shards: dict[str, Shard]
) -> Any:
    """Return the newest results as an Atom feed."""
    ask = replace(search_view.asked_search(request), sort="date", page=1, size=50)
    merged = await library.ask(held, lambda reader: _search(reader, shards, ask))
    return search_view.feed_of_results(datasette, request, merged.result, ask)


@_page
async def library_changes_page(
    datasette: Any, request: Any, library: Library, held: OpenGeneration, shards: dict[str, Shard]
) -> Any:
    """Return changes in all archives, newest first."""
    wanted = _asked_changes(request)
    size = history_view.SIZE + 1
    found = await library.ask(held, lambda reader: _changes(reader, shards, wanted, size=size))
    sources = [source for shard in shards.values() for source in shard.sources]
    if len(sources) > _FILTERED:
        sources = []
    context = {
        "whole": [],
        "changes": found[: history_view.SIZE],
        "more": len(found) > history_view.SIZE and wanted.page < DEEPEST_PAGE,
        "wanted": wanted,
        "slow": False,
        "unread": unread_dates(request),
        "sources": sources,
        "link": lambda **to: history_view.changes_link(datasette, wanted, **to),
    }
    return await render_page(datasette, request, "changes.html", context)


@_page
async def library_changes_feed(
    datasette: Any, request: Any, library: Library, held: OpenGeneration, shards: dict[str, Shard]
) -> Any:
    """Return the same as an Atom feed."""
    wanted = replace(_asked_changes(request), page=1)
    found = await library.ask(held, lambda reader: _changes(reader, shards, wanted, size=history_view.SIZE))
    return history_view.feed_of_changes(datasette, request, found, [], wanted)


@_page
async def library_coverage_page(
    datasette: Any, request: Any, library: Library, held: OpenGeneration, shards: dict[str, Shard]
) -> Any:
    """Return the coverage of each archive, and months of all."""
    months = await library.ask(held, lambda reader: reader.index.months(shards))
    context = {"shards": list(shards.values()), "totals": _totals(shards), "charts": charts(months)}
    return await render_page(datasette, request, "library_coverage.html", context)


@_page
async def library_coverage_json(
    datasette: Any,  # noqa: ARG001  (the signature of a page)
    request: Any,  # noqa: ARG001
    library: Library,  # noqa: ARG001
    held: OpenGeneration,
    shards: dict[str, Shard],
) -> Any:
    """Return the same for programs."""
    told = [asdict(shard) for shard in shards.values()]
    for facts in told:
        del facts["state"]
    return Response.json({"ok": True, "generation": held.number, "made_at": held.made_at, "archives": told})


@_page
async def library_health(
    datasette: Any,  # noqa: ARG001
    request: Any,  # noqa: ARG001
    library: Library,  # noqa: ARG001
    held: OpenGeneration,
    shards: dict[str, Shard],
) -> Any:
    """Return the health, with the generation that is served."""
    told = {"ok": True, "generation": held.number, "made_at": held.made_at, "archives": len(shards)}
    return Response.json(told, headers={"cache-control": "no-store"})


@_page
async def library_about(
    datasette: Any,
    request: Any,
    library: Library,  # noqa: ARG001
    held: OpenGeneration,  # noqa: ARG001
    shards: dict[str, Shard],  # noqa: ARG001
) -> Any:
    """Return the operator's about page."""
    return await desk_view.about_text(datasette, request)


async def library_robots() -> Any:
    """Return a robots.txt that disallows all search engines."""
    return Response.text("User-agent: *\nDisallow: /\n")


LIBRARY_ROUTES: list[tuple[str, Callable[..., Any]]] = [
    (r"/$", library_home),
    (r"/search$", library_search_page),
    (r"/search\.json$", library_search_json),
    (r"/search\.csv$", library_search_csv),
    (r"/search\.atom$", library_search_feed),
    (r"/changes$", library_changes_page),
    (r"/changes\.atom$", library_changes_feed),
    (r"/coverage$", library_coverage_page),
    (r"/coverage\.json$", library_coverage_json),
    (r"/about$", library_about),
    (r"/-/health$", library_health),
    (r"/robots\.txt$", library_robots),
]


def _search(reader: ShardReader, shards: dict[str, Shard], ask: Ask) -> MergedSearch:
    """Search, and list in the notes which archives were left out."""
    merged = search_shards(reader.index, shards, reader.archive, ask, seconds=ASK_SECONDS)
    return _noted(merged)


def _search_with_help(reader: ShardReader, shards: dict[str, Shard], ask: Ask) -> tuple[MergedSearch, Help]:
    """Return the same, with what finds more where that is little."""
    merged, advice = search_with_help(reader.index, shards, reader.archive, ask, seconds=ASK_SECONDS)
    return _noted(merged), advice


def _noted(merged: MergedSearch) -> MergedSearch:
    notes = list(merged.result.notes)
    if merged.asked < merged.candidates:
        notes.append(
            f"{merged.candidates:,} archives may have this; the {merged.asked:,} largest were searched."
            " Add a rarer word, or name a source."
        )
    if merged.late:
        some = ", ".join(merged.late[:5])
        if len(merged.late) > 5:
            some += " …"
        notes.append(f"Left out, since they did not answer in time: {some}.")
    return replace(merged, result=replace(merged.result, notes=tuple(notes)))


def _changes(reader: ShardReader, shards: dict[str, Shard], wanted: ChangeFilter, *, size: int) -> list[Row]:
    """Return changes of all shards, newest first, for a page.

    The shard with the latest change is queried first, until no other can have one that is shown.
    """
    first = history_view.SIZE * (wanted.page - 1)
    needed = first + size
    found: list[Row] = []
    for latest, shard in sorted(_with_latest(shards, wanted), key=lambda pair: pair[0], reverse=True):
        if len(found) >= needed and found[needed - 1]["at"] > latest:
            break
        connection = reader.archive(shard.name)
        rows = listed(connection, replace(wanted, page=1), first=0, size=needed)
        own = ({**row, "archive": shard.name} for row in rows)
        newest = heapq.merge(found, own, key=lambda row: row["at"], reverse=True)
        found = list(newest)[:needed]
    shown = []
    for row in found[first:needed]:
        archive = reader.archive(row["archive"])
        shown.append({**with_excerpt(archive, row), "archive": row["archive"]})
    return shown


def _with_latest(shards: dict[str, Shard], wanted: ChangeFilter) -> list[tuple[str, Shard]]:
    """Return shards with such changes, and their latest time."""
    pairs = []
    for shard in shards.values():
        names = {source["name"] for source in shard.sources}
        if wanted.source and wanted.source not in names:
            continue
        latest = _latest_change(shard, wanted)
        if latest and latest >= (wanted.since or ""):
            pairs.append((latest, shard))
    return pairs


def _latest_change(shard: Shard, wanted: ChangeFilter) -> str | None:
    if wanted.show:
        return shard.latest.get(wanted.show)
    return max(shard.latest.values(), default=None)


def _asked_changes(request: Any) -> ChangeFilter:
    wanted = history_view.asked_changes(request)
    return replace(wanted, page=min(wanted.page, DEEPEST_PAGE))


def _totals(shards: dict[str, Shard]) -> Row:
    """Return the totals over all shards."""
    every = list(shards.values())
    return {
        "articles": sum(shard.texts["articles"] for shard in every),
        "comments": sum(shard.texts["comments"] for shard in every),
        "since": min((shard.since for shard in every if shard.since), default=None),
        "until": max((shard.until for shard in every if shard.until), default=None),
    }


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _looked_up(datasette: Any, url: str, shards: dict[str, Shard]) -> Any:
    """Redirect a URL to its site's archive, or a search."""
    address = url
    if "://" not in url:
        address = f"//{url}"
    host = _host(address)
    for shard in shards.values():
        for source in shard.sources:
            if _host(source["url"]) == host:
                path = page_link(datasette, f"archives/{shard.name}/lookup", {"url": url})
                return Response.redirect(path)
    segments = urlsplit(url).path.replace("-", " ").split("/")
    words = " ".join(part for part in segments if part)
    return Response.redirect(page_link(datasette, "search", {"q": words}))
