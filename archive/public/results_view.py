"""All rows of a query, as CSV or JSON, streamed: Datasette's own answer ends without a word after a thousand.

Its law: what does not come whole does not look whole. The first portion is read before anything is
answered, so that a query that cannot be is told as such; where a later one fails, the connection breaks.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from datasette.utils import InvalidSql, derive_named_parameters, sqlite_timelimit, validate_sql_select
from datasette.utils.asgi import AsgiStream, Response

from archive.core.csv_cells import disarmed
from archive.public.web import enter, own_connection

PORTION = 500  # rows read at a time; for each one Datasette's time limit holds anew

Texts = Callable[[list[str], Iterator[list[Any]]], Iterator[str]]


async def as_csv(datasette: Any, request: Any) -> Any:
    """All rows as CSV. Cells that a spreadsheet would run are disarmed unless `raw` is asked for."""
    raw = bool(request.args.get("raw"))

    def texts(names: list[str], portions: Iterator[list[Any]]) -> Iterator[str]:
        head = [names]
        for rows in portions:
            yield _csv(head + (rows if raw else [map(disarmed, row) for row in rows]))
            head = []

    return await _streamed(datasette, request, texts, "csv", "text/csv; charset=utf-8")


async def as_json(datasette: Any, request: Any) -> Any:
    """All rows as one JSON array of objects; a blob is told by its hexadecimal digits."""

    def texts(names: list[str], portions: Iterator[list[Any]]) -> Iterator[str]:
        mark = "["
        for rows in filter(None, portions):
            objects = (dict(zip(names, row, strict=True)) for row in rows)
            lines = (json.dumps(one, ensure_ascii=False, default=bytes.hex) for one in objects)
            yield f"{mark}\n" + ",\n".join(lines)
            mark = ","
        yield "\n]\n" if mark == "," else "[]\n"

    return await _streamed(datasette, request, texts, "json", "application/json; charset=utf-8")


async def _streamed(datasette: Any, request: Any, texts: Texts, ending: str, content_type: str) -> Any:
    name = await enter(datasette, request)
    await datasette.ensure_permissions(request.actor, [("execute-sql", name), ("view-database", name)])
    sql = (request.args.get("sql") or "").strip().rstrip(";")
    connection = await asyncio.to_thread(own_connection, datasette, name)
    try:
        validate_sql_select(sql)
        named = await derive_named_parameters(datasette.get_database(name), sql)
        values = {parameter: request.args.get(parameter) or "" for parameter in named}
        made = texts(*await asyncio.to_thread(_asked, connection, sql, values, datasette.sql_time_limit_ms))
        first = await asyncio.to_thread(next, made)
    except (InvalidSql, sqlite3.Error) as error:
        connection.close()
        slow = (
            " It took too long; narrow it."
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
            else ""
        )
        return Response.text(f"This query cannot be answered: {error}.{slow}", status=400)

    async def stream(writer: Any) -> None:
        try:
            text: str | None = first
            while text is not None:
                await writer.write(text)
                text = await asyncio.to_thread(next, made, None)
        finally:
            connection.close()

    headers = {"content-disposition": f'attachment; filename="results.{ending}"'}
    return AsgiStream(stream, headers=headers, content_type=content_type)


def _asked(
    connection: sqlite3.Connection, sql: str, values: dict[str, str], limit: int
) -> tuple[list[str], Iterator[list[Any]]]:
    """The names of the columns, and the rows in portions; the last one may be empty."""
    with sqlite_timelimit(connection, limit):
        cursor = connection.execute(sql, values)

    def portions() -> Iterator[list[Any]]:
        rows = None
        while rows is None or len(rows) == PORTION:
            with sqlite_timelimit(connection, limit):
                rows = [tuple(row) for row in cursor.fetchmany(PORTION)]
            yield rows

    return [column[0] for column in cursor.description], portions()


def _csv(rows: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
