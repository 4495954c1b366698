"""The start and the end of a server that shows an archive, and what it watches meanwhile.

Does not: act in a Datasette that is called in its own process, as tests and `--get` do. Invariant: a signal
to end is followed within seconds, whatever is being read, and no process of ours is left behind.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from weakref import WeakSet

from archive.public.served_archives import room_of
from archive.public.sql import stock
from archive.public.sql.workers import TEMPLATE
from archive.queries.health import LONGEST_LOG_BYTES

UNREAD_GRACE_SECONDS = 2.0  # for responses in progress, once the server is to end
WATCH_SECONDS = 2.0  # between two checks of the downloads and the write-ahead log
OLD_DOWNLOAD_SECONDS = 30.0  # after which a download is ended while the write-ahead log is too large

_log = logging.getLogger("backissue.pages")


class Ending:
    """Every response in progress, and whether the server is to end."""

    def __init__(self) -> None:
        self.is_over = False
        self._answers: WeakSet[asyncio.Task[None]] = WeakSet()

    def add(self, answer: asyncio.Task[None]) -> None:
        """Track a response until it is complete."""
        self._answers.add(answer)

    def cancel_all(self) -> None:
        """Give up the answers that are still under way."""
        self.is_over = True
        for answer in list(self._answers):
            answer.cancel()


def served(
    app: Callable[..., Awaitable[None]], datasette: Any, ending: Ending
) -> Callable[..., Awaitable[None]]:
    """Return the application, with our part at the start and the end of its server."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        watch = DownloadWatchdog(datasette)

        async def heard() -> Any:
            message = await receive()
            if message["type"] == "lifespan.startup":
                _heed_signals(datasette, ending)
                watch.start()
            elif message["type"] == "lifespan.shutdown":
                watch.stop()
                _close(datasette)
                if (library := room_of(datasette).library) is not None:
                    library.close()
                TEMPLATE.close()
            return message

        await app(scope, heard, send)

    return wrapped


class DownloadWatchdog(threading.Thread):
    """A thread that ends downloads nobody takes, and old ones while the write-ahead log is large."""

    def __init__(self, datasette: Any) -> None:
        super().__init__(name="watch-sql", daemon=True)
        self._datasette = datasette
        self._stopped = threading.Event()

    def run(self) -> None:
        """Watch until stopped."""
        room = room_of(self._datasette)
        if room.main or room.waiting:
            stock.pool_of(self._datasette).start()
        while not self._stopped.wait(WATCH_SECONDS):
            self.step()

    def step(self) -> None:
        """Check once."""
        pool = stock.pool_of(self._datasette)
        pool.end_stalled_downloads()
        if (library := room_of(self._datasette).library) is not None:
            library.end_stalled_downloads()
        name = room_of(self._datasette).main
        path = self._datasette.databases[name].path if name else None
        if path is None or log_bytes(Path(path)) <= LONGEST_LOG_BYTES:
            return
        if ended := pool.end_stalled_downloads(OLD_DOWNLOAD_SECONDS):
            _log.warning("The write-ahead log is too large: %d downloads that held it were ended.", ended)

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()


def log_bytes(archive: Path) -> int:
    """Return the bytes of an archive's write-ahead log, 0 if it does not exist."""
    try:
        return archive.with_name(f"{archive.name}-wal").stat().st_size
    except OSError:
        return 0


def _heed_signals(datasette: Any, ending: Ending) -> None:
    """Before the server's own handler, end what would keep it waiting.

    Only the main thread can.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def handle(number: int, frame: Any, before: Any = before) -> None:
            loop.call_soon_threadsafe(_end, loop, datasette, ending)
            if callable(before):
                before(number, frame)

        signal.signal(number, handle)


def _end(loop: asyncio.AbstractEventLoop, datasette: Any, ending: Ending) -> None:
    """End the processes at once, and answers that are still under way in a moment."""
    _close(datasette)
    loop.call_later(UNREAD_GRACE_SECONDS, ending.cancel_all)


def _close(datasette: Any) -> None:
    stock.pool_of(datasette).close()
    stock.interrupt(datasette)
