"""Rooms of single published archives, below /archives/NAME/.

Each is a Datasette of its own, made for the first request.

It has the settings, the permissions and the metadata of the library's server.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from datasette.utils.asgi import Response

from archive.public.headers import without_base
from archive.public.library.library import Library, OpenGeneration
from archive.public.sql import stock
from archive.shards import generation

ROOMS_PATH = "archives"
MOST_ROOMS = 24
"""Rooms that are kept open; the one that was asked for longest ago is closed."""

App = Callable[[Any, Any, Any], Awaitable[None]]


class ShardRoom:
    """A Datasette that serves one archive of a generation."""

    def __init__(self, datasette: Any, held: OpenGeneration, name: str) -> None:
        from datasette.app import Datasette  # noqa: PLC0415  (it imports us while it is imported)

        base = datasette.setting("base_url")
        metadata = dict(datasette._metadata_local or {})
        plugins = dict(metadata.get("plugins") or {})
        ours = {**(plugins.get("backissue") or {}), "library_path": base}
        ours.pop("published", None)
        metadata["plugins"] = {**plugins, "backissue": ours}
        metadata.pop("title", None)  # it is the library's name, not that of one archive
        self.uses = 0
        settings = {
            **datasette._settings,
            "base_url": f"{base}{ROOMS_PATH}/{name}/",
            "default_allow_sql": True,
        }
        self._datasette = Datasette(
            [],
            immutables=[str(generation.shard_path(held.folder, name))],
            metadata=metadata,
            settings=settings,
            plugins_dir=datasette.plugins_dir,
            template_dir=datasette.template_dir,
            secret=datasette._secret,
        )
        self.app: App = self._datasette.app()

    def end_stalled_downloads(self) -> None:
        """End downloads that nobody takes."""
        stock.pool_of(self._datasette).end_stalled_downloads()

    def close(self) -> None:
        """End its processes and close its files."""
        stock.pool_of(self._datasette).close()
        self._datasette.executor.shutdown(wait=False, cancel_futures=True)
        for database in self._datasette.databases.values():
            for connection in database._all_file_connections:
                with suppress(sqlite3.ProgrammingError):
                    connection.close()


def with_rooms(app: App, datasette: Any, library: Library) -> App:
    """Return the library's application with its archives' rooms."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        parts, inner = (), scope
        if scope["type"] == "http":
            inner = without_base(datasette.setting("base_url"), scope)
            parts = inner["path"].split("/", 3)
        if len(parts) < 3 or parts[1] != ROOMS_PATH:
            await app(scope, receive, send)
            return
        name = parts[2]
        with library.reading() as held:
            if name not in held.shards:
                await app(scope, receive, send)
            elif len(parts) == 3:
                target = f"{datasette.setting('base_url')}{ROOMS_PATH}/{name}/"
                await Response.redirect(target).asgi_send(send)
            else:
                room = _room(datasette, held, name)
                room.uses += 1
                try:
                    await room.app(_below(inner, f"/{ROOMS_PATH}/{name}"), receive, send)
                finally:
                    room.uses -= 1

    return wrapped


def _room(datasette: Any, held: OpenGeneration, name: str) -> ShardRoom:
    """Return the room of an archive, as most recently used."""
    room = held.rooms.pop(name, None) or ShardRoom(datasette, held, name)
    held.rooms[name] = room
    unused = [other for other, each in held.rooms.items() if not each.uses and other != name]
    for other in unused[: max(0, len(held.rooms) - MOST_ROOMS)]:
        held.rooms.pop(other).close()
    result: ShardRoom = room
    return result


def _below(scope: Any, prefix: str) -> Any:
    raw = scope.get("raw_path") or scope["path"].encode()
    own_path = scope["path"][len(prefix) :]
    return {**scope, "path": own_path, "raw_path": raw[len(prefix) :]}
