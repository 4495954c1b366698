"""Beside the clock: keeps the process that serves the pages alive, and says when it was started again.

Does not: know how pages are served. Stepped by the one who keeps the clock, and never waits. Invariant: the
clock goes on whatever happens to the pages; only pages that cannot start at all are an error.
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
LONGEST_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 30.0  # a process that has run for so long is well

logger = logging.getLogger(__name__)


class Notes(Protocol):
    """Where it is kept how the pages are, for `status` and `/-/health`."""

    def fell(self, sentence: str) -> None:
        """Keep that they ended."""

    def recovered(self, sentence: str) -> None:
        """Keep that they run again, where it was kept that they ended."""


class PagesKeeper:
    """Starts the pages, and again after a pause that doubles. `now` gives seconds that only grow."""

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
        """The process of the pages, if it runs."""
        return [self._child] if self._child else []

    def step(self) -> None:
        """See how the process is, and start it again when its pause is over.

        Raises BackissueError where the first one ends at once by itself: then nothing would mend it.
        """
        now = self._now()
        if self._child is None:
            if self._again_at is not None and now >= self._again_at:
                self._began_at, self._again_at, self._is_steady = now, None, False
                self._child = self._launch()
                logger.info("The pages are started again.")
            return
        code = self._child.poll()
        if code is not None:
            self._fall(code, now)
        elif not self._is_steady and now - self._began_at > STEADY_SECONDS:
            self._is_steady, self._pause = True, FIRST_PAUSE_SECONDS
            self._notes.recovered(f"The pages run again, after they had ended {count(self._falls, 'time')}.")

    def _fall(self, code: int, now: float) -> None:
        ran = now - self._began_at
        if not self._falls and code > 0 and ran < STEADY_SECONDS:
            raise BackissueError(
                f"The pages ended by themselves (exit code {code}).",
                hint="Above it should say why; `backissue serve` starts them alone.",
            )
        self._child, self._falls = None, self._falls + 1
        self._again_at = now + self._pause
        sentence = f"The pages ended by themselves ({_ending(code)}) after {ran:,.0f} seconds."
        logger.error("%s They are started again in %g seconds; the clock goes on.", sentence, self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._notes.fell(f"{sentence} They are started again.")


def _ending(code: int) -> str:
    if code < 0 and -code in set(signal.Signals):
        return signal.Signals(-code).name
    return f"exit code {code}"
