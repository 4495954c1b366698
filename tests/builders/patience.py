"""What keeps a test from failing by bad luck: waiting for a state, and ports that nobody else is given.

Its law: no test says how fast a machine is. PATIENCE ends only a test that would never end.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

PATIENCE = 300.0  # seconds

_reserved: list[socket.socket] = []


def until(true: Callable[[], object], what: str | Callable[[], str]) -> None:
    """Wait until something is true; what was waited for, or what a log says, is told where it never is."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what if isinstance(what, str) else what()
        time.sleep(0.05)


def free_port() -> int:
    """A port of the loopback, for a server that a test starts.

    It stays bound by a socket that never listens, so that the system gives it to nobody else while these
    tests run; a server that reuses addresses, as all do, listens there all the same.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    _reserved.append(reserved)
    return int(reserved.getsockname()[1])
