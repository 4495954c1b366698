"""The server's side of the processes that run readers' SQL: start one, query it, end it.

Does not: decide who may run what. Invariant: a process is killed by the template alone, which is its
parent, so that no other process can ever be met by its number.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Final

from archive.public.sql.jobs import (
    END,
    MORE,
    PID,
    START,
    Failure,
    Job,
    Rows,
    pack_job,
    receive,
    send,
    unpack_reply,
)

START_SECONDS = 60.0  # for the template to do its imports, on a busy machine
END_SECONDS = 2.0
_PROGRAM = (
    "import sys; sys.path[:] = {path!r}; from archive.public.sql.process import run_template; run_template()"
)


class WorkerLostError(Exception):
    """A process that ended, or gave no reply in time and was ended."""


class Worker:
    """One process that runs SQL, one job at a time."""

    def __init__(self, template: Template, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self._template = template
        self._connection = connection
        self._ended = threading.Event()

    def ask(self, job: Job, seconds: float) -> Rows | Failure:
        """Run a job and return its reply.

        Raises WorkerLostError; the process is ended then.
        """
        return self._exchange(pack_job(job), seconds)

    def ask_for_more(self, seconds: float) -> Rows | Failure:
        """Return the next portion of a download.

        Raises WorkerLostError; the process is ended then.
        """
        return self._exchange(MORE, seconds)

    def _exchange(self, message: bytes, seconds: float) -> Rows | Failure:
        try:
            self._connection.settimeout(seconds)
            send(self._connection, message)
            return unpack_reply(receive(self._connection, seconds))
        except (OSError, EOFError, ValueError, TypeError) as error:
            late = isinstance(error, TimeoutError)
            self.end()
            raise WorkerLostError("late" if late else "gone") from error

    @property
    def ended(self) -> bool:
        """True once the process was ended."""
        return self._ended.is_set()

    def end(self) -> None:
        """Kill the process, in any state.

        May be called from any thread, and twice.
        """
        if not self._ended.is_set():
            self._ended.set()
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
            self._template.end(self.pid)
            self._connection.close()


class Template:
    """The process from which workers are forked; it starts with the first one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = os.getpid()
        atexit.register(self.close)

    def start_worker(self, settings: bytes) -> Worker:
        """Start a worker; `settings` are the pickled arguments of its Datasette.

        Raises WorkerLostError.
        """
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            pid = self._fork(theirs) or self._fork(theirs)  # a template that died is replaced once
        if not pid:
            ours.close()
            raise WorkerLostError("no process can be started")
        worker = Worker(self, ours, pid)
        try:
            ours.settimeout(START_SECONDS)
            send(ours, settings)
        except OSError as error:
            worker.end()
            raise WorkerLostError("gone") from error
        return worker

    def end(self, pid: int) -> None:
        """Kill a worker.

        A template that has ended has already ended its workers.
        """
        with self._lock, suppress(OSError):
            if self._control is not None:
                self._control.sendall(END + PID.pack(pid))
                self._control.recv(PID.size)

    def close(self) -> None:
        """End the template and all its workers."""
        if os.getpid() != self._owner:
            return  # a fork of ours: they are not its own
        with self._lock:
            self._drop()

    def _fork(self, theirs: socket.socket) -> int:
        """Return the number of a new worker's process, 0 if it was not started."""
        control = self._running()
        try:
            socket.send_fds(control, [START], [theirs.fileno()])
            reply = control.recv(PID.size)
        except OSError:
            reply = b""
        if len(reply) == PID.size:
            return int(PID.unpack(reply)[0])
        self._drop()
        return 0

    def _running(self) -> socket.socket:
        is_alive = self._process is not None and self._process.poll() is None
        if self._control is None or not is_alive:
            self._drop()
            self._control, theirs = socket.socketpair()
            self._control.settimeout(START_SECONDS)
            with theirs:
                program = _PROGRAM.format(path=sys.path)
                self._process = subprocess.Popen(  # noqa: S603  (our own program, and no shell)
                    [sys.executable, "-c", program, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
        return self._control

    def _drop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None


TEMPLATE: Final = Template()
"""The one of this process; the imports are done once, whatever is served."""
