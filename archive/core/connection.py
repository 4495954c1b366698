"""A connection to an SQLite file: statements, and rows by the names of their columns.

The few parts of sqlite-utils' Database that every command needs, under the same names, since its import costs
more than most commands do. A table by its name (`db["articles"]`) is sqlite-utils' own, which is loaded then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils.db import Table


class Database:
    """Connection to a database file.

    Triggers run for rows that REPLACE deletes too, as the full-text indexes need it.
    """

    __slots__ = ("__weakref__", "conn")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.conn = connection
        connection.execute("PRAGMA recursive_triggers = ON")

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Execute a statement. Raises sqlite3.Error."""
        return self.conn.execute(sql, parameters)

    def query(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[dict[str, Any]]:
        """Execute a query at once, and return its rows, fetched one by one.

        Raises ValueError for a statement that gives no rows, and sqlite3.Error.
        """
        cursor = self.conn.execute(sql, parameters)
        if cursor.description is None:
            raise ValueError(f"not a query: {sql}")
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        if self.conn.in_transaction:
            self.conn.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self.conn.close()

    def __getitem__(self, table: str) -> Table:
        """Return a table with sqlite-utils' methods."""
        from sqlite_utils import Database as Tables  # noqa: PLC0415  (slow to import)

        return Tables(self.conn).table(table)
