"""Spider of one configured source: session, report and items."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.settings import BaseSettings

from archive.core.answers import reader_guard
from archive.core.crawl_report import CrawlReport
from archive.core.errors import ConfigError
from archive.core.records import PageKind, Site
from archive.queries.fetch_history import FetchHistory
from crawler.config.config import Source, load_config
from crawler.crawl import Crawl
from crawler.fetch.responses import page_from_response
from crawler.fetch.session import Session
from crawler.fetch.transport import SITE_API
from crawler.fetch.visitor import visitor_for

FEED_EXPORT = "scrapy.extensions.feedexport.FeedExporter"


class Handoff:
    """Items that were yielded and are not saved yet."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._session = session
        self._waiting: set[int] = set()
        for signal in (signals.item_scraped, signals.item_error, signals.item_dropped):
            crawler.signals.connect(self.done, signal=signal)

    def done(self, item: Any) -> None:
        """Record that an item was saved, or could not be."""
        self._waiting.discard(id(item))

    async def through(self, items: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Yield items, each followed by the problems of unreadable responses."""
        async for item in items:
            if not isinstance(item, Request):
                self._waiting.add(id(item))
            yield item
            for unread in reader_guard.taken():
                yield unread
        for unread in reader_guard.taken():
            yield unread

    async def settled(self) -> None:
        """Wait until every yielded item is saved, except in a closing crawl."""
        while self._waiting and not self._session.is_closing:
            await asyncio.sleep(0.01)


class SourceSpider(scrapy.Spider):
    """Spider of one source.

    `crawl` is the context of its run, None before its start; `started_at` is aware UTC.
    """

    kind: str  # of its runs in the run ledger: crawl or verify
    crawl: Crawl | None = None
    handoff: Handoff

    def __init__(
        self, source: Source, archive: Path, *, report: CrawlReport | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.site: Site = source.site
        self.proof = source.proof
        self.archive = archive
        self.verify_tls = source.verify_tls
        self.renders = source.rendering.is_on
        self.file_limits = source.file_limits
        self.started_at = datetime.now(UTC)
        self.report = report or CrawlReport()
        self.session = self.make_session(source)

    def make_session(self, source: Source) -> Session:
        """Return the session with the site of a source."""
        return Session(source.site.url, source=source.site.name, hosts=source.hosts)

    def make_crawl(self, facts: FetchHistory) -> Crawl:
        """Return the context of this spider's run."""
        return Crawl(
            site=self.site,
            session=self.session,
            facts=facts,
            report=self.report,
            started_at=self.started_at,
            settled=self.handoff.settled,
        )

    @classmethod
    def is_crawl(cls) -> bool:
        """False for `scrapy parse`, which has put another start in the place of ours to look at one page."""
        return not cls.start.__module__.startswith("scrapy.")

    def parse(self, response: Response) -> Iterator[Any]:
        """Yield what is read out of one page, for `scrapy parse`; nothing of it is saved."""
        from pipeline.process import process  # noqa: PLC0415  (it loads the extractor)

        response.meta.update(kind=PageKind.ARTICLE, asked=response.url)
        found = process(page_from_response(response, self.site.name), self.site)
        yield from (*found.articles, *found.comments, *found.problems)

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Send every item of a crawl through the item pipeline, and to feed exports where some are wanted."""
        super().update_settings(settings)
        if not cls.is_crawl():
            return
        from pipeline.item_pipeline import ItemPipeline  # noqa: PLC0415  (it loads the extractor)

        settings.set("ITEM_PIPELINES", {ItemPipeline: 300}, priority="spider")
        if settings["FEEDS"]:  # it brings the clients of FTP and of S3
            wanted = {**settings.getdict("EXTENSIONS"), FEED_EXPORT: 0}
            settings.set("EXTENSIONS", wanted, priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, source: str | Source = "", **kwargs: Any) -> Self:
        """Return a spider of a source, by the source's configuration.

        Sets the delay, the user agent, the TLS verification and the rendering. Raises ConfigError for a
        rendered source without a browser. With a name, as Scrapy's own commands give it, an unknown source
        ends the process with a sentence: Scrapy would print a traceback, and exit with 0.
        """
        settings = crawler.settings
        if isinstance(source, str):
            try:
                config = load_config(None)
                source = config.source(source)
            except ConfigError as error:
                raise SystemExit(f"Error: {error} {error.hint or ''}".rstrip()) from None
            settings.set("BACKISSUE_ARCHIVE", str(config.archive), priority="spider")
        if source.contact:
            agent = f"{settings['USER_AGENT']} (+{source.contact})"
            settings.set("USER_AGENT", agent, priority="spider")
        settings.set("DOWNLOAD_DELAY", source.delay, priority="spider")
        signs = source.visitor
        visitor = visitor_for(sign=signs.sign, key=signs.key, directory=signs.directory)
        settings.set("BACKISSUE_VISITOR", visitor, priority="spider")
        settings.set("DOWNLOAD_VERIFY_CERTIFICATES", source.verify_tls, priority="spider")
        if source.rendering.is_on:
            from crawler.render import browser  # noqa: PLC0415  (few sources are rendered)

            browser.require_browser(source.name)
            browser.render_articles(settings)
        path = Path(settings["BACKISSUE_ARCHIVE"])
        spider = super().from_crawler(crawler, source=source, archive=path, **kwargs)
        spider.session.attach(crawler)
        spider.session.render_hosts = source.rendering.hosts
        spider.session.secrets = source.foreign.secrets(os.environ)
        if (key := source.api_key.value(os.environ)) is not None:
            spider.session.secrets[SITE_API] = key
        spider.handoff = Handoff(crawler, spider.session)
        return spider
