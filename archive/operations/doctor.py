"""Checks of an archive: one finding for each.

Every finding reports a state and, for a bad one, what to do next. No schema is updated and nothing is
repaired here, except for a redaction that was not finished. It uses the files and this machine, and no
network.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path

from archive.core.connection import Database
from archive.core.database import connect
from archive.core.errors import ArchiveError
from archive.core.formatting import count, size, when
from archive.core.timestamps import instant
from archive.files import desk_store, media, redaction_store
from archive.files.raw_pages import Pages, raw_pages_path, told_altered
from archive.files.redaction_store import Hidden
from archive.migrations import migrations
from archive.operations import integrity
from archive.proof.check import differences
from archive.proof.log import newest_seal
from archive.queries import health
from archive.storage import checks, redaction_work
from archive.storage.open_archive import OpenArchive

_LIBRARIES = ("datasette", "sqlite-utils", "scrapy", "trafilatura", "apscheduler", "lxml", "zstandard")
LONGEST_LOG = health.LONGEST_LOG_BYTES
CHECK_SECONDS = 20.0  # seconds the full-text check may block a crawl, which waits for 30
BACKUP_AGE = timedelta(days=8)
_NAMED = 20  # rows and pages that are not as logged, before "more"


class CheckResult(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of one check, with a hint if it failed."""

    check: str
    verdict: CheckResult
    sentence: str
    hint: str | None = None


def fine(check: str, sentence: str) -> Finding:
    """Return a good result."""
    return Finding(check=check, verdict=CheckResult.OK, sentence=sentence)


def warn(check: str, sentence: str, hint: str) -> Finding:
    """Return a warning."""
    return Finding(check=check, verdict=CheckResult.WARN, sentence=sentence, hint=hint)


def bad(check: str, sentence: str, hint: str) -> Finding:
    """Return a failure."""
    return Finding(check=check, verdict=CheckResult.BAD, sentence=sentence, hint=hint)


def look(archive: Path, now: datetime) -> Iterator[Finding]:
    """Yield all checks of an archive. `now` is aware."""
    yield libraries()
    yield disk(archive)
    yield permissions(archive)
    if not archive.exists():
        yield bad(
            "archive", f"There is no archive at {archive}.", "`backissue crawl` or `backissue up` creates it."
        )
        return
    try:
        with closing(connect(archive)) as db:
            yield from _database(db, archive, now)
    except (ArchiveError, sqlite3.DatabaseError) as error:
        yield bad("archive", f"{error}", _RESTORE)
    yield from raw_pages(raw_pages_path(archive))
    yield from kept_files(archive)
    yield from collections(archive)


_SPANS = ("article_versions", "comment_versions")
_RESTORE = "Keep the file as it is, and restore the last good backup (docs/operations.md)."


def _database(db: Database, archive: Path, now: datetime) -> Iterator[Finding]:
    told = schema(db)
    yield told
    yield soundness(db, now)
    yield log(archive)
    if told.verdict is CheckResult.OK:
        yield clock(db, now)
        yield from state(OpenArchive(db, archive), now)
        yield from redaction(db, archive)
        yield from hidden_texts(db, redaction_store.redaction_store_path(archive))
        yield evidence(db, archive)


def libraries() -> Finding:
    """Return the versions of the libraries."""
    python = sys.version.split()[0]
    found = [f"Python {python}", f"SQLite {sqlite3.sqlite_version}"]
    missing = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    with closing(sqlite3.connect(":memory:")) as memory:
        options = {row[0] for row in memory.execute("PRAGMA compile_options")}
    if "ENABLE_FTS5" not in options:
        missing.append("SQLite's full-text search (FTS5)")
    if missing:
        return bad("libraries", f"Missing: {', '.join(missing)}.", "Reinstall Backissue.")
    return fine("libraries", ", ".join(found) + ".")


def disk(archive: Path) -> Finding:
    """Check that the disk has room for growth and copies."""
    if not archive.parent.is_dir():
        return bad("disk", f"The folder {archive.parent} does not exist.", "Make it, or name another place.")
    free = shutil.disk_usage(archive.parent).free
    held = 0
    if archive.exists():
        held = archive.stat().st_size
    if free < health.LEAST_FREE:
        return bad("disk", f"Only {size(free)} are free.", "Free some space before crawls fail.")
    if free < held:
        hint = "An upgrade may need as much space as the archive has. Free some before it."
        return warn("disk", f"{size(free)} are free, less than the size of the archive.", hint)
    return fine("disk", f"{size(free)} are free.")


