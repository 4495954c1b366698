"""Lease of a crawl: until when its process may send requests.

The owner of the lease writes the deadline into a small file and extends it while it owns the lease; the crawl
reads it before each request. Times are of CLOCK_BOOTTIME, which continues while a process is stopped or the
machine sleeps, so that a process that was hung finds its lease expired when it wakes, before it sends
anything.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

LEASE_EXPIRED = 75
"""Exit code of a process whose lease expired (EX_TEMPFAIL of sysexits.h)."""
BEAT_SECONDS = 0.5


class CrawlLease:
    """File with the deadline of one crawl, and a beat of its process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._beat = path.with_name(f"{path.name}.beat")

    def extend(self, deadline: float) -> None:
        """Set the deadline, in seconds of `boot_seconds`."""
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        new.write_text(repr(deadline), encoding="ascii")
        new.replace(self.path)

    @property
    def is_valid(self) -> bool:
        """True before the deadline; False for a missing file."""
        try:
            deadline = float(self.path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return False
        return boot_seconds() < deadline

    def require(self) -> None:
        """End this process at once after the deadline.

        What it has saved stays saved, and no request is recorded as refused.
        """
        if not self.is_valid:
            os._exit(LEASE_EXPIRED)

    def beat(self) -> None:
        """Record that this process runs."""
        self._beat.touch()

    def silence(self) -> float:
        """Return the seconds since the last beat; infinite without one."""
        try:
            return time.time() - self._beat.stat().st_mtime
        except OSError:
            return float("inf")

    def watch(self) -> None:
        """Beat in a thread, and end this process after the deadline."""
        threading.Thread(target=self._watch, name="lease", daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.require()
            self.beat()
            time.sleep(BEAT_SECONDS)


def boot_seconds() -> float:
    """Return the seconds since the machine's start, sleep included."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def lease_of(settings: BaseSettings) -> CrawlLease | None:
    """Return the lease of a crawl by its settings, if any."""
    path = settings.get("BACKISSUE_LEASE")
    return CrawlLease(Path(path)) if path else None
