"""Writes the figures of docs/scale.md: measures unit costs, and plays a week of a fleet.

`make scale`, or `python -m tests.scale --sources 500 --workers 2` for a smaller fleet.
"""

# ruff: noqa: E501  (rows of tables read better in one line)

from __future__ import annotations

import argparse
import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.scale.page import PAGE, Place, span, spans, table
from tests.scale.simulation import DAY, QUIET_REQUESTS, Assumptions, Outcome, simulate
from tests.scale.unit_costs import UnitCosts, measured

PLACE = Place(name="figures, by `make scale`")
SIZES = (1, 100, 10_000, 1_000_000)
_BUSY = 0.6  # of cores and slots that may be used on average, since crawls come in waves


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a source needs a day, on average."""

    requests: float
    pages: float
    slot_seconds: float
    cpu_seconds: float
    new_articles: float


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    options.add_argument("--sources", type=int, default=10_000)
    options.add_argument("--days", type=float, default=7.0)
    options.add_argument("--workers", type=int, default=8)
    options.add_argument("--slots", type=int, default=6, help="crawls at once, of each worker")
    options.add_argument("--pages", type=int, default=100, help="pages of the made site")
    options.add_argument("--output", type=Path, default=PAGE)
    given = options.parse_args()
    costs, assumed = measured(given.pages), Assumptions()
    told = simulate(given.sources, given.workers * given.slots, given.days, assumed)
    needs = needs_of(told, costs)
    parts = [
        f"{datetime.now(UTC).date()}, {len(os.sched_getaffinity(0))} cores ({platform.machine()}),"
        f" Python {platform.python_version()}.\n",
        _unit_costs(costs, given.pages),
        _week(told, assumed, given.workers),
        _sizes(needs, costs),
    ]
    text = "\n".join(parts)
    sys.stdout.write(f"{text}\n")
    PLACE.write(given.output, text)


def needs_of(told: Outcome, costs: UnitCosts) -> Needs:
    """Return what one source needs a day."""
    days = told.sources * told.days
    cpu = told.crawls * costs.tick_cpu + told.pages * costs.page_cpu
    return Needs(
        requests=told.requests / days,
        pages=told.pages / days,
        slot_seconds=told.busy / days,
        cpu_seconds=cpu / days,
        new_articles=len(told.articles_fresh) / days,
    )


def _unit_costs(costs: UnitCosts, pages: int) -> str:
    rows = [
        ("CPU of a page, fetched, read and saved", f"{costs.page_cpu * 1000:.3g} ms"),
        ("CPU of a crawl that finds nothing, with the start of its process", f"{costs.tick_cpu:.3g} s"),
        (f"archive.db, for an article with {costs.thread:.0f} comments", f"{costs.text_bytes / 1000:.3g} kB"),
        ("pages.db, for its raw page", f"{costs.raw_bytes / 1000:.3g} kB"),
        ("memory of a crawl", f"{costs.crawl_megabytes:.3g} MB"),
    ]
    return f"### Unit costs\n\nOn a made site of {pages} pages, on the loopback.\n\n{table(('', ''), rows)}"


def _week(told: Outcome, assumed: Assumptions, workers: int) -> str:
    """Return the table of the simulated fleet, beside what a formula says."""
    seconds = told.days * DAY
    ticks = DAY / assumed.every.total_seconds()
    per = assumed.delay + assumed.answer
    paper = {
        "crawls": ticks * told.sources * told.days,
        "quiet": ticks * QUIET_REQUESTS,
        "busy": told.sources
        * (assumed.start + told.requests / told.crawls * per)
        / assumed.every.total_seconds(),
        "fresh": assumed.every.total_seconds() / 2,
    }
    rows = [
        ("crawls", f"{told.crawls:,}", f"{paper['crawls']:,.0f}"),
        ("requests a day of each source", f"{told.requests / told.sources / told.days:.1f}", f"{paper['quiet']:.0f} for a site at rest"),
        ("of these for pages", f"{told.pages / told.sources / told.days:.1f}", ""),
        ("most requests to one host in a day", f"{told.most_of_a_host / told.days:,.0f}", f"{DAY / assumed.delay:,.0f} that the delay allows"),
        ("crawls on one host at once", f"{told.together}", "0"),
        ("crawls at once, on average", f"{told.busy / seconds:.1f} of {told.slots}", f"{paper['busy']:.1f}"),
        ("wait in the queue, median, p95, p99", spans(told.waits), ""),
        ("crawls that failed or were refused", f"{told.failed:,}", ""),
        ("crawls not made, so that a host has its pause", f"{told.skipped:,}", ""),
        ("age of an article when it is archived", spans(told.articles_fresh), f"{span(paper['fresh'])} in the middle"),
        ("age of a comment that a listing tells", spans(told.comments_fresh), f"{span(paper['fresh'])} in the middle"),
        ("age of a comment that only its page shows", spans(told.polled_fresh), ""),
    ]  # fmt: skip
    said = (
        f"### A week of {told.sources:,} sources\n\nSimulated: {workers} workers with"
        f" {told.slots // workers} crawls each, {told.days:g} days, a crawl every"
        f" {span(assumed.every.total_seconds())} with up to {span(assumed.jitter.total_seconds())} of jitter."
    )
    return f"{said}\n\n{table(('', 'simulated', 'on paper'), rows)}"


def _sizes(needs: Needs, costs: UnitCosts) -> str:
    """Return what each number of sources needs."""
    year = 365.0 * needs.new_articles * (costs.text_bytes + costs.raw_bytes)

    rows = [
        ("requests a second", *(_short(size * needs.requests / DAY) for size in SIZES)),
        ("crawls at once", *(_whole(size * needs.slot_seconds / DAY / _BUSY) for size in SIZES)),
        ("cores for crawls", *(_whole(size * needs.cpu_seconds / DAY / _BUSY) for size in SIZES)),
        ("memory for crawls", *(_gigabytes(max(1, size * needs.slot_seconds / DAY / _BUSY) * costs.crawl_megabytes * 1e6) for size in SIZES)),
        ("disk, a year of new articles", *(_gigabytes(size * year) for size in SIZES)),
        ("jobs a second in the queue", *(_short(size * 24 / DAY) for size in SIZES)),
    ]  # fmt: skip
    head = ("", *(f"{size:,} source{'s' if size > 1 else ''}" for size in SIZES))
    said = (
        f"### What each size needs\n\nFrom both tables, at {_BUSY:.0%} of cores and crawls busy, for"
        f" {needs.new_articles:.1f} new articles a day and source."
    )
    return f"{said}\n\n{table(head, rows)}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _whole(value: float) -> str:
    return f"{max(1, round(value)):,}"


def _gigabytes(size: float) -> str:
    for unit, name in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB")):
        if size >= unit:
            return f"{size / unit:.2g} {name}" if size < 100 * unit else f"{size / unit:,.0f} {name}"
    return f"{size / 1e6:,.0f} MB"


if __name__ == "__main__":
    main()
