"""Whole tables, queries and canned queries as CSV: one statement each, read to its end in bounded memory.

Datasette 0.65 reads a table page by page, which takes longer with each page, ends a query after a thousand
rows, and adds the text of an error to an apparently complete file. Does not: touch CSV of a single page.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from datasette.database import QueryInterrupted
from datasette.utils import (
    InvalidSql,
    derive_named_parameters,
    escape_sqlite,
    path_from_row_pks,
    tilde_decode,
    validate_sql_select,
)
from datasette.utils.asgi import BadRequest, Request, Response
from datasette.views.base import DatasetteError
from datasette.views.database import MagicParameters

from archive.core.formatting import file_name
from archive.public.served_archives import room_of
from archive.public.sql import downloads, stock
from archive.public.sql.jobs import Job
from archive.public.sql.pool import LateError, LostError

_QUIET = "_size=0&_nofacet=1&_nocount=1"
"""Put before what is asked: nothing is counted, and no link to a next page is made."""


async def table_csv(view: Any, request: Any, database: str) -> Any:
    """Answer as DataView.as_csv does.

    A stream is one statement, and is whole or breaks off.

    Raises DatasetteError with status 400 for what cannot be answered, CrowdedError, Forbidden.
    """
    args = request.args
    if not args.get("_stream") or args.get("_trace") or not room_of(view.ds).active:
        return await stock.stock_csv(view, request, database)
    if not view.ds.setting("allow_csv_stream"):
        raise BadRequest("CSV streaming is disabled")
    if args.get("_next"):
        raise BadRequest("_next not allowed for CSV streaming")
    name = view.ds.get_database(route=database).name
    if view.name == "database" and args.get("sql"):
        await view.ds.ensure_permissions(request.actor, [("execute-sql", name)])
        return await _query(view.ds, request, name, args["sql"], {})
    if view.name != "table":
        return await stock.stock_csv(view, request, database)
    table = tilde_decode(request.url_vars["table"])
    canned = await view.ds.get_canned_query(name, table, request.actor)
    if canned and canned.get("write"):
        return await stock.stock_csv(view, request, database)
    if canned:
        wanted = [("view-query", (name, table)), ("view-database", name), "view-instance"]
        await view.ds.ensure_permissions(request.actor, wanted)
        return await _query(view.ds, request, name, canned["sql"], canned)
    return await _table(view, request, name)


async def _table(view: Any, request: Any, name: str) -> Any:
    query = "&".join(filter(None, [_QUIET, request.query_string]))
    scope = {**request.scope, "query_string": query.encode("latin-1")}
    asked = Request(scope, request.receive)
    try:
        found = await view.data(asked)  # checks everything, and returns the statement
    except QueryInterrupted as error:
        raise _refused(
            "The table could not be read in time. Filter it, or sort it by another column."
        ) from error
    except (sqlite3.DatabaseError, InvalidSql) as error:
        raise _refused(str(error)) from error
    if isinstance(found, Response):
        return found
    data = found[0]
    params = data["query"]["params"]
    labels = _labels(data)
    database = view.ds.get_database(name)
    statements = await stock.whole_of(database, data["query"]["sql"])
    download = await _opened(view.ds, name, statements, params, labels)
    names = []
    for index, column in enumerate(data["columns"]):
        names += [column, f"{column}_label"] if index in labels else [column]
    linked = _blob_linker(view.ds, request, name, data, names)
    return _answer(view.ds, request, download, names, linked)


def _labels(data: dict[str, Any]) -> dict[int, str]:
    """Return, for each column whose labels are wanted, the statement that gives one."""
    expanded = set(data["expanded_columns"])
    found = {}
    for key, label in data["expandable_columns"]:
        if key["column"] in expanded:
            other = escape_sqlite(key["other_table"])
            column = escape_sqlite(key["other_column"])
            sql = f"SELECT {escape_sqlite(label)} FROM {other} WHERE {column} = ?" if label else "SELECT ?"
            found[data["columns"].index(key["column"])] = sql
    return found


def _blob_linker(datasette: Any, request: Any, name: str, data: dict[str, Any], names: list[str]) -> Any:
    """Return a function that replaces a blob by its URL, as Datasette does."""
    keys = data["primary_keys"]

    def linked(row: tuple[Any, ...]) -> tuple[Any, ...]:
        if not any(isinstance(cell, bytes) for cell in row):
            return row
        primary = dict(zip(names, row, strict=True))
        path = path_from_row_pks(primary, keys, not keys)
        cells = []
        for column, cell in zip(names, row, strict=True):
            if isinstance(cell, bytes):
                blob = datasette.urls.row_blob(name, data["table"], path, column)
                cell = datasette.absolute_url(request, blob)
            cells.append(cell)
        return tuple(cells)

    return linked


async def _query(datasette: Any, request: Any, name: str, sql: str, canned: dict[str, Any]) -> Any:
    try:
        if not canned:
            validate_sql_select(sql)
        given = {key: request.args.get(key) for key in request.args if key not in ("sql", "_shape")}
        database = datasette.get_database(name)
        named = canned.get("params") or await derive_named_parameters(database, sql)
        unnamed = [each for each in named if each not in given and not each.startswith("_")]
        blank = dict.fromkeys(unnamed, "")
        params: Mapping[str, Any] = {**given, **blank}
        if canned:
            params = MagicParameters(params, request, datasette)
        statements = (sql.strip().rstrip(";"),)
        download = await _opened(datasette, name, statements, params, {}, is_free=not canned)
    except InvalidSql as error:
        raise _refused(str(error)) from error
    return _answer(datasette, request, download, list(download.names), _as_hex)


def _as_hex(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row whose blobs are hexadecimal digits: they have no address."""
    return tuple(cell.hex() if isinstance(cell, bytes) else cell for cell in row)


