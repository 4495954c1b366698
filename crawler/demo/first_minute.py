"""The demo's first minute: after the first crawl, a second one, the library's pages, and a verification.

Each is a child process with the command that a user would give, so that an archive of the demo shows edits,
a move, what was removed before, and months that are proved. Once they have ended, nothing is done again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.core.database import read_only
from crawler.config.config import Config
from crawler.daemon import processes
from crawler.demo import past

_EDITED_SECONDS = 21
"""When the story's edits (story.json) have happened, from the newspaper's start on."""
_TRIES = 40
"""Tries of one command while the scheduler's own crawl holds the lock, half a second apart."""
_HELD = 4
_CRAWLED = "SELECT 1 FROM runs WHERE kind = 'crawl' AND outcome = 'ok' LIMIT 1"
_VERIFIED = "SELECT 1 FROM runs WHERE kind = 'verify' AND ended_at IS NOT NULL LIMIT 1"


@contextmanager
def beginning(config: Config, base: str, start: datetime) -> Iterator[None]:
    """Do in the background what the first minute takes; end it with the context.

    `base` is the newspaper's origin, and `start` (aware) when it began.
    """
    minute = _FirstMinute(config, base, start)
    minute.start()
    try:
        yield
    finally:
        minute.end()


class _FirstMinute(threading.Thread):
    def __init__(self, config: Config, base: str, start: datetime) -> None:
        super().__init__(daemon=True)
        self._config, self._base, self._start_of_paper = config, base, start
        self._ended = threading.Event()

    def run(self) -> None:
        if self._has(_VERIFIED) or not self._until_first_crawl():
            return
        name = self._config.sources[0].site.name
        with TemporaryDirectory() as folder:
            file = Path(folder) / "library.warc.gz"
            past.write(file, self._base, self._start_of_paper)
            self._command("crawl", name, "--no-progress", "--json")
            self._command("import", str(file), "--witness", past.witness(), "--no-progress", "--json")
            self._command("verify", name, "--no-progress", "--json")

    def end(self) -> None:
        """End a command that still runs; what it saved is kept."""
        self._ended.set()
        self.join(processes.STOP_GRACE_SECONDS)

    def _until_first_crawl(self) -> bool:
        edited = self._start_of_paper + timedelta(seconds=_EDITED_SECONDS)
        while not self._ended.wait(0.5):
            if datetime.now(UTC) >= edited and self._has(_CRAWLED):
                return True
        return False

    def _command(self, *arguments: str) -> None:
        for _ in range(_TRIES):
            if self._ended.is_set() or self._ending_of(arguments) != _HELD:
                return
            self._ended.wait(0.5)

    def _ending_of(self, arguments: tuple[str, ...]) -> int:
        child = processes.start(["--config", str(self._config.path), *arguments], quiet=True)
        while child.poll() is None:
            if self._ended.wait(0.1):
                processes.ask_to_stop([child])
                processes.wait_for([child], processes.STOP_GRACE_SECONDS)
        return child.returncode

    def _has(self, sql: str) -> bool:
        with suppress(sqlite3.Error), closing(read_only(self._config.archive)) as db:
            return db.execute(sql).fetchone() is not None
        return False
