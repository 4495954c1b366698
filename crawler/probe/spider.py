"""Probes of a site outside of a crawl.

They are as polite as a crawl, and nothing is stored. A process can do this once; several sites are probed
concurrently.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Request

from archive.core import urls
from archive.core.crawl_report import CrawlReport
from archive.core.errors import SiteError
from archive.core.records import Page, PageKind
from crawler.config.keys.render_keys import RenderConfig
from crawler.config.keys.visitor_keys import VisitorConfig
from crawler.fetch.session import Session
from crawler.fetch.transport import SITE_API
from crawler.fetch.visitor import visitor_for
from crawler.render.browser import render_articles
from crawler.runs.runner import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedSite:
    """Site of a probe.

    `contact` is sent to it; `verify_tls` is True where its certificate must be valid; `visitor` signs;
    `rendering` says whether its articles are rendered; `api_key` is the operator's key for its API.
    """

    url: str
    contact: str | None
    verify_tls: bool = True
    visitor: VisitorConfig = field(default_factory=VisitorConfig)
    rendering: RenderConfig = field(default_factory=RenderConfig)
    api_key: str | None = field(default=None, repr=False)


class ProbeSpider(scrapy.Spider):
    """Spider that leaves its finding, or the error, in `found`."""

    name = "looking"

    def __init__(self, home: str, found: list[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session = Session(home, source="survey")
        self.report = CrawlReport()
        self.found = found

    @classmethod
    def from_crawler(
        cls,
        crawler: Any,
        home: str,
        contact: str | None,
        *,
        verify_tls: bool = True,
        visitor: VisitorConfig | None = None,
        rendering: RenderConfig | None = None,
        api_key: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return a spider for a site.

        Sets the delay, the TLS verification, the rendering, what signs, the key, and our user agent with the
        contact.
        """
        rendering = rendering or RenderConfig()
        if rendering.is_on:
            render_articles(crawler.settings)
        here = urls.is_loopback(urlsplit(home).hostname)
        crawler.settings.set("DOWNLOAD_DELAY", 0 if here else 0.5, "spider")
        crawler.settings.set("DOWNLOAD_VERIFY_CERTIFICATES", verify_tls, "spider")
        signs = visitor or VisitorConfig()
        signer = visitor_for(sign=signs.sign, key=signs.key, directory=signs.directory)
        crawler.settings.set("BACKISSUE_VISITOR", signer, "spider")
        if contact:
            agent = crawler.settings["USER_AGENT"]
            crawler.settings.set("USER_AGENT", f"{agent} (+{contact})", "spider")
        spider = super().from_crawler(crawler, home=home, **kwargs)
        spider.session.attach(crawler)
        spider.session.render_hosts = rendering.hosts
        if api_key is not None:
            spider.session.secrets[SITE_API] = api_key
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Run the probe, and store its finding."""
        try:
            self.found.append(await self.look())
        except SiteError as error:
            self.found.append(error)
        nothing: tuple[Request, ...] = ()
        for request in nothing:  # an async generator, which Scrapy requires, without a request
            yield request

    async def look(self) -> Any:
        """Send the requests, and return the finding. Raises SiteError."""
        raise NotImplementedError

    async def look_at(self, url: str, *, key_parameter: str | None = None) -> Page:
        """Return one response of the site, to a request with the operator's key where it has a parameter."""
        return await self.session.fetch(PageKind.LISTING, url, key_parameter=key_parameter)


def probe_site(
    spider: type[ProbeSpider], url: str, contact: str | None, rendering: RenderConfig | None = None
) -> Any:
    """Return the finding at one site. Raises SiteError without one."""
    site = ProbedSite(url=url, contact=contact, rendering=rendering or RenderConfig())
    (found,) = probe_sites(spider, [site])
    if isinstance(found, Exception):
        raise found
    return found


def probe_sites(spider: type[ProbeSpider], sites: Sequence[ProbedSite]) -> list[Any]:
    """Return a spider's finding at each site, or its error."""
    values = settings()
    values.set("RETRY_TIMES", 1, priority="cmdline")
    process = AsyncCrawlerProcess(values)
    found: list[list[Any]] = [[] for _ in sites]
    tasks = [
        process.crawl(
            spider,
            home=site.url,
            contact=site.contact,
            verify_tls=site.verify_tls,
            visitor=site.visitor,
            rendering=site.rendering,
            api_key=site.api_key,
            found=each,
        )
        for site, each in zip(sites, found, strict=True)
    ]
    process.start()
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error
    return [
        each[0] if each else SiteError(f"The check of {site.url} was interrupted.")
        for site, each in zip(sites, found, strict=True)
    ]
