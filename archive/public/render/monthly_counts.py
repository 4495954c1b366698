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
    waiting, gone = (
        {row["month"]: row["times"] for row in rows(connection, _FEW.format(which=which))}
        for which in ("text IS NULL", "gone_at IS NOT NULL")
    )
    return [
        {**row, "waiting": waiting.get(row["month"], 0), "gone": gone.get(row["month"], 0)}
        for row in rows(connection, _MONTHS)
    ]


def charts(months: list[Row]) -> list[Chart]:
    """Return charts of articles and comments over time.

    Each has months, or years where the months would be too many.
    """
    named = [
        (row["month"], row["articles"], row["comments"] or 0) for row in months if _is_month(row["month"])
    ]
    if len(named) < 2:
        return []
    return [
        bars("Articles published", "Articles", [(month, articles) for month, articles, _ in named]),
        bars("Comments below them", "Comments", [(month, comments) for month, _, comments in named]),
    ]


def _is_month(text: str | None) -> bool:
    return bool(text) and len(text or "") == 7 and (text or "")[:4].isdigit() and (text or "")[5:].isdigit()
