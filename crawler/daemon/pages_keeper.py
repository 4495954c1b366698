"""Keeper of the pages' server process, which restarts it.

Does not: serve pages itself. The scheduler's loop calls `step`, which never waits. Invariant: the scheduler
continues in every state of the pages; only pages that cannot start at all are an error.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from subprocess import Popen
from typing import Protocol

from archive.core.errors import BackissueError
from archive.core.formatting import count

FIRST_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 30.0  # a process that has run for so long is steady

logger = logging.getLogger(__name__)


class Notes(Protocol):
    """Record of the state of the pages, for `status` and `/-/health`."""

    def fell(self, sentence: str) -> None:
        """Record that they ended."""

    def recovered(self, sentence: str) -> None:
        """Record that they run again, after a recorded end."""


class PagesKeeper:
    """Keeper that starts the pages, and restarts them after a pause.

    The pause doubles each time. `now` returns monotonic seconds.
    """

    def __init__(
        self, launch: Callable[[], Popen[bytes]], notes: Notes, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._launch = launch
        self._notes = notes
        self._now = now
        self._pause = FIRST_PAUSE_SECONDS
        self._falls = 0
        self._is_steady = False
        self._again_at: float | None = None
        self._began_at = now()
        self._child: Popen[bytes] | None = launch()

    @property
    def children(self) -> list[Popen[bytes]]:
        """Return the process of the pages in a list; empty without one."""
        return [self._child] if self._child else []

    def step(self) -> None:
        """Check the process, and restart it when its pause is over.

        Raises BackissueError where the first one ends at once by itself: then a restart would not help.
        """
        now = self._now()
        if self._child is None:
            if self._again_at is not None and now >= self._again_at:
                self._began_at = now
                self._again_at = None
                self._is_steady = False
                self._child = self._launch()
                logger.info("The pages are started again.")
            return
        code = self._child.poll()
        if code is not None:
            self._fall(code, now)
        elif not self._is_steady and now - self._began_at > STEADY_SECONDS:
            self._is_steady, self._pause = True, FIRST_PAUSE_SECONDS
            self._notes.recovered(f"The pages run again, after {count(self._falls, 'failure')}.")

    def _fall(self, code: int, now: float) -> None:
        ran = now - self._began_at
        if not self._falls and code > 0 and ran < STEADY_SECONDS:
            raise BackissueError(
                f"The pages could not start (exit code {code}).",
                hint="The reason should be above; `backissue serve` starts them alone.",
            )
        self._child = None
        self._falls = self._falls + 1
        self._again_at = now + self._pause
        sentence = f"The pages ended by themselves ({_ending(code)}) after {ran:,.0f} seconds."
        logger.error(
            "%s They are started again in %g seconds; the scheduler continues.", sentence, self._pause
        )
        self._pause = min(self._pause * 2, MAX_PAUSE_SECONDS)
        self._notes.fell(f"{sentence} They are started again.")


def _ending(code: int) -> str:
    if code < 0 and -code in set(signal.Signals):
        return signal.Signals(-code).name
    return f"exit code {code}"
