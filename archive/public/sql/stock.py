"""Every private part of Datasette 0.65 that is replaced or used: what a new Datasette can break is here.

Replaced, for all databases that are served together with an archive: how `Database.execute` runs a statement
(in a process that can be ended), and how `DataView.as_csv` streams. Does not: change anything where no
archive is served. test_stock.py names each part that a new version lacks.
"""

from __future__ import annotations

import pickle
import re
import sqlite3
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from datasette.database import Database, QueryInterrupted, Results
from datasette.tracer import trace
from datasette.utils import escape_sqlite, tilde_decode
from datasette.utils.asgi import BadRequest

from archive.public.served_archives import room_of
from archive.public.sql.jobs import Failure, Job, Place
from archive.public.sql.paging import Paged, first_page, seekable, sorted_table, whole_table, without_limit
from archive.public.sql.pool import LateError, LostError, Pool
from archive.public.sql.view_paging import page_of_view, view_of_page

INTROSPECTION = (
    "attached_databases",
    "get_table_definition",
    "get_view_definition",
    "hidden_table_names",
    "table_counts",
    "table_exists",
    "table_names",
    "view_names",
)
"""Methods of Database that ask for the schema, and counts within milliseconds: they stay in this process."""

FIXED = frozenset(
    {
        "PRAGMA schema_version",
        "select * from sqlite_master WHERE type = 'table'",
        "select name from sqlite_master where type in ('table', 'view') and name = ? collate nocase",
    }
)
"""Statements that Datasette runs for every page and permission, in its own words: they stay here too."""

OFFSET = re.compile(r" limit \d+ offset \d+$")
OFFSET_PATIENCE = 5
"""How many time limits a later page of a view may take: a view has no key, so the rows before it are read."""

_inside: ContextVar[bool] = ContextVar("inside", default=False)
_table_page: ContextVar[bool] = ContextVar("table_page", default=False)
_pools: WeakKeyDictionary[Any, Pool] = WeakKeyDictionary()
_originals: dict[str, Callable[..., Any]] = {}


def install(as_csv: Callable[..., Any]) -> None:
    """Replace the parts, once for this process.

    `as_csv` is for that of DataView.

    Call it when Datasette is imported whole, since it imports us while it is not.
    """
    if _originals:
        return
    from datasette.views.base import DataView  # noqa: PLC0415  (see above)
    from datasette.views.table import TableView  # noqa: PLC0415

    _originals.update(execute=Database.execute, data=TableView.data, as_csv=DataView.as_csv)
    for name in INTROSPECTION:
        setattr(Database, name, _staying(getattr(Database, name)))
    Database.attached_databases = _without_temp(Database.attached_databases)
    Database.execute = execute
    TableView.data = table_data
    DataView.as_csv = as_csv


def pool_of(datasette: Any) -> Pool:
    """Return the processes of one Datasette.

    They start when they are first needed.
    """
    if datasette not in _pools:
        settings = pickle.dumps(arguments_of(datasette))
        _pools[datasette] = Pool(lambda: settings)
    return _pools[datasette]


def arguments_of(datasette: Any) -> dict[str, Any]:
    """Return what makes a Datasette whose connections have the same functions as this one's."""
    return {
        "files": [path for path in datasette.files if path not in datasette.immutables],
        "immutables": sorted(datasette.immutables),
        "metadata": datasette._metadata_local,
        "settings": {**datasette._settings, "num_sql_threads": 0},
        "plugins_dir": datasette.plugins_dir,
        "sqlite_extensions": datasette.sqlite_extensions,
        "crossdb": datasette.crossdb,
        "nolock": datasette.nolock,
    }


def open_for_datasette(datasette: Any, place: Place) -> sqlite3.Connection:
    """Open a database as Datasette does, with plugins' functions."""
    database = Database(datasette, place.path, is_mutable=place.is_mutable, is_memory=place.is_memory)
    connection: sqlite3.Connection = database.connect()
    datasette._prepare_connection(connection, place.name)
    return connection


def place_of(database: Any) -> Place:
    """Return what a worker needs to open this database."""
    path = None if database.path is None else str(database.path)
    return Place(name=database.name, path=path, is_mutable=database.is_mutable, is_memory=database.is_memory)


def interrupt(datasette: Any) -> None:
    """Stop what this process itself is reading, on all its connections."""
    for database in datasette.databases.values():
        for connection in database._all_file_connections:
            try:
                connection.interrupt()
            except sqlite3.ProgrammingError:
                continue  # closed already


# -- what replaces Datasette's own ------------------------------------------------------------------


async def execute(
    self: Any,
    sql: str,
    params: Any = None,
    truncate: bool = False,
    custom_time_limit: float | None = None,
    page_size: int | None = None,
    log_sql_errors: bool = True,
) -> Any:
    """Run a statement as Database.execute does, in a process that can be ended.

    Raises QueryInterrupted, sqlite3 errors, and CrowdedError where there is no room for it now.
    """
    if self.memory_name or _inside.get() or sql in FIXED or not room_of(self.ds).active:
        return await _originals["execute"](
            self, sql, params, truncate, custom_time_limit, page_size, log_sql_errors
        )
    limit_ms = self.ds.sql_time_limit_ms
    if custom_time_limit and custom_time_limit < limit_ms:
        limit_ms = custom_time_limit
    if _table_page.get() and OFFSET.search(sql):
        limit_ms *= OFFSET_PATIENCE
    most = self.ds.max_returned_rows
    most += most == (page_size or self.ds.page_size)
    paged = await _paged(self, sql)
    most_rows = most if most and truncate else None
    job = Job(
        place=place_of(self),
        sql=paged.sql,
        rest=paged.rest,
        page_rows=paged.rows,
        params=plain_params(sql, params),
        limit_ms=limit_ms,
        most_rows=most_rows,
    )
    with trace("sql", database=self.name, sql=sql.strip(), params=params):
        try:
            reply = await pool_of(self.ds).run(job)
        except LateError as error:
            raise QueryInterrupted(error, sql, params) from error
        except LostError as error:
            raise sqlite3.OperationalError("this query was stopped: it needs too much") from error
    if isinstance(reply, Failure):
        raise error_of(reply, sql, params)
    rows = as_rows(reply.names, reply.rows)
    description = tuple((name, *[None] * 6) for name in reply.names)
    return Results(rows, reply.more, description)


