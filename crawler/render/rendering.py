"""One page, from what the server sent to what its scripts make of it, within limits.

Knows when a page is finished: nothing is requested any more, and nothing moves. A page that never ends,
crashes or grows without end is a RenderFailedError, and the browser is ended with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive.core.rendered import LIST_CUT, RenderNotes
from crawler.render.browser import Chromium, in_time
from crawler.render.memory import browser_bytes
from crawler.render.page_requests import PageRequests
from crawler.render.page_script import (
    DOM,
    EXTEND_LIST,
    HEADINGS,
    LINKS,
    PRESS_FOR_MORE,
    STATE,
    TO_COMMENTS,
    TO_END,
)

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Route
    from playwright.async_api import Page as BrowserPage
    from playwright.async_api import Request as BrowserRequest

RENDER_SECONDS = 30.0  # that a page may take, without the time in which it waits for our requests
STILL_SECONDS = 1.0  # without a request and a change: then a page is finished
MOVING_SECONDS = 5.0  # without a request: then it is finished even if something in it moves on
POLL_SECONDS = 0.1  # between two looks at a page
MAX_DOM_CHARS = 16 * 2**20
MAX_BROWSER_BYTES = 2 * 2**30  # of memory, in all its processes
MAX_READER_STEPS = 15  # to the end of a page's comments, and presses of its buttons for more
ALL_STEPS_SECONDS = 12.0  # that all steps may take, without the waits for our requests
MAX_LIST_STEPS = 60  # to the end of a list of articles
LIST_SECONDS = 180.0  # that such a list may take, without the waits for our requests


class RenderFailedError(IgnoreRequest):
    """A page that a browser could not finish; the text is a clause on why."""


class NoBrowserError(RenderFailedError):
    """A browser that cannot be started; no page of the run can be rendered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPage:
    """A finished page: its HTML, and what is recorded of it.

    `shown` is the server's answer from which it was made: the one that was given, or that to another page to
    which a script has led. `is_short` is True if another visit may get what its scripts lacked.
    """

    html: str
    shown: Response
    notes: RenderNotes
    refused_hosts: tuple[str, ...]
    is_short: bool


async def page_in_browser(browser: Chromium, requests: PageRequests) -> RenderedPage:
    """Return a page as its scripts leave it.

    Raises RenderFailedError where it does not end within the limits, or the browser fails, NoBrowserError
    where there is none.
    """
    began = time.monotonic()
    try:
        context = await browser.context()
    except Exception as error:
        await browser.end_browser()
        raise NoBrowserError(f"the browser cannot be started: {_start_reason(error)}") from error
    is_sound = False
    try:
        html = await _within_limits(_finished(context, requests), requests)
        is_sound = True
    except RenderFailedError:
        raise
    except Exception as error:
        raise RenderFailedError(f"the browser failed: {_first_line(error)}") from error
    finally:
        await in_time(context.unroute_all(behavior="ignoreErrors"))
        if not is_sound or not await in_time(context.close()):
            await browser.end_browser()
        await requests.end()
    notes = RenderNotes(
        browser=browser.version,
        requests=requests.sent,
        bytes=requests.bytes,
        seconds=time.monotonic() - began,
        lacks=tuple(requests.lacks),
    )
    return RenderedPage(
        html=html,
        shown=requests.shown,
        notes=notes,
        refused_hosts=tuple(sorted(requests.refused_hosts)),
        is_short=requests.is_short,
    )


async def _within_limits(finishing: Coroutine[Any, Any, str], requests: PageRequests) -> str:
    """Return what a page ends with.

    Raises RenderFailedError where it takes too long, without the waits for our requests, or too much memory.
    """
    task = asyncio.ensure_future(finishing)
    spent = 0.0
    most = LIST_SECONDS if requests.scrolls else RENDER_SECONDS
    try:
        while not task.done():
            looked_at = time.monotonic()
            waits = requests.pending > 0
            await asyncio.wait({task}, timeout=POLL_SECONDS)
            if not (waits and requests.pending):
                spent += time.monotonic() - looked_at
            if spent > most:
                raise RenderFailedError(f"its scripts did not end within {most:g} s")
            if requests.is_endless:
                raise RenderFailedError("its scripts request without end")
            if browser_bytes() > MAX_BROWSER_BYTES:
                raise RenderFailedError(
                    f"its scripts took more than {MAX_BROWSER_BYTES / 2**30:g} GiB of memory"
                )
        return task.result()
    finally:
        task.cancel()


async def _finished(context: BrowserContext, requests: PageRequests) -> str:
    """Open the page, wait until it is finished, and return its HTML."""
    crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def answer(route: Route, wanted: BrowserRequest) -> None:
        await requests.answer(route, wanted)

    async def close(other: BrowserPage) -> None:
        await other.close()

    def note_crash(_: BrowserPage) -> None:
        if not crashed.done():
            crashed.set_result(None)

    await context.route("**/*", answer)
    page = await context.new_page()
    context.on("page", close)  # a second one, which a script has opened
    page.on("crash", note_crash)
    await page.goto(requests.served.url, wait_until="commit", timeout=1000 * RENDER_SECONDS)
    settling = asyncio.ensure_future(_settled(page, requests))
    try:
        either: set[asyncio.Future[Any]] = {settling, crashed}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if crashed.done():
            raise RenderFailedError("the page crashed in the browser")
        html = await settling
    finally:
        await _cancelled(settling)
    if html is None:
        raise RenderFailedError(f"its scripts made a page of more than {MAX_DOM_CHARS:,} characters")
    return str(html)


