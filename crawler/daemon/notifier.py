"""Notifier of the scheduler: sends notifications in a process of its own.

After each crawl, and when a digest is due. One process at a time; a request meanwhile starts one more
afterwards. Where a message could not be sent, the retry is soon. The scheduler's loop calls `step`, which
never waits. Does not: decide the messages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from subprocess import Popen

from crawler.schedule.cron import Schedule

RETRY_DELAY = timedelta(minutes=5)  # the pause before a failed message is sent again
SEND_TIMEOUT = timedelta(minutes=5)  # for one process; a service responds in seconds, or not at all
_NEVER = datetime.max.replace(tzinfo=UTC)

logger = logging.getLogger(__name__)


class Notifier:
    """Starter of the notification process when one is due.

    `launch` starts the process, and `now` returns the current time (aware).
    """

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
        """Return the active process in a list; empty without one."""
        return [self.child] if self.child else []

    def ask(self) -> None:
        """Schedule a process as soon as possible.

        May be called from any thread.
        """
        self._due = self._now()

    def step(self) -> None:
        """Start the process that is due, or check the active one."""
        now = self._now()
        if self.child is not None:
            self._attend(self.child, now)
        elif self._due <= now:
            self._begun = now
            self._due = self._digest.next_after(now) if self._digest else _NEVER
            self.child = self._launch()

    def _attend(self, child: Popen[bytes], now: datetime) -> None:
        code = child.poll()
        if code is None and now - self._begun > SEND_TIMEOUT:
            logger.warning(
                "Notifications took more than %s and were stopped; they are sent again later.", SEND_TIMEOUT
            )
            child.kill()
            code = child.wait()
        if code is not None:
            self.child = None
            if code:
                self._due = min(self._due, now + RETRY_DELAY)
