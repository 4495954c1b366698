"""Fence of a source: a chain of states, of which each is created once.

State 7 can only be created by one process, and only after state 6: so there is one order of holders, and a
late writer is refused. A holder writes a beat while it works; a process that wants a source with a holder
waits until it saw no new beat for the whole lease, by its own clock. No two clocks are compared.

Invariant: a holder stops before its lease has passed since its last beat (`HELD_PART`), so its last request
is sent before another one can own the source.
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

HELD_PART = 0.7  # of the lease: so long after its last beat a holder continues
KEPT_STATES = 40  # states of a chain that stay, of which readers may still read one
DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of a source: its size in bytes, and the names of its blocks in order."""

    bytes: int
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FencedState:
    """State of a source's chain.

    `holder` has it, if any; `lease` is in seconds. `files` are those of the last publication, whose number is
    `published` (0 before the first). `at` is an ISO time in UTC, for people.
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
    def from_json(cls, content: bytes) -> FencedState:
        """Return the state of bytes out of the store."""
        values: dict[str, Any] = json.loads(content)
        files = {}
        for name, file in values.pop("files").items():
            files[name] = SourceFile(bytes=file["bytes"], blocks=tuple(file["blocks"]))
        return cls(files=files, **values)


def block_name(sender: int, digest: str) -> str:
    """Return the name of a block: the number of the state that sent it, and its SHA-256."""
    return f"{sender:0{DIGITS}d}-{digest}"


def block_sender(name: str) -> int:
    """Return the number of the state in which a block was sent."""
    return int(name.partition("-")[0])


class HeldError(BusyError):
    """Source that belongs to another worker."""


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

    def newest(self) -> FencedState:
        """Return the newest state; one with number 0 before the first."""
        for name in reversed(self.store.names(self._states)):
            content = self.store.read(f"{self._states}/{name}")
            if content is not None:
                return FencedState.from_json(content)
        return FencedState()

    def acquire(self, holder: str, lease: float) -> FencedState:
        """Take the source for a holder, and return its new state.

        Waits for a whole lease where another holder seems to have ended. Raises HeldError where it has not.
        """
        state = self.newest()
        if state.holder is not None:
            self._wait_for_silence(state)
        taken = replace(state, holder=holder, token=secrets.token_hex(8), lease=lease)
        refusal = HeldError(f"Another worker took {self.source} at the same moment.")
        return self._next(state, taken, refusal)

    def renew(self, state: FencedState, count: int) -> None:
        """Write a beat of the holder. Raises LateWriterError."""
        begun = boot_seconds()
        beat = f"{state.token} {count}"
        self.store.replace(self._beat(state), beat.encode())
        self.asserted_at = begun
        following = self.store.read(self._key(state.number + 1))
        if following is not None and FencedState.from_json(following).token != state.token:
            raise self._late(state)  # a state with our token is our own release

    def release(
        self, state: FencedState, files: dict[str, SourceFile] | None = None, outcome: str = ""
    ) -> FencedState:
        """Give the source back, with new files where it has some.

        Raises LateWriterError where another worker has it; nothing is changed then.
        """
        new = replace(state, holder=None, lease=0.0, outcome=outcome)
        if files is not None:
            new = replace(new, files=files, published=state.number + 1)
        released = self._next(state, new, self._late(state))
        self.store.delete(self._beat(state))
        return released

    def prune(self, keep: int | None = None) -> None:
        """Remove states but the newest, and blocks that are named by no remaining state.

        `keep` is the number of states that stay, KEPT_STATES by default.

        A block is named by states after the one in which it was sent, so one that is older than the newest
        state and is not named now never will be: who sent it too late is refused.
        """
        keep = keep or KEPT_STATES
        names = self.store.names(self._states)
        for name in names[:-keep]:
            self.store.delete(f"{self._states}/{name}")
        contents = [self.store.read(f"{self._states}/{name}") for name in names[-keep:]]
        states = [FencedState.from_json(content) for content in contents if content is not None]
        named: set[str] = set()
        for state in states:
            for file in state.files.values():
                named.update(file.blocks)
        newest = max((state.number for state in states), default=0)
        for name in self.store.names(f"{self.source}/blocks"):
            if name not in named and block_sender(name) < newest:
                self.store.delete(f"{self.source}/blocks/{name}")

    def _next(self, old: FencedState, new: FencedState, refusal: BusyError) -> FencedState:
        new = replace(new, number=old.number + 1, at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}")
        begun = boot_seconds()
        if not self.store.create(self._key(new.number), new.to_json()):
            raise refusal
        self.asserted_at = begun
        newest = self.store.names(self._states)[-1]
        if self._key(new.number) != f"{self._states}/{newest}":
            raise refusal  # the number was used and removed long ago: a greater one is there
        return new

    def _wait_for_silence(self, state: FencedState) -> None:
        """Wait for a lease without a beat. Raises HeldError after one."""
        heard = self.store.read(self._beat(state))
        since = self._clock()
        while self._clock() - since < state.lease:
            self._sleep(state.lease / 8)
            has_beaten = self.store.read(self._beat(state)) != heard
            if has_beaten or self.store.exists(self._key(state.number + 1)):
                raise HeldError(f"{self.source} is held by {state.holder}.")

    def _late(self, state: FencedState) -> LateWriterError:
        return LateWriterError(
            f"{self.source} went to another worker, since {state.holder} was silent for too long.",
            hint="The late work is discarded; the other worker does it again.",
        )

    @property
    def _states(self) -> str:
        return f"{self.source}/states"

    def _key(self, number: int) -> str:
        return f"{self._states}/{number:0{DIGITS}d}"

    def _beat(self, state: FencedState) -> str:
        return f"{self.source}/beats/{state.number:0{DIGITS}d}"
