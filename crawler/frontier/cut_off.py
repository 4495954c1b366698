"""Listings and threads that are left before their end: the run says so, and so does a problem."""

from __future__ import annotations

from archive.core import reader_guard
from archive.core.records import Page, Problem
from crawler.crawl import Crawl
from crawler.frontier.endless import ENDLESS


def leave(crawl: Crawl, page: Page, cut: str | None) -> None:
    """Note that a listing or a thread was left at a page, before its end, and why."""
    url = page.url.partition("?")[0]
    crawl.report.cut_off.append(f"{url} was left: {cut}")
    detail = f"The listing {url} was left before its end: {cut}."
    reader_guard.note(page, Problem(code=ENDLESS, detail=detail, field=reader_guard.LISTING))
