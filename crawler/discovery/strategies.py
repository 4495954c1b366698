"""Finding articles: by REST where it is open, else by sitemaps, else by the feed, else by listing pages.

A ladder: each rung is used when those above it give nothing. It yields the listings that say more
than an address, for the archive to keep, and requests for the pages that are due. Nothing is listed
while the feed of posts says that nothing has changed, but once a day all the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from scrapy.http import Request

from archive.core import urls
from archive.core.records import Page, PageKind
from archive.queries.discovery_status import LAST_READ
from archive.tables.observations import Listing
from crawler.discovery import declared as declarations
from crawler.discovery import feeds, listing_pages, rest, sitemaps
from crawler.discovery.declared import Declared
from crawler.discovery.endless import Course
from crawler.discovery.feeds import Heard
from crawler.fetch.session import NoListingError
from crawler.frontier.addresses import Listed
from crawler.frontier.page_requests import Following

OVERLAP = timedelta(hours=2)  # WordPress compares local times: in the repeated autumn hour a bound is 1 h off
REST_COMMENTS = "rest-comments"  # the bookmark of whether REST, where it lists posts, lists comments as well
CONTENT = "rest-content"  # the bookmark of whether REST has given the whole text of every post once
DECLARED = "declared"  # the bookmark of what the front page declares
BARREN_FILES = 100  # sitemaps in a row without a new address that are asked for
RELIST = timedelta(days=1)  # how long listings of what was modified stand for a listing of everything


def is_within(span: timedelta, moment: datetime | None, now: datetime) -> bool:
    """True if a moment lies at most `span` back. One that is still to come was told by a wrong clock."""
    return moment is not None and timedelta(0) <= now - moment < span


class Discovery(Following):
    """The part of the news spider that finds articles."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rung: str | None = None  # the surface that named the articles: rest, sitemap, feed or listing
        self._listed: set[int] = set()  # the ids of all posts that REST listed in this crawl
        self._whole = True  # whether each listing named as many as it counts
        self.refusals: list[str] = []  # listings that were not given, and how
        self.marks: dict[str, str] = {}  # other notes for the next run
        self.rest_refused = False  # whether REST is there, and says itself that it is not for visitors
        self._front: Declared | None = None
        self._front_asked = False  # whether the front page has said if the whole site is walled off
        self.cursors: dict[str, datetime] = {}  # what this run has read completely, for the run log to keep

    async def posts(self, feed: Heard | None, *, silent: bool) -> AsyncIterator[Any]:
        """Climb down the ladder to the first rung that names articles, unless all is `silent`.

        `feed` is what the feed of posts has answered, None where it was not asked.
        """
        recent = is_within(RELIST, self.facts.cursor("posts-all"), self.started_at)
        self.rest_comments = self.facts.mark(REST_COMMENTS) != "closed"
        if recent and silent:
            self.rung, self.rest_root = self.facts.mark("rung"), self.facts.mark("rest-root") or None
        else:
            async for item in self._by_ladder(recent, feed):
                yield item
            if self.rung and not recent and not self.refusals:
                self.cursors["posts-all"] = self.started_at
            self.marks |= {"rung": self.rung or "", "rest-root": self.rest_root or ""}
            if self.rung:
                self.cursors[f"{LAST_READ}{self.rung}"] = self.started_at
        if self.rest_root and feed is not None and feed.is_mute:
            self.cursors["no-posts-feed"] = self.started_at  # REST tells of edits as well, for one request
        if feed is not None and feed.is_feed and self.rung not in {"feed", None}:
            for request in self.requests(await self._left_out(feed.page)):
                yield request
            yield feed.page  # after the articles it names, since it may name what is no article

    async def _left_out(self, feed: Page) -> list[Listed]:
        """The articles that a feed names and the listing did not, as one that comes out of a cache does."""
        await self.settled()
        named = (replace(entry, url=urls.clean(entry.url)) for entry in feeds.read_posts(feed) or ())
        return [
            entry
            for entry in named
            if not self.facts.holds(entry.url)
            and (entry.post_id is None or self.facts.address_of(entry.post_id) is None)
        ]

    async def _by_ladder(self, recent: bool, feed: Heard | None) -> AsyncIterator[Any]:
        for way in (self._by_rest(recent), self._by_sitemap(), self._by_feed(feed), self._by_listing()):
            async for item in way:
                yield item
            if self.rung or await self.is_walled_off():
                return
        if self.kept_away:  # even from the front page
            self.refusals.append(self.kept_away)

    async def _by_rest(self, recent: bool) -> AsyncIterator[Any]:
        """Everything once a day, in between only what was modified since the last reading."""
        since = self.facts.cursor("posts")
        after = since - OVERLAP if since and recent else None
        async for root in self.rest_roots():
            try:
                async for item in self._changed_by_rest(root, since, recent=recent):
                    self.rung, self.rest_root = "rest", root
                    yield item
                whole = not recent and self.facts.mark(CONTENT) is None
                address = partial(rest.posts_url, root, modified_after=after, content=recent or whole)
                async for item in self._listed_by_rest(address, after):
                    self.rung, self.rest_root = "rest", root
                    yield item
                if self.rest_root and not recent:
                    async for item in self._beside_rest(root):
                        yield item
                    if self._whole:
                        yield Listing(
                            source=self.source_name,
                            looked_at=datetime.now(UTC),
                            posts=frozenset(self._listed),
                        )
            except NoListingError as refusal:
                yield refusal.page  # how it was refused is a fact about the site
                self.rest_refused |= rest.is_refusal(refusal.page)
                if not self.rest_root:
                    continue
                self.refusals.append(str(refusal))
                return
            self.cursors["posts"] = self.started_at
            if whole:
                self.marks[CONTENT] = "read"
            return

    async def _changed_by_rest(
        self, root: str, since: datetime | None, *, recent: bool
    ) -> AsyncIterator[Any]:
        """Before everything is listed, which is done without the texts: what changed, with its text."""
        if recent or since is None or self.facts.mark(CONTENT) is None:
            return
        address = partial(rest.posts_url, root, modified_after=since - OVERLAP, content=True)
        async for item in self._listed_by_rest(address, since - OVERLAP):
            yield item

    async def rest_roots(self) -> AsyncIterator[str]:
        """Where the REST API may be: where it was, where WordPress has it, where the front page says.

        The front page is asked for only after the others were tried, and not where REST itself has refused.
        """
        known = self.facts.mark("rest-root")
        tried = list(dict.fromkeys([*([known] if known else []), *rest.roots(self.home)]))
        for root in tried:
            yield root
        declared = None if self.rest_refused else (await self.front()).rest
        if declared and declared not in tried:
            yield declared

    async def is_walled_off(self) -> bool:
        """True if the whole site is: its front page too, since some sites close only REST and the feeds."""
        if self.obstacles.is_suspected and not self._front_asked:
            self._front_asked = True
            await self.ask(PageKind.LISTING, self.home + "/")
        return self.obstacles.is_suspected

    async def front(self) -> Declared:
        """Return the declarations of the front page, as of today."""
        if self._front is None:
            self._front = declarations.read_note(self.facts.mark(DECLARED), self.started_at)
        if self._front is None:
            self._front_asked = True
            page = await self.ask(PageKind.LISTING, self.home + "/")
            self._front = declarations.read(page, self.home)
            self.marks[DECLARED] = declarations.write_note(self._front, self.started_at)
        return self._front

    async def _listed_by_rest(
        self, address: Callable[[int], str], after: datetime | None = None
    ) -> AsyncIterator[Any]:
        """A listing's pages, and requests: for all articles of its first page, then for the changed ones.

        Further new articles are found among those never read, once the whole listing is saved. What was
        modified last comes first where only that `after` a moment is wanted: WordPress before 5.7 heeds no
        such bound, and lists everything.
        """
        first, named = True, set[int]()
        async for page in self.listing(PageKind.POSTS, address):
            yield page
            named |= {int(key) for key in rest.read_ids(page) or () if key.isdecimal()}
            stated = rest.total(page)
            listed = rest.read_posts(page) or ()
            divided = rest.read_divided(page)  # they have a text, and their page is wanted all the same
            for entry in listed:
                for request in self.requests([entry], new=first or entry.url in divided):
                    yield request
            first = False
            if after and listed and (listed[-1].lastmod or "") < rest.time_text(after):
                return
        if after is not None:
            return
        self._listed |= named
        self._whole = self._whole and stated == len(named)

    async def _beside_rest(self, root: str) -> AsyncIterator[Any]:
        """Fetch the articles that the post listing omits: custom types and sitemap entries."""
        types = await self.ask(PageKind.LISTING, rest.route_url(root, "types"))
        for kind in rest.read_article_types(types):
            try:
                async for item in self._listed_by_rest(
                    partial(rest.posts_url, root, kind=kind, content=self.facts.mark(CONTENT) is None)
                ):
                    yield item
            except NoListingError as refusal:
                if not refusal.closed:
                    raise
        async for listed in self._in_sitemaps():
            for request in self.requests([entry for entry in listed if not self.facts.holds(entry.url)]):
                yield request
                await self.room()

    async def _by_sitemap(self) -> AsyncIterator[Any]:
        named: set[str] = set()
        async for listed in self._in_sitemaps():
            self.rung = "sitemap"
            named |= {entry.url for entry in listed}
            for request in self.requests(listed):
                yield request
                await self.room()
        if named:
            yield Listing(source=self.source_name, looked_at=datetime.now(UTC), urls=frozenset(named))

    async def _in_sitemaps(self) -> AsyncIterator[tuple[Listed, ...]]:
        """The articles that the site's sitemaps name, one file at a time."""
        waiting = list(self.named_sitemaps or sitemaps.candidates(self.home))
        seen: set[str] = set()
        course = Course(barren=BARREN_FILES, pages=sitemaps.MAX_FILES)
        while waiting and len(seen) < sitemaps.MAX_FILES:
            url = waiting.pop(0)
            if url in seen or not urls.same_host(url, self.home):
                continue
            seen.add(url)
            page = await self.ask(PageKind.LISTING, url)
            sitemap = sitemaps.read(page)
            if not course.brings([entry.url for entry in sitemap.listed] if sitemap else ()):
                self.leave(page, course)
                waiting.clear()
            if sitemap is None:
                continue
            if course.cut is None:
                waiting = [
                    *sitemap.sitemaps,
                    *(waiting if self.named_sitemaps or not sitemap.sitemaps else ()),
                ]
            if articles := tuple(filter(self.is_article, sitemap.listed)):
                yield articles

    async def _by_feed(self, first: Heard | None) -> AsyncIterator[Any]:
        """Back through the pages of the feed: to its end the first time, later to what is known.

        A feed's own facts are handed on after the articles it names, since it may name what is no article.
        """
        number, known, answered = 1, set[str](), set[str]()
        course = Course()
        usual = self.facts.mark(f"place-{PageKind.POSTS_FEED}") or feeds.posts_url(self.home)
        is_whole = first is not None and first.page.status != HTTPStatus.NOT_MODIFIED
        page = first.page if first and is_whole else await self.ask(PageKind.POSTS_FEED, usual)
        place = page.url
        while listed := [entry for entry in feeds.read_posts(page) or () if entry.url not in known]:
            self.rung = "feed"
            requests = list(self.requests(listed))
            for request in requests:
                answer = await self.ask(PageKind.ARTICLE, request.url)
                answered |= {answer.final_url} if answer.status == HTTPStatus.OK else set()
                for item in self.follow(answer):
                    yield item
            yield page
            if not requests and not self.first_crawl:
                return
            if not course.brings(answered if requests else [entry.url for entry in listed]):
                self.leave(page, course)
                return
            known.update(entry.url for entry in listed)
            number += 1
            page = await self.ask(PageKind.POSTS_FEED, feeds.page_url(place, number))

    async def _by_listing(self) -> AsyncIterator[Request]:
        """Back through the front page and its older ones: to the end at first, later to what is known.

        Where the front page leads to no older one, its archives by category, tag, author or year do.
        """
        waiting, seen = [self.home + "/"], set[str]()
        course, older = Course(), None
        while waiting and len(seen) < listing_pages.MAX_PAGES:
            url = waiting.pop(0)
            if url in seen or not urls.same_host(url, self.home):
                continue
            seen.add(url)
            course = course if url == older else Course()
            page = await self.ask(PageKind.LISTING, url)
            listing = listing_pages.read(page)
            older = listing.older
            found = [entry for entry in listing.listed if self.is_article(entry)]
            self.rung = "listing" if found else self.rung
            requests = list(self.requests(found))
            for request in requests:
                yield request
            await self.room()
            goes_on = course.brings([entry.url for entry in found])
            if listing.older and (requests or self.first_crawl):
                if goes_on:
                    waiting.insert(0, listing.older)
                else:
                    self.leave(page, course)
            elif len(seen) == 1 and not listing.older:
                waiting += listing.archives
