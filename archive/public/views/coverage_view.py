"""How complete the archive is: what is archived, what the site states, what is missing, and every crawl."""

from __future__ import annotations

import sqlite3
from typing import Any

from archive.core.connection import Database
from archive.public.render import completeness
from archive.public.render.monthly_counts import by_month, charts
from archive.public.views.home_view import key_counts as totals
from archive.public.web import Row, TooSlow, enter, first_row, read, render_page, rows
from archive.queries import discovery_status
from archive.storage.coverage import Coverage
from archive.storage.run_ledger import CRAWLED

LEDGER = """
SELECT month,
    max(stated) FILTER (WHERE kind = 'article') AS articles,
    max(held) FILTER (WHERE kind = 'article') AS read,
    max(stated) FILTER (WHERE kind = 'comment') AS comments,
    max(held) FILTER (WHERE kind = 'comment') AS kept,
    sum(missing) AS missing, sum(withheld) AS withheld, min(proved_at) AS proved_at,
    max(unproved IS NOT NULL) AS untold
FROM coverage WHERE source = ? GROUP BY month
HAVING sum(stated) > 0 OR untold ORDER BY month DESC
"""
"""The months of one source of which there is anything to say, its articles and comments side by side."""
UNTOLD = (
    "SELECT kind, unproved AS why, count(*) AS times FROM coverage WHERE source = ? AND unproved IS NOT NULL"
    " GROUP BY kind, unproved ORDER BY times DESC"
)
VERIFIED = (
    "SELECT ended_at, outcome, sentence FROM runs WHERE source = ? AND kind = 'verify'"
    " AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1"
)
LACKING = (
    "SELECT * FROM coverage_gaps WHERE source = ? AND ended_at IS NULL"
    " AND reason NOT IN ('protected', 'not shown') ORDER BY month DESC LIMIT 100"
)

_WITNESSES = (
    "SELECT witness, substr(at, 1, 4) AS year, count(*) AS pages, count(DISTINCT article_id) AS articles"
    " FROM captures GROUP BY witness, year ORDER BY year, witness LIMIT 200"
)
"""What years rest on which other witness."""


async def coverage_page(datasette: Any, request: Any) -> Any:
    """Totals, a chart with its table, known gaps, and the ledger of crawls."""
    name = await enter(datasette, request)
    try:
        found = await read(datasette, name, _coverage)
    except TooSlow:
        found = {
            "slow": True,
            "coverage": None,
            "months": [],
            "runs": [],
            "gaps": [],
            "charts": [],
            "proofs": [],
        }
    return await render_page(datasette, request, "coverage.html", {**found, "database": name})


def _coverage(connection: sqlite3.Connection) -> Row:
    months = by_month(connection)
    sources = rows(connection, "SELECT name, title FROM sources ORDER BY first_seen, name")
    return {
        "coverage": totals(connection),
        "months": months,
        "charts": charts(months),
        "proofs": [_proofs(connection, row) for row in sources],
        "witnesses": rows(connection, _WITNESSES),
        "runs": rows(
            connection, f"SELECT * FROM runs WHERE {CRAWLED} OR kind <> 'crawl' ORDER BY id DESC LIMIT 20"
        ),
        "gaps": rows(
            connection,
            "SELECT code, count(*) AS times, max(last_seen) AS last, min(detail) AS example FROM problems"
            " WHERE ended_at IS NULL GROUP BY code ORDER BY times DESC LIMIT 20",
        ),
    }


def _proofs(connection: sqlite3.Connection, source: Row) -> Row:
    """Return the coverage ledger of one source."""
    name = source["name"]
    summary = Coverage(Database(connection)).summary(name)
    database = Database(connection)
    return {
        **source,
        "complete": completeness.completeness_sentence(summary),
        "told": summary,
        "verified": first_row(connection, VERIFIED, name),
        "surfaces": discovery_status.surfaces_sentence(database, name),
        "unseen_ids": discovery_status.open_gaps(database, name),
        "months": rows(connection, LEDGER, name),
        "untold": rows(connection, UNTOLD, name),
        "missing": rows(connection, LACKING, name),
        "types": Coverage(database).types(name),
    }
