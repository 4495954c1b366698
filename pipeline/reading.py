"""How a page is read.

At once in this process where it is ordinary, otherwise in a worker with bounds.

`read(page, site) -> Extract` is the one interface; callers with many pages get a reader.
Does not: fetch or save.
Invariant: reading one page costs at most IN_PROCESS_SECONDS here and, in the worker, WORKER_SECONDS of CPU
and WORKER_BYTES of memory; a page that needs more is a problem with the reason.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Protocol

from archive.core.answers.reader_guard import GAVE_UP, TooLongError, bounded
from archive.core.records import Extract, Page, Problem, Site, Surface
from archive.files.raw_pages import Altered
from pipeline.process import prepare, process

IN_PROCESS_BYTES = 1024 * 1024
"""Larger bodies are read in the worker. Real pages of news have up to about half of it."""
IN_PROCESS_SECONDS = 3.0
"""CPU time after which a page is handed to the worker. An ordinary page takes a hundredth."""
WORKER_SECONDS = 20
WORKER_BYTES = 1536 * 2**20
"""Address space of the worker, of which Python and its libraries take about a third."""
WALL_FACTOR = 10
"""How many times its CPU time a worker may take on a busy machine before it counts as hung."""
COMMAND = ("-m", "pipeline.reading")
_TICK_SECONDS = 0.1
_CHUNK_BYTES = 65_536
_LENGTH = 8


class Reader(Protocol):
    """Reader of pages."""

    def read(self, page: Page, site: Site) -> Extract:
        """Return everything that can be read out of one answer of a site."""


class ManyReader(Protocol):
    """Reader of many pages, one after another or several at once."""

    def read_each(
        self, pages: Iterable[Page | Altered], site: Site
    ) -> Iterator[tuple[Page | Altered, Extract | None]]:
        """Yield each page and its extract, in the order of the pages; an altered one has no extract."""


class InterruptedReadingError(Exception):
    """The reading was broken off because the program is to end.

    The page was not read.
    """


class BoundedReader:
    """Reads ordinary pages in this process and others in one worker, which is started when it is needed."""

    def __init__(self, stopping: Callable[[], bool] = lambda: False, *, grace_seconds: float = 0.0) -> None:
        """`stopping` is set when the program is to end; a page then has the grace to be read."""
        self.apart = 0  # pages that were handed to the worker
        self._grace_seconds = grace_seconds
        self._ended = False
        self._stopping = stopping
        self._worker: subprocess.Popen[bytes] | None = None

    def read(self, page: Page, site: Site) -> Extract:
        """Return a page's extract.

        Raises InterruptedReadingError when the program is to end meanwhile.
        """
        return self.read_at_once(page, site) or self.read_apart(page, site)

    def read_each(
        self, pages: Iterable[Page | Altered], site: Site
    ) -> Iterator[tuple[Page | Altered, Extract | None]]:
        """Yield each page and its extract; an altered one has no extract."""
        for page in pages:
            yield page, self.read(page, site) if isinstance(page, Page) else None

    def read_at_once(self, page: Page, site: Site) -> Extract | None:
        """Return an ordinary page's extract.

        No result for one that is too large or takes too long for that.
        """
        if len(page.body) > IN_PROCESS_BYTES:
            return None
        prepare(page)
        try:
            with bounded(IN_PROCESS_SECONDS):
                return process(page, site)
        except TooLongError:
            return None

    def read_apart(self, page: Page, site: Site) -> Extract:
        """Return a page's extract, by the worker.

        Blocks; raises InterruptedReadingError as `read` does.
        """
        self.apart += 1
        worker = self._worker = self._worker or _start()
        began = time.monotonic()
        deadline = began + WORKER_SECONDS * WALL_FACTOR
        try:
            for done in _exchange(worker, pickle.dumps((page, site))):
                if done is not None:
                    return done
                if self._ended or (self._stopping() and time.monotonic() >= began + self._grace_seconds):
                    break
                if time.monotonic() > deadline:
                    return self._gave_up(page, "it did not end")
        except (OSError, EOFError):
            return self._gave_up(page, _death(worker))
        self.close()
        raise InterruptedReadingError(page.url)

    def end(self) -> None:
        """Break off the page that another thread reads, at once."""
        self._ended = True

    def close(self) -> None:
        """End the worker, if there is one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.communicate()

    def _gave_up(self, page: Page, reason: str) -> Extract:
        self.close()
        detail = f"Reading {page.url} was given up: {reason}. It is kept raw, and read again by newer rules."
        return Extract(surface=Surface.PAGE, problems=(Problem(code=GAVE_UP, detail=detail),))


def _start() -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(  # noqa: S603 - our own program, and no shell
        [sys.executable, *COMMAND],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )


def _exchange(worker: subprocess.Popen[bytes], data: bytes) -> Iterator[Extract | None]:
    """Send a request and yield the response, and None in between for the caller's other work.

    Raises EOFError or OSError where the worker has died.
    """
    if worker.stdin is None or worker.stdout is None:
        raise EOFError
    left = memoryview(len(data).to_bytes(_LENGTH) + data)
    os.set_blocking(worker.stdin.fileno(), False)
    while left:
        if _is_ready(worker.stdin, select.POLLOUT):
            left = left[os.write(worker.stdin.fileno(), left[:_CHUNK_BYTES]) :]
        else:
            yield None
    while not _is_ready(worker.stdout, select.POLLIN):
        yield None
    yield _receive(worker)


def _is_ready(stream: IO[bytes], event: int) -> bool:
    """True if a stream is ready within a tick, or broken; for descriptors above 1,023, too."""
    poll = select.poll()
    poll.register(stream, event)
    return bool(poll.poll(_TICK_SECONDS * 1000))


def _receive(worker: subprocess.Popen[bytes]) -> Extract:
    """Return the worker's answer, which is of our own making.

    Raises EOFError where it died.
    """
    if worker.stdout is None:
        raise EOFError
    size = _all(worker.stdout, _LENGTH)
    data = _all(worker.stdout, int.from_bytes(size))
    answer: Extract = pickle.loads(data)  # noqa: S301
    return answer


def _all(stream: IO[bytes], size: int) -> bytes:
    """Return so many bytes of an unbuffered stream.

    Raises EOFError where it ends before.
    """
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _death(worker: subprocess.Popen[bytes]) -> str:
    """Return why a worker died, as a clause."""
    code = worker.wait()
    if code == -signal.SIGXCPU:
        return f"it took more than {WORKER_SECONDS} s of CPU time"
    return "it needs too much memory" if code in (-signal.SIGKILL, -signal.SIGSEGV) else f"exit code {code}"


# -- in the worker ------------------------------------------------------------------------------------


def work() -> None:
    """Read pages from standard input and write their extracts to standard output, until the former ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of a library must not be mixed with the responses
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES, WORKER_BYTES))
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    questions = sys.stdin.buffer
    while len(size := questions.read(_LENGTH)) == _LENGTH:
        page, site = pickle.loads(questions.read(int.from_bytes(size)))  # noqa: S301 - by our own parent
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + WORKER_SECONDS + 1, hard))
        data = pickle.dumps(process(page, site))
        answers.write(len(data).to_bytes(_LENGTH) + data)
        answers.flush()


if __name__ == "__main__":
    work()
