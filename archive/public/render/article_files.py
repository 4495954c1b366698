"""Files of an article as its page shows them: which are kept, since when, and in which states."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from archive.core.database import read_only
from archive.files.media_files import MediaFiles, media_beside
from archive.public.web import Row, rows

SHOWN_TYPES = frozenset(
    {
        *(f"image/{name}" for name in ("jpeg", "png", "gif", "webp", "avif", "bmp")),
        *(f"audio/{name}" for name in ("mpeg", "ogg", "mp4", "wav", "flac", "webm", "aac", "x-m4a", "opus")),
        "application/pdf",
    }
)
"""Media types of files that a browser may show; all others are downloads."""
_MOST = 200  # files that an article's page names


def archive_path(connection: sqlite3.Connection) -> Path:
    """Return the path of the archive that a connection reads."""
    return Path(next(row[2] for row in connection.execute("PRAGMA database_list") if row[1] == "main"))


def files_of(connection: sqlite3.Connection, article_id: int) -> list[Row]:
    """Return the files of an article, each with the copies that are kept of it, the newest first."""
    found = rows(
        connection,
        "SELECT source, article_files.kind, article_files.url, alt, ended_at FROM article_files"
        " JOIN articles ON articles.id = article_id WHERE article_id = ? AND redaction_id IS NULL"
        f" ORDER BY ended_at IS NULL DESC, position LIMIT {_MOST}",
        article_id,
    )
    path = media_beside(archive_path(connection))
    if not found or not path.exists():
        return [{**row, "copies": [], "is_picture": False} for row in found]
    with closing(read_only(path)) as kept:
        media = MediaFiles(Database(kept))
        for row in found:
            row["copies"] = list(media.history(row["source"], row["url"]))[::-1]
            newest = row["copies"][0].media_type if row["copies"] else ""
            row["is_picture"] = newest in SHOWN_TYPES and newest.startswith("image/")
    return found
