"""Beside the clock: has people told after each crawl and when a digest is due, in a process of its own.

It knows when to look, and not what there is to say. One look at a time; asked again meanwhile, one more
follows. Where something could not be sent, the next look comes soon. It is stepped by the one who keeps
the clock, and never waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from subprocess import Popen

from crawler.schedule.cron import Schedule

RETRY_DELAY = timedelta(minutes=5)  # until what could not be sent is tried again
SEND_TIMEOUT = timedelta(minutes=5)  # for one look; a service answers in seconds, or not
_NEVER = datetime.max.replace(tzinfo=UTC)

logger = logging.getLogger(__name__)


class Notifier:
    """Starts a look when one is due. `launch` starts its process, and `now` tells the time."""

    def __init__(
        self,
        digest: Schedule | None,
        launch: Callable[[], Popen[bytes]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.child: Popen[bytes] | None = None
        self._digest = digest
        self._launch = launch
        self._now = now
        self._begun = self._due = now()

    @property
    def children(self) -> list[Popen[bytes]]:
        """The process of the look under way, if one is."""
        return [self.child] if self.child else []

    def ask(self) -> None:
        """Have a look as soon as that can be. May be called from any thread."""
        self._due = self._now()

    def step(self) -> None:
        """Start the look that is due, or see how the one under way goes."""
        now = self._now()
        if self.child is not None:
            self._attend(self.child, now)
        elif self._due <= now:
            self._begun, self._due = now, self._digest.next_after(now) if self._digest else _NEVER
            self.child = self._launch()

    def _attend(self, child: Popen[bytes], now: datetime) -> None:
        code = child.poll()
        if code is None and now - self._begun > SEND_TIMEOUT:
            logger.warning("Telling people took more than %s and is ended; it is tried again.", SEND_TIMEOUT)
            child.kill()
            code = child.wait()
        if code is not None:
            self.child = None
            if code:
                self._due = min(self._due, now + RETRY_DELAY)