async def _settled(page: BrowserPage, requests: PageRequests) -> object:
    """Wait until a page is finished; then again with its comments in view, which some load only there.

    Returns its HTML, None where that is too long. A page to which a script adds the next article there, and
    takes that one's URL, is returned as it was before.
    """
    await _quiet(page, requests)
    if requests.scrolls:
        return await _whole_list(page, requests)
    steps = _Steps(page, requests, urlsplit(page.url).path, requests.shown)
    if await _evaluated(page, TO_COMMENTS):
        before = await _evaluated(page, DOM, MAX_DOM_CHARS)
        await _quiet(page, requests)
        if before and steps.has_gone_on():
            return before
    return await steps.to_the_end()


@dataclass(slots=True)
class _Steps:
    """Steps of a reader to the end of a page's comments: scrolling down, and pressing buttons for more.

    `path` and `shown` are those of the page at their beginning, which no step may leave.
    """

    page: BrowserPage
    requests: PageRequests
    path: str
    shown: Response

    async def to_the_end(self) -> object:
        """Return the HTML of a page after all its steps.

        What is left then is recorded as lacking.
        """
        requests, page = self.requests, self.page
        requests.stays = True
        found = await _evaluated(page, DOM, MAX_DOM_CHARS)
        headings = await _evaluated(page, HEADINGS)
        seconds, number, state = 0.0, 0, await _evaluated(page, STATE)
        is_over = False
        while number < MAX_READER_STEPS and seconds < ALL_STEPS_SECONDS and not is_over:
            if not await self._step():
                is_over = True  # unless what was pressed last is late
                if not await _evaluated(page, PRESS_FOR_MORE, False):
                    break
            number += 1
            seconds += await _quiet(page, requests)
            if self.has_gone_on():
                return found
            if await _evaluated(page, HEADINGS) != headings:
                return found  # the next article
            was, state = state, await _evaluated(page, STATE)
            if state != was:
                is_over = False
                found = await _evaluated(page, DOM, MAX_DOM_CHARS)
        label = await _evaluated(page, PRESS_FOR_MORE, False)
        if label:
            requests.lack(f"its button “{label}” did not bring all")
        elif not is_over and (number >= MAX_READER_STEPS or seconds >= ALL_STEPS_SECONDS):
            requests.lack("its comments went on without end")
        return found

    async def _step(self) -> bool:
        """Scroll to the end, or press a button in view.

        Returns False where nothing is left.
        """
        return bool(await _evaluated(self.page, TO_END)) or bool(
            await _evaluated(self.page, PRESS_FOR_MORE, True)
        )

    def has_gone_on(self) -> bool:
        """True if a script has gone on to another article.

        That is recorded.
        """
        if self.requests.shown is self.shown and urlsplit(self.page.url).path == self.path:
            return False
        self.requests.lack("below its comments a script went on to another article")
        return True


async def _whole_list(page: BrowserPage, requests: PageRequests) -> object:
    """Return the HTML of a list after scrolling and its buttons have brought all they bring.

    A list that may go on is recorded as lacking.
    """
    requests.stays = True
    began = time.monotonic()
    number, links = 0, await _evaluated(page, LINKS)
    found = await _evaluated(page, DOM, MAX_DOM_CHARS)
    while number < MAX_LIST_STEPS and time.monotonic() - began < LIST_SECONDS / 2:
        await _evaluated(page, EXTEND_LIST)
        await _quiet(page, requests)
        number += 1
        before, links = links, await _evaluated(page, LINKS)
        if links == before and not requests.is_short:
            return found
        if links == before:
            break
        found = await _evaluated(page, DOM, MAX_DOM_CHARS)
        if not found:
            return found
    requests.lack(f"{LIST_CUT} after {number} steps")
    return found


async def _quiet(page: BrowserPage, requests: PageRequests) -> float:
    """Wait until nothing is requested and nothing moves.

    Returns the seconds since the last request.
    """
    asked_at = moved_at = time.monotonic()
    sent = requests.sent
    state: object = ""
    while True:
        await asyncio.sleep(POLL_SECONDS)
        now = time.monotonic()
        found = await _evaluated(page, STATE)
        if requests.pending or requests.sent != sent or not str(found).endswith("complete"):
            sent, asked_at = requests.sent, now
        if found != state:
            state, moved_at = found, now
        is_still = now - max(asked_at, moved_at) >= STILL_SECONDS
        if is_still or now - asked_at >= MOVING_SECONDS:
            return now - asked_at


async def _evaluated(page: BrowserPage, script: str, value: object = None) -> object:
    """Return what a script of ours says of a page; "" while the page is exchanged for another."""
    from playwright.async_api import Error  # noqa: PLC0415  (an extra, and slow to import)

    try:
        return await page.evaluate(script, value)
    except Error as error:
        if page.is_closed():
            raise RenderFailedError("its script closed the page") from error
        return ""


async def _cancelled(task: asyncio.Future[Any]) -> None:
    """Cancel a task, and wait for its end; what it ends with was not waited for."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _start_reason(error: Exception) -> str:
    """Return why a browser does not start, as a clause."""
    if "no usable sandbox" in str(error).lower():
        return "this machine gives its sandbox no user namespaces, as containers often do not"
    return _first_line(error)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
