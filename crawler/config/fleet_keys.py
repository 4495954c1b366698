"""Keys of `[fleet]`: the queue, the shared store, and the times of a fleet of crawlers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from archive.core.errors import ConfigError
from crawler.config.toml_reader import TomlTable, describe_value
from crawler.schedule.timetable import format_span, parse_span

FLEET_KEYS = ("queue", "store", "lease", "slice")
_QUEUE = (
    'the URL of a PostgreSQL database, such as "postgresql://backissue:${QUEUE_WORD}@db.example.org/fleet"'
)
_STORE = 'an object store or a shared folder, such as "s3://bucket/archives" or "/mnt/archives"'
_VARIABLE = re.compile(r"\$\{(\w+)\}", re.ASCII)
_TIMES = {
    "lease": (timedelta(seconds=2), timedelta(hours=1)),
    "slice": (timedelta(seconds=5), timedelta(days=1)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetKeys:
    """Configuration of a fleet.

    `queue` and `store` are None where this is none. A worker that is silent for `lease` has lost its
    source; a crawl is published at least once a `slice`.
    """

    queue: str | None = field(default=None, repr=False)
    store: str | None = None
    lease: timedelta = timedelta(minutes=1)
    slice: timedelta = timedelta(minutes=30)

    def queue_url(self, environ: Mapping[str, str]) -> str:
        """Return the queue's URL with values of the environment. Raises ConfigError."""
        if self.queue is None:
            raise _lacking("queue", _QUEUE)
        for name in _VARIABLE.findall(self.queue):
            if name not in environ:
                raise ConfigError(
                    f"fleet.queue needs ${name}, which is not in the environment.",
                    hint="Set it where the worker is started.",
                )
        return _VARIABLE.sub(lambda found: environ[found[1]], self.queue)

    def store_url(self) -> str:
        """Return the store's URL or path. Raises ConfigError."""
        if self.store is None:
            raise _lacking("store", _STORE)
        return self.store


def read_fleet(table: TomlTable) -> FleetKeys:
    """Return the configuration of a fleet. Raises ConfigError."""
    fleet = table.table("fleet")
    fleet.only(FLEET_KEYS)
    queue = fleet.text("queue", _QUEUE)
    if queue is not None and not re.match(r"postgres(ql)?://|\$\{", queue):
        fleet.refuse("queue", _QUEUE, "another text")
    store = fleet.text("store", _STORE)
    if store and "://" not in store:
        store = str(fleet.file.parent / store)
    default = FleetKeys()
    return FleetKeys(
        queue=queue,
        store=store,
        lease=_read_time(fleet, "lease") or default.lease,
        slice=_read_time(fleet, "slice") or default.slice,
    )


def _read_time(fleet: TomlTable, key: str) -> timedelta | None:
    least, most = _TIMES[key]
    expected = f"a span of time from {format_span(least)} to {format_span(most)}, such as 1m"
    text = fleet.text(key, expected)
    if text is None:
        return None
    try:
        span = parse_span(text)
    except ValueError as error:
        fleet.refuse(key, expected, f"{describe_value(text)}: {error}")
    if not least <= span <= most:
        fleet.refuse(key, expected, describe_value(text))
    return span


def _lacking(key: str, expected: str) -> ConfigError:
    return ConfigError(
        f"fleet.{key}: expected {expected}; found none.", hint="docs/fleet.md shows a configuration."
    )
