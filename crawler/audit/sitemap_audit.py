"""Audit of articles where REST is closed, by the API of another system, sitemaps and the feed.

An article in such an API or in a sitemap of posts that the archive does not have is missing, by any form of
its URL; files that a crawl leaves aside, and files that cannot be parsed, are named. The feed is a second
witness: where it has an article that no sitemap has, the sitemaps are incomplete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from re import search

from archive.core import urls
from archive.core.records import Page, PageKind
from archive.storage.coverage_records import WITHHELD, AuditKind, Proof
from crawler.audit.api_entries import ApiEntries
from crawler.audit.findings import Findings
from crawler.crawl import Crawl
from crawler.discovery import feeds, sitemaps
from crawler.discovery.listings import NoListingError
from crawler.frontier.addresses import Listed
from crawler.frontier.frontier import Frontier
from pipeline.platforms import feed_pages
from pipeline.platforms.wordpress import site_urls

FEED_PAGES = 30  # pages of the feed as a second witness, the newest first


class SitemapAudit:
    """Audit of articles by an API, sitemaps and the feed."""

    def __init__(self, crawl: Crawl, findings: Findings, frontier: Frontier, api: ApiEntries) -> None:
        self.crawl = crawl
        self.api = api
        self.findings = findings
        self.frontier = frontier

    async def articles_by_lists(self) -> AsyncIterator[Proof]:
        """Yield a proof of every month, from the entries of the API and the sitemaps."""
        stated = Counter[str]()
        unnamed = Counter(self.findings.holdings.numbers(AuditKind.ARTICLE))
        named: set[str] = set()
        async for entry in self._listed():
            key = urls.key(entry.url)
            if key in named:
                continue
            named.add(key)
            lacking = self.findings.holdings.lacking_article(entry.url)
            if lacking and not self.frontier.is_article(entry):
                self.findings.left_out["pages, lists or other URLs than articles"] += 1
                continue
            self.crawl.report.surface = self._surface
            month = self.findings.holdings.month_of(entry.url) or month_in(entry)
            stated[month] += 1
            if entry.type:
                self.findings.by_type[entry.type] += 1
            if lacking:
                self.findings.note_gap(AuditKind.ARTICLE, entry.url, month, *lacking, entry.url)
            else:
                unnamed[month] -= 1
        if not (is_named := bool(stated)):
            await self._must_answer()
        listed = Counter(stated)
        stated += await self._only_in_feed(named)
        for month in sorted({*unnamed, *stated}):
            why = _untold(unnamed[month], self._surface)
            if not is_named:
                why = "REST gives no list, and no sitemap names the articles."
            elif why is None and not listed[month] and self._only_withheld(month):
                why = "REST gives no list, and only the feed has articles of it, so perhaps there are others."
            yield self.findings.proof(
                AuditKind.ARTICLE, month, surface=self._surface, stated=stated[month], unproved=why
            )

    @property
    def _surface(self) -> str:
        return "api" if self.api.is_whole else "sitemap"

    async def _listed(self) -> AsyncIterator[Listed]:
        """Yield the entries of the API, then those of the sitemaps: pages are in no API."""
        async for entry in self.api.read():
            yield entry
        async for entry in self.entries():
            yield entry

    async def entries(self) -> AsyncIterator[Listed]:
        """Yield all entries of the sitemaps, and record unreadable files."""
        named = self.crawl.session.sitemaps
        guessed = () if named else sitemaps.sitemap_candidates(self.crawl.home, self.crawl.platform)
        waiting = [*(named or guessed)]
        seen = set[str]()
        while waiting:
            url = waiting.pop(0)
            if url in seen or not urls.same_host(url, self.crawl.home):
                continue
            if len(seen) == sitemaps.MAX_FILES:
                self.crawl.report.missing_lists.append(
                    f"the sitemap has more than {sitemaps.MAX_FILES:,} files"
                )
                return
            seen.add(url)
            page = await self.crawl.session.fetch(PageKind.LISTING, url)
            sitemap = sitemaps.read_sitemap(page, self.crawl.site.wants_type)
            self._note_unread(page, sitemap, is_guess=url in guessed)
            if sitemap is None:
                continue
            if url in guessed:  # the first that exists is the site's own; further guesses would be duplicates
                waiting = []
            waiting = [*sitemap.sitemaps, *waiting]
            for aside in sitemap.aside:
                if sitemaps.is_of_overviews(aside):
                    continue
                name = urls.path_of(aside).rpartition("/")[2]
                self.findings.left_out[f"the entries of {name}"] += 0
            for entry in sitemap.listed:
                yield entry

    def _note_unread(self, page: Page, sitemap: sitemaps.Sitemap | None, *, is_guess: bool) -> None:
        """Record a file that could not be read whole."""
        if sitemap is None and not is_guess:
            reason = page.error or page.status
            self.crawl.report.missing_lists.append(f"the sitemap {page.url} could not be read ({reason})")
        if sitemap is not None and sitemap.is_cut:
            self.crawl.report.missing_lists.append(f"the sitemap {page.url} ends in the middle of its list")

    async def _only_in_feed(self, named: set[str]) -> Counter[str]:
        """Record missing articles that only the feed has; count them by month."""
        found = Counter[str]()
        known = set[str]()
        first = self.crawl.before.posts_feed_url or site_urls.posts_feed_url(self.crawl.home)
        url: str | None = first
        for number in range(2, FEED_PAGES + 2):
            if url is None:
                break
            page = await self.crawl.session.fetch(PageKind.LISTING, url)
            entries = feeds.read_posts_feed(page) or ()
            fresh = [entry for entry in entries if urls.key(entry.url) not in known]
            if not fresh:
                break
            for entry in fresh:
                known.add(urls.key(entry.url))
                self.findings.fed += 1
                is_named = urls.key(entry.url) in named
                if is_named or not self.frontier.is_article(entry):
                    continue
                if lacking := self.findings.holdings.lacking_article(entry.url):
                    month = self.findings.holdings.month_of(entry.url) or month_in(entry)
                    found[month] += 1
                    self.findings.note_gap(AuditKind.ARTICLE, entry.url, month, *lacking, entry.url)
            url = feed_pages.following_url(page, first, number, len(known), self.crawl.platform)
        return found

    def _only_withheld(self, month: str) -> bool:
        """True if a month's gaps are all withheld from visitors.

        Then nothing of it is missing.
        """
        reasons = set()
        for (kind, _), gap in self.findings.gaps.items():
            if kind is AuditKind.ARTICLE and gap.month == month:
                reasons.add(gap.reason)
        return bool(reasons) and reasons <= WITHHELD

    async def _must_answer(self) -> None:
        """Raise NoListingError where not even the front page is given."""
        url = self.crawl.home + "/"
        page = await self.crawl.session.fetch(PageKind.LISTING, url)
        if page.status != 200:
            raise NoListingError(page, closed=False)


def _untold(unnamed: int, surface: str) -> str | None:
    """Return why the lists do not prove a month, or None.

    `unnamed` is the number of its articles that they omit, `surface` the list that was read.
    """
    if unnamed <= 0:
        return None
    omitted = f"omits {unnamed:,} that are in the archive"
    if surface == "api":
        return f"The site's API {omitted}, so perhaps others too."
    return f"REST gives no list, and the sitemap {omitted}, so perhaps others too."


def month_in(entry: Listed) -> str:
    """Return the month in a URL, or that of its lastmod, or ""."""
    found = search(r"/((?:19|20)\d\d)/(0[1-9]|1[0-2])/", entry.url)
    if found:
        return f"{found[1]}-{found[2]}"
    mark = search(r"^(?:19|20)\d\d-(?:0[1-9]|1[0-2])", entry.lastmod or "")
    return mark[0] if mark else ""
