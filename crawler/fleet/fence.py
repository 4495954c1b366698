"""Fence of a source: a chain of states, of which each is created once.

State 7 can only be created by one process, and only after state 6: so there is one order of holders, and a
late writer is refused. A holder writes a beat while it works; who wants a source that is held waits until
it saw no new beat for the whole lease, by its own clock. No two clocks are compared.

Invariant: a holder stops before its lease has passed since its last beat (`HELD_PART`), so its last request
is sent before another one can hold the source.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from archive.core.errors import BusyError
from crawler.fetch.lease import boot_seconds
from crawler.fleet.shared_store import SharedStore

HELD_PART = 0.7  # of the lease: so long after its last beat a holder goes on
KEPT_STATES = 40  # states of a chain that stay, of which readers may still read one
DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of a source: its size and blocks by SHA-256."""

    bytes: int
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """State of a source's chain.

    `holder` has it, None when nobody does; `lease` is in seconds. `files` are those of the last publication,
    whose number is `published` (0 before the first). `at` is an ISO time in UTC, for people.
    """

    number: int = 0
    holder: str | None = None
    token: str = ""
    lease: float = 0.0
    files: dict[str, SourceFile] = field(default_factory=dict)
    published: int = 0
    outcome: str = ""
    at: str = ""

    def to_json(self) -> bytes:
        """Return the state as bytes for the store."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> SourceState:
        """Return the state of bytes out of the store."""
        values: dict[str, Any] = json.loads(content)
        files = {
            name: SourceFile(bytes=file["bytes"], blocks=tuple(file["blocks"]))
            for name, file in values.pop("files").items()
        }
        return cls(files=files, **values)


class HeldError(BusyError):
    """Source that another worker holds."""


class LateWriterError(BusyError):
    """Source that was given to another worker meanwhile."""


class Fence:
    """Chain of one source in a store."""

    def __init__(
        self,
        store: SharedStore,
        source: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.store = store
        self.source = source
        self._clock = clock
        self._sleep = sleep
        self.asserted_at = float("-inf")  # of `boot_seconds`: when this process last began to write its claim

    def newest(self) -> SourceState:
        """Return the newest state; one with number 0 before the first."""
        names = self.store.names(f"{self.source}/states")
        for name in reversed(names):
            content = self.store.read(f"{self.source}/states/{name}")
            if content is not None:
                return SourceState.from_json(content)
        return SourceState()

    def acquire(self, holder: str, lease: float) -> SourceState:
        """Take the source for a holder, and return the state that says so.

        Waits for a whole lease where another holder seems to be gone. Raises HeldError where it is not.
        """
        state = self.newest()
        if state.holder is not None:
            self._wait_for_silence(state)
        return self._next(
            state,
            replace(state, holder=holder, token=secrets.token_hex(8), lease=lease),
            HeldError(f"Another worker has taken {self.source} at the same moment."),
        )

    def renew(self, state: SourceState, count: int) -> None:
        """Write a beat of the holder. Raises LateWriterError."""
        begun = boot_seconds()
        self.store.replace(self._beat(state), f"{state.token} {count}".encode())
        self.asserted_at = begun
        if self.store.exists(self._key(state.number + 1)):
            raise self._late(state)

    def release(
        self, state: SourceState, files: dict[str, SourceFile] | None = None, outcome: str = ""
    ) -> SourceState:
        """Give the source back, with new files where it has some.

        Raises LateWriterError where another worker has it; nothing is changed then.
        """
        new = replace(state, holder=None, lease=0.0, outcome=outcome)
        if files is not None:
            new = replace(new, files=files, published=state.number + 1)
        released = self._next(state, new, self._late(state))
        self.store.delete(self._beat(state))
        return released

    def prune(self) -> None:
        """Remove old states, the oldest first."""
        names = self.store.names(f"{self.source}/states")
        for name in names[:-KEPT_STATES]:
            self.store.delete(f"{self.source}/states/{name}")

    def _next(self, old: SourceState, new: SourceState, refusal: BusyError) -> SourceState:
        new = replace(new, number=old.number + 1, at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}")
        begun = boot_seconds()
        if not self.store.create(self._key(new.number), new.to_json()):
            raise refusal
        self.asserted_at = begun
        if old.number and not self.store.exists(self._key(old.number)):
            # Old states are removed in order: where the one before is gone, this number was used and
            # removed, too.
            self.store.delete(self._key(new.number))
            raise refusal
        return new

    def _wait_for_silence(self, state: SourceState) -> None:
        """Wait for a lease without a beat. Raises HeldError after one."""
        heard = self.store.read(self._beat(state))
        since = self._clock()
        while self._clock() - since < state.lease:
            self._sleep(state.lease / 8)
            if self.store.read(self._beat(state)) != heard or self.store.exists(self._key(state.number + 1)):
                raise HeldError(f"{self.source} is held by {state.holder}.")

    def _late(self, state: SourceState) -> LateWriterError:
        return LateWriterError(
            f"{self.source} was given to another worker, since {state.holder} was silent for too long.",
            hint="Nothing of its late work is written; the other worker does it.",
        )

    def _key(self, number: int) -> str:
        return f"{self.source}/states/{number:0{DIGITS}d}"

    def _beat(self, state: SourceState) -> str:
        return f"{self.source}/beats/{state.number:0{DIGITS}d}"
