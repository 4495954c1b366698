"""Proving what can be proved where REST is closed: by the sitemap, and by the numbers that pages state.

A sitemap names articles and tells nothing of comments. An article's page states how many comments it has;
where that is more than is held, its whole thread is read anew: what is short then is shown to no visitor.
What neither tells is said to be untold, and never to be complete.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from re import search
from typing import Any

from archive.core.records import Page, PageKind
from archive.core.timestamps import instant
from archive.queries.coverage_state import Thread
from archive.storage.coverage_records import Kind, Proof, Reason
from crawler.audit.rest_audit import BudgetSpentError, Verification
from crawler.fetch.session import NoListingError
from crawler.frontier import addresses
from crawler.frontier.addresses import Listed


class PageVerification(Verification):
    """The part of the verifying spider that asks sitemaps and pages."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.read_whole: set[str] = set()  # articles whose thread this run has read to its end

    async def articles_by_sitemap(self) -> AsyncIterator[Proof]:
        """A proof for every month, from what the sitemap names."""
        stated, unnamed = Counter[str](), Counter(self.holdings.numbers(Kind.ARTICLE))
        async for listed in self._in_sitemaps():
            self.rung = "sitemap"
            for entry in listed:
                month = self.holdings.month_of(entry.url) or _month_in(entry)
                stated[month] += 1
                if lacking := self.holdings.lacking_article(entry.url):
                    self.note_gap(Kind.ARTICLE, entry.url, month, *lacking, entry.url)
                else:
                    unnamed[month] -= 1
        if not stated:
            await self._must_answer()
        for month in sorted({*unnamed, *stated}):
            why = _untold(unnamed[month]) if stated else "REST is closed, and no sitemap names the articles."
            yield self.proof(Kind.ARTICLE, month, surface="sitemap", stated=stated[month], unproved=why)

    async def comments_by_pages(self) -> AsyncIterator[Any]:
        """A proof for every month, from the numbers that the pages of its articles state."""
        before = {thread.url: thread for thread in self.holdings.threads()}
        spent: BudgetSpentError | None = None
        try:
            for thread in before.values():
                if _short(thread):
                    async for page in self._thread(thread.url):
                        yield page
        except BudgetSpentError as error:
            spent = error
        months = defaultdict[str, list[Thread]](list)
        told = any(thread.stated is not None for thread in before.values())
        for thread in self.holdings.threads():
            months[thread.month].append(thread)
            if short := _short(before.get(thread.url, thread)):
                self._note_short(thread, short)
        for month, threads in sorted(months.items()):
            yield self._by_numbers(month, threads, told=told)
        if spent:
            raise spent

    def _note_short(self, thread: Thread, short: int) -> None:
        still = _short(thread)
        if still and thread.url in self.read_whole:
            reason, detail = (
                Reason.NOT_SHOWN,
                f"Its page speaks of {still:,} more than all of its thread shows.",
            )
        elif still:
            reason, detail = Reason.UNREAD, f"Its page speaks of {still:,} more than were read."
        else:
            reason, detail = Reason.UNLISTED, f"Its page spoke of {short:,} more than were held."
        self.note_gap(
            Kind.COMMENT, thread.url, thread.month, reason, detail, thread.url, number=still or short
        )

    def _by_numbers(self, month: str, threads: list[Thread], *, told: bool) -> Proof:
        """The proof of one month. A theme that tells numbers tells none where there is no comment."""
        stated = sum(max(thread.stated or 0, thread.held) for thread in threads)
        silent = sum(thread.stated is None and (thread.held > 0 or not told) for thread in threads)
        why = "REST is closed, and not every article's page states how many it has."
        oldest = min(thread.read_at for thread in threads)
        return self.proof(
            Kind.COMMENT,
            month,
            surface="page",
            stated=stated,
            proved_at=instant(oldest),
            unproved=why if silent else None,
        )

    async def _thread(self, url: str) -> AsyncIterator[Page]:
        """An article's page and every page of its thread, to the first that shows nothing more."""
        waiting, done, before = [url], set[str](), frozenset[bytes]()
        while waiting:
            page = await self.ask(PageKind.ARTICLE, waiting[0])
            if page.status != 200:
                yield page
                return
            shown = addresses.shown_comments(page)
            if waiting[0] != url and (not addresses.shows_comments(page) or shown == before):
                break
            yield page
            thread = addresses.thread_pages(page)
            done |= {waiting[0], *([thread.own] if thread.own else [])}
            waiting, before = [other for other in thread.urls if other not in done], shown
        self.read_whole.add(url)

    async def _must_answer(self) -> None:
        """Raise NoListingError where not even the front page is given: then nothing is told at all."""
        page = await self.ask(PageKind.LISTING, self.home + "/")
        if page.status != 200:
            raise NoListingError(page, closed=False)


def _untold(unnamed: int) -> str | None:
    """Why a sitemap proves nothing of a month of which it leaves out so many that are held."""
    if unnamed <= 0:
        return None
    return f"REST is closed, and the sitemap leaves out {unnamed:,} that are held, so perhaps others too."


def _short(thread: Thread) -> int:
    return max((thread.stated or 0) - thread.held, 0)


def _month_in(entry: Listed) -> str:
    """The month in an address, or of the sitemap's mark of change; "" where there is neither."""
    found = search(r"/((?:19|20)\d\d)/(0[1-9]|1[0-2])/", entry.url)
    if found:
        return f"{found[1]}-{found[2]}"
    mark = search(r"^(?:19|20)\d\d-(?:0[1-9]|1[0-2])", entry.lastmod or "")
    return mark[0] if mark else ""
