"""Proving month by month that nothing is missing, by REST: the ids the site lists beside those that are held.

What the site has and we lack is a gap with a reason, and is read in at once where REST gives it. What
we hold and the site does not list is asked for by its id, in the company of what it is known to show;
what it then does not show is handed on as missed, and called gone by nobody here. An answer that is none
proves nothing. Only what was published before the last complete crawl is looked at: what came later is
not missing but new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from archive.core.records import Page, PageKind
from archive.storage.coverage_records import Kind, Proof, Reason
from archive.tables.observations import Missing
from crawler.audit.audit_session import FORBIDDEN
from crawler.audit.findings import Findings
from crawler.audit.month_spans import Span, calendar
from crawler.crawl import Crawl
from crawler.discovery import rest, rest_ids
from crawler.discovery.discovery import Discovery
from crawler.discovery.listings import CLOSED, NoListingError, page_size, rest_pages
from crawler.discovery.rest_ids import ListedItem
from crawler.discovery.rest_strategy import OVERLAP

ROUTES = {Kind.ARTICLE: "posts", Kind.COMMENT: "comments"}
_T = TypeVar("_T")


class RestAudit:
    """The audit of months by REST."""

    def __init__(self, crawl: Crawl, findings: Findings, discovery: Discovery) -> None:
        self.crawl = crawl
        self.findings = findings
        self.discovery = discovery

    async def oldest(self, kind: Kind) -> tuple[bool, str | None]:
        """True if REST lists a kind at all, and the month of the first one it lists."""
        async for root in self._roots():
            page = await self.crawl.session.fetch(PageKind.LISTING, rest_ids.oldest_url(root, ROUTES[kind]))
            if rest.read_array(page) is not None:
                self.crawl.report.surface, self.crawl.rest.root = "rest", root
                months = [
                    item.published[:7]
                    for item in rest_ids.read_listed_items(page, ROUTES[kind])
                    if item.published
                ]
                return True, months[0] if months else None
            if page.status not in {200, *CLOSED} and page.error != FORBIDDEN:
                raise NoListingError(page, closed=False)
        return False, None

    async def _roots(self) -> AsyncIterator[str]:
        if self.crawl.rest.root:
            yield self.crawl.rest.root
            return
        async for root in self.discovery.by_rest.roots():
            yield root

    def months(self, kind: Kind, first: str | None) -> list[tuple[str, Kind, str]]:
        """The months to look at, by the calendar, as (when each was last looked at, kind, month)."""
        looked, held = self.findings.holdings.looked(), self.findings.holdings.numbers(kind)
        known = {*held, *(month for of, month in looked if of is kind and month), *([first] if first else [])}
        months = calendar(min(known), f"{self.findings.until:%Y-%m}") if known else ()
        return [(looked.get((kind, month), ""), kind, month) for month in months]

    async def prove(self, span: Span) -> AsyncIterator[Any]:
        """Look at one span. Raises NoListingError where the site does not tell."""
        way = self._prove_articles if span.kind is Kind.ARTICLE else self._prove_comments
        async for item in way(span):
            yield item

    # -- articles -------------------------------------------------------------------------------------

    async def _prove_articles(self, span: Span) -> AsyncIterator[Any]:
        listed: dict[str, ListedItem] = {}
        for route in self.findings.kinds:
            try:
                async for page in self._listing(span, route):
                    listed |= {item.key: item for item in rest_ids.read_listed_items(page, route)}
            except NoListingError as refusal:
                if route == "posts" or not refusal.closed:
                    raise
        for page in await self._read_articles(span, listed.values()):
            yield page
        stated = Counter(span.month_of(item.published) for item in listed.values())
        silent = {
            str(post): (month, url)
            for month, post, url in self.findings.holdings.articles_of(
                span.months[0], span.months[-1], self.findings.until
            )
            if str(post) not in listed
        }
        shown = await self._shown(self.findings.kinds, list(silent))
        left_out = _inside(span, shown.values())
        shown |= await self._shown(("pages",), [key for key in silent if key not in shown])
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
        """Note the articles that are lacking, and give the listings that tell of them."""
        pages, wanted = [], dict[str, list[int]]()
        for item in listed:
            lacking = self.findings.holdings.lacking_article(item.link or "", item.id)
            if lacking is None:
                continue
            reason, detail = (Reason.PROTECTED, "It asks for a password.") if item.protected else lacking
            self.findings.note_gap(
                Kind.ARTICLE, item.key, span.month_of(item.published), reason, detail, item.link
            )
            if reason in {Reason.UNLISTED, Reason.CALLED_GONE}:
                wanted.setdefault(item.route, []).append(item.id)
        for route, ids in wanted.items():
            for some in _portions(ids, page_size(self.crawl, route)):
                page = await self.crawl.session.fetch(
                    PageKind.POSTS, rest.pages_url(self.crawl.rest.root or "", some, kind=route)
                )
                pages += [page] if rest.read_array(page) else []
        return pages

    # -- comments -------------------------------------------------------------------------------------

    async def _prove_comments(self, span: Span) -> AsyncIterator[Any]:
        held = self.findings.holdings.comments_of(span.months[0], span.months[-1], self.findings.until)
        listed, total = dict[str, ListedItem](), 0
        async for page in self._listing(span, "comments"):
            found = {item.key: item for item in rest_ids.read_listed_items(page, "comments")}
            listed |= found
            total = rest.total(page) or 0
            lacking = self.findings.holdings.lacking_comments(found)
            async for item in self._read_comments(span, [found[key] for key in lacking], lacking):
                yield item
            if len(found) < total == len(held) and not lacking and found.keys() <= held.keys():
                for proof in self._proofs(span, Counter({span.months[0]: total}), surface="rest-total"):
                    yield proof
                return
        hidden = max(total - len(listed), 0)
        if hidden and (halves := span.halves):  # in which month they are is told by asking for fewer months
            for half in halves:
                async for item in self._prove_comments(half):
                    yield item
            return
        async for item in self._compare_comments(span, held, listed, hidden):
            yield item

    async def _compare_comments(
        self, span: Span, held: Mapping[str, str], listed: Mapping[str, ListedItem], hidden: int
    ) -> AsyncIterator[Any]:
        """The proofs of a span, once all that the site lists is known; `hidden` are counted and not shown."""
        silent = [key for key in held if key not in listed]
        shown = await self._shown(("comments",), silent)
        if absent := tuple(key for key in silent if key not in shown):
            yield Missing(source=self.crawl.source, ids=absent, looked_at=datetime.now(UTC))
        stated = Counter(span.month_of(item.published) for item in listed.values())
        stated.update(held[key] for key in shown)
        if hidden:
            month = span.months[0]
            stated[month] += hidden
            detail = "The site counts more than it shows: mostly below articles with a password."
            self.findings.note_gap(Kind.COMMENT, month, month, Reason.NOT_SHOWN, detail, number=hidden)
        for proof in self._proofs(span, stated, left_out=_inside(span, shown.values())):
            yield proof

    async def _read_comments(
        self, span: Span, lacking: Sequence[ListedItem], why: Mapping[str, tuple[Reason, str]]
    ) -> AsyncIterator[Page]:
        """Read in the comments that are lacking, with the static pages they stand below, and note them."""
        root = self.crawl.rest.root or ""
        unknown = sorted(
            {item.post for item in lacking if item.post and not self.findings.holdings.address_of(item.post)}
        )
        for posts in _portions(unknown, page_size(self.crawl, "pages")):
            page = await self.crawl.session.fetch(PageKind.POSTS, rest.pages_url(root, posts))
            if rest.read_array(page):
                yield page
        for some in _portions(lacking, page_size(self.crawl, "comments")):
            page = await self.crawl.session.fetch(
                PageKind.COMMENTS, rest.comments_url(root, 1, include=[item.key for item in some])
            )
            if rest.read_array(page):
                yield page
        for item in lacking:
            reason, detail = why[item.key]
            if item.post and self.findings.holdings.address_of(item.post) is None:
                reason, detail = Reason.NO_ARTICLE, f"It stands below {item.post}, which is no article here."
            self.findings.note_gap(
                Kind.COMMENT, item.key, span.month_of(item.published), reason, detail, item.link
            )

    # -- both -----------------------------------------------------------------------------------------

    def _proofs(
        self, span: Span, stated: Counter[str], *, surface: str = "rest", left_out: int = 0
    ) -> Iterator[Proof]:
        """A proof for each month of a span, or why there is none."""
        why = (
            f"REST's listing leaves out {left_out:,} that it shows when asked for by id."
            if left_out
            else None
        )
        for month in span.months:
            yield self.findings.proof(span.kind, month, surface=surface, stated=stated[month], unproved=why)

    def _listing(self, span: Span, route: str) -> AsyncIterator[Page]:
        address = partial(
            rest_ids.between_url,
            self.crawl.rest.root or "",
            route,
            after=span.after,
            before=min(span.before, self.findings.until),
        )
        return rest_pages(self.crawl, PageKind.LISTING, address)

    async def _shown(self, routes: Sequence[str], ids: Sequence[str]) -> dict[str, ListedItem]:
        """Those of some ids that the site shows, asked for in the company of what it is known to show.

        Raises NoListingError where it shows nothing at all, or what was not asked for, and where it does not
        prove of every comment whether it is shown: then it is not well.
        """
        shown: dict[str, ListedItem] = {}
        for route in routes:
            kind = next((kind for kind in Kind if ROUTES[kind] == route), None)
            half = max(1, page_size(self.crawl, route) // 2)
            known = self.findings.holdings.newest(kind, half) if kind else []
            for some in _portions([key for key in ids if key not in shown], half):
                asked = list(dict.fromkeys([*some, *known]))
                page = await self.crawl.session.fetch(
                    PageKind.LISTING, rest_ids.shown_url(self.crawl.rest.root or "", route, asked)
                )
                found = {item.key: item for item in rest_ids.read_listed_items(page, route)}
                told = some if kind is not Kind.COMMENT else {*found, *rest.not_shown(page, asked, known)}
                if kind and not (found and found.keys() <= set(asked) and set(some) <= set(told)):
                    other = page.error or "with something else than what was asked for"
                    raise NoListingError(replace(page, error=other), closed=False)
                shown |= {key: item for key, item in found.items() if key in some}
        return shown


def _inside(span: Span, items: Iterable[ListedItem]) -> int:
    """How many items a listing of the span should have had: a bound can be an hour off in autumn."""
    first, last = span.after + OVERLAP, span.before - OVERLAP
    times = (item.published for item in items if item.published)
    return sum(rest.time_text(first) < f"{time}Z" < rest.time_text(last) for time in times)


def _portions(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
