"""Renaming and removing a source: every row that names it, and every row below those, in all files.

A source with something hidden is left alone: what is hidden names it in a file that only `unredact` opens.
All of it inside one transaction of the caller; raw pages and files are changed in the course of it. Does
not: read a configuration.
"""

from __future__ import annotations

from pathlib import Path

from archive.core.connection import Database
from archive.core.database import transaction
from archive.core.errors import ArchiveError
from archive.files import media
from archive.files.raw_pages import Pages, raw_pages_path
from archive.proof.log import relog_pages
from archive.sources.addresses import must_exist

_SUBJECTS = ("source {}", "pages of {}")  # of notifications


def rename(db: Database, old: str, new: str) -> None:
    """Give a source another name.

    Raises NotFoundError, and ArchiveError where the name is taken.
    """
    must_exist(db, old)
    if db.execute("SELECT 1 FROM sources WHERE name = ?", [new]).fetchone():
        raise ArchiveError(f"The archive has a source “{new}” already.", hint="Give another name.")
    _refuse_hidden(db, old)
    db.execute("PRAGMA defer_foreign_keys = ON")
    totals = db.execute("SELECT * FROM run_totals WHERE source = ?", [old]).fetchall()
    db.execute("UPDATE sources SET name = ? WHERE name = ?", [new, old])
    for table in _tables_with_source(db):
        if table != "run_totals":
            db.execute(f'UPDATE "{table}" SET source = ? WHERE source = ?', [new, old])
    db.execute("DELETE FROM run_totals WHERE source IN (?, ?)", [old, new])
    for row in totals:
        marks = ", ".join("?" * len(row))
        db.execute(f"INSERT INTO run_totals VALUES ({marks})", [new, *row[1:]])
    for subject in _SUBJECTS:
        change = "UPDATE OR REPLACE notified SET subject = ? WHERE subject = ?"
        subjects = [subject.format(new), subject.format(old)]
        db.execute(change, subjects)


def rename_pages(db: Database, archive: Path, old: str, new: str) -> None:
    """Rename the raw pages of a source, and log them.

    Those too that a killed call has renamed before.
    """
    path = raw_pages_path(archive)
    if not path.exists():
        return
    named = "SELECT id FROM pages WHERE source IN (?, ?)"
    with Pages.open(path) as pages, transaction(pages.db):
        found = pages.db.execute(named, [old, new])
        numbers = [row[0] for row in found]
        for table in ("pages", "dictionaries", "packing"):
            pages.db.execute(f"UPDATE {table} SET source = ? WHERE source = ?", [new, old])
    relog_pages(db, path, numbers)


def delete_source(db: Database, archive: Path, source: str) -> None:
    """Delete a source with all its items.

    Its raw pages and files are included. Raises NotFoundError, and ArchiveError if it has redactions.
    """
    must_exist(db, source)
    _refuse_hidden(db, source)
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA defer_foreign_keys = ON")
    for kind in ("article", "comment"):
        items = f"SELECT id FROM {kind}s WHERE source = ?"
        for table, number in (("copies", "item_id"), ("copies_queue", "item_id"), ("passages", "item_id")):
            db.execute(f"DELETE FROM {table} WHERE kind = ? AND {number} IN ({items})", [kind, source])
        sql = f"DELETE FROM passages WHERE other_kind = ? AND other_id IN ({items})"
        db.execute(sql, [kind, source])
    files = "SELECT id FROM files WHERE source = ?"
    digests = {
        *db.execute("SELECT digest FROM files WHERE source = ?", [source]),
        *db.execute(f"SELECT digest FROM file_versions WHERE file_id IN ({files})", [source]),
    }
    _delete(db, "sources", "name = ?", source)
    for kind in ("author", "tag"):
        db.execute(f"DELETE FROM {kind}s WHERE id NOT IN (SELECT {kind}_id FROM article_{kind}s)")
    for subject in _SUBJECTS:
        db.execute("DELETE FROM notified WHERE subject = ?", [subject.format(source)])
    _delete_pages(db, archive, source)
    _delete_bytes(db, archive, {digest for (digest,) in digests})


def _delete_pages(db: Database, archive: Path, source: str) -> None:
    """Delete the raw pages of a source.

    The log keeps their digests, with which nothing is compared.
    """
    path = raw_pages_path(archive)
    if not path.exists():
        return
    with Pages.open(path) as pages:
        numbers = pages.db.execute("SELECT id FROM pages WHERE source = ?", [source]).fetchall()
        pages.db.execute("PRAGMA secure_delete = ON")
        pages.remove(source)
    forget = "UPDATE proof_leaves SET salt = NULL WHERE kind = 'page' AND item_id = ?"
    db.conn.executemany(forget, numbers)


def _delete_bytes(db: Database, archive: Path, digests: set[str]) -> None:
    """Delete the bytes of files that nothing names."""
    kept = media.beside(archive)
    if not kept.exists():
        return
    named = {row[0] for row in db.execute("SELECT digest FROM files UNION SELECT digest FROM file_versions")}
    with media.Media.open(kept) as bodies, transaction(bodies.db):
        bodies.db.execute("PRAGMA secure_delete = ON")
        gone = ((digest,) for digest in digests - named)
        bodies.db.conn.executemany("DELETE FROM bodies WHERE digest = ?", gone)


def _refuse_hidden(db: Database, source: str) -> None:
    sql = (
        "SELECT EXISTS (SELECT 1 FROM articles WHERE source = :s AND redaction_id IS NOT NULL) OR EXISTS ("
        "SELECT 1 FROM comments WHERE source = :s AND coalesce(redaction_id, name_redaction_id) IS NOT NULL)"
    )
    if db.execute(sql, {"s": source}).fetchone()[0]:
        raise ArchiveError(
            f"Something of “{source}” is hidden, so it can be neither renamed nor removed.",
            hint="`backissue redact --list` shows it; `backissue unredact NUMBER` shows it again.",
        )


def _tables_with_source(db: Database) -> list[str]:
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND EXISTS ("
        "SELECT 1 FROM pragma_foreign_key_list(sqlite_master.name) WHERE \"table\" = 'sources')"
    )
    return [name for (name,) in db.execute(sql)]


def _delete(db: Database, table: str, where: str, source: str) -> None:
    """Delete rows, and before them all that refer to them.

    Redactions refer to articles, and these to redactions; a source without redactions has no such rows.
    """
    sql = (
        'SELECT sqlite_master.name, "from", "to" FROM sqlite_master,'
        " pragma_foreign_key_list(sqlite_master.name)"
        " WHERE type = 'table' AND \"table\" = ? AND sqlite_master.name NOT IN (?, 'redactions')"
    )
    for child, column, parent in db.execute(sql, [table, table]).fetchall():
        within = f'"{column}" IN (SELECT "{parent}" FROM "{table}" WHERE {where})'
        _delete(db, child, within, source)
    db.execute(f'DELETE FROM "{table}" WHERE {where}', [source])
