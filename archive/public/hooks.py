"""Datasette's plugin hooks, each a short call. The content is made elsewhere.

Invariant: a Datasette that serves no Backissue archive behaves as if this plugin were not there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from datasette import hookimpl
from datasette.views.base import DatasetteError
from markupsafe import Markup

from archive.public import discreet
from archive.public.desk import pages as desk_pages
from archive.public.desk.bounds import with_bounded_forms
from archive.public.desk.session import actor_of, is_open
from archive.public.headers import guarded, stock_policy
from archive.public.library import library_views
from archive.public.library.library import library_of
from archive.public.library.rooms import with_rooms
from archive.public.mcp import tools
from archive.public.render import text
from archive.public.served_archives import Json, metadata_for, room_of
from archive.public.sql import stock
from archive.public.sql.downloads import BrokenOffError, Unsaid
from archive.public.sql.lifespan import Ending, served
from archive.public.sql.limits import LONGEST_VALUE_BYTES
from archive.public.sql.pool import CrowdedError
from archive.public.sql.view_paging import VIEW_KEYS
from archive.public.views import (
    article_view,
    as_of,
    coverage_view,
    desk_view,
    files_view,
    follow_view,
    history_view,
    home_view,
    lookup_view,
    memento_view,
    operator_view,
    people_view,
    refused_query,
    results_view,
    same_words_view,
    search_view,
    sites_view,
    words_view,
)
from archive.public.web import TooSlow, busy, within

Hook = TypeVar("Hook", bound=Callable[..., Any])
_hook = cast("Callable[[Hook], Hook]", hookimpl)
_last_hook = cast("Callable[[Hook], Hook]", hookimpl(trylast=True))


@_hook
def get_metadata(datasette: Any) -> Json:
    """Describe our tables, independent of the file's name."""
    names = room_of(datasette).archives
    if not names:
        return {}
    return metadata_for(names)


@_hook
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Bound what a reader's SQL may cost.

    Datasette's own `_internal` must stay as it is.
    """
    if database in room_of(datasette).archives:
        conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)
        conn.execute("PRAGMA cache_size = -32000")
        discreet.keep_paths(conn)


@_hook
def prepare_jinja2_environment(env: Any, datasette: Any) -> None:
    """Give the templates the room and the ways we write numbers and dates."""
    env.globals["backissue"] = room_of(datasette)
    env.globals["within"] = within
    env.filters.update(text.FILTERS)


@_hook
def register_routes(datasette: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Return our routes, which precede Datasette's own."""
    if library_of(datasette) is not None:
        return library_views.LIBRARY_ROUTES
    return [
        (r"/$", home_view.home),
        (r"/-/data(?P<format>(\.json)?)$", home_view.data),
        (r"/-/databases(\.(?P<format>json))?$", discreet.databases),
        (r"/-/threads(\.(?P<format>json))?$", discreet.threads),
        (r"/-/health$", operator_view.health_json),
        (r"/-/metrics$", operator_view.metrics),
        (r"/robots\.txt$", home_view.robots),
        (r"/search$", search_view.search_page),
        (r"/search\.json$", search_view.search_json),
        (r"/search\.csv$", search_view.search_csv),
        (r"/lookup$", lookup_view.lookup),
        (r"/saved$", desk_pages.saved_items),
        *desk_pages.DESK_ROUTES,
        (r"/about$", desk_view.about),
        (r"/-/opensearch\.xml$", desk_view.opensearch),
        (r"/search\.atom$", search_view.as_feed),
        (r"/-/results\.csv$", results_view.results_csv),
        (r"/-/results\.json$", results_view.results_json),
        (r"/same-words$", same_words_view.networks_page),
        (r"/(?P<kind>article|comment)/(?P<id>\d{1,18})/same-words$", same_words_view.same_words_page),
        (r"/words$", words_view.words_page),
        (r"/words\.csv$", words_view.words_csv),
        (r"/words\.json$", words_view.words_json),
        (r"/sites$", sites_view.sites),
        (r"/changes$", history_view.changes_page),
        (r"/changes\.atom$", history_view.changes_feed),
        (r"/coverage$", coverage_view.coverage_page),
        (r"/(?P<kind>article|comment)/(?P<id>\d{1,18})/versions$", history_view.versions),
        (r"/(?P<kind>author|tag)/(?P<id>\d{1,18})\.atom$", follow_view.listed_feed),
        (r"/commenter\.atom$", follow_view.commenter_feed),
        (r"/article/(?P<id>\d{1,18})/comments\.atom$", follow_view.thread_feed),
        (r"/comment/(?P<id>\d{1,18})/cite$", article_view.cite_comment),
        *people_view.PEOPLE_ROUTES,
        (r"/article/(?P<id>\d{1,18})/as-of$", as_of.as_of),
        (r"/article/(?P<id>\d{1,18})$", article_view.article_page),
        (r"/file/(?P<digest>[0-9a-f]{64})$", files_view.serve_file),
        (r"/comment/(?P<id>\d{1,18})$", article_view.comment),
        *memento_view.ROUTES,
    ]


