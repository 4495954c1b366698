"""Discovery by feed pages and listing pages, the last fallbacks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from scrapy.http import Request

from archive.core import urls
from archive.core.records import PageKind
from archive.core.rendered import INCOMPLETE, LIST_CUT
from crawler.crawl import RELIST, Crawl
from crawler.discovery import feeds, listing_pages
from crawler.discovery.feeds import FeedAnswer
from crawler.discovery.front_page import FrontPage
from crawler.frontier.cut_off import leave
from crawler.frontier.endless import Course
from crawler.frontier.frontier import Frontier
from pipeline.platforms import feed_pages
from pipeline.platforms.wordpress import site_urls
from pipeline.platforms.wordpress.platform import WORDPRESS


class FeedStrategy:
    """Discovery of articles by the pages of the feed of posts."""

    def __init__(self, crawl: Crawl, frontier: Frontier, front: FrontPage) -> None:
        self.crawl = crawl
        self.frontier = frontier
        self.front = front
        self.is_whole = False  # the feed reaches back to the first article

    async def find(self, first: FeedAnswer | None) -> AsyncIterator[Any]:
        """Yield pages of articles, and the feed's pages.

        Back to the feed's end the first time, later to the first page without a due article. A page of the
        feed follows the articles in it, since some entries may be no article. `first` is the feed's response,
        if it was fetched.
        """
        session = self.crawl.session
        course = Course()
        number = 1
        known = set[str]()
        answered = set[str]()
        crawl = self.crawl
        if first is None and crawl.is_within(RELIST, crawl.before.posts_feed_missing_at):
            return
        usual = crawl.before.posts_feed_url or site_urls.posts_feed_url(crawl.home)
        is_given = first is not None and first.page.status != HTTPStatus.NOT_MODIFIED
        page = first.page if first and is_given else await session.fetch(PageKind.POSTS_FEED, usual)
        url = page.url
        self.is_whole = crawl.platform is WORDPRESS
        while listed := [entry for entry in feeds.read_posts_feed(page) or () if entry.url not in known]:
            self.crawl.report.surface = "feed"
            requests = list(self.frontier.requests(listed))
            for request in requests:
                answer = await session.fetch(PageKind.ARTICLE, request.url)
                if answer.status == HTTPStatus.OK:
                    answered.add(answer.final_url)
                for item in self.frontier.follow(answer):
                    yield item
            await crawl.settled()
            yield page
            if not requests and not self.crawl.is_first:
                return
            entries = answered if requests else [entry.url for entry in listed]
            if not course.brings(entries):
                leave(self.crawl, page, course.cut)
                return
            known.update(entry.url for entry in listed)
            self.is_whole |= number > 1
            number += 1
            platform = await self.front.platform()
            following = feed_pages.following_url(page, url, number, len(known), platform)
            if following is None:
                return
            page = await session.fetch(PageKind.POSTS_FEED, following)


class ListingStrategy:
    """Discovery of articles by the links of listing pages."""

    def __init__(self, crawl: Crawl, frontier: Frontier) -> None:
        self.crawl = crawl
        self.frontier = frontier

    async def find(self, *, whole: bool) -> AsyncIterator[Request]:
        """Yield requests for the articles on listing pages.

        Back to the last listing page with `whole`, otherwise to the first without a due article. Where the
        front page has no older page, its archives by category, tag, author or year are followed.
        """
        waiting = [self.crawl.home + "/"]
        seen = set[str]()
        course, older = Course(), None
        while waiting and len(seen) < listing_pages.MAX_PAGES:
            url = waiting.pop(0)
            if url in seen or not urls.same_host(url, self.crawl.home):
                continue
            seen.add(url)
            course = course if url == older else Course()
            page = await self.crawl.session.fetch(PageKind.LISTING, url, renders=True)
            listing = listing_pages.read_listing_page(page)
            older = listing.older
            if len(seen) == 1 and (digest := listing_pages.links_digest(listing)):
                self.crawl.note(front_links=digest)
            found = [entry for entry in listing.listed if self.frontier.is_article(entry)]
            if found and self.crawl.report.surface is None:
                self.crawl.report.surface = "listing"
            requests = list(self.frontier.requests(found))
            for request in requests:
                yield request
            await self.crawl.session.wait_for_room()
            is_new = len(requests) == len(found)
            for request in await self._below(url, goes_on=not listing.older and (whole or is_new)):
                yield request
            goes_on = course.brings([entry.url for entry in found])
            if listing.older and (requests or whole):
                if goes_on:
                    waiting.insert(0, listing.older)
                else:
                    leave(self.crawl, page, course.cut)
            elif len(seen) == 1 and not listing.older:
                waiting += listing.archives

    async def _below(self, url: str, *, goes_on: bool) -> list[Request]:
        """Return requests for the articles that a script adds to a rendered list when its reader goes on.

        None of a list that `goes_on` elsewhere. A list that goes on without end is recorded.
        """
        if not (goes_on and self.crawl.session.renders):
            return []
        page = await self.crawl.session.fetch(PageKind.LISTING, url, renders=True, scrolls=True)
        cut = page.header(INCOMPLETE) or ""
        if LIST_CUT in cut:
            leave(self.crawl, page, cut)
        listed = listing_pages.read_listing_page(page).listed
        found = [entry for entry in listed if self.frontier.is_article(entry)]
        return list(self.frontier.requests(found))
