"""Publication: immutable copies of archives, exchanged as one generation.

An unchanged archive is linked from the generation before, so a quiet round costs little. One that cannot be
copied now keeps its last copy, and is a problem of the outcome. Readers get a generation whole or not at all;
the one before is removed as soon as nobody reads it, since it may contain redacted text.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.core import atomic_files
from archive.core.connection import Database
from archive.core.database import connect, migrate, read_only
from archive.core.errors import ArchiveError, BackissueError
from archive.core.locks import hold
from archive.core.timestamps import to_text
from archive.files import media
from archive.migrations import migrations
from archive.operations.backup import copy_published
from archive.search.sql import TABLES
from archive.shards import generation
from archive.shards.shard_index import (
    Shard,
    ShardIndex,
    add_shard,
    continue_index,
    create_index,
    free_id,
    has_substrings,
    vocabulary_words,
)
from archive.storage.coverage import Coverage
from archive.storage.run_ledger import CRAWLED

NEWEST = 20
"""Articles of each archive that the index names for the front page."""
_log = logging.getLogger("backissue.publish")
SHARD_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_RESERVED = frozenset({Path(generation.INDEX).stem})
_FACTS = (
    "SELECT (SELECT min(published) FROM articles WHERE published > ''), (SELECT max(published) FROM articles)"
)
_LATEST = "SELECT kind, max(at) FROM events GROUP BY kind"
_NEWEST = (
    "SELECT id, title, byline, published, comment_count, gone_at, text IS NOT NULL AS held FROM articles"
    f" WHERE published IS NOT NULL ORDER BY published DESC LIMIT {NEWEST}"
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """An archive to publish.

    `state` differs between two states of it.

    `copy` writes a checked copy to a path, and may raise a BackissueError.
    """

    name: str
    state: str
    copy: Callable[[Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Outcome of a publication.

    `number` is the current generation, `problems` has a sentence for each archive that was not copied.

    `still_read` are older generations that somebody reads, which stay until the next round.
    """

    number: int
    copied: tuple[str, ...]
    linked: int
    problems: tuple[str, ...]
    still_read: tuple[int, ...]


def origin_of(path: Path, name: str) -> Origin:
    """Return the origin of an archive on this machine."""
    return Origin(name=name, state=_state(path), copy=lambda target: copy_published(path, target))


def _state(path: Path) -> str:
    """Return sizes and times of an archive's files, as text."""
    files = (path, path.with_name(f"{path.name}-wal"), media.beside(path))
    stats = [file.stat() for file in files if file.exists()]
    return " ".join(f"{stat.st_size}:{stat.st_mtime_ns}" for stat in stats if stat.st_size)


def publish(origins: Sequence[Origin], folder: Path, now: datetime) -> Published:
    """Publish archives in a folder as the current generation.

    Where nothing has changed, the current generation stays. A damaged one is made again. Raises ArchiveError
    where two have one name, where the folder contains other files or cannot be written, or where no archive
    could be copied; BusyError while another publisher works.
    """
    _must_have_names(origins)
    try:
        return _publish(origins, folder, now)
    except OSError as error:
        place = ""
        if error.filename:
            place = f" ({error.filename})"
        raise ArchiveError(
            f"Nothing could be published in {folder}: {error.strerror or error}{place}.",
            hint="Check that it is a folder, that it can be written, and that the disk has room."
            " The last publication stays.",
        ) from error


def _publish(origins: Sequence[Origin], folder: Path, now: datetime) -> Published:
    folder.mkdir(parents=True, exist_ok=True)
    _must_be_ours(folder)
    with hold(folder / "publish", "publish"), ExitStack() as stack:
        before = _current(folder, stack)
        known = _known(folder, before)
        number = 0
        if before is not None:
            number = before.generation
        published = Published(number=number, copied=(), linked=len(origins), problems=(), still_read=())
        if known != {origin.name: origin.state for origin in origins}:
            made = _make(origins, folder, now, before, known)
            if made.number is not None:
                number = made.number
            published = Published(
                number=number,
                copied=tuple(made.copied),
                linked=made.linked,
                problems=tuple(made.problems),
                still_read=(),
            )
        stack.close()  # otherwise we would be among those that read it
        still_read = generation.remove_unread(folder, keep=number)
        return replace(published, still_read=tuple(still_read))


