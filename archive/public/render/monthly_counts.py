"""Publications by month and their charts. Read-only."""

from __future__ import annotations

import sqlite3

from archive.public.render.chart import Chart, bars
from archive.public.web import Row, rows

_MONTHS = (
    "SELECT substr(published, 1, 7) AS month, count(*) AS articles, sum(comment_count) AS comments,"
    " sum(max(coalesce(comments_stated, 0) - comment_count, 0)) AS unseen"
    " FROM articles WHERE published IS NOT NULL GROUP BY month ORDER BY month"
)
_FEW = "SELECT substr(published, 1, 7) AS month, count(*) AS times FROM articles WHERE {which} GROUP BY month"
"""Counted apart, since these are few and have an index of their own."""


def by_month(connection: sqlite3.Connection) -> list[Row]:
    """Return each month with its articles and comments.

    Those not yet fetched, removed, or missing are counted too.
    """
    waiting = _few(connection, "text IS NULL")
    gone = _few(connection, "gone_at IS NOT NULL")
    months = rows(connection, _MONTHS)
    for row in months:
        row["waiting"] = waiting.get(row["month"], 0)
        row["gone"] = gone.get(row["month"], 0)
    return months


def _few(connection: sqlite3.Connection, which: str) -> dict[str, int]:
    """Return the numbers of some articles by month."""
    return {row["month"]: row["times"] for row in rows(connection, _FEW.format(which=which))}


def charts(months: list[Row]) -> list[Chart]:
    """Return charts of articles and comments over time.

    Each has months, or years where the months would be too many.
    """
    months = [row for row in months if _is_month(row["month"])]
    if len(months) < 2:
        return []
    articles = [(row["month"], row["articles"]) for row in months]
    comments = [(row["month"], row["comments"] or 0) for row in months]
    return [
        bars("Articles published", "Articles", articles),
        bars("Comments below them", "Comments", comments),
    ]


def _is_month(text: str | None) -> bool:
    if text is None or len(text) != 7:
        return False
    return text[:4].isdigit() and text[5:].isdigit()
