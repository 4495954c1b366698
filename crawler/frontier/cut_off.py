"""Record of listings and threads that were left before their end.

The run's sentence and a problem both report it.
"""

from __future__ import annotations

from archive.core.answers import reader_guard
from archive.core.records import Page, Problem
from crawler.crawl import Crawl
from crawler.frontier.endless import ENDLESS


def leave(crawl: Crawl, page: Page, cut: str | None) -> None:
    """Record that a listing or a thread was left early, and why.

    `page` is the last page that was fetched, `cut` the reason as a clause.
    """
    url = page.url.partition("?")[0]
    crawl.report.cut_off.append(f"{url} was left: {cut}")
    detail = f"The listing {url} was left before its end: {cut}."
    problem = Problem(code=ENDLESS, detail=detail, field=reader_guard.LISTING)
    reader_guard.hold_problem(page, problem)
