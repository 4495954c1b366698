"""Files of articles, served from the archive: pictures are shown, anything that could run is a download."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from datasette.utils.asgi import NotFound, Response

from archive.core.connection import Database
from archive.core.database import read_only
from archive.files.media import Media, beside
from archive.public.web import Row, enter, read, rows

SAFE_TYPES = {
    *("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/svg+xml"),
    *("audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/x-wav", "audio/flac", "application/pdf"),
}
"""Types that a browser may show; all others are downloads of unknown bytes."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_FILE = (
    "SELECT url, content_type FROM files WHERE digest = :digest UNION ALL"
    " SELECT url, file_versions.content_type FROM file_versions JOIN files ON files.id = file_id"
    " WHERE file_versions.digest = :digest LIMIT 1"
)
_OF_ARTICLE = (
    "SELECT position, kind, url, digest, size, content_type, reason, version_count, changed_at,"
    " (SELECT digest FROM file_versions WHERE file_id = files.id ORDER BY version DESC LIMIT 1) AS before"
    " FROM article_files JOIN files ON files.id = file_id WHERE article_id = ? ORDER BY position LIMIT 200"
)
_REPLACED = (
    "SELECT DISTINCT url, before.digest AS before, until AS at, coalesce("
    "(SELECT digest FROM file_versions AS later WHERE later.file_id = files.id"
    " AND later.version > before.version ORDER BY later.version LIMIT 1), files.digest) AS after"
    " FROM article_files JOIN files ON files.id = article_files.file_id"
    " JOIN file_versions AS before ON before.file_id = files.id"
    " WHERE article_id = ? ORDER BY until DESC, url LIMIT 200"
)


async def serve_file(datasette: Any, request: Any) -> Any:
    """Return the bytes of a file by its digest."""
    name = await enter(datasette, request)
    digest = request.url_vars["digest"]
    row = await read(datasette, name, _row, digest)
    place = beside(Path(datasette.get_database(name).path))
    body = None
    if row:
        body = await datasette.get_database(name).execute_fn(lambda _: _bytes(place, digest))
    if row is None or body is None:
        raise NotFound("The archive holds no such file.")
    content_type = "application/octet-stream"
    kind = "attachment"
    if row["content_type"] in SAFE_TYPES:
        content_type = row["content_type"]
        kind = "inline"
    path = urlsplit(row["url"]).path
    last = unquote(path.rpartition("/")[2]) or digest
    disposition = f"{kind}; filename*=UTF-8''{quote(last, safe='')}"
    return Response(
        body,
        content_type=content_type,
        headers={
            "content-security-policy": _POLICY,
            "x-content-type-options": "nosniff",
            "content-disposition": disposition,
            "cache-control": "public, max-age=31536000, immutable",
        },
    )


def _is_shown(file: Row) -> bool:
    """True if a page shows a file as a picture."""
    return file["digest"] is not None and (file["content_type"] or "").startswith("image/")


def files_of_article(connection: sqlite3.Connection, article_id: int) -> list[Row]:
    """Return the files of an article in its order, each once; `shown` where a browser may show it."""
    found = rows(connection, _OF_ARTICLE, article_id)
    once = {row["url"]: row for row in reversed(found)}
    return [{**row, "shown": _is_shown(row)} for row in found if once[row["url"]] is row]


def replaced_files(connection: sqlite3.Connection, article_id: int) -> list[Row]:
    """Return which files of an article were replaced at their URLs, newest first: `before`, `after`, `at`."""
    return rows(connection, _REPLACED, article_id)


def _row(connection: sqlite3.Connection, digest: str) -> Row | None:
    cursor = connection.execute(_FILE, {"digest": digest})
    found = cursor.fetchone()
    if found is None:
        return None
    return {"url": found[0], "content_type": found[1]}


def _bytes(path: Path, digest: str) -> bytes | None:
    if not path.is_file():
        return None
    with closing(read_only(path)) as connection:
        return Media(Database(connection)).get(digest)
