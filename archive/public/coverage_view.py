"""How complete the archive is: what is held month by month, what is known to be missing, every crawl."""

from __future__ import annotations

import sqlite3
from typing import Any

from archive.public.chart import Bars, bars
from archive.public.home_view import coverage as totals
from archive.public.web import Row, TooSlow, enter, read, rows, show
from archive.runs import CRAWLED

MONTHS = (
    "SELECT substr(published, 1, 7) AS month, count(*) AS articles, sum(comment_count) AS comments,"
    " sum(max(coalesce(comments_stated, 0) - comment_count, 0)) AS unseen"
    " FROM articles WHERE published IS NOT NULL GROUP BY month ORDER BY month"
)
FEW = "SELECT substr(published, 1, 7) AS month, count(*) AS times FROM articles WHERE {which} GROUP BY month"
"""Counted apart, since these are few and have an index of their own."""


async def coverage(datasette: Any, request: Any) -> Any:
    """Totals, a chart with its table, known gaps, and the ledger of crawls."""
    name = await enter(datasette, request)
    try:
        found = await read(datasette, name, _coverage)
    except TooSlow:
        found = {"slow": True, "coverage": None, "months": [], "runs": [], "gaps": [], "charts": []}
    return await show(datasette, request, "coverage.html", {**found, "database": name})


def _coverage(connection: sqlite3.Connection) -> Row:
    months = _months(connection)
    return {
        "coverage": totals(connection),
        "months": months,
        "charts": charts(months),
        "runs": rows(connection, f"SELECT * FROM runs WHERE {CRAWLED} ORDER BY id DESC LIMIT 20"),
        "gaps": rows(
            connection,
            "SELECT code, count(*) AS times, max(last_seen) AS last, min(detail) AS example FROM problems"
            " WHERE ended_at IS NULL GROUP BY code ORDER BY times DESC LIMIT 20",
        ),
    }


def _months(connection: sqlite3.Connection) -> list[Row]:
    waiting, gone = (
        {row["month"]: row["times"] for row in rows(connection, FEW.format(which=which))}
        for which in ("text IS NULL", "gone_at IS NOT NULL")
    )
    return [
        {**row, "waiting": waiting.get(row["month"], 0), "gone": gone.get(row["month"], 0)}
        for row in rows(connection, MONTHS)
    ]


def charts(months: list[Row]) -> list[Bars]:
    """Articles and comments over time: by month, or by year where the months would be too many."""
    named = [
        (row["month"], row["articles"], row["comments"] or 0) for row in months if _is_month(row["month"])
    ]
    if len(named) < 2:
        return []
    return [
        bars("Articles published", [(month, articles) for month, articles, _ in named]),
        bars("Comments below them", [(month, comments) for month, _, comments in named]),
    ]


def _is_month(text: str | None) -> bool:
    return bool(text) and len(text or "") == 7 and (text or "")[:4].isdigit() and (text or "")[5:].isdigit()
