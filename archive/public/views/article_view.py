"""One article with its thread, and the way from a comment's own address to its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from datasette.utils.asgi import Response

from archive.public.render import memento_links
from archive.public.render.citations import citations, comment_citations, linked_comment, linked_data
from archive.public.render.markup import article_html, comment_html
from archive.public.render.new_since import Fresh, Place, marked, since_of
from archive.public.views import files_view
from archive.public.web import Row, enter, first_row, number_of, read, render_page, rows, site_url
from archive.queries import same_words
from archive.queries.threads import PAGE, Branch, arrange, nest, page_of, pages

_VERSION = (
    "SELECT version, since, until, title, byline, published, modified, text, markdown, description"
    " FROM article_versions WHERE article_id = ? AND version = ?"
)
COMMENTS = (
    "SELECT comments.*, what.at AS hidden_at, what.reason, name.reason AS name_reason,"
    " CASE WHEN comments.witness IS NOT NULL AND gone_at IS NOT NULL THEN (SELECT max(since) FROM events"
    " WHERE comment_id = comments.id AND events.kind = 'removed' AND events.witness IS NOT NULL)"
    " END AS captured_until"
    " FROM comments"
    " LEFT JOIN redactions AS what ON what.id = redaction_id"
    " LEFT JOIN redactions AS name ON name.id = name_redaction_id"
)
"""Comments with why the operator has hidden them, or the names under which they were written."""
_HELD = (
    "SELECT id, parent_id, site_parent, published, position, kind, first_seen FROM comments"
    " WHERE article_id = ? AND kind = 'comment'"
)


_CITED = (
    "SELECT comments.id, comments.author AS byline, comments.published, comments.permalink,"
    " comments.changed_at, comments.text, comments.source,"
    " comments.redaction_id, articles.title, articles.url,"
    " sources.title AS source_title FROM comments JOIN articles ON articles.id = article_id"
    " LEFT JOIN sources ON sources.name = comments.source WHERE comments.id = ?"
)


ALL_COMMENTS = 0
"""The number of the page that has the whole thread, as for printing."""
LONGEST_WHOLE = 10_000
"""Up to how many comments a thread is shown whole."""


async def article_page(datasette: Any, request: Any) -> Any:
    """Return an article, its provenance, and its thread."""
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])
    number = ALL_COMMENTS
    if request.args.get("page") != "all":
        number = number_of(request.args.get("page"))
    version = number_of(request.args.get("version"), least=0)
    since = since_of(request.args.get("since"))
    found = await read(datasette, name, _article, wanted, number, version, since)
    if found is None:
        return await missing(datasette, request, "article")
    path = datasette.urls.path(f"article/{wanted}")
    here = site_url(datasette, request, path)
    found["here_url"] = here
    found["cites"] = citations(found["article"], here)
    authors = [row["name"] for row in found["authors"]]
    found["linked_data"] = linked_data(found["article"], authors, here)
    url = found["article"]["url"]
    if found["article"]["redaction_id"]:
        url = None
    headers = memento_links.link_header(datasette, request, url)
    found["shows_raw_pages"] = bool(headers)
    return await render_page(datasette, request, "article.html", {**found, "database": name}, headers=headers)


async def comment(datasette: Any, request: Any) -> Any:
    """Redirect to a comment on its page of the thread."""
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])
    place = await read(datasette, name, _place, wanted)
    if place is None:
        return await missing(datasette, request, "comment")
    article_id, page = place
    query = ""
    if page > 1:
        query = f"?page={page}"
    path = datasette.urls.path(f"article/{article_id}{query}#comment-{wanted}")
    return Response.redirect(path)


async def cite_comment(datasette: Any, request: Any) -> Any:
    """Return how one comment is cited, in every form."""
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])
    found = await read(datasette, name, first_row, _CITED, wanted)
    if found is None or found["redaction_id"] is not None:
        return await missing(datasette, request, "comment")
    path = datasette.urls.path(f"comment/{wanted}")
    here = site_url(datasette, request, path)
    context = {
        "comment": found,
        "cites": comment_citations(found, here),
        "linked_data": linked_comment(found, here),
    }
    return await render_page(datasette, request, "cite.html", context)


async def missing(datasette: Any, request: Any, kind: str) -> Any:
    """Answer 404: the item is not in the archive."""
    return await render_page(datasette, request, "missing.html", {"kind": kind}, status=404)


async def listing_page(
    datasette: Any,
    request: Any,
    name: str,
    work: Callable[[sqlite3.Connection, int], Row | None],
    kind: str,
    template: str,
    context: Row,
) -> Any:
    """Return the requested page of the results of `work`, by its number.

    Without a result, the `kind` does not exist.

    A name that is not valid UTF-8 has no results.
    """
    page = number_of(request.args.get("page"), most=10_000)
    try:
        found = await read(datasette, name, work, page)
    except UnicodeEncodeError:
        found = None
    if found is None:
        return await missing(datasette, request, kind)
    return await render_page(datasette, request, template, {**context, "page": page, **found})


def _place(connection: sqlite3.Connection, wanted: int) -> tuple[int, int] | None:
    row = first_row(connection, "SELECT article_id, kind FROM comments WHERE id = ?", wanted)
    if row is None:
        return None
    if row["kind"] != "comment":
        return row["article_id"], 1
    nodes = arrange(rows(connection, _HELD, row["article_id"]))
    return row["article_id"], page_of(nodes, wanted) or 1


def _article(
    connection: sqlite3.Connection, wanted: int, number: int, version: int, since: str
) -> Row | None:
    row = first_row(
        connection,
        "SELECT articles.*, sources.title AS source_title, sources.url AS source_url, at AS hidden_at, reason"
        " FROM articles LEFT JOIN sources ON sources.name = articles.source"
        " LEFT JOIN redactions ON redactions.id = redaction_id WHERE articles.id = ?",
        wanted,
    )
    if row is None:
        return None
    then = None
    if 0 < version < row["version_count"]:
        then = first_row(connection, _VERSION, wanted, version)
    row |= then or {}
    copies = same_words.count_elsewhere(connection, "article", [wanted])
    return {
        "article": row,
        "then": then,
        "body": article_html(row["markdown"], row["text"]),
        **_about(connection, wanted),
        **_thread(connection, row, number, since),
        "elsewhere": copies.get(wanted, 0),
    }


def _about(connection: sqlite3.Connection, wanted: int) -> Row:
    return {
        "authors": rows(
            connection,
            "SELECT authors.id, name FROM article_authors JOIN authors ON authors.id = author_id"
            " WHERE article_id = ? ORDER BY position",
            wanted,
        ),
        "tags": rows(
            connection,
            "SELECT min(tags.id) AS id, name FROM article_tags JOIN tags ON tags.id = tag_id"
            " WHERE article_id = ? GROUP BY lower(name) ORDER BY min(kind), min(position)",
            wanted,
        ),
        "files": files_view.files_of_article(connection, wanted),
        "visit": first_row(
            connection,
            "SELECT max(times) AS times, min(first_fetched) AS first, max(fetched_at) AS last FROM visits"
            " WHERE article_id = ? AND kind = 'article'",
            wanted,
        ),
        "links": rows(
            connection, "SELECT url, host FROM links WHERE article_id = ? ORDER BY position LIMIT 200", wanted
        ),
        "captures": rows(
            connection,
            "SELECT witness, at, comments FROM captures WHERE article_id = ? ORDER BY at, witness LIMIT 200",
            wanted,
        ),
        "problems": rows(
            connection,
            "SELECT code, detail FROM problems WHERE article_id = ? AND ended_at IS NULL"
            " ORDER BY id LIMIT 20",
            wanted,
        ),
    }


def _thread(connection: sqlite3.Connection, article: Row, number: int, since: str) -> Row:
    """One page of the thread, what of it is new, its pings, and how many are removed."""
    wanted = article["id"]
    held = rows(connection, _HELD, wanted)
    fresh = Fresh(since=since, known=article["first_seen"])
    pings = rows(
        connection,
        "SELECT * FROM comments WHERE article_id = ? AND kind != 'comment' ORDER BY published, id LIMIT 500",
        wanted,
    )
    gone = first_row(
        connection, "SELECT count(*) AS n FROM comments WHERE article_id = ? AND gone_at IS NOT NULL", wanted
    )
    drawn = drawn_thread(held, lambda ids: _comments(connection, ids), number, fresh)
    shown = [row["id"] for row in _flat(drawn["thread"])]
    elsewhere = same_words.count_elsewhere(connection, "comment", shown)
    gone_count = 0
    if gone:
        gone_count = gone["n"]
    return {**drawn, "also_in": elsewhere, "pings": pings, "gone": gone_count}


def _flat(thread: list[Row]) -> Iterator[Row]:
    left = list(thread)
    while left:
        row = left.pop()
        yield row
        left += row["below"]


def drawn_thread(
    comments: list[Row], in_full: Callable[[set[int]], list[Row]], number: int, fresh: Fresh | None = None
) -> Row:
    """One page of a thread, or the whole of one that is not too long.

    The whole of it is ordered; only what is shown is read, with `in_full`.
    """
    nodes = arrange(comments)
    new = marked(nodes, fresh)
    size = PAGE
    if number == ALL_COMMENTS and PAGE < len(nodes) <= LONGEST_WHOLE:
        size = len(nodes)
    last = pages(nodes, size=size)
    number = min(max(number, 1), last)
    first = (number - 1) * size
    on_page = nodes[first : number * size]
    nearby = [near for node in on_page for near in (node, node.up)]
    ids = {near.row["id"] for near in nearby if near is not None}
    held = {row["id"]: row for row in in_full(ids)}
    thread = [_shown(branch, held, new.following) for branch in nest(nodes, number, size=size)]
    return {
        "thread": thread,
        "fresh": new,
        "page": number,
        "pages": last,
        "said": len(nodes),
        "range": (first + 1, first + len(on_page)),
        "can_be_whole": last > 1 and len(nodes) <= LONGEST_WHOLE,
    }


def _comments(connection: sqlite3.Connection, ids: set[int]) -> list[Row]:
    marks = ",".join("?" * len(ids))
    if not ids:
        return []
    return rows(connection, f"{COMMENTS} WHERE comments.id IN ({marks})", *ids)


def _shown(branch: Branch, held: dict[int, Row], new: dict[int, Place | None]) -> Row:
    row = held[branch.node.row["id"]]
    up = branch.node.up
    answered = None
    if up is not None and branch.named:
        answered = held[up.row["id"]]
    return {
        **row,
        "body": comment_html(row["html"], row["text"]),
        "answers": branch.node.answers,
        "to": answered,
        "lost": branch.node.lost,
        "new": row["id"] in new,
        "next_new": new.get(row["id"]),
        "below": [_shown(below, held, new) for below in branch.branches],
    }
