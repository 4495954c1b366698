"""The paths of this machine, removed from responses: what Datasette reports of files, without their location.

Datasette's own pages of its databases and threads name them, and so does SQL over `pragma_database_list`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from datasette.views.special import JsonDataView

from archive.public.served_archives import Json, room_of


async def databases(datasette: Any, request: Any) -> Any:
    """Return Datasette's list of its databases, each with the name of its file."""

    def listed() -> list[Json]:
        known: list[Json] = datasette._connected_databases()
        if not room_of(datasette).active:
            return known
        listed = []
        for each in known:
            name = each["path"] and Path(each["path"]).name
            listed.append({**each, "path": name})
        return listed

    return await JsonDataView(datasette, "databases.json", listed).get(request)


async def threads(datasette: Any, request: Any) -> Any:
    """Return Datasette's list of its threads, without its tasks, which name files of the program."""

    def listed() -> Json:
        known: Json = datasette._threads()
        if not room_of(datasette).active:
            return known
        return {name: value for name, value in known.items() if name not in ("tasks", "num_tasks")}

    return await JsonDataView(datasette, "threads.json", listed).get(request)


def keep_paths(connection: sqlite3.Connection) -> None:
    """Have SQL on a connection see NULL in place of the path of a file."""
    connection.set_authorizer(_authorize)


def _authorize(
    action: int, one: str | None, two: str | None, _database: str | None, _trigger: str | None
) -> int:
    is_read = action == sqlite3.SQLITE_READ and two == "file"
    if is_read and (one or "").lower() == "pragma_database_list":
        return sqlite3.SQLITE_IGNORE
    return sqlite3.SQLITE_OK
