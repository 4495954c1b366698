"""The one guard around the readers of a response: no exception of a reader ends a crawl.

Does not: read anything itself, nor store what it records.
Invariant: what fails is a problem of its page. Data that cannot be read and mistakes of ours have different
codes, both are logged with their traceback, and both are counted.
"""

from __future__ import annotations

import logging
import signal
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from archive.core.records import Page, Problem

UNREADABLE = "unreadable"  # the data made a reader fail
FAULT = "reader-fault"  # a mistake of ours made it fail
GAVE_UP = "gave-up"  # it took too long, or too much memory
CODES = (UNREADABLE, FAULT, GAVE_UP)
LISTING = "listing"
"""The field of problems of answers that the crawler reads for itself: sitemaps, listings, feeds, REST."""
CPU_SECONDS = 10.0
"""CPU time that the crawler's own reading of one answer may take."""
_DATA = (ValueError, ArithmeticError, RecursionError, EOFError, UnicodeError, zlib.error)

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D")
logger = logging.getLogger(__name__)


class TooLongError(BaseException):
    """Limit of a reading's CPU time exceeded.

    No `except Exception` of a library stops it.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Answer that the crawler could not read, with its problem."""

    page: Page
    problem: Problem


_unread: deque[Unread] = deque(maxlen=1000)


def taken() -> Iterator[Unread]:
    """Yield what was noted since the last call, oldest first."""
    while _unread:
        yield _unread.popleft()


def hold_problem(page: Page, problem: Problem) -> None:
    """Record an answer's problem, until the spider yields it."""
    _unread.append(Unread(page=page, problem=problem))


def problem_of(error: BaseException, page: Page, field: str | None = None) -> Problem:
    """Return the problem of a failed reader, and log it."""
    name = type(error).__name__
    if isinstance(error, TooLongError | MemoryError):
        reason = str(error)
        if isinstance(error, MemoryError):
            reason = "it needs too much memory"
        logger.warning("%s was given up: %s", page.url, reason)
        return Problem(code=GAVE_UP, detail=f"Reading {page.url} was given up: {reason}.", field=field)
    package = type(error).__module__.partition(".")[0]
    if isinstance(error, _DATA) or package == "lxml":
        logger.warning("%s cannot be read: %s", page.url, name, exc_info=error)
        return Problem(code=UNREADABLE, detail=f"{page.url} cannot be read: {name}.", field=field)
    logger.error("A fault of ours while %s was read: %s", page.url, name, exc_info=error)
    detail = f"A fault of ours kept {page.url} from being read: {name}. The log has more."
    return Problem(code=FAULT, detail=detail, field=field)


def reader(
    default: D,
) -> Callable[[Callable[Concatenate[Page, P], T]], Callable[Concatenate[Page, P], T | D]]:
    """Decorate a reader to record failures and return `default`."""

    def guarded(read: Callable[Concatenate[Page, P], T]) -> Callable[Concatenate[Page, P], T | D]:
        @wraps(read)
        def attempt(page: Page, /, *args: P.args, **kwargs: P.kwargs) -> T | D:
            try:
                with bounded(CPU_SECONDS):
                    return read(page, *args, **kwargs)
            except (Exception, TooLongError) as error:  # noqa: BLE001 - that is what a guard is for
                hold_problem(page, problem_of(error, page, LISTING))
                return default

        return attempt

    return guarded


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Limit the block's CPU time. Raises TooLongError.

    The outermost bound counts; it works in the main thread only, which alone gets signals.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getitimer(signal.ITIMER_PROF)[0]:
        yield
        return

    def stop(*_: Any) -> None:
        raise TooLongError(f"it took more than {seconds:g} s of CPU time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
