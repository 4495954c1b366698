"""Pause between crawls of a host that refuses, or that requests one.

Pure. The pause doubles with each crawl that got no list, or was refused. A crawl started by hand heeds only
the wait that the site itself requested.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from archive.core.crawl_state import CrawlState
from crawler.fetch.session import MAX_HOST_PAUSE

MIN_BACKOFF, MAX_BACKOFF = timedelta(minutes=5), timedelta(hours=1)


def after(state: CrawlState, now: datetime, *, refused: bool) -> CrawlState:
    """Return the state of a source after one more crawl.

    `refused` is True where the crawl was refused: the pause doubles; otherwise the pause is cleared. `now` is
    aware UTC.
    """
    if not refused:
        return replace(state, refusals=0, pause_until=None)
    times = state.refusals + 1
    doublings = min(times - 1, 10)
    pause = min(MAX_BACKOFF, MIN_BACKOFF * float(2**doublings))
    return replace(state, refusals=times, pause_until=now + pause)


def seconds_left(state: CrawlState, now: datetime, *, by_hand: bool) -> float:
    """Return the seconds for which no request may be sent.

    0.0 when the host may be crawled now. A wait longer than MAX_HOST_PAUSE is the result of a wrong clock and
    is ignored.
    """
    moments = [state.wait_until, None if by_hand else state.pause_until]
    waits = [(moment - now).total_seconds() for moment in moments if moment]
    longest = MAX_HOST_PAUSE.total_seconds()
    return max((wait for wait in waits if 0 < wait <= longest), default=0.0)