async def table_data(self: Any, request: Any, *args: Any, **options: Any) -> Any:
    """Read a table page as TableView.data does, and flag the request as one.

    A parameter that a page cannot have is the request's fault, so its error is a 400 and never a 500.
    """
    if not room_of(self.ds).active:
        return await _originals["data"](self, request, *args, **options)
    from datasette.views.base import DatasetteError  # noqa: PLC0415  (it imports us while it is not whole)

    token = _table_page.set(True)
    try:
        await _check_next(self.ds, request)
        return await _originals["data"](self, request, *args, **options)
    except DatasetteError as error:
        if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            error.status = HTTPStatus.BAD_REQUEST
        raise
    finally:
        _table_page.reset(token)


async def _check_next(datasette: Any, request: Any) -> None:
    """Refuse a `_next` that no page of a view has given: it is a number of rows."""
    typed = request.args.get("_next") or ""
    if not typed or (typed.isascii() and typed.isdigit()):
        return
    database = datasette.get_database(route=tilde_decode(request.url_vars["database"]))
    name = tilde_decode(request.url_vars["table"])
    if await database.get_view_definition(name):
        raise BadRequest(
            f"_next={typed[:40]} is not a page of {name}: give a number of rows, or leave it out."
        )


async def stock_csv(view: Any, request: Any, database: str) -> Any:
    """Answer CSV as Datasette does."""
    return await _originals["as_csv"](view, request, database)


# -- between the two --------------------------------------------------------------------------------


async def _paged(database: Any, sql: str) -> Paged:
    """Return the statement, or its replacement if it is a page of a sorted table."""
    if not _table_page.get():
        return Paged(sql)
    if view := view_of_page(sql):
        return await _page_of_view(database, sql, view)
    if sorted_table(sql) is None:
        return seekable(sql)
    order = await _order_of(database, sql)
    if order:
        return first_page(sql, *order)
    return Paged(sql)


async def _page_of_view(database: Any, sql: str, view: str) -> Paged:
    """Return what gives a page of a view of ours; the statement itself where it is another's view."""
    definition = await database.get_view_definition(view)
    if not definition or database.name not in room_of(database.ds).archives:
        return Paged(sql)
    paged: Paged = await database.execute_fn(lambda connection: page_of_view(connection, sql, definition))
    return paged


async def whole_of(database: Any, sql: str) -> tuple[str, ...]:
    """Return the statements that give all rows of which this page statement gives the first."""
    keys, least = await _order_of(database, sql) or ("", "")
    if keys:
        return whole_table(sql, keys, least)
    return (without_limit(sql),)


async def _order_of(database: Any, sql: str) -> tuple[str, str] | None:
    """Return the primary key of a sorted table, and the least value of its column, if it is one."""
    found = sorted_table(sql)
    if found is None:
        return None
    table, column = (name.strip('[]"') for name in found)
    if await database.get_view_definition(table):
        return None
    keys = await database.primary_keys(table) or ["rowid"]
    columns = await database.table_column_details(table)
    types = {each.name: each.type.upper() for each in columns}
    type_ = types.get(column, "")
    is_text = any(mark in type_ for mark in ("CHAR", "CLOB", "TEXT"))
    least = "-9e999"
    if is_text:
        least = "''"
    return ", ".join(map(escape_sqlite, keys)), least


def plain_params(sql: str, params: Any) -> Any:
    """Return parameters as plain values.

    Magic ones are resolved by the names in the statement.
    """
    if params is None:
        return {}
    if not isinstance(params, dict):
        return list(params)
    found = dict(params) if type(params) is dict else {}
    for name in re.findall(r"[:@$](\w+)", sql) if type(params) is not dict else ():
        try:
            found[name] = params[name]
        except KeyError:
            continue  # SQLite reports which one is missing
    return found


def error_of(failure: Failure, sql: str = "", params: Any = None) -> Exception:
    """Return Datasette's exception for a failure."""
    if failure.code == "SQLITE_INTERRUPT":
        interrupted: Exception = QueryInterrupted(sqlite3.OperationalError("interrupted"), sql, params)
        return interrupted
    return sqlite3.OperationalError(failure.sentence)  # of another kind a table page makes a 500


def as_rows(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[sqlite3.Row]:
    """Return tuples as rows of sqlite3, read by number and by name."""
    if not names:
        return []
    columns = ", ".join('0 AS "{}"'.format(name.replace('"', '""')) for name in names)
    connection = sqlite3.connect(":memory:")
    try:
        cursor = connection.execute(f"SELECT {columns}")
        return [sqlite3.Row(cursor, row) for row in rows]
    finally:
        connection.close()


def _without_temp(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that lists attached databases, without the temporary tables of our own pages."""

    @wraps(method)
    async def attached(self: Any) -> Any:
        return [each for each in await method(self) if each.name != "temp"]

    return attached


def _staying(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose statements are run in this process."""

    @wraps(method)
    async def staying(self: Any, *args: Any, **options: Any) -> Any:
        token = _inside.set(True)
        try:
            return await method(self, *args, **options)
        finally:
            _inside.reset(token)

    return staying
