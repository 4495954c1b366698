"""The work that is left after a redaction is committed, recorded in the archive so that no exit can skip it.

When a redaction is committed, no SQL can read the hidden text any more. Deleted bytes may still have it until
the file is written again and its log is emptied; and after a redaction was lifted, `hidden.db` has it until
it is back in the archive for certain. Invariant: a step is recorded in the transaction that makes it
necessary, and deleted when it is done. Every start of the program finishes what an earlier one left.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from archive.core.connection import Database
from archive.core.database import BUSY, transaction
from archive.core.errors import ArchiveError, BusyError
from archive.core.locks import hold
from archive.files import redaction_seals, redaction_store
from archive.files.redaction_store import Hidden

LOCK = "redact"
"""The name of the lock that is held while something is hidden or shown again."""

_INDEXES = (
    *("articles_fts", "comments_fts", "article_versions_fts", "comment_versions_fts"),
    *("articles_substrings", "comments_substrings"),
)

READER_SECONDS = 1.0  # how long to wait for readers that keep the log from being emptied


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Pending step of a redaction: "seal", "scrub", "fold" or "forget".

    `since` is ISO 8601 UTC.
    """

    id: int
    step: str
    redaction: int
    since: str


def note_step(db: Database, step: str, redaction: int, since: str) -> None:
    """Note a step in the open transaction."""
    values = [step, redaction, since]
    db.execute("INSERT INTO redaction_work (step, redaction, since) VALUES (?, ?, ?)", values)


def unfinished(archive: sqlite3.Connection) -> list[Step]:
    """Return the pending steps, the oldest first.

    Empty for an archive from before such records.
    """
    if not archive.execute("SELECT 1 FROM sqlite_master WHERE name = 'redaction_work'").fetchone():
        return []
    sql = "SELECT id, step, redaction, since FROM redaction_work ORDER BY id"
    found = archive.execute(sql).fetchall()
    return [Step(id=row[0], step=row[1], redaction=row[2], since=row[3]) for row in found]


def pending_sentence(steps: list[Step], path: Path) -> str:
    """Return pending steps as a sentence. `steps` is not empty."""
    ids = {str(step.redaction) for step in steps}
    numbers = ", ".join(sorted(ids, key=int))
    which = f"Redactions {numbers} are"
    if "," not in numbers:
        which = f"Redaction {numbers} is"
    kinds = {step.step for step in steps}
    store = redaction_store.redaction_store_path(path).name
    if kinds & {"scrub", "fold"}:
        return f"{which} not finished: what was hidden may still stand in deleted bytes of {path.name}."
    if "seal" in kinds:
        return f"{which} not sealed: nothing tells yet whether {store} is complete."
    return f"{which} lifted, but {store} still has what it hid."


def merge_full_text(db: Database) -> None:
    """Merge the full-text indexes, which keep deleted terms until then."""
    for index in _INDEXES:
        db.execute(f"INSERT INTO {index}({index}) VALUES ('optimize')")


def scrub(db: Database) -> bool:
    """Remove hidden text from the file's bytes.

    Returns False where a reader keeps the log from being emptied.

    Raises ArchiveError where the disk has no room, or another program does not let the file be written.
    """
    path = Path(db.execute("PRAGMA database_list").fetchone()[2])
    try:
        if steps := [step.id for step in unfinished(db.conn) if step.step == "scrub"]:
            merge_full_text(db)
            db.execute("VACUUM")
            with transaction(db):
                db.execute(
                    "UPDATE redaction_work SET step = 'fold' WHERE step = 'scrub' AND id <= ?", [steps[-1]]
                )
        return _fold(db)
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"What was hidden cannot be read any more, but it may still stand in deleted bytes of {path},"
            f" which could not be written again: {error}.",
            hint="Make room for a copy of the archive, and let other programs end that use it. Every command"
            " tries again first.",
        ) from error


def finish(db: Database, path: Path) -> None:
    """Finish pending redactions; do nothing while another process does.

    Raises ArchiveError where it cannot be done.
    """
    if not unfinished(db.conn):
        return
    try:
        with hold(path, LOCK):
            _seal(db, path)
            scrub(db)
            with Hidden.open(redaction_store.redaction_store_path(path), create=True) as kept:
                forget_lifted(db, kept)
    except BusyError:
        return


def forget_lifted(db: Database, kept: Hidden) -> None:
    """Delete lifted redactions from `hidden.db` once they are restored."""
    steps = [step for step in unfinished(db.conn) if step.step == "forget"]
    if not steps:
        return
    _sync_log(db)
    found = db.execute("SELECT id FROM redactions")
    valid = {row[0] for row in found.fetchall()}
    for step in steps:
        if step.redaction not in valid:
            kept.forget(step.redaction)
    kept.scrub()
    with transaction(db):
        for step in steps:
            db.execute("DELETE FROM redaction_work WHERE id = ?", [step.id])


def _fold(db: Database) -> bool:
    """Truncate the write-ahead log; False where a reader blocks it."""
    steps = [step.id for step in unfinished(db.conn) if step.step == "fold"]
    db.execute(f"PRAGMA busy_timeout = {round(READER_SECONDS * 1000)}")
    busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    db.execute(f"PRAGMA busy_timeout = {round(BUSY * 1000)}")
    if busy:
        return False
    if steps:
        with transaction(db):
            db.execute("DELETE FROM redaction_work WHERE step = 'fold' AND id <= ?", [steps[-1]])
    return True


def _seal(db: Database, path: Path) -> None:
    """Write seals for redactions of an older program."""
    steps = [step for step in unfinished(db.conn) if step.step == "seal"]
    if not steps or not redaction_store.redaction_store_path(path).exists():
        return
    with Hidden.open(redaction_store.redaction_store_path(path)) as kept, transaction(db):
        for step in steps:
            if found := kept.seal(step.redaction):
                redaction_seals.write_seal(db, step.redaction, found)
                db.execute("DELETE FROM redaction_work WHERE id = ?", [step.id])


def _sync_log(db: Database) -> None:
    """Bring what is committed safely onto the disk."""
    log = Path(db.execute("PRAGMA database_list").fetchone()[2] + "-wal")
    with log.open("rb") as file:
        os.fsync(file.fileno())
