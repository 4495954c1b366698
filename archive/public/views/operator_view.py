"""Endpoints for monitoring: /-/health and /-/metrics.

Both report the result of `archive.queries.health`, and /-/health by its status as well: 200 when all is well,
503 when something needs attention. An archive that cannot be read is not well either.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from datasette.utils.asgi import NotFound, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from archive.core.connection import Database
from archive.core.timestamps import to_text
from archive.public.render.metrics import Measures
from archive.public.served_archives import room_of
from archive.public.web import TooSlow, enter, read
from archive.queries import health
from archive.storage.open_archive import OpenArchive

T = TypeVar("T")
_UNREADABLE = (TooSlow, sqlite3.Error)
_FRESH = {"cache-control": "no-store"}


async def health_json(datasette: Any, request: Any) -> Any:
    """Return the health as JSON, the same as `backissue status --json`."""
    if room_of(datasette).waiting:
        return _answer({"ok": False, "troubles": ["There is no archive yet: nothing was crawled."]})
    try:
        told = await _ask(datasette, request, _status)
    except _UNREADABLE as error:
        return _answer({"ok": False, "troubles": [_unread(error)]})
    return _answer(asdict(told))


async def metrics(datasette: Any, request: Any) -> Any:
    """Return the same in numbers, in the text format of Prometheus."""
    try:
        measures = await _ask(datasette, request, lambda archive: Measures(archive.db, _status(archive)))
    except _UNREADABLE as error:
        return Response.text(_unread(error), status=503, headers=_FRESH)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(measures)
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(registry), content_type=content_type, headers=_FRESH)


async def _ask(datasette: Any, request: Any, question: Callable[[OpenArchive], T]) -> T:
    """Query the served archive. Raises NotFound, Forbidden, TooSlow, sqlite3.Error."""
    name = await enter(datasette, request)
    path = datasette.get_database(name).path
    if path is None:
        raise NotFound("No Backissue archive is served here.")
    return await read(
        datasette, name, lambda connection: question(OpenArchive(Database(connection), Path(path)))
    )


def _status(archive: OpenArchive) -> health.Status:
    return health.archive_health(archive, datetime.now(UTC))


def _unread(error: Exception) -> str:
    return f"The archive cannot be read: {error or 'it took too long'}."


def _answer(value: dict[str, Any]) -> Any:
    body = json.dumps(value, ensure_ascii=False, indent=2, default=to_text)
    status = 503
    if value["ok"]:
        status = 200
    return Response(body, status=status, content_type="application/json; charset=utf-8", headers=_FRESH)