def permissions(archive: Path) -> Finding:
    """Check that all files are writable and of one user."""
    beside = archive.parent.glob(f"{archive.name}-*")
    files = [archive, raw_pages_path(archive), *beside]
    files = [path for path in files if path.exists()]
    places = [archive.parent, *files]
    closed = [path for path in places if not os.access(path, os.W_OK)]
    if closed:
        names = ", ".join(map(str, closed))
        return bad("permissions", f"Not writable: {names}.", "Run as the owner, or grant write access.")
    if len({path.stat().st_uid for path in files}) > 1:
        hint = "Run crawls and pages as one user, or in one group with a setgid folder."
        return warn("permissions", f"The files of {archive.name} belong to several users.", hint)
    return fine("permissions", "The archive and its folder can be written.")


def schema(db: Database) -> Finding:
    """True if the file is of this program's time."""
    if newer := migrations.newer(db):
        sentence = f"A newer Backissue wrote it (it has {', '.join(newer)})."
        return bad("schema", sentence, "Upgrade Backissue.")
    if pending := [migration.name for migration in migrations.pending(db)]:
        hint = "Make a backup; the next command that opens the archive brings it up to date."
        return warn("schema", f"An older Backissue wrote it; pending: {', '.join(pending)}.", hint)
    return fine("schema", "It is up to date.")


def soundness(db: Database, now: datetime) -> Finding:
    """Check integrity, foreign keys and full-text indexes.

    The result is stored in the archive.
    """
    found = [*integrity.page_faults(db.conn), *integrity.foreign_keys(db.conn)]
    try:
        found += integrity.full_text(db.conn, CHECK_SECONDS)
    except (TimeoutError, sqlite3.OperationalError) as error:
        if not found:
            why = str(error)
            if isinstance(error, TimeoutError):
                why = "would take too long while other programs wait"
            hint = "`backissue backup` checks them in its copy."
            return warn(
                "integrity", f"Pages and keys are sound; full-text indexes were not checked: {why}.", hint
            )
    sentence = " ".join(found) or "Pages, foreign keys and full-text indexes are sound."
    if db["checks"].exists():
        checks.note_check(db, "integrity", now, ok=not found, sentence=sentence)
    if found:
        return bad("integrity", sentence, _RESTORE)
    return fine("integrity", sentence)


def log(archive: Path) -> Finding:
    """Check the size of the write-ahead log.

    It grows while a reader keeps an old snapshot.
    """
    path = archive.with_name(f"{archive.name}-wal")
    length = 0
    if path.exists():
        length = path.stat().st_size
    if length > LONGEST_LOG:
        hint = "Some program has been reading one state for very long. End it; the next crawl merges the log."
        return warn("log", f"The write-ahead log has {size(length)}.", hint)
    return fine("log", f"The write-ahead log has {size(length)}.")


def clock(db: Database, now: datetime) -> Finding:
    """Check that the clock is later than the archive."""
    times = (
        "SELECT max(fetched_at) FROM visits UNION ALL SELECT max(started_at) FROM runs GROUP BY source"
        " UNION ALL SELECT max(changed_at) FROM articles UNION ALL SELECT max(changed_at) FROM comments"
    )
    moments = [row[0] for row in db.execute(times).fetchall() if row[0]]
    newest = max(moments, default=None)
    if newest and instant(newest) > now + timedelta(minutes=1):
        sentence = f"This machine says {when(now)} UTC, and the archive was written at {when(newest)}."
        return bad(
            "clock", sentence, "Set the clock (timedatectl); otherwise schedules and removals go wrong."
        )
    backward = 0
    for name in _SPANS:
        [number] = db.execute(f"SELECT count(*) FROM {name} WHERE until < since").fetchone()
        backward += number
    if backward:
        hint = "The clock was wrong when they were written. The texts are sound, but their times are not."
        return warn("clock", f"{count(backward, 'version')} of texts ended before they began.", hint)
    return fine("clock", f"It is {when(now)} UTC, later than everything in the archive.")


def state(archive: OpenArchive, now: datetime) -> Iterator[Finding]:
    """Check health and the age of the newest backup."""
    told = health.archive_health(archive, now)
    for source in told.sources:
        if source.well:
            yield fine(f"source {source.name}", source.sentence)
        else:
            yield bad(f"source {source.name}", source.sentence, "`backissue crawl` shows what happens.")
    backups = (check for check in told.checks if check.name == "backup")
    backup = next(backups, None)
    if backup is None:
        yield warn("backup", "There is no backup yet.", "`backissue backup DIR` makes one.")
    elif not backup.ok:
        yield bad("backup", backup.sentence, _RESTORE)
    elif instant(backup.at) < now - BACKUP_AGE:
        yield warn(
            "backup", f"The last one was made on {when(backup.at)} UTC.", "Make one every night, with cron."
        )
    else:
        yield fine("backup", f"{when(backup.at)} UTC: {backup.sentence}")


