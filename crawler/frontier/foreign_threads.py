"""Threads of foreign comment systems: requests for them, one response after another.

A thread is requested when its article's page was read, or when its system states another number of comments.
All its responses are read to the end before any comment counts as missing. Does not: contain any API
(`pipeline/threads`), or decide which comments are removed. Invariant: a walk makes no more requests than its
stated number of comments can fill, and a server that fails is left alone for the rest of the crawl.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.core.answers import reader_guard
from archive.core.records import Page, PageKind
from archive.core.thread_address import ThreadAddress
from archive.tables.observations import ForeignLook
from crawler.crawl import Crawl
from crawler.fetch.offsite import RESTING, may_be_server
from crawler.fetch.responses import page_from_failure, page_from_response
from pipeline.threads import readers
from pipeline.threads.adapter import Part, ThreadQuestion, UnreadableThreadError

MAX_SERVER_FAILURES = 3
"""Failed answers in a row after which a server is asked nothing more in one crawl."""
PLAUSIBLE_ANSWERS = 500
"""Answers about a thread whose system states no number."""
GROWTH_COMMENTS = 100
"""Comments by which a thread may grow while it is read, beside a tenth of its stated number."""
_SPARE_ANSWERS = 3  # answers that a growing thread may take beyond its stated number


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadWalk:
    """Progress through the responses about one thread.

    `shown` are the ids of the comments as they are kept, `ids` those of all entries, also of empty places;
    `mark` is the stated number because of which the thread is due, `is_led` is True where the last response
    only named where the comments are.
    """

    thread: ThreadAddress
    number: int = 1
    waiting: tuple[ThreadQuestion, ...] = ()
    shown: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()
    stated: int | None = None
    withheld: int = 0
    mark: str | None = None
    is_led: bool = False

    def after(self, part: Part) -> ThreadWalk:
        """Return the progress after one more answer."""
        from pipeline.threads.extract import comment_id  # noqa: PLC0415  (few sources have threads elsewhere)

        system = self.thread.system
        shown = {comment_id(system, remark.id) for remark in part.remarks if remark.is_shown}
        ids = {remark.id for remark in part.remarks}
        counted: AbstractSet[str] = shown
        if part.counted is not None:
            counted = part.counted
        stated = self.stated
        if part.stated is not None:
            stated = part.stated
        return replace(
            self,
            waiting=(*self.waiting, *part.further),
            shown=self.shown | shown,
            ids=self.ids | ids,
            counted=self.counted | counted,
            stated=stated,
            withheld=self.withheld + part.withheld,
            is_led=part.is_lead,
        )

    def cut(self, before: ThreadWalk) -> str | None:
        """Return why the thread is followed no further although there are questions left, as a clause."""
        if self.number > 1 and self.ids == before.ids and not (self.is_led or before.is_led):
            return "an answer brought nothing new"
        most = PLAUSIBLE_ANSWERS
        if self.stated is not None:
            counted = len(self.counted)
            plausible = self.stated + self.stated // 10 + GROWTH_COMMENTS
            if counted > plausible:
                return f"it has {counted:,} comments so far, and states {self.stated:,}"
            most = min(most, self.stated + _SPARE_ANSWERS)
        if self.number < most:
            return None
        return f"it continues after {self.number:,} answers"


class ForeignThreads:
    """Threads elsewhere in one crawl."""

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self.requested: set[str] = set()
        self._failures: Counter[str] = Counter()

    def requests_for(self, page: Page) -> Iterator[Any]:
        """Yield the request for the thread that an article's page embeds, if any."""
        try:
            with reader_guard.bounded(reader_guard.CPU_SECONDS):
                thread = readers.thread_in(page, self.crawl.site)
        except (Exception, reader_guard.TooLongError):  # noqa: BLE001 - the page's own reading reports it
            return
        if thread is not None:
            yield from self.request(thread)

    def request(self, thread: ThreadAddress, mark: str | None = None) -> Iterator[Any]:
        """Yield the request for a thread, once in a run.

        Instead a page with the reason where its server is left alone. Nothing for a hidden article or a
        system that is not read. `mark` is the number that a count has stated.
        """
        reader = readers.READERS.get(thread.system)
        key = str(thread)
        if reader is None or key in self.requested or self.crawl.facts.hides(thread.article):
            return
        self.requested.add(key)
        yield from self._ask(reader.ask(thread), ThreadWalk(thread=thread, mark=mark))

    def is_left_alone(self, server: str) -> bool:
        """True if a server failed too often in this crawl."""
        return server in self.crawl.session.resting

    def _ask(self, ask: ThreadQuestion, walk: ThreadWalk) -> Iterator[Any]:
        thread = walk.thread
        request = thread_request(ask, thread, walk.number, walk.mark)
        request.meta["walk"] = walk
        request.callback = self._arrived
        request.errback = self._failed
        if not may_be_server(thread.server, self.crawl.home):
            yield self._page(request, "its server is not on a public host")
        elif self.is_left_alone(thread.server):
            yield self._page(request, RESTING)
        else:
            self.crawl.session.servers.add(thread.server)
            yield request

    def _page(self, request: Request, why: str) -> Page:
        page = page_from_failure(RuntimeError(), request, self.crawl.source)
        return replace(page, error=why)

    def _arrived(self, response: Response) -> Iterator[Any]:
        page = page_from_response(response, self.crawl.source)
        yield page
        before: ThreadWalk = response.meta["walk"]
        server = before.thread.server
        part = _read(page)
        if part is None:
            self._note_failure(server)
            return
        self._failures[server] = 0
        walk = before.after(part)
        cut = None
        if walk.waiting:
            cut = walk.cut(before)
        if walk.waiting and cut is None:
            ask, *waiting = walk.waiting
            following = replace(walk, number=walk.number + 1, waiting=tuple(waiting))
            yield from self._ask(ask, following)
            return
        yield ForeignLook(
            source=self.crawl.source,
            thread=str(walk.thread),
            shown=walk.shown,
            looked_at=page.fetched_at,
            stated=walk.stated,
            short=_shortfall(walk, cut),
        )

    def _note_failure(self, server: str) -> None:
        self._failures[server] += 1
        if self._failures[server] >= MAX_SERVER_FAILURES:
            self.crawl.session.resting.add(server)

    def _failed(self, failure: Failure) -> Iterator[Page]:
        """Yield the page of a failed or forbidden request."""
        error = failure.value or RuntimeError("unknown failure")
        request: Request = failure.request  # type: ignore[attr-defined]
        self._note_failure(request.meta["walk"].thread.server)
        yield page_from_failure(error, request, self.crawl.source)


