"""Sync of the feeds of posts and comments, which alone can say that nothing is new.

On a quiet site that is all. What they announce is then read where it stands in full: comments through
REST where it is open, else on the page of their article. A feed shows only the newest few; where none
of them is known, more may have come in between, and every thread is looked at again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from scrapy.http import Request

from archive.core import urls
from archive.core.records import Bookmark, Page, PageKind
from archive.core.timestamps import to_text
from crawler.discovery import declared as declarations
from crawler.discovery import feeds, rest
from crawler.discovery.feeds import Heard, Mention
from crawler.discovery.strategies import OVERLAP, RELIST, REST_COMMENTS, Discovery, is_within
from crawler.fetch.offsite import OFF_SITE
from crawler.fetch.session import CLOSED, NoListingError
from crawler.frontier import revisit_policy

OVERLAP_LOST = "overlap-lost"  # the bookmark of when a feed began with nothing that was known
THREADS = 500  # that one crawl looks at again because of it


class Listening(Discovery):
    """The part of the news spider that hears what is new, and reads new comments."""

    async def hear(self, kind: PageKind, url: str) -> Heard | None:
        """Ask a feed for what is new; None where there was no such feed within the last day.

        `url` is where WordPress has it. It is asked where it was found last, and where it is no more, at the
        places that the front page declares or other systems use. Where it leads to another place, that one
        is remembered, so that a quiet crawl takes one request for it.
        """
        if is_within(RELIST, self.facts.cursor(f"no-{kind}"), self.started_at):
            return None
        place = self.facts.mark(f"place-{kind}") or url
        heard = await self._hear_at(kind, place, first=url)
        if _is_elsewhere(heard.page):
            async for other in self._other_places(kind, {place}):
                there = await self._hear_at(kind, other, first=url)
                if there.is_feed and _is_of(kind, there.page):
                    heard = there
                    break
        page = heard.page
        if heard.is_feed and urls.same_host(page.final_url, self.home):
            self.marks[f"place-{kind}"] = page.final_url
            heard = replace(heard, page=replace(page, url=page.final_url))
        elif _is_elsewhere(page):
            self.cursors[f"no-{kind}"] = self.started_at
        return heard

    async def _other_places(self, kind: PageKind, asked: set[str]) -> AsyncIterator[str]:
        """The URLs at which a feed may lie that is not where it was looked for."""
        asked = set(asked)
        usual = feeds.posts_url(self.home) if kind is PageKind.POSTS_FEED else feeds.comments_url(self.home)
        if usual not in asked:
            asked.add(usual)
            yield usual
        declared = (await self.front()).feed(kind)
        for url in [declared] if declared else declarations.guesses(kind, self.home):
            if url not in asked and not self.obstacles.is_suspected:
                asked.add(url)
                yield url

    async def _hear_at(self, kind: PageKind, url: str, *, first: str) -> Heard:
        """Ask for a feed at a URL. `first` is the one under which it may have been visited before."""
        seen, trusted = self.facts.visit(url) or self.facts.visit(first), self.facts.cursor("feeds")
        if seen is None or trusted is None or not seen.fetched_at <= trusted <= self.started_at:
            seen = None  # what it announced then was perhaps not all read
        page = await self.ask(kind, url, seen=seen)
        heard = Heard(page=page, silent=page.status == HTTPStatus.NOT_MODIFIED)
        if heard.is_mute:
            said = feeds.digest(page)
            heard = Heard(page=page, silent=seen is not None and said == self.facts.mark(f"said-{kind}"))
            self.marks[f"said-{kind}"] = said
        return heard

    async def comments(self, feed: Heard | None) -> AsyncIterator[Any]:
        """The new comments. `feed` is what the comments feed has answered, None where it was not asked."""
        if not self.wants_comments:
            return
        listed: set[str] = set()
        if not (feed and feed.silent) and self.rest_root:
            since = self.facts.cursor("comments")
            after = since - OVERLAP if since and since <= self.started_at else None
            self.rest_comments = True
            async for page in self.comments_by_rest(after=after):
                listed |= rest.read_ids(page) or set()
                yield page
            if self.rest_comments:
                self.cursors["comments"] = self.started_at
            self.marks[REST_COMMENTS] = "open" if self.rest_comments else "closed"
        if feed is not None and not feed.is_feed and self.facts.visit(feed.page.url) is not None:
            yield feed.page  # that it has gone away is a fact about the site
        if feed is None or not feed.is_feed:
            return
        mentions = feeds.read_comments(feed.page) or ()
        unknown = self.facts.unknown_comments({each.comment_id for each in mentions} - listed)
        all_new = mentions and len(unknown) == len(mentions) and self.facts.holds_comments()
        if all_new and not self.first_crawl:
            self.rest_comments = False  # perhaps it speaks out of a cache: it has listed none of them
            self.cursors.pop("comments", None)
            lost = Bookmark(source=self.source_name, name=OVERLAP_LOST, value=to_text(self.started_at) or "")
            yield lost  # before the feed: were the crawl killed then, its comments would be known to the next
            self.marks[lost.name] = lost.value
        yield feed.page
        if self.first_crawl:
            return  # a first crawl asks for every page anyway
        for request in self._announced(mentions, unknown):
            yield request

    def _announced(self, mentions: tuple[Mention, ...], unknown: set[str]) -> Iterator[Request]:
        """Requests for the threads of comments that only the feed tells."""
        for address in sorted({mention.article for mention in mentions if mention.comment_id in unknown}):
            visit = self.facts.visit(address)
            if visit is None or not visit.failures or revisit_policy.is_due(visit, self.started_at):
                yield from self.request(visit.url if visit else address)

    async def all_threads(self) -> AsyncIterator[Any]:
        """After a feed that began with nothing known: the threads not looked at since, some in each crawl."""
        lost = self.marks.get(OVERLAP_LOST) or self.facts.mark(OVERLAP_LOST)
        if lost is None or self.rest_tells_comments:
            return
        for seen in self.facts.visits_before(datetime.fromisoformat(lost), limit=THREADS):
            for request in self.request(seen.url, lastmod=seen.lastmod):
                yield request
            await self.room()

    async def _static_pages(self, ids: Sequence[int]) -> AsyncIterator[Page]:
        """Listings of static pages by their ids, as many in one as the site gives."""
        size = self.page_size("pages")
        for start in range(0, len(ids), size):
            url = rest.pages_url(self.rest_root or "", ids[start : start + size])
            listing = await self.ask(PageKind.POSTS, url)
            if rest.read_array(listing):
                yield listing

    async def comments_by_rest(self, **which: Any) -> AsyncIterator[Page]:
        """A listing of comments, and of the static pages among what they hang below."""
        root = self.rest_root or ""
        try:
            async for page in self.listing(PageKind.COMMENTS, partial(rest.comments_url, root, **which)):
                unknown = [post for post in rest.read_commented(page) if self.facts.address_of(post) is None]
                if unknown:  # static pages that readers comment on: their threads are wanted as well
                    async for listing in self._static_pages(sorted(unknown)):
                        yield listing
                yield page
        except NoListingError as refusal:
            yield refusal.page
            if refusal.closed and "post" in which:
                return  # the article is no longer open; another's comments may be
            self.rest_comments = False
            if not refusal.closed:
                self.refusals.append(str(refusal))


def _is_elsewhere(page: Page) -> bool:
    """True if an answer says that no feed is to be had at its URL; not where the site is in trouble."""
    if page.status == HTTPStatus.OK:
        return feeds.read_entries(page) is None
    return page.status in {*CLOSED, HTTPStatus.GONE} or (page.status == 0 and OFF_SITE in (page.error or ""))


def _is_of(kind: PageKind, page: Page) -> bool:
    """True if a feed that was guessed is of the kind that was looked for: one of comments names some."""
    if kind is PageKind.POSTS_FEED or page.status == HTTPStatus.NOT_MODIFIED:
        return True
    return not feeds.read_entries(page) or bool(feeds.read_comments(page))
