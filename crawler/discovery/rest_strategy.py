"""Discovery by REST: everything once a day, modified posts at other times."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from archive.core.records import POST, PageKind
from archive.tables.observations import Listing
from archive.tables.publisher_copies import LISTED
from crawler.crawl import Crawl
from crawler.discovery import rest, rest_ids
from crawler.discovery.front_page import FrontPage
from crawler.discovery.listings import NoListingError, is_type_shown, rest_pages
from crawler.discovery.rest import ContentType
from crawler.discovery.sitemap_strategy import SitemapStrategy
from crawler.frontier.frontier import Frontier
from pipeline.platforms.wordpress import rest_urls

_POST_TYPE = ContentType(name=POST, route="posts")
OVERLAP = timedelta(hours=2)  # WordPress compares local times: in the repeated autumn hour a bound is 1 h off


async def rest_roots(crawl: Crawl, front: FrontPage) -> AsyncIterator[str]:
    """Yield possible URLs of the REST root.

    In the order: the last one used, WordPress' own, the declared one. The front page is fetched only
    after the others failed, and not where REST itself has refused. Where another system than WordPress runs
    the site, only a root that it declares is tried.
    """
    known = crawl.before.rest_root
    usual = rest_urls.roots(crawl.home) if front.may_have_rest else ()
    tried = list(dict.fromkeys([known, *usual] if known else usual))
    for root in tried:
        yield root
    root_declared = None if crawl.rest.refused else (await front.declared()).rest
    if root_declared and root_declared not in tried:
        yield root_declared


class RestStrategy:
    """Discovery of articles by REST, and of those that it omits."""

    def __init__(self, crawl: Crawl, frontier: Frontier, front: FrontPage, sitemaps: SitemapStrategy) -> None:
        self.crawl = crawl
        self.frontier = frontier
        self.front = front
        self.sitemaps = sitemaps
        self._listed: set[int] = set()  # ids of all posts in REST's listings
        self._is_whole = True  # each listing has as many entries as it counts

    async def find(self, *, recent: bool) -> AsyncIterator[Any]:
        """Yield listings and requests; with `recent` only of modified posts.

        `recent` is True at most a day after a complete listing.
        """
        crawl = self.crawl
        since = crawl.before.posts_read_at
        after = since - OVERLAP if since and recent else None
        wants_texts = not recent and not crawl.before.rest_content_read
        async for root in rest_roots(crawl, self.front):
            try:
                async for item in self._changed(root, since, recent=recent):
                    self._open(root)
                    yield item
                url_of = partial(
                    rest_urls.posts_url, root, modified_after=after, content=recent or wants_texts
                )
                async for item in self._list(url_of, after):
                    self._open(root)
                    yield item
                if crawl.rest.root and not recent:
                    async for item in self._beside(root):
                        yield item
            except NoListingError as refusal:
                yield refusal.page  # the refusal is a fact about the site
                crawl.rest.refused |= rest.is_refusal(refusal.page)
                if not crawl.rest.root:
                    continue
                crawl.report.missing_lists.append(str(refusal))
                return
            crawl.note(posts_read_at=crawl.started_at)
            if wants_texts:
                crawl.note(rest_content_read=True)
            return

    async def find_modified(self) -> AsyncIterator[Any]:
        """Yield what was modified of the content types whose pages are due, unless just listed.

        So what a page shows is judged by what the publisher has written by now.
        """
        crawl = self.crawl
        root = crawl.rest.root
        await crawl.settled()
        due = crawl.facts.due_types(crawl.started_at) if root is not None else ()
        if root is None or not due:
            return
        posts_at = crawl.after.posts_read_at
        types_at = crawl.after.types_read_at
        try:
            if POST in due and posts_at is not None and not crawl.is_within(LISTED / 2, posts_at):
                async for item in self._modified(root, _POST_TYPE, posts_at):
                    yield item
                crawl.note(posts_read_at=crawl.started_at)
            if types_at is not None and not crawl.is_within(LISTED / 2, types_at):
                for kind in await self._due_types(root, due):
                    async for item in self._modified(root, kind, types_at):
                        yield item
        except NoListingError as refusal:
            yield refusal.page

    async def _due_types(self, root: str, due: Collection[str]) -> tuple[ContentType, ...]:
        """Return the content types besides posts of which some items are due."""
        others = set(due) - {POST}
        known: tuple[ContentType, ...] = (rest.PAGE_TYPE,)
        if others - {rest.PAGE_TYPE.name}:
            known = await self._other_types(root)
        return tuple(kind for kind in known if kind.name in others and self.crawl.site.wants_type(kind.name))

    def _modified(self, root: str, kind: ContentType, since: datetime) -> AsyncIterator[Any]:
        """Return the listing of what was modified of a content type, with texts."""
        after = since - OVERLAP
        url_of = partial(rest_urls.posts_url, root, kind=kind.route, modified_after=after, content=True)
        return self._list(url_of, after)

    def _open(self, root: str) -> None:
        self.crawl.report.surface = "rest"
        self.crawl.rest.root = root

    async def _changed(self, root: str, since: datetime | None, *, recent: bool) -> AsyncIterator[Any]:
        """Yield modified posts with text, before a complete listing without."""
        if recent or since is None or not self.crawl.before.rest_content_read:
            return
        async for item in self._modified(root, _POST_TYPE, since):
            yield item

    async def _list(self, url_of: Callable[[int], str], after: datetime | None = None) -> AsyncIterator[Any]:
        """Yield a listing's pages, and requests for its articles.

        For all articles of its first page, then for changed ones: further new articles are found among those
        never fetched, once the whole listing is saved. Where only posts after `after` are wanted, the last
        modified are first: WordPress before 5.7 ignores that bound, and lists everything.
        """
        is_first = True
        named = set[int]()
        stated = None
        async for page in rest_pages(self.crawl, PageKind.POSTS, url_of):
            yield page
            ids = rest.read_ids(page) or ()
            named |= {int(key) for key in ids if key.isdecimal()}
            stated = rest.total(page)
            listed = rest.read_posts(page) or ()
            divided = rest.read_divided(page)
            for entry in listed:
                for request in self.frontier.requests([entry], new=is_first or entry.url in divided):
                    yield request
                hidden = self.crawl.facts.hides(entry.url)
                for part in () if hidden else divided.get(entry.url, ()):
                    for request in self.frontier.request(part, lastmod=entry.lastmod):
                        yield request
            is_first = False
            last_change = (listed[-1].lastmod or "") if listed else None
            if after and last_change is not None and last_change < rest_urls.time_text(after):
                return
        if after is None:
            self._listed |= named
            self._is_whole = self._is_whole and stated == len(named)

    async def _beside(self, root: str) -> AsyncIterator[Any]:
        """Yield the articles that the post listing omits, and all ids.

        These are pages, the site's own types, and entries of the sitemaps.
        """
        crawl = self.crawl
        listed_types = {POST}
        for kind in await self._other_types(root):
            try:
                async for item in self._of_type(root, kind):
                    yield item
                listed_types.add(kind.name)
            except NoListingError as refusal:
                if not refusal.closed:
                    raise
        async for listed in self.sitemaps.listed():
            unknown = [entry for entry in listed if not crawl.facts.holds(entry.url)]
            for request in self.frontier.requests(unknown):
                yield request
                await crawl.session.wait_for_room()
        crawl.note(types_read_at=crawl.started_at)
        if self._is_whole:
            yield Listing(
                source=crawl.source,
                looked_at=datetime.now(UTC),
                posts=frozenset(self._listed),
                types=frozenset(listed_types),
            )

    async def _other_types(self, root: str) -> tuple[ContentType, ...]:
        """Return the content types besides posts that are archived; pages where REST names no types."""
        site = self.crawl.site
        answer = await self.crawl.session.fetch(PageKind.LISTING, rest_urls.route_url(root, "types"))
        types = rest.read_types(answer)
        named = (rest.PAGE_TYPE,) if types is None else types
        return tuple(kind for kind in named if kind.name != POST and site.wants_type(kind.name))

    async def _of_type(self, root: str, kind: ContentType) -> AsyncIterator[Any]:
        """Yield the listing of one content type: with texts the first time, then those of modified items."""
        oldest = await self.crawl.session.fetch(PageKind.LISTING, rest_urls.oldest_url(root, kind.route))
        first = next(iter(rest_ids.read_listed_items(oldest, kind.route)), None)
        if not await is_type_shown(self.crawl, kind, first):
            return
        since = self.crawl.before.types_read_at
        if since is not None:
            async for item in self._modified(root, kind, since):
                yield item
        whole = partial(rest_urls.posts_url, root, kind=kind.route, content=since is None)
        async for item in self._list(whole):
            yield item
