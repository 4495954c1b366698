"""Files of articles from the archive: pictures, documents, sound. Never the site's own address.

A file is served while an article that is not hidden shows or links it. Nothing in it can run: pictures, sound
and PDF are shown, everything else is a download, an SVG too.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from datasette.utils.asgi import Response
from sqlite_utils import Database

from archive.core.database import read_only
from archive.files.media_files import KeptFile, MediaFiles, media_beside
from archive.public.render.article_files import SHOWN_TYPES, archive_path
from archive.public.views.article_view import missing
from archive.public.web import enter, one, read

_SAFE = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",  # a file that is hidden later must not come out of a cache
}
_LINKED = "SELECT 1 AS found FROM article_files JOIN articles ON articles.id = article_id"


async def file(datasette: Any, request: Any) -> Any:
    """Answer with one file, by its SHA-256 digest; 404 where no shown article has it."""
    name = await enter(datasette, request)
    digest = request.url_vars["digest"]
    path = await read(datasette, name, archive_path)
    found = await asyncio.to_thread(_addresses, path, digest)
    shown = await read(datasette, name, lambda connection: _first_linked(connection, found))
    if shown is None:
        return await missing(datasette, request, "file")
    headers = {
        **_SAFE,
        "etag": f'"{digest}"',
        **_disposition(shown, download=bool(request.args.get("download"))),
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(body="", status=304, headers=headers)
    body = await asyncio.to_thread(_body, path, digest)
    if body is None:
        return await missing(datasette, request, "file")
    kind = shown.media_type if shown.media_type in SHOWN_TYPES else "application/octet-stream"
    return Response(body=body, headers=headers, content_type=kind)


def _addresses(archive: Path, digest: str) -> list[KeptFile]:
    path = media_beside(archive)
    if not path.exists():
        return []
    with closing(read_only(path)) as connection:
        return MediaFiles(Database(connection)).addresses(digest)


def _first_linked(connection: sqlite3.Connection, found: list[KeptFile]) -> KeptFile | None:
    sql = f"{_LINKED} WHERE article_files.url = ? AND source = ? AND redaction_id IS NULL LIMIT 1"
    return next((each for each in found if one(connection, sql, each.url, each.source)), None)


def _body(archive: Path, digest: str) -> bytes | None:
    with closing(read_only(media_beside(archive))) as connection:
        return MediaFiles(Database(connection)).body(digest)


def _disposition(shown: KeptFile, *, download: bool) -> dict[str, str]:
    if shown.media_type in SHOWN_TYPES and not download:
        return {"content-disposition": "inline"}
    last = shown.url.rpartition("/")[2].partition("?")[0]
    name = "".join(char for char in last if char.isascii() and (char.isalnum() or char in "._-"))
    return {"content-disposition": f'attachment; filename="{name[:100] or "file"}"'}