@_hook
def register_mcp_tools(datasette: Any, mcp: Any) -> None:
    """Add our tools to the MCP server of datasette-mcp.

    Nothing calls this without it.
    """
    if room_of(datasette).active:
        tools.register(datasette, mcp)


@_hook
def actor_from_request(datasette: Any, request: Any) -> Any:
    """Return the reader of a desk as an actor, so that permissions can name readers; None for no reader."""
    if not is_open(datasette):
        return None
    return actor_of(datasette, request)


@_last_hook
def permission_allowed(datasette: Any, resource: Any) -> bool | None:
    """Deny a file of desks, or of what is hidden, to everybody; None for all others."""
    name = resource[0] if isinstance(resource, tuple) else resource
    if isinstance(name, str) and room_of(datasette).is_private(name):
        return False
    return None


@_hook
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """Answer 503 when the machine was too busy for a page or a statement; end broken streams."""
    if isinstance(exception, BrokenOffError):
        return Unsaid()
    if isinstance(exception, CrowdedError):
        return lambda: busy(datasette, request, is_crowded=True)
    if isinstance(exception, TooSlow):
        return lambda: busy(datasette, request, is_crowded=False)
    if isinstance(exception, DatasetteError) and refused_query.is_query_page(datasette, request):
        return lambda: refused_query.show_again(datasette, request, exception)
    return None


@_hook
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Put our headers on every answer, and see to the start and the end of the server."""
    from archive.public.sql.csv_files import table_csv  # noqa: PLC0415  (Datasette imports us before its views)

    stock.install(table_csv)
    ending = Ending()

    def wrapper(app: Any) -> Any:
        guard = guarded(
            with_bounded_forms(app),
            room_of(datasette),
            datasette.setting("base_url"),
            ending,
            stock_policy(datasette),
        )
        library = library_of(datasette)
        if library is not None:
            guard = with_rooms(guard, datasette, library)
        return served(guard, datasette, ending)

    return wrapper


@_hook
def render_cell(
    value: Any, column: str, table: str | None, database: str, datasette: Any, row: Any
) -> Markup | None:
    """Return long text in a box, and a title as a link to its page.

    Without a result, Datasette renders the cell of a table page.
    """
    if database not in room_of(datasette).archives or not isinstance(value, str | int):
        return None
    if column in text.LONG_COLUMNS and isinstance(value, str):
        return text.boxed(value)
    if table is None or table in VIEW_KEYS:
        return _led_from_query(value, column, row, datasette)
    target = _LINKED_COLUMNS.get((table or "", column))
    if target is None or target[1] not in row.keys():  # noqa: SIM118  (a sqlite3.Row has no `in`)
        return None
    kind, key = target
    path = datasette.urls.path(f"{kind}/{row[key]}")
    return Markup('<a href="{}">{}</a>').format(path, value)


_LINKED_COLUMNS = {("articles", "title"): ("article", "id"), ("comments", "published"): ("comment", "id")}
_ITEM_COLUMNS = {"article_id": "article", "comment_id": "comment", "parent_id": "comment"}
_TITLE_COLUMNS = ("title", "title_now", "article_title")


def _led_from_query(value: Any, column: str, row: Any, datasette: Any) -> Markup | None:
    """Return a value of a query's row as a link to its own page, if it has one."""
    path = _path_of(value, column, row)
    if path is None:
        return None
    return Markup('<a href="{}">{}</a>').format(datasette.urls.path(path), value)


def _path_of(value: Any, column: str, row: Any) -> str | None:
    names = row.keys()

    def number(name: str) -> int | None:
        found = row[name] if name in names else None
        if not isinstance(found, int):
            return None
        return found

    if column in _ITEM_COLUMNS and isinstance(value, int):
        return f"{_ITEM_COLUMNS[column]}/{value}"
    if column in _TITLE_COLUMNS and (article := number("article_id")) is not None:
        return f"article/{article}"
    if column == "version" and isinstance(value, int):
        kind = "comment" if number("comment_id") is not None else "article"
        item = number(f"{kind}_id")
        if item is None:
            return None
        return f"{kind}/{item}/versions?version={value}"
    is_of_comments = any(name in names for name in ("comment_id", "parent_author", "comments", "replies"))
    if column in ("author", "parent_author") and is_of_comments and value:
        return f"commenter?{urlencode({'name': value}, errors='replace')}"
    if column == "host" and "links" in names and value:
        return f"sites?{urlencode({'host': value}, errors='replace')}"
    return None
