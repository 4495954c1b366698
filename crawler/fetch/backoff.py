"""How long a host is left alone: as long as it asks, and longer each time it gives no list, or just refuses.

Pure. What is remembered between crawls are two bookmarks; a crawl that somebody starts by hand heeds
only what the site itself has asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from archive.core.timestamps import instant, to_text

ASKED = "asked-to-wait-until"
REFUSED = "refused"  # how many crawls in a row were given no list, or nothing but refusals
ALONE = "left-alone-until"
LONGEST_ASKED = timedelta(days=1)  # a site that asks for more is asked again after a day
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=1)


def asked(seconds: float, now: datetime) -> dict[str, str]:
    """The bookmark to keep when a site asks to be left alone for so long."""
    return {ASKED: to_text(now + min(LONGEST_ASKED, timedelta(seconds=seconds))) or ""}


def after(refused: bool, before: str | None, now: datetime) -> dict[str, str]:
    """The bookmarks to keep at the end of a crawl. `before` is the count of refusals until now."""
    if not refused:
        return {REFUSED: "0", ALONE: ""} if before not in {None, "0"} else {}
    times = int(before or 0) + 1
    pause = min(LONGEST, SHORTEST * float(2 ** min(times - 1, 10)))
    return {REFUSED: str(times), ALONE: to_text(now + pause) or ""}


def left(mark: Callable[[str], str | None], now: datetime, *, by_hand: bool) -> float:
    """The seconds the host is still to be left alone; 0 when it may be asked. `mark` reads a bookmark."""
    names = (ASKED,) if by_hand else (ASKED, ALONE)
    moments = [instant(text) for text in map(mark, names) if text]
    waits = [(moment - now).total_seconds() for moment in moments]
    return max((wait for wait in waits if 0 < wait <= LONGEST_ASKED.total_seconds()), default=0.0)
