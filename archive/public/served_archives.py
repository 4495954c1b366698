"""Which of the databases that Datasette serves is a Backissue archive, and what belongs to the room.

One `Room` for each running Datasette. It finds the archive by its tables, not by its name, and searches again
until there is one, since the crawler may make it after the server has started.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, ref

from archive.core.database import read_only
from archive.core.file_kinds import DESK, HIDDEN, migration_sets
from archive.files.desk_records import ENVIRONMENT
from archive.public.library.library import Library, library_of

OURS = frozenset({"articles", "comments", "articles_fts", "comments_fts", "sources", "runs", "visits"})
_PATIENCE = 0.5  # seconds to wait for a file that another process has locked
_AGAIN = 1.0  # seconds between two checks of a database that was no archive
FOLDER = Path(str(files("archive.public")))

Json = dict[str, Any]

_rooms: WeakKeyDictionary[Any, Room] = WeakKeyDictionary()


def room_of(datasette: Any) -> Room:
    """Return the room of one Datasette."""
    if datasette not in _rooms:
        _rooms[datasette] = Room(datasette)
    return _rooms[datasette]


class Room:
    """Template object named `backissue`."""

    def __init__(self, datasette: Any) -> None:
        self._datasette = ref(datasette)  # it refers to us: a strong reference would keep both for ever
        self._known: dict[str, str] = {}
        self._looked: dict[str, float] = {}
        self._named = (-_AGAIN, "")

    @property
    def _databases(self) -> dict[str, Any]:
        datasette = self._datasette()
        databases: dict[str, Any] = {}
        if datasette is not None:
            databases = datasette.databases
        return databases

    @property
    def archives(self) -> list[str]:
        """The names of all databases with our tables, in the order they are served."""
        return [name for name, database in self._databases.items() if self._look(name, database) == "archive"]

    @property
    def main(self) -> str | None:
        """The archive that the pages show, if any: the first one."""
        return next(iter(self.archives), None)

    def is_private(self, name: str) -> bool:
        """True for a file of ours that no reader may see: desks, or what is hidden."""
        database = self._databases.get(name)
        return database is not None and self._look(name, database) == "private"

    @property
    def waiting(self) -> str | None:
        """The only database there is, when it is a file without any table: an archive not yet begun."""
        databases = self._databases.items()
        kinds = {name: self._look(name, database) for name, database in databases}
        served = [name for name in kinds if name not in ("_internal", "_memory")]
        if len(served) == 1 and kinds[served[0]] == "blank":
            return served[0]
        return None

    @property
    def library(self) -> Library | None:
        """The published archives that are served together, if any."""
        return library_of(self._datasette())

    @property
    def library_path(self) -> str:
        """The path of the library above this room, or ""."""
        return str(self._given("library_path"))

    @property
    def active(self) -> bool:
        """True if the room is open at all."""
        return self.library is not None or self.main is not None or self.waiting is not None

    @property
    def alone(self) -> bool:
        """True if the archive is the only database that is served."""
        shown = [name for name in self._databases if name not in ("_internal", "_memory")]
        return len(shown) == 1

    @property
    def title(self) -> str:
        """The name of this archive: the operator's, its sources' or ours."""
        datasette = self._datasette()
        given = datasette.metadata("title") if datasette else None
        if given:
            return str(given)
        if self.library is not None:
            return "Archives"
        main = self.main
        now = time.monotonic()
        if main is not None and now - self._named[0] > _AGAIN:
            self._named = (now, _names(str(self._databases[main].path)))
        return self._named[1] or "Backissue"

    @property
    def about(self) -> str:
        """The operator's about page in Markdown (plugins.backissue.about of the metadata), or ""."""
        return str(self._given("about"))

    @property
    def desks_open(self) -> bool:
        """True if the operator has opened readers' desks: by the metadata, `[desk]` or `--desk`."""
        given = self._settings.get("desk")
        wanted = given is True or (given is None and os.environ.get(ENVIRONMENT) == "1")
        return wanted and self.main is not None

    def _given(self, name: str) -> Any:
        """Return a setting of ours in the metadata, or ""."""
        return self._settings.get(name) or ""

    @property
    def _settings(self) -> dict[str, Any]:
        """Return our settings in the metadata."""
        datasette = self._datasette()
        if datasette is None:
            return {}
        return datasette.plugin_config("backissue") or {}

    def static(self, name: str) -> str:
        """Return the path of one of our static files, with a version that changes with the file."""
        return f"-/static-plugins/{_plugin_name()}/{name}?{_mark_of(name)}"

    def _look(self, name: str, database: Any) -> str:
        known = self._known.get(name)
        if known == "archive" or database.path is None:
            return known or "other"
        now = time.monotonic()
        if known is None or now - self._looked[name] > _AGAIN:
            self._known[name] = _kind(str(database.path))
            self._looked[name] = now
        return self._known[name]


def metadata_for(names: list[str]) -> Json:
    """Return a new copy of the titles and descriptions for databases of these names."""
    text = _metadata()
    return {"databases": {name: json.loads(text) for name in names}}


def _names(path: str) -> str:
    """Return the titles of the sources for people, "" for zero or very many."""
    sql = "SELECT coalesce(title, name) FROM sources ORDER BY first_seen, name"
    names = [row[0] for row in _ask(path, sql)]
    if not names or len(names) > 3:
        return ""
    *others, last = names
    if not others:
        return str(last)
    return f"{', '.join(others)} and {last}"


def _ask(path: str, sql: str) -> list[tuple[Any, ...]]:
    connection = read_only(Path(path), timeout=_PATIENCE)
    try:
        return connection.execute(sql).fetchall()
    except sqlite3.Error:
        return []
    finally:
        connection.close()


def _kind(path: str) -> str:
    """Return "archive", "blank" (no tables), "private" or "other" for a database file."""
    try:
        connection = read_only(Path(path), timeout=_PATIENCE)
        try:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            kinds = migration_sets(connection)
        finally:
            connection.close()
    except sqlite3.Error:
        return "other"
    names = {row[0] for row in rows}
    if kinds & {DESK, HIDDEN}:
        return "private"
    if names >= OURS:
        return "archive"
    if names:
        return "other"
    return "blank"


@cache
def _metadata() -> str:
    return (FOLDER / "metadata.json").read_text(encoding="utf-8")


@cache
def _mark_of(name: str) -> str:
    return hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:8]


@cache
def _plugin_name() -> str:
    """Return the name under which Datasette serves our static files."""
    from datasette.plugins import get_plugins  # noqa: PLC0415  (Datasette imports us while it is imported)

    folder = FOLDER / "static"
    plugins = [plugin for plugin in get_plugins() if plugin["static_path"]]
    found = [str(plugin["name"]) for plugin in plugins if Path(plugin["static_path"]) == folder]
    if found:
        return found[0]
    return "backissue"