def _known(folder: Path, before: ShardIndex | None) -> dict[str, str]:
    """Return the states of what is published, of archives whose copy is there."""
    if before is None:
        return {}
    place = generation.folder_of(folder, before.generation)
    known = {}
    for name, shard in before.shards.items():
        path = generation.shard_path(place, name)
        if path.is_file() and path.stat().st_size == shard.bytes:
            known[name] = shard.state
    return known


def _make(
    origins: Sequence[Origin], folder: Path, now: datetime, before: ShardIndex | None, known: dict[str, str]
) -> _Making:
    """Make a generation, current where it has something new."""
    newest = max([0, *generation.numbers(folder)])
    number = newest + 1
    if before is not None:
        number = max(number, before.generation + 1)
    old = None
    if before is not None:
        old = generation.folder_of(folder, before.generation)
    is_whole = before is not None and len(known) == len(before.shards)
    made = _Making(number, old, known, is_whole=is_whole)
    try:
        with atomic_files.replaced(generation.folder_of(folder, number), lambda: None) as new:
            new.mkdir()
            made.run(origins, new, now)
    except _NothingNewError:
        made.number = None
        return made
    generation.make_current(folder, number)
    return made


def _current(folder: Path, stack: ExitStack) -> ShardIndex | None:
    """Return the current index, locked by the stack, if there is one that can be read."""
    if not generation.has_generation(folder):
        return None
    try:
        lease = stack.enter_context(closing(generation.GenerationLease(folder)))
        index = ShardIndex(lease.folder / generation.INDEX)
        return stack.enter_context(closing(index))
    except ArchiveError as error:
        _log.warning("%s All archives are copied again.", error)
        return None


class _NothingNewError(Exception):
    """Nothing new could be copied."""


class _Making:
    """Generation being made; `number` is None if discarded."""

    def __init__(self, number: int, before: Path | None, known: dict[str, str], *, is_whole: bool) -> None:
        self.number: int | None = number
        self.copied: list[str] = []
        self.problems: list[str] = []
        self.linked = 0
        self._before = before
        self._known = known
        self._is_whole = is_whole

    def run(self, origins: Sequence[Origin], folder: Path, now: datetime) -> None:
        """Copy what changed, link the rest, and index all."""
        generation.prepare_lock(folder)
        brought = {origin.name: self._bring(origin, folder) for origin in origins}
        states = {name: state for name, state in brought.items() if state is not None}
        if not states:
            raise ArchiveError(
                f"No archive could be published. {self.problems[0]}", hint="The last publication stays."
            )
        if self._is_whole and states == self._known:
            raise _NothingNewError
        with closing(self._index(folder, to_text(now) or "", states)) as index:
            there = {row[0] for row in index.execute("SELECT name FROM shards")}
            for name in sorted(states.keys() - there):
                _describe(index, folder, name, states[name])
            index.execute("COMMIT")
        for path in folder.iterdir():
            _flush(path)
        atomic_files.flush(folder)

    def _index(self, folder: Path, made_at: str, states: Mapping[str, str]) -> sqlite3.Connection:
        """Create the index, continuing the older one where possible."""
        path = folder / generation.INDEX
        number = self.number or 0
        keep = states.keys() - set(self.copied)
        index = None
        if self._before is not None and keep:
            before = self._before / generation.INDEX
            index = continue_index(before, path, generation=number, made_at=made_at, keep=keep)
        return index or create_index(path, generation=number, made_at=made_at)

    def _bring(self, origin: Origin, folder: Path) -> str | None:
        """Copy or link an archive; return its state, if successful."""
        known = self._known.get(origin.name)
        target = generation.shard_path(folder, origin.name)
        if origin.state != known:
            try:
                origin.copy(target)
                _bring_up(target)
            except (BackissueError, sqlite3.Error, OSError) as error:
                self.problems.append(f"{origin.name} was not copied: {error}")
                for path in (target, media.beside(target)):
                    path.unlink(missing_ok=True)
            else:
                self.copied.append(origin.name)
                return origin.state
        if known is None or self._before is None:
            return None
        source = generation.shard_path(self._before, origin.name)
        for old, new in ((source, target), (media.beside(source), media.beside(target))):
            if old.exists():
                _link(old, new)
        self.linked += 1
        return known