def redaction(db: Database, archive: Path) -> Iterator[Finding]:
    """Check that every redaction is finished, or finish it."""
    left = redaction_work.unfinished(db.conn)
    if not left:
        return
    sentence = redaction_work.pending_sentence(left, archive)
    try:
        redaction_work.finish(db, archive)
    except ArchiveError as error:
        yield bad("redaction", f"{sentence} {error}", error.hint or "Run this again when that is repaired.")
        return
    if left := redaction_work.unfinished(db.conn):
        hint = "End other programs that use the archive, then run this again."
        yield bad("redaction", redaction_work.pending_sentence(left, archive), hint)
    else:
        yield warn("redaction", f"{sentence} It has just been finished.", "Nothing is left to do.")


def hidden_texts(db: Database, path: Path) -> Iterator[Finding]:
    """Check that redacted texts are complete and readable by the owner alone."""
    redactions = db.execute("SELECT count(*) FROM redactions").fetchone()[0]
    if not redactions and not path.exists():
        return
    if not path.exists():
        number = count(redactions, "redaction")
        sentence = f"There is no {path.name}, but {number} took something out of the archive."
        yield bad("hidden texts", sentence, "Restore it from a backup. Until then nothing is saved.")
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = integrity.page_faults(connection)
        if not found:
            with Hidden.open(path) as kept:
                kept.check(db.conn, thorough=True)
    except (ArchiveError, sqlite3.DatabaseError) as error:
        found = [f"{error}"]
    yield _private_file("hidden texts", path, found)


def evidence(db: Database, archive: Path) -> Finding:
    """Check that everything is as it was logged, row by row and page by page."""
    found_differences = differences(db, archive)
    found = [*islice(found_differences, _NAMED + 1)]
    last = newest_seal(db)
    if found:
        named = found[:_NAMED]
        if len(found) > _NAMED:
            named.append("There are more.")
        return bad("evidence", " ".join(named), _RESTORE)
    if last is None:
        return warn(
            "evidence",
            "Nothing is sealed yet.",
            "The next crawl seals the log; `backissue seal` does it now.",
        )
    return fine(
        "evidence", f"Everything is as it was logged; the newest seal is number {last.number}, of {last.at}."
    )


def raw_pages(path: Path) -> Iterator[Finding]:
    """Check that raw pages are as they were received."""
    if not path.exists():
        yield warn("raw pages", f"There is no {path.name}.", "`replay` needs it. Restore it from a backup.")
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = [*integrity.page_faults(connection), *integrity.foreign_keys(connection)]
            pages = Pages(Database(connection))
            altered = []
            if not found:
                altered = list(pages.altered())
    except sqlite3.DatabaseError as error:
        found = [f"{error}."]
        altered = []
    found += told_altered(altered)
    if found:
        yield bad("raw pages", " ".join(found), _RESTORE)
    else:
        yield fine("raw pages", f"{path.name} is sound, and every page is as it was received.")


def kept_files(archive: Path) -> Iterator[Finding]:
    """Check that the files of articles are as they were received, if any are kept."""
    path = media.beside(archive)
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = integrity.page_faults(connection)
            altered = []
            if not found:
                altered = list(media.Media(Database(connection)).altered())
    except sqlite3.DatabaseError as error:
        found = [f"{error}."]
        altered = []
    found += [f"The file {digest[:12]}… (SHA-256) is not as it was received." for digest in altered[:3]]
    if found:
        yield bad("files", " ".join(found), _RESTORE)
    else:
        yield fine("files", f"{path.name} is sound, and every file is as it was received.")


def collections(archive: Path) -> Iterator[Finding]:
    """Check that readers' collections are sound, private, and beside their archive; none is no finding."""
    path = desk_store.desk_path(archive)
    for left in desk_store.orphaned_desks(archive.parent):
        hint = f"If that archive is now {archive.name}, stop the pages and call the file {path.name}."
        if path.exists():
            hint = f"{path.name} exists as well: keep one of them under that name, and move the other away."
        yield warn("collections", f"{left.name} has readers' collections, but its archive is not here.", hint)
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = [*integrity.page_faults(connection), *integrity.foreign_keys(connection)]
    except sqlite3.DatabaseError as error:
        found = [f"{error}."]
    yield _private_file("collections", path, found)


def _private_file(name: str, path: Path, faults: Sequence[str]) -> Finding:
    """Return the finding on a file that its owner alone may read."""
    if faults:
        return bad(name, " ".join(faults), _RESTORE)
    if path.stat().st_mode & 0o077:
        return warn(name, f"Others may read {path.name}.", f"chmod 600 {path}")
    return fine(name, f"{path.name} is sound, and only its owner can read it.")
