"""The run ledger's pen: a row for the crawl from its start, and an outcome in words at its end.

It holds the source's lock for as long as the crawl lives, so that no two runs of one source overlap,
whoever started them. What counts as an outcome is decided by `outcome_of`, a pure function.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

from archive.locks import hold
from archive.records import Page, PageKind, Run, Saved
from archive.store import Archive
from archive.times import to_text
from crawler.spiders.news import spider_of


class RunLog:
    """Opens the run when the crawl is made, and closes it when the spider closes."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.spider = spider_of(crawler)
        site = self.spider.site
        path = Path(crawler.settings["BACKISSUE_ARCHIVE"])
        self._open = ExitStack()
        self._open.enter_context(hold(path, f"crawl-{site.name}"))
        self.archive = self._open.enter_context(Archive.open(path))
        self.started_at = datetime.now(UTC)
        self.archive.add_source(site, to_text(self.started_at) or "")
        self.trigger = crawler.settings.get("BACKISSUE_TRIGGER", "hand")
        self.run_id = self.archive.runs.begin(site.name, self.trigger, self.started_at)
        crawler.signals.connect(self.lose, signal=signals.item_error)
        crawler.signals.connect(self.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one for a crawl of a source. Raises BusyError while another run of the source lives."""
        return cls(crawler)

    def lose(self, item: object) -> None:
        """Count a page that could not be saved: a fault of ours, and no such run is told to be well."""
        self.crawler.stats.inc_value("backissue/lost")
        if not isinstance(item, Page) or item.kind is not PageKind.ARTICLE:
            self.crawler.stats.inc_value("backissue/listings_lost")

    def close(self, reason: str) -> None:
        """Write the outcome, keep how far the listings were read, and let the lock go."""
        spider, stats = self.spider, self.crawler.stats.get_stats()
        saved = Saved(**{name: stats.get(f"backissue/{name}", 0) for name in Saved.__slots__})
        outcome, sentence = outcome_of(reason, spider.rung, spider.refusals, saved, stats)
        with self._open:
            cursors = kept_cursors(spider.cursors, outcome, stats)
            notes = {name: to_text(moment) or "" for name, moment in cursors.items()} | spider.marks
            for name, note in notes.items():
                self.archive.set_cursor(spider.site.name, name, note)
            self.archive.runs.end(
                Run(
                    id=self.run_id,
                    source=spider.site.name,
                    trigger=self.trigger,
                    started_at=self.started_at,
                    ended_at=datetime.now(UTC),
                    outcome=outcome,
                    requests=stats.get("downloader/request_count", 0),
                    bytes=stats.get("downloader/response_bytes", 0),
                    saved=saved,
                    sentence=sentence,
                )
            )


def kept_cursors(
    cursors: Mapping[str, datetime], outcome: str, stats: Mapping[str, Any]
) -> dict[str, datetime]:
    """How far the next run may trust this one: not at all past a listing that was lost on the way here.

    What an interrupted run had listed was not all fetched, so it is listed again; comments are whole
    in their listing.
    """
    if stats.get("backissue/listings_lost"):
        return {}
    if outcome in {"interrupted", "blocked"}:
        return {name: moment for name, moment in cursors.items() if name == "comments"}
    return dict(cursors)


def outcome_of(
    reason: str, rung: str | None, refusals: list[str], saved: Saved, stats: Mapping[str, Any]
) -> tuple[str, str]:
    """How a crawl ended: one of ok, partial, failed, blocked, interrupted, and a sentence for people.

    `reason` is why the spider closed, `rung` the surface that named the articles, `refusals` the
    listings that were not given, `stats` Scrapy's counts.
    """
    news = _news(saved)
    if wait := stats.get("backissue/retry_after"):
        return "blocked", f"The site asked us to wait {wait:.0f} s, so the crawl ended. {news}"
    faults = stats.get("spider_exceptions/count", 0) + stats.get("backissue/lost", 0)
    if reason not in {"finished", "shutdown"} or faults:
        return "failed", f"The crawl ended because of a fault of ours ({reason}); see the log. {news}"
    if reason == "shutdown":
        return "interrupted", f"The crawl was ended before it was done; the next one goes on. {news}"
    if rung is None:
        asked = "; ".join(refusals) or "neither REST nor sitemap nor feed gave a list"
        return "failed", f"No list of articles could be read: {asked}."
    failed = stats.get("backissue/pages/article/failed", 0)
    if failed or refusals:
        missing = [f"{_count(failed, 'page')} could not be fetched"] if failed else []
        return "partial", f"{news} Missing: {'; '.join([*missing, *refusals])}."
    return "ok", news


def _news(saved: Saved) -> str:
    parts = [
        _count(saved.articles_new, "new article"),
        _count(saved.comments_new, "new comment"),
        _count(saved.articles_changed, "edited article"),
        _count(saved.comments_changed, "edited comment"),
        _count(saved.gone, "removal"),
    ]
    told = [part for part in parts if not part.startswith("0 ")]
    return (", ".join(told) or "Nothing new") + "."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
