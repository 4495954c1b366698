"""Sync of the feeds of posts and comments by conditional requests.

On a quiet site that is the whole crawl. Does not: parse the entries of a feed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from http import HTTPStatus

from archive.core import urls
from archive.core.records import Page, PageKind
from crawler.crawl import RELIST, Crawl
from crawler.discovery import declared, feeds
from crawler.discovery.feeds import FeedAnswer
from crawler.discovery.front_page import FrontPage
from crawler.discovery.listings import CLOSED
from crawler.fetch.offsite import OFF_SITE
from pipeline.platforms import feed_pages
from pipeline.platforms.wordpress import site_urls

_USUAL = {PageKind.POSTS_FEED: site_urls.posts_feed_url, PageKind.COMMENTS_FEED: site_urls.comments_feed_url}
_PREFIX = {PageKind.POSTS_FEED: "posts_feed", PageKind.COMMENTS_FEED: "comments_feed"}
"""Maps a kind of feed to the prefix of its fields in the crawl's state."""


class FeedSync:
    """Sync of one site's feeds."""

    def __init__(self, crawl: Crawl, front: FrontPage) -> None:
        self.crawl = crawl
        self.front = front

    async def fetch(self, kind: PageKind) -> FeedAnswer | None:
        """Fetch a feed, unless it was missing within the last day.

        No result either where the site's system has no such feed. Fetched at its last URL, and where it is
        missing there, at the URLs that the front page declares or its system uses. The URL after redirects is
        saved, so that a quiet crawl takes one request for it.
        """
        crawl = self.crawl
        prefix = _PREFIX[kind]
        if crawl.is_within(RELIST, getattr(crawl.before, f"{prefix}_missing_at")):
            return None
        answer: FeedAnswer | None = None
        async for url in self._urls(kind):
            there = await self._fetch_at(kind, url)
            if answer is None or (there.is_feed and _is_of(kind, there.page)):
                answer = there
            if not _is_elsewhere(answer.page):
                break
        if answer is None:
            crawl.note(**{f"{prefix}_missing_at": crawl.started_at})
            return None
        page = answer.page
        if answer.is_feed and urls.same_host(page.final_url, crawl.home):
            crawl.note(**{f"{prefix}_url": page.final_url})
            return replace(answer, page=replace(page, url=page.final_url))
        if _is_elsewhere(page):
            crawl.note(**{f"{prefix}_missing_at": crawl.started_at})
        return answer

    async def _urls(self, kind: PageKind) -> AsyncIterator[str]:
        """Yield possible URLs of a feed: the last one used, WordPress' own, the declared or usual ones.

        WordPress' own is left out where another system runs the site.
        """
        asked: set[str] = set()
        last_url = getattr(self.crawl.before, f"{_PREFIX[kind]}_url")
        usual = _USUAL[kind](self.crawl.home) if self.front.may_have_rest else None
        for url in filter(None, (last_url, usual)):
            if url not in asked:
                asked.add(url)
                yield url
        stated = declared.feed_of(await self.front.declared(), kind)
        platform = self.crawl.platform
        for url in [stated] if stated else declared.guessed_feed_urls(kind, self.crawl.home, platform):
            if url not in asked and not self.crawl.session.obstacles.is_suspected:
                asked.add(url)
                yield url

    async def _fetch_at(self, kind: PageKind, url: str) -> FeedAnswer:
        """Fetch a feed, conditionally if all its earlier entries were read."""
        crawl = self.crawl
        field = f"{_PREFIX[kind]}_digest"
        usual = _USUAL[kind](crawl.home)
        seen = crawl.facts.visit(url) or crawl.facts.visit(usual)
        trusted = crawl.before.feeds_read_at
        if seen is None or trusted is None or not seen.fetched_at <= trusted <= crawl.started_at:
            seen = None  # perhaps some of its entries then were not fetched
        page = await crawl.session.fetch(kind, url, seen=seen)
        answer = FeedAnswer(page=page, is_silent=page.status == HTTPStatus.NOT_MODIFIED)
        if answer.is_mute:
            digest = feeds.feed_digest(page)
            is_same = seen is not None and digest == getattr(crawl.before, field)
            answer = FeedAnswer(page=page, is_silent=is_same)
            crawl.note(**{field: digest})
        return answer


def _is_elsewhere(page: Page) -> bool:
    """True if a response shows that its URL has no feed.

    False where the site is in trouble.
    """
    if page.status == HTTPStatus.OK:
        return feed_pages.read_entries(page) is None
    is_off_site = page.status == 0 and OFF_SITE in (page.error or "")
    return is_off_site or page.status in {*CLOSED, HTTPStatus.GONE}


def _is_of(kind: PageKind, page: Page) -> bool:
    """True if a feed at a guessed URL has the wanted kind.

    A feed of comments has some.
    """
    if kind is PageKind.POSTS_FEED or page.status == HTTPStatus.NOT_MODIFIED:
        return True
    return not feed_pages.read_entries(page) or bool(feeds.read_comments_feed(page))
