"""Switching faults on and off: which requests a fault touches, and what it may do to them.

It knows patterns and counters. It does not know any particular misbehaviour (refusals.py and mischief.py do),
nor what the site would have said, except by asking. Its law: a fault touches the requests whose path (or path
and query) its `match` pattern fits, for as long as its `times` last, and ends when the site closes.

    site.faults.add(TooMany(match="/wp-json/*", times=3, retry_after=1))
    site.faults.clear()

`*` in a pattern fits anything. The fault added last is asked first.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .wire import Request, Response

Ordinary = Callable[[], Response]


@dataclass(slots=True)
class Wire:
    """The connection an answer goes out on; `closing` is set when the site shuts down."""

    socket: socket.socket
    head: Callable[[Response, int | None], bytes]
    closing: threading.Event

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)


@dataclass(slots=True, kw_only=True)
class Fault:
    """Passes everything through; its children do not. `hits` counts what it touched."""

    match: str = "*"
    times: int | None = None
    hits: int = field(default=0, init=False)

    def fits(self, request: Request) -> bool:
        """True if this request is to be touched."""
        wanted = fnmatchcase(request.path, self.match) or fnmatchcase(request.target, self.match)
        return wanted and (self.times is None or self.hits < self.times)

    def answer(self, _request: Request, ordinary: Ordinary, /) -> Response:
        """The spoiled answer; `ordinary()` gives the sound one."""
        return ordinary()


class Faults:
    """The faults switched on at a site."""

    def __init__(self) -> None:
        self._on: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on and return it."""
        with self._lock:
            self._on.insert(0, fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch one fault off."""
        with self._lock:
            self._on.remove(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._on.clear()

    def answer(self, request: Request, ordinary: Ordinary, /) -> Response:
        """The answer of the first fault that fits, or the sound one."""
        with self._lock:
            fault = next((fault for fault in self._on if fault.fits(request)), None)
            if fault:
                fault.hits += 1
        return fault.answer(request, ordinary) if fault else ordinary()
