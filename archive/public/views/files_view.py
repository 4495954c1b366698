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


async def serve_file(datasette: Any, request: Any) -> Any:
    """Return the bytes of a file by its digest."""
    name, digest = await enter(datasette, request), request.url_vars["digest"]
    row = await read(datasette, name, lambda connection: _row(connection, digest))
    place = beside(Path(datasette.get_database(name).path))
    body = await datasette.get_database(name).execute_fn(lambda _: _bytes(place, digest)) if row else None
    if row is None or body is None:
        raise NotFound("The archive holds no such file.")
    content_type = row["content_type"] if row["content_type"] in SAFE_TYPES else "application/octet-stream"
    kind = "inline" if row["content_type"] in SAFE_TYPES else "attachment"
    last = unquote(urlsplit(row["url"]).path.rpartition("/")[2]) or digest
    return Response(
        body,
        content_type=content_type,
        headers={
            "content-security-policy": _POLICY,
            "x-content-type-options": "nosniff",
            "content-disposition": f"{kind}; filename*=UTF-8''{quote(last, safe='')}",
            "cache-control": "public, max-age=31536000, immutable",
        },
    )


def files_of_article(connection: sqlite3.Connection, article_id: int) -> list[Row]:
    """Return the files of an article in its order, each once; `shown` where a browser may show it."""
    found = rows(connection, _OF_ARTICLE, article_id)
    once = {row["url"]: row for row in reversed(found)}
    return [
        {**row, "shown": row["digest"] is not None and (row["content_type"] or "").startswith("image/")}
        for row in found
        if once[row["url"]] is row
    ]


def _row(connection: sqlite3.Connection, digest: str) -> Row | None:
    cursor = connection.execute(_FILE, {"digest": digest})
    found = cursor.fetchone()
    return None if found is None else {"url": found[0], "content_type": found[1]}


def _bytes(path: Path, digest: str) -> bytes | None:
    if not path.is_file():
        return None
    with closing(read_only(path)) as connection:
        return Media(Database(connection)).get(digest)
