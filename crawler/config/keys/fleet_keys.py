"""Keys of `[fleet]`: the queue, the shared store, and the times of a fleet of crawlers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from archive.core.errors import ConfigError
from crawler.config.key_model import KeyTable, described_key
from crawler.config.spans import read_span
from crawler.config.toml_reader import TomlTable
from crawler.config.variables import filled, must_be_set, variables_in
from crawler.schedule.timetable import format_span

_QUEUE = (
    'the URL of a PostgreSQL database, such as "postgresql://backissue:${QUEUE_WORD}@db.example.org/fleet"'
)
_STORE = 'an object store or a shared folder, such as "s3://bucket/archives" or "/mnt/archives"'
_SHORTEST_LEASE, _LONGEST_LEASE = timedelta(seconds=2), timedelta(hours=1)
_SHORTEST_SLICE, _LONGEST_SLICE = timedelta(seconds=5), timedelta(days=1)
_LEASE = f"a span of time from {format_span(_SHORTEST_LEASE)} to {format_span(_LONGEST_LEASE)}, such as 1m"
_SLICE = f"a span of time from {format_span(_SHORTEST_SLICE)} to {format_span(_LONGEST_SLICE)}, such as 1m"


class FleetTable(KeyTable, frozen=True):
    """Keys of `[fleet]`."""

    queue: Annotated[str | None, described_key("The queue that all workers share.", _QUEUE, secret=True)] = (
        None
    )
    store: Annotated[str | None, described_key("Where the archives of all workers are.", _STORE)] = None
    lease: Annotated[str | None, described_key("How long a worker may be silent.", _LEASE, default="1m")] = (
        None
    )
    slice: Annotated[
        str | None, described_key("After how long a running crawl is published.", _SLICE, default="30m")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetKeys:
    """Configuration of a fleet.

    `queue` and `store` are None without a fleet. A worker that is silent for `lease` has lost its source; a
    crawl is published at least once a `slice`.
    """

    queue: str | None = field(default=None, repr=False)
    store: str | None = None
    lease: timedelta = timedelta(minutes=1)
    slice: timedelta = timedelta(minutes=30)

    def queue_url(self, environ: Mapping[str, str]) -> str:
        """Return the queue's URL with values of the environment. Raises ConfigError."""
        if self.queue is None:
            raise _lacking("queue", _QUEUE)
        hint = "Set it where the worker is started."
        must_be_set(variables_in(self.queue), environ, key="fleet.queue", hint=hint)
        return filled(self.queue, environ)

    def store_url(self) -> str:
        """Return the store's URL or path. Raises ConfigError."""
        if self.store is None:
            raise _lacking("store", _STORE)
        return self.store


def read_fleet(table: TomlTable) -> FleetKeys:
    """Return the configuration of a fleet. Raises ConfigError."""
    fleet = table.table("fleet")
    keys = fleet.read(FleetTable)
    if keys.queue is not None and not re.match(r"postgres(ql)?://|\$\{", keys.queue):
        fleet.refuse("queue", _QUEUE, "another text")
    default = FleetKeys()
    return FleetKeys(
        queue=keys.queue,
        store=_absolute_store(fleet, keys.store),
        lease=read_span(fleet, "lease", keys.lease, _SHORTEST_LEASE, _LONGEST_LEASE) or default.lease,
        slice=read_span(fleet, "slice", keys.slice, _SHORTEST_SLICE, _LONGEST_SLICE) or default.slice,
    )


def _absolute_store(fleet: TomlTable, store: str | None) -> str | None:
    """Return a store; a folder starts at the configuration."""
    is_folder = store is not None and "://" not in store
    return str(fleet.file.parent / store) if is_folder and store else store


def _lacking(key: str, expected: str) -> ConfigError:
    return ConfigError(
        f"fleet.{key}: expected {expected}; found nothing.", hint="docs/fleet.md shows a configuration."
    )