async def _opened(
    datasette: Any,
    name: str,
    statements: tuple[str, ...],
    params: Any,
    labels: dict[int, str],
    *,
    is_free: bool = False,
) -> Any:
    sql, *further = statements
    values = stock.plain_params(sql, params)
    limit_ms = datasette.sql_time_limit_ms
    if not is_free:
        limit_ms *= downloads.READER_WAIT_SECONDS
    job = Job(
        place=stock.place_of(datasette.get_database(name)),
        sql=sql,
        params=values,
        further=tuple((each, values) for each in further),
        limit_ms=limit_ms,
        portion_rows=downloads.PORTION_ROWS,
        labels=labels,
        as_csv=True,
    )
    try:
        download = await stock.pool_of(datasette).open_download(job, "sql")
    except (LateError, LostError) as error:
        raise _refused("It took too long, or too much memory. Narrow it.") from error
    if download.failure:
        raise _refused(download.failure.sentence)
    return download


def _answer(datasette: Any, request: Any, download: Any, names: list[str], made: Any) -> Any:
    heading = [names] if request.args.get("_header") != "off" else []
    is_file = bool(request.args.get("_dl"))

    def texts(rows: list[tuple[Any, ...]], is_first: bool) -> str:
        lines = list(map(made, rows))
        if is_first:
            lines = [*heading, *lines]
        return downloads.csv_text(lines)

    start = request.url_vars.get("table") or request.url_vars["database"]  # as in the address: no quotes
    chosen = [name for name in request.args if name != "sql" and not name.startswith("_")]
    said = [request.args.get(name) or "" for name in chosen]
    words = [request.args.get("_search") or "", *said]
    file = file_name(start, words, "csv", datetime.now(UTC))
    kind = "plain"
    headers = {}
    if is_file:
        kind = "csv"
        headers["content-disposition"] = f'attachment; filename="{file}"'
    if datasette.cors:
        headers["access-control-allow-origin"] = "*"
    return downloads.stream_response(
        download,
        texts,
        content_type=f"text/{kind}; charset=utf-8",
        headers=headers,
        most_bytes=datasette.setting("max_csv_mb") * 2**20,
    )


def _refused(sentence: str) -> DatasetteError:
    return DatasetteError(sentence, title="Invalid SQL", status=400)
