"""Sweep of the archive's comments for edits, removals and late approvals.

WordPress moves no date when a comment is edited, removed or approved late; only another request finds it. One
request an hour fetches the next hundred comments by id, and so walks through the archive for ever. The same
response has the site's total of comments: when that differs from the archive's, the newest hundreds are
fetched until it agrees. A missed comment is requested by its id once more, after a while and together with
others, so that a site that shows nothing at all is not taken for one that removed everything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from archive.core.records import Page, PageKind
from archive.tables.observations import Missing, Window
from crawler.crawl import Crawl
from crawler.discovery import rest
from crawler.discovery.listings import page_size
from crawler.discovery.paging import covered
from pipeline.platforms.wordpress import rest_urls

SWEEP_INTERVAL = timedelta(hours=1)  # the pause between two requests of the sweep
RECHECK_AFTER = timedelta(hours=1)  # the pause before a missed comment is requested again
MAX_RECHECKED_COMMENTS = 50  # the maximum of missed comments among the hundred of one request
OVERLAP_COMMENTS = 10  # comments that two windows share, since all offsets move when a comment is removed
LAST_ID = (1 << 63) - 1  # no id is larger
SEARCH_WINDOWS = 20  # windows that one crawl fetches to find where the site's total and the archive's differ


class CommentSweep:
    """Sweep of one site, one window each hour."""

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl

    def is_due(self) -> bool:
        """True if the next window is due."""
        crawl = self.crawl
        was_recent = crawl.is_within(SWEEP_INTERVAL, crawl.before.swept_at)
        return not crawl.is_first and not was_recent

    def may_spare_feed(self) -> bool:
        """True if the next window may replace another request.

        Once an hour, and only where REST is open; records it.
        """
        crawl = self.crawl
        before = self.crawl.before
        was_spared = crawl.is_within(SWEEP_INTERVAL, before.feed_spared_at)
        if not before.rest_lists_comments or not self.is_due() or was_spared:
            return False
        crawl.note(feed_spared_at=crawl.started_at)
        return True

    async def run(self) -> AsyncIterator[Any]:
        """Yield the comments missed earlier, and the next window."""
        crawl = self.crawl
        if not (crawl.wants_comments and crawl.rest.tells_comments):
            return
        if crawl.is_first:
            crawl.note(swept_at=crawl.started_at)
            return  # everything has just been listed
        most = min(MAX_RECHECKED_COMMENTS, page_size(crawl, "comments") // 2)
        missed = crawl.facts.missed_comments(before=crawl.started_at - RECHECK_AFTER, limit=most)
        if missed:
            async for item in self._recheck(missed):
                yield item
        if not self.is_due():
            return
        offset = crawl.before.sweep_offset
        url = rest_urls.window_url(crawl.rest.root or "", offset)
        page = await crawl.session.fetch(PageKind.COMMENTS, url)
        if rest.read_array(page) is None:
            return  # the next crawl requests it again
        crawl.note(swept_at=crawl.started_at)
        if window := self._window(page, offset):
            yield page
            yield window
            async for item in self._search(page):
                yield item
        crawl.note(sweep_offset=self._following(page, offset) or 0)

    async def _recheck(self, missed: list[str]) -> AsyncIterator[Any]:
        """Request comments by id, together with the newest as a control.

        At least one of the newest must be shown.
        """
        crawl = self.crawl
        room = page_size(crawl, "comments") - len(missed)
        others = crawl.facts.newest_comments(limit=room)
        asked = dict.fromkeys([*missed, *others])
        url = rest_urls.comments_url(crawl.rest.root or "", 1, include=list(asked))
        page = await crawl.session.fetch(PageKind.COMMENTS, url)
        if rest.read_array(page):
            yield page
        if missing := rest.not_shown(page, asked, others):
            yield Missing(source=crawl.source, ids=tuple(missing), looked_at=page.fetched_at)

    async def _search(self, page: Page) -> AsyncIterator[Any]:
        """Yield the newest hundreds until the site's total is the archive's.

        The total is less the comments that the site hides from everybody: when all were fetched and the
        totals still differ, that difference is recorded as hidden.
        """
        crawl = self.crawl
        total = rest.total(page)
        hidden = crawl.before.hidden_comments
        if total is None:
            return
        await crawl.settled()
        offset = crawl.before.search_offset
        for _ in range(SEARCH_WINDOWS):
            if hidden is None or total - hidden == crawl.facts.count_visible():
                break
            url = rest_urls.window_url(crawl.rest.root or "", offset, newest_first=True)
            page = await crawl.session.fetch(PageKind.COMMENTS, url)
            window = self._window(page, offset, newest_first=True)
            if window is None:
                if rest.read_array(page) != []:
                    return
                hidden = None  # past the end: all were fetched
                break
            yield page
            yield window
            await crawl.settled()
            offset = self._following(page, offset) or total  # past the end, whose answer is empty
        else:
            crawl.note(search_offset=offset)
            return
        crawl.note(search_offset=0)
        if hidden is None:
            crawl.note(hidden_comments=total - crawl.facts.count_visible())

    def _window(self, page: Page, offset: int, *, newest_first: bool = False) -> Window | None:
        """Return the window that a listing by id shows.

        No result where its order is not by id. A window at one end of all comments reaches beyond the last
        comment shown there. At its other end it never does, since the reason why it ends is unclear.
        """
        numbers = rest.read_numbers(page)
        if numbers is None or numbers != sorted(numbers, reverse=newest_first):
            return None
        first, last = min(numbers), max(numbers)
        if offset == 0 and newest_first:
            last = LAST_ID
        elif offset == 0:
            first = 0
        return Window(
            source=self.crawl.source,
            first=first,
            last=last,
            shown=frozenset(map(str, numbers)),
            looked_at=page.fetched_at,
            total=rest.total(page),
        )

    def _following(self, page: Page, offset: int) -> int | None:
        """Return the next window's offset, unless this is the last.

        A window of fewer comments than requested lacks the hidden ones, or is the site's maximum.
        """
        came = len(rest.read_array(page) or ())
        total = rest.total(page)
        step = covered(came, total, offset, self.crawl.page_sizes.get("comments"))
        is_short = came < rest_urls.PER_PAGE and step == rest_urls.PER_PAGE
        is_last = is_short if total is None else offset + step >= total
        if is_last:
            return None
        return offset + step - min(OVERLAP_COMMENTS, step // OVERLAP_COMMENTS)
