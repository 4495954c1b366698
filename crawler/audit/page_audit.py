"""Audit of comments by the totals that articles' pages state.

For sites where REST is closed. Where a page states more comments than the archive has, or fewer, its whole
thread is fetched again. A remaining difference is withheld only if every page of the thread was fetched, and
the archive has every comment of their markup: then the site itself shows that it counts more than it shows.
Where a button loads further comments, or most of many are nowhere shown, they are not.
Comments that a walk did not reach are missing, with the reason. A month without stated totals is unproved.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Any

from archive.core import urls
from archive.core.records import Page, PageKind
from archive.core.timestamps import instant
from archive.queries.coverage_state import Thread
from archive.storage.coverage_records import AuditKind, GapReason, Proof
from crawler.audit.audit_session import BudgetSpentError
from crawler.audit.findings import Findings
from crawler.crawl import Crawl
from crawler.frontier import endless
from pipeline.platforms.wordpress import thread_urls

MANY = 10  # comments that no page shows, and more than are shown, are rather loaded than withheld


class PageAudit:
    """Audit of comments by the totals that pages of articles state."""

    def __init__(self, crawl: Crawl, findings: Findings) -> None:
        self.crawl = crawl
        self.findings = findings
        self.walks: dict[str, str | None] = {}  # why a thread was not fetched to its end, if it was not
        self.met: dict[str, set[str]] = {}  # ids of comments in the markup of a thread's pages

    async def comments_by_pages(self) -> AsyncIterator[Any]:
        """Yield a proof of every month, from the totals of its articles.

        Raises BudgetSpentError after the proofs.
        """
        threads = self.findings.holdings.threads()
        before = {thread.url: thread for thread in threads}
        spent: BudgetSpentError | None = None
        try:
            for thread in before.values():
                if _short(thread) or _is_outdated(thread):
                    async for page in self._thread(thread.url):
                        yield page
        except BudgetSpentError as error:
            spent = error
        months = defaultdict[str, list[Thread]](list)
        told = any(thread.stated is not None for thread in before.values())
        for thread in self.findings.holdings.threads():
            months[thread.month].append(thread)
            if short := _short(before.get(thread.url, thread)) or _short(thread):
                self._note_short(thread, short)
        unread = self._unread_pages()
        for month in sorted({*months, *unread}):
            yield self._by_numbers(month, months[month], unread[month], told=told)
        if spent:
            raise spent

    def _unread_pages(self) -> Counter[str]:
        """Return by month the number of articles whose page was unreadable.

        Nothing is proved of their comments.
        """
        found = Counter[str]()
        for (kind, _), gap in self.findings.gaps.items():
            if kind is AuditKind.ARTICLE and gap.reason is not GapReason.PROTECTED:
                found[gap.month] += gap.number
        return found

    def _note_short(self, thread: Thread, short: int) -> None:
        still = _short(thread)
        cut_off = self.walks.get(thread.url, "its pages were not requested")
        unread = self._unread_marks(thread) if still and cut_off is None else None
        if still and unread is not None:
            reason = GapReason.UNREADABLE
            detail = f"Its page states {still:,} more than were read: {unread}."
        elif still and cut_off is None and still >= MANY and still > thread.held:
            reason = GapReason.UNREAD
            detail = f"Its page states {still:,} more than its pages show: perhaps a script loads them."
        elif still and cut_off is None:
            reason = GapReason.NOT_SHOWN
            detail = f"Its page states {still:,} more than all pages of its thread show."
        elif still:
            reason = GapReason.UNREAD
            detail = f"Its page states {still:,} more than were read: {cut_off}."
        else:
            reason = GapReason.UNLISTED
            detail = f"Its page stated {short:,} more than the archive had."
        self.findings.note_gap(
            AuditKind.COMMENT, thread.url, thread.month, reason, detail, thread.url, number=still or short
        )

    def _unread_marks(self, thread: Thread) -> str | None:
        """Return why a complete thread may have unread comments, if so."""
        met = self.met.get(thread.url, set())
        if not met:
            return "its pages have no comment with an id"
        archived = self.findings.holdings.comment_ids(thread.url)
        lost = len(met - archived)
        return f"{lost:,} of the comments on its pages are not in the archive" if lost else None

    def _by_numbers(self, month: str, threads: list[Thread], unread: int, *, told: bool) -> Proof:
        """Return the proof of one month.

        A theme with totals shows no total where there is no comment.
        """
        totals = (max(thread.stated or 0, thread.held) for thread in threads)
        stated = sum(totals)
        untold = [thread for thread in threads if thread.stated is None]
        is_silent = any(thread.held > 0 or not told for thread in untold)
        why = None
        if is_silent:
            why = "REST gives no list, and not every article's page states how many it has."
        if unread:
            why = f"REST gives no list, and the pages of {unread:,} articles could not be read."
        read = (instant(thread.read_at) for thread in threads)
        oldest = min(read, default=self.crawl.started_at)
        return self.findings.proof(
            AuditKind.COMMENT, month, surface="page", stated=stated, proved_at=oldest, unproved=why
        )

    async def _thread(self, url: str) -> AsyncIterator[Page]:
        """Yield all pages of a thread, and record where the walk ended."""
        self.walks[url] = "the budget of requests was spent"
        waiting = [url]
        known = dict[str, None]()
        done = set[str]()
        before = frozenset[bytes]()
        loads_more = False
        met = self.met[url] = set()
        while waiting:
            asked = waiting[0]
            page = await self.crawl.session.fetch(PageKind.ARTICLE, asked)
            shown = thread_urls.shown_comments(page)
            if page.status != 200:
                yield page
                reason = page.error or page.status
                self.walks[url] = f"{asked} answered {reason}"
                return
            is_past_the_end = not thread_urls.shows_comments(page) or shown == before
            if asked != url and is_past_the_end:
                self.walks[url] = f"{asked} shows no further comment"
                return
            yield page
            thread = thread_urls.thread_pages(page)
            reached = filter(None, (asked, thread.own))
            done.update(map(urls.page_key, reached))
            known |= dict.fromkeys(thread.urls)
            waiting = [other for other in known if urls.page_key(other) not in done]
            before = shown
            met |= {number.decode() for number in shown}
            stated = self.findings.holdings.thread_counts(url).stated
            if cut := endless.thread_cut(len(done), len(met), stated):
                self.walks[url] = cut
                return
            loads_more = loads_more or thread_urls.loads_more(page)
        self.walks[url] = "a button on its page loads further comments by a script" if loads_more else None


def _short(thread: Thread) -> int:
    return max((thread.stated or 0) - thread.held, 0)


def _is_outdated(thread: Thread) -> bool:
    """True if more comments are stored than the page stated: it was an old copy, or more have come."""
    return thread.stated is not None and thread.stated < thread.held - thread.pings
