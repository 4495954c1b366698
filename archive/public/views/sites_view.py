"""Which outside sites articles and comments link to, and for one of them when and by which articles."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Any

from archive.public.render.chart import bars
from archive.public.render.text import host as host_of
from archive.public.views.article_view import listing_page
from archive.public.web import Row, TooSlow, enter, first_row, read, render_page, rows

_MOST = 200
"""Sites that are listed."""
_SIZE = 30
_SITE = "CASE WHEN host LIKE 'www.%' THEN substr(host, 5) ELSE host END"
_TWICE = (
    "SELECT article_id FROM links WHERE host = site"
    " INTERSECT SELECT article_id FROM links WHERE host = 'www.' || site"
)
_ARTICLES = (
    "SELECT site, sum(links) AS links,"
    f" sum(articles) - iif(count(*) > 1, (SELECT count(*) FROM ({_TWICE})), 0) AS articles, 0 AS comments"
    f" FROM (SELECT {_SITE} AS site, count(*) AS links, count(DISTINCT article_id) AS articles"
    " FROM links GROUP BY host) WHERE site <> '' GROUP BY site"
)
"""Counted by host, along an index; an article that names a site with and without "www." counts once."""
_COMMENTS = (
    "SELECT host AS site, 0 AS links, 0 AS articles, count(DISTINCT comment_id) AS comments"
    " FROM comment_links WHERE host <> '' GROUP BY host"
)
_ALL = (
    "SELECT site, max(links) AS links, max(articles) AS articles, max(comments) AS comments"
    f" FROM ({_ARTICLES} UNION ALL {_COMMENTS}) WHERE true {{others}} GROUP BY site"
    " ORDER BY articles + comments DESC, articles DESC, site"
)
_CITING = "SELECT DISTINCT article_id FROM links WHERE host IN (?, ?)"


async def sites(datasette: Any, request: Any) -> Any:
    """Return the outside sites that most articles and comments link to, or the page of one of them."""
    name = await enter(datasette, request)
    if wanted := (request.args.get("host") or "").replace("\0", ""):
        site = host_of(f"https://{wanted}")
        work = partial(_citing, wanted=site)
        return await listing_page(datasette, request, name, work, "site", "site.html", {"site": site})
    found, slow = [], False
    try:
        found = await read(datasette, name, _sites)
    except TooSlow:
        slow = True
    context = {"sites": found, "slow": slow, "database": name, "sql": _ALL.replace("{others}", "")}
    return await render_page(datasette, request, "sites.html", context)


def _sites(connection: sqlite3.Connection) -> list[Row]:
    """Return the most cited, without the archived sites themselves."""
    sources = rows(connection, "SELECT url FROM sources")
    own = [host_of(row["url"]) for row in sources]
    others = ""
    if own:
        others = " AND site NOT IN ({})".format(", ".join("?" * len(own)))
    sql = _ALL.replace("{others}", others)
    return rows(connection, f"{sql} LIMIT {_MOST}", *own)


def _citing(connection: sqlite3.Connection, page: int, wanted: str) -> Row | None:
    hosts = (wanted, f"www.{wanted}")
    span = first_row(
        connection,
        "SELECT count(*) AS articles, min(published) AS since, max(published) AS until FROM articles"
        f" WHERE id IN ({_CITING})",
        *hosts,
    )
    linking = first_row(
        connection, "SELECT count(DISTINCT comment_id) AS n FROM comment_links WHERE host = ?", wanted
    )
    comments = 0
    if linking:
        comments = linking["n"]
    if span is None or not wanted:
        return None
    if not span["articles"] and not comments:
        return None
    span["comments"] = comments
    months = rows(
        connection,
        f"SELECT substr(published, 1, 7) AS month, count(*) AS n FROM articles WHERE id IN ({_CITING})"
        " AND published > '' GROUP BY month",
        *hosts,
    )
    dated = [row for row in months if len(row["month"]) == len("2009-07")]
    named = [(row["month"], row["n"]) for row in dated]
    skipped = _SIZE * (page - 1)
    found = rows(
        connection,
        "SELECT id, title, byline, type, published, comment_count, text IS NOT NULL AS held, gone_at"
        " FROM articles"
        f" WHERE id IN ({_CITING}) ORDER BY published DESC, id DESC LIMIT ? OFFSET ?",
        *hosts,
        _SIZE + 1,
        skipped,
    )
    chart = None
    if len(named) > 1:
        chart = bars(f"Articles that link to {wanted}", "Articles", named)
    return {"span": span, "chart": chart, "articles": found[:_SIZE], "more": len(found) > _SIZE}