def _describe(index: sqlite3.Connection, folder: Path, name: str, state: str) -> None:
    path = generation.shard_path(folder, name)
    with closing(read_only(path)) as archive:
        shard = _facts(archive, free_id(index), name, state, path.stat().st_size)
        words = vocabulary_words(archive)
        newest = _rows(archive, _NEWEST)
        add_shard(index, shard, words, newest, _months(archive))


def _bring_up(path: Path) -> None:
    """Migrate a copy, and make it a read-only file."""
    with closing(connect(path, create=False)) as db:
        migrate(db, migrations, path)
        db.execute("PRAGMA journal_mode = DELETE").fetchall()
    path.chmod(0o444)


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # a file system without links
        shutil.copy2(old, new)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _facts(archive: sqlite3.Connection, number: int, name: str, state: str, size: int) -> Shard:
    """Return the index entry of an archive."""
    from archive.public.render.completeness import completeness_sentence  # noqa: PLC0415  (it loads Datasette)

    since, until = archive.execute(_FACTS).fetchone()
    runs = _rows(
        archive,
        "SELECT ended_at, outcome, sentence FROM runs"
        f" WHERE ended_at IS NOT NULL AND {CRAWLED} ORDER BY id DESC LIMIT 1",
    )
    proofs = Coverage(Database(archive))
    sources = _rows(archive, "SELECT name, url, title FROM sources ORDER BY first_seen, name")
    for source in sources:
        source["complete"] = completeness_sentence(proofs.summary(source["name"]))
    titles = [source["title"] or source["name"] for source in sources]
    texts = {}
    for kind in TABLES:
        [texts[kind]] = archive.execute(f"SELECT count(*) FROM {kind}").fetchone()
    return Shard(
        id=number,
        name=name,
        state=state,
        title=", ".join(titles[:3]) or name,
        bytes=size,
        texts=texts,
        latest=dict(archive.execute(_LATEST).fetchall()),
        sources=sources,
        since=since,
        until=until,
        last_run=next(iter(runs), None),
        has_substrings=has_substrings(archive),
    )


def _months(archive: sqlite3.Connection) -> list[Row]:
    from archive.public.render.monthly_counts import by_month  # noqa: PLC0415

    return [row for row in by_month(archive) if row["month"]]


def _rows(archive: sqlite3.Connection, sql: str) -> list[Row]:
    cursor = archive.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _must_have_names(origins: Sequence[Origin]) -> None:
    """Raise ArchiveError unless names are unique and fit URLs."""
    if not origins:
        raise ArchiveError(
            "There is nothing to publish.", hint="Give an archive, a folder of archives, or a store."
        )
    seen = set[str]()
    for origin in origins:
        is_reserved = origin.name in _RESERVED or origin.name.endswith("-media")
        if is_reserved or not SHARD_NAME.fullmatch(origin.name):
            raise ArchiveError(
                f"An archive cannot be published under the name “{origin.name}”.",
                hint="An archive is named after its file, or after its folder if it is archive.db. Rename"
                " it to small letters (a-z), digits, dots and dashes; “shards” and “…-media” are taken.",
            )
        if origin.name in seen:
            raise ArchiveError(
                f"Two archives would be published as “{origin.name}”.", hint="Rename one file or folder."
            )
        seen.add(origin.name)


def _must_be_ours(folder: Path) -> None:
    """Raise ArchiveError if a folder contains anything but generations."""
    if generation.has_generation(folder) and generation.numbers(folder):
        return
    known = (".", "generation-", "publish.")
    others = [path for path in folder.iterdir() if not path.name.startswith(known)]
    if others:
        raise ArchiveError(
            f"{folder} contains {others[0].name}, so nothing is published there.",
            hint="Choose an empty folder.",
        )