def thread_request(
    ask: ThreadQuestion, thread: ThreadAddress, number: int, mark: str | None = None
) -> Request:
    """Return the request for a question about a thread; `number` is that of the answer, from 1."""
    method = "GET"
    headers = {"Accept": ask.accept}
    if ask.body is not None:
        method = "POST"
        headers["Content-Type"] = "application/json"
    secret = None
    if ask.secret:
        secret = (thread.system, ask.secret)
    meta = {
        "kind": PageKind.THREAD,
        "server": thread.server,
        "asked": thread.part(number),
        "lastmod": mark,
        "secret": secret,
    }
    return Request(ask.url, method=method, headers=headers, body=ask.body, meta=meta, dont_filter=True)


def _read(page: Page) -> Part | None:
    """Return the content of a response, if it can be read; otherwise its reading states why."""
    try:
        with reader_guard.bounded(reader_guard.CPU_SECONDS):
            return readers.read_part(page)
    except (UnreadableThreadError, reader_guard.TooLongError):
        return None
    except Exception:  # noqa: BLE001 - an answer never ends a crawl
        return None


def _shortfall(walk: ThreadWalk, cut: str | None) -> str | None:
    """Return why a thread is not whole, as a sentence, if it is not."""
    name = readers.READERS[walk.thread.system].system
    if cut:
        return f"The thread in {name} was left before its end: {cut}."
    given = len(walk.counted)
    stated = walk.stated
    if stated is None:
        stated = given + walk.withheld
    if walk.withheld or given < stated:
        return f"{name} states {stated:,} comments and gives {given:,}."
    return None
