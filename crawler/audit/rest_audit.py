"""Audit by REST, month by month: the site's ids against the archive's.

An item that only the site has is a gap with a reason, and is fetched at once where REST gives it. An item
that only the archive has is requested by its id, together with ids that the site is sure to show; one that is
still not shown is recorded as missed, and never as removed by this module. An invalid response proves
nothing. Only what was published before the last complete crawl is audited: later items are not missing but
new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from archive.core.records import Page, PageKind
from archive.storage.coverage_records import AuditKind, GapReason, Proof
from archive.tables.observations import Missing
from crawler.audit.audit_session import FORBIDDEN
from crawler.audit.findings import Findings
from crawler.audit.month_spans import Span, calendar
from crawler.crawl import Crawl
from crawler.discovery import rest, rest_ids
from crawler.discovery.front_page import FrontPage
from crawler.discovery.listings import CLOSED, NoListingError, page_size, rest_pages
from crawler.discovery.rest_ids import ListedItem
from crawler.discovery.rest_strategy import OVERLAP, rest_roots
from pipeline.platforms.wordpress import rest_urls

ROUTES = {AuditKind.ARTICLE: "posts", AuditKind.COMMENT: "comments"}
_KINDS_OF = {ROUTES[kind]: kind for kind in AuditKind}
_T = TypeVar("_T")


class RestAudit:
    """Audit of months by REST."""

    def __init__(self, crawl: Crawl, findings: Findings, front: FrontPage) -> None:
        self.crawl = crawl
        self.findings = findings
        self.front = front

    async def oldest(self, kind: AuditKind) -> tuple[bool, str | None]:
        """Return True and the first month if REST lists a kind.

        False if it does not; the month is None if the list is empty. Raises NoListingError where the site is
        in trouble.
        """
        async for root in self._roots():
            url = rest_urls.oldest_url(root, ROUTES[kind])
            page = await self.crawl.session.fetch(PageKind.LISTING, url)
            if rest.read_array(page) is not None:
                self.crawl.report.surface = "rest"
                self.crawl.rest.root = root
                items = rest_ids.read_listed_items(page, ROUTES[kind])
                months = [item.published[:7] for item in items if item.published]
                return True, next(iter(months), None)
            if page.status not in {200, *CLOSED} and page.error != FORBIDDEN:
                raise NoListingError(page, closed=False)
        return False, None

    async def _roots(self) -> AsyncIterator[str]:
        if self.crawl.rest.root:
            yield self.crawl.rest.root
            return
        async for root in rest_roots(self.crawl, self.front):
            yield root

    def months(self, kind: AuditKind, first: str | None) -> list[tuple[str, AuditKind, str]]:
        """Return the months to audit, as (last audit, kind, month).

        By the calendar; the last audit is "" without one.
        """
        looked = self.findings.holdings.looked()
        held = self.findings.holdings.numbers(kind)
        audited = {month for of, month in looked if of is kind and month}
        known = {*held, *audited}
        if first:
            known.add(first)
        last = f"{self.findings.until:%Y-%m}"
        if not known:
            return []
        months = calendar(min(known), last)
        return [(looked.get((kind, month), ""), kind, month) for month in months]

    async def prove(self, span: Span) -> AsyncIterator[Any]:
        """Yield the items and proofs of one span.

        Raises NoListingError where the site does not list it.
        """
        prove = self._prove_comments
        if span.kind is AuditKind.ARTICLE:
            prove = self._prove_articles
        async for item in prove(span):
            yield item

    # -- articles -------------------------------------------------------------------------------------

    async def _prove_articles(self, span: Span) -> AsyncIterator[Any]:
        listed: dict[str, ListedItem] = {}
        for route in self.findings.kinds:
            async for page in self._listing(span, route):
                items = rest_ids.read_listed_items(page, route)
                listed |= {item.key: item for item in items}
        for page in await self._read_articles(span, listed.values()):
            yield page
        stated = Counter(span.month_of(item.published) for item in listed.values())
        stated.update({month: self.findings.beside[month] for month in span.months})
        first, last = span.months[0], span.months[-1]
        articles = self.findings.holdings.articles_of(first, last, self.findings.until)
        held = {str(post): (month, url) for month, post, url in articles}
        silent = {key: place for key, place in held.items() if key not in listed}
        shown = await self._shown(self.findings.kinds, list(silent))
        left_out = _inside(span, shown.values())
        others = [key for key in silent if key not in shown]
        shown |= await self._shown(("pages",), others)
        for key, (month, url) in silent.items():
            if key in shown:
                stated[month] += 1
                continue
            page = await self.crawl.session.fetch(PageKind.ARTICLE, url)
            yield page
            stated[month] += page.status == 200
        for proof in self._proofs(span, stated, left_out=left_out):
            yield proof

    async def _read_articles(self, span: Span, listed: Iterable[ListedItem]) -> list[Page]:
        """Record the missing articles, and return the listings that have them."""
        pages = []
        wanted = dict[str, list[int]]()
        for item in listed:
            url = item.link or ""
            lacking = self.findings.holdings.lacking_article(url, item.id)
            if lacking is None:
                continue
            reason, detail = lacking
            if item.protected:
                reason, detail = GapReason.PROTECTED, "It requires a password."
            month = span.month_of(item.published)
            self.findings.note_gap(AuditKind.ARTICLE, item.key, month, reason, detail, item.link)
            if reason in {GapReason.UNLISTED, GapReason.CALLED_GONE}:
                wanted.setdefault(item.route, []).append(item.id)
        for route, ids in wanted.items():
            for some in _portions(ids, page_size(self.crawl, route)):
                url = rest_urls.pages_url(self.crawl.rest.root or "", some, kind=route)
                page = await self.crawl.session.fetch(PageKind.POSTS, url)
                if rest.read_array(page):
                    pages.append(page)
        return pages

    # -- comments -------------------------------------------------------------------------------------

    async def _prove_comments(self, span: Span) -> AsyncIterator[Any]:
        first, last = span.months[0], span.months[-1]
        held = self.findings.holdings.comments_of(first, last, self.findings.until)
        listed = dict[str, ListedItem]()
        total = 0
        async for page in self._listing(span, "comments"):
            items = rest_ids.read_listed_items(page, "comments")
            found = {item.key: item for item in items}
            listed |= found
            total = rest.total(page) or 0
            lacking = self.findings.holdings.lacking_comments(found)
            async for item in self._read_comments(span, [found[key] for key in lacking], lacking):
                yield item
            is_same_total = len(found) < total == len(held)
            if is_same_total and not lacking and found.keys() <= held.keys():
                for proof in self._proofs(span, Counter({span.months[0]: total}), surface="rest-total"):
                    yield proof
                return
        hidden = max(total - len(listed), 0)
        if hidden and (halves := span.halves):  # a listing of fewer months shows in which month they are
            for half in halves:
                async for item in self._prove_comments(half):
                    yield item
            return
        async for item in self._compare_comments(span, held, listed, hidden):
            yield item

    async def _compare_comments(
        self, span: Span, held: Mapping[str, str], listed: Mapping[str, ListedItem], hidden: int
    ) -> AsyncIterator[Any]:
        """Yield the proofs of a span, given all its listed comments.

        `hidden` is the number that the site counts and does not show.
        """
        silent = [key for key in held if key not in listed]
        shown = await self._shown(("comments",), silent)
        if absent := tuple(key for key in silent if key not in shown):
            now = datetime.now(UTC)
            yield Missing(source=self.crawl.source, ids=absent, looked_at=now)
        stated = Counter(span.month_of(item.published) for item in listed.values())
        stated.update(held[key] for key in shown)
        if hidden:
            month = span.months[0]
            stated[month] += hidden
            detail = "The site counts more than it shows: mostly below articles with a password."
            self.findings.note_gap(
                AuditKind.COMMENT, month, month, GapReason.NOT_SHOWN, detail, number=hidden
            )
        for proof in self._proofs(span, stated, left_out=_inside(span, shown.values())):
            yield proof

    async def _read_comments(
        self, span: Span, lacking: Sequence[ListedItem], why: Mapping[str, tuple[GapReason, str]]
    ) -> AsyncIterator[Page]:
        """Fetch the missing comments with their static pages, and record them."""
        root = self.crawl.rest.root or ""
        holdings = self.findings.holdings
        posts_of = {item.post for item in lacking if item.post}
        unknown = sorted(post for post in posts_of if not holdings.address_of(post))
        for posts in _portions(unknown, page_size(self.crawl, "pages")):
            url = rest_urls.pages_url(root, posts)
            page = await self.crawl.session.fetch(PageKind.POSTS, url)
            if rest.read_array(page):
                yield page
        for some in _portions(lacking, page_size(self.crawl, "comments")):
            ids = [item.key for item in some]
            url = rest_urls.comments_url(root, 1, include=ids)
            page = await self.crawl.session.fetch(PageKind.COMMENTS, url)
            if rest.read_array(page):
                yield page
        for item in lacking:
            reason, detail = why[item.key]
            if item.post and holdings.address_of(item.post) is None:
                reason = GapReason.NO_ARTICLE
                detail = f"It belongs to post {item.post} of the site, which is not in this archive."
            month = span.month_of(item.published)
            self.findings.note_gap(AuditKind.COMMENT, item.key, month, reason, detail, item.link)

    # -- both -----------------------------------------------------------------------------------------

    def _proofs(
        self, span: Span, stated: Counter[str], *, surface: str = "rest", left_out: int = 0
    ) -> Iterator[Proof]:
        """Yield the proof of each month of a span.

        With `left_out` above 0 it is unproved, with the reason.
        """
        why = None
        if left_out:
            why = f"REST's listing leaves out {left_out:,} that it shows when requested by id."
        for month in span.months:
            yield self.findings.proof(span.kind, month, surface=surface, stated=stated[month], unproved=why)

    def _listing(self, span: Span, route: str) -> AsyncIterator[Page]:
        root = self.crawl.rest.root or ""
        before = min(span.before, self.findings.until)
        address = partial(rest_urls.between_url, root, route, after=span.after, before=before)
        return rest_pages(self.crawl, PageKind.LISTING, address)

    async def _shown(self, routes: Sequence[str], ids: Sequence[str]) -> dict[str, ListedItem]:
        """Return those of some ids that the site shows.

        Requested together with ids that the site is sure to show. Raises NoListingError where it shows
        nothing at all, or an id that was not requested, and where it does not prove of every comment whether
        it is shown: then the site is in trouble.
        """
        shown: dict[str, ListedItem] = {}
        for route in routes:
            half = max(1, page_size(self.crawl, route) // 2)
            known: list[str] = []
            kind = _KINDS_OF.get(route)
            if kind is not None:
                known = list(self.findings.holdings.newest(kind, half))
            for some in _portions([key for key in ids if key not in shown], half):
                asked = list(dict.fromkeys([*some, *known]))
                url = rest_urls.shown_url(self.crawl.rest.root or "", route, asked)
                page = await self.crawl.session.fetch(PageKind.LISTING, url)
                items = rest_ids.read_listed_items(page, route)
                found = {item.key: item for item in items}
                proved = set(some)
                if kind is AuditKind.COMMENT:
                    proved = {*found, *rest.not_shown(page, asked, known)}
                is_expected = bool(found) and found.keys() <= set(asked)
                is_proved = is_expected and proved.issuperset(some)
                if kind and not is_proved:
                    other = page.error or "with other ids than were requested"
                    raise NoListingError(replace(page, error=other), closed=False)
                shown.update((key, item) for key, item in found.items() if key in some)
        return shown


def _inside(span: Span, items: Iterable[ListedItem]) -> int:
    """Return the number of items a span should list.

    Without an edge of OVERLAP: a bound can be an hour off in autumn.
    """
    first = rest_urls.time_text(span.after + OVERLAP)
    last = rest_urls.time_text(span.before - OVERLAP)
    times = (item.published for item in items if item.published)
    return sum(first < f"{time}Z" < last for time in times)


def _portions(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
