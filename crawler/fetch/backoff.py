"""How long a host is left alone: as long as it asks, and longer each time it gives no list, or just refuses.

Pure. A crawl that somebody starts by hand heeds only what the site itself has asked for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from archive.core.crawl_state import CrawlState
from crawler.fetch.session import LONGEST_PAUSE

SHORTEST_BACKOFF, LONGEST_BACKOFF = timedelta(minutes=5), timedelta(hours=1)


def after(state: CrawlState, now: datetime, *, refused: bool) -> CrawlState:
    """Return the state of a source after one more crawl, which was refused or not."""
    if not refused:
        return replace(state, refusals=0, pause_until=None)
    times = state.refusals + 1
    pause = min(LONGEST_BACKOFF, SHORTEST_BACKOFF * float(2 ** min(times - 1, 10)))
    return replace(state, refusals=times, pause_until=now + pause)


def seconds_left(state: CrawlState, now: datetime, *, by_hand: bool) -> float:
    """Return the seconds for which the host is still to be left alone; 0 when it may be asked."""
    moments = [state.wait_until, None if by_hand else state.pause_until]
    waits = [(moment - now).total_seconds() for moment in moments if moment]
    return max((wait for wait in waits if 0 < wait <= LONGEST_PAUSE.total_seconds()), default=0.0)
