"""Requests to the public API of the system that runs a site, with the operator's own key where there is one.

Invariant: the key itself is in no URL here; the transport adds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from archive.core.answers import reader_guard
from archive.core.records import Page, PageKind, Problem
from crawler.crawl import Crawl
from crawler.discovery.front_page import FrontPage
from crawler.fetch.transport import SITE_API
from pipeline.platforms.adapter import Api

NOT_READ = "api-not-read"
_REFUSALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """An API and the URL of its first answer; `parameter` takes the operator's key, None without one."""

    crawl: Crawl
    api: Api
    url: str
    parameter: str | None = None

    async def fetch(self, kind: PageKind, url: str) -> Page:
        """Return one answer. Raises nothing: an exception is a Page with status 0."""
        return await self.crawl.session.fetch(kind, url, key_parameter=self.parameter)

    def note_unread(self, page: Page) -> None:
        """Record that the API gave no list although the operator has a key for it."""
        if self.parameter is None:
            return
        url = page.url.partition("?")[0]
        setting = f"api_key in [sources.{self.crawl.source}]"
        reason = f"it gave no list ({page.error or page.status})"
        advice = f"Articles are found without it; remove {setting} where that is to last."
        if page.status in _REFUSALS:
            refusal = f"refused the key of {setting} ({page.status})"
            reason = f"it {refusal}"
            advice = "Set it to a key that the site's API takes, or remove it."
            self.crawl.report.refused_keys.append(f"{url}, which {refusal}")
        detail = f"The API {url} was not read: {reason}. {advice}"
        reader_guard.hold_problem(page, Problem(code=NOT_READ, detail=detail, field=reader_guard.LISTING))


async def api_access(crawl: Crawl, front: FrontPage) -> ApiAccess | None:
    """Return the access to the API of the site's system.

    None where it has no API, or one that only takes a key and there is none.
    """
    platform = await front.platform()
    if platform is None or platform.api is None:
        return None
    if platform.own_key and SITE_API in crawl.session.secrets:
        own_key = platform.own_key
        return ApiAccess(crawl, platform.api, own_key.first(crawl.home), own_key.parameter)
    url = (await front.declared()).api
    return ApiAccess(crawl, platform.api, url) if url else None
