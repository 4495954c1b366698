"""An SQL dump that makes the tables again in any SQLite: `sqlite3 new.db < archive.sql`.

It names no extension: the full-text indexes are not in it. One statement a row, one transaction.
"""

from __future__ import annotations

from typing import Any, TextIO

from archive.exports.selection import TAKEN, Snapshot
from archive.exports.target import PROGRAM


def write_sql(snapshot: Snapshot, out: TextIO) -> None:
    """Write the statements."""
    out.write(f"-- {PROGRAM}\nPRAGMA foreign_keys = OFF;\nBEGIN TRANSACTION;\n")
    for table in TAKEN:
        _statements(snapshot, table, "table", out)
        for row in snapshot.rows(table):
            values = ",".join(map(literal, row))
            out.write(f"INSERT INTO {table} VALUES ({values});\n")
    for table in TAKEN:
        _statements(snapshot, table, "index", out)
    out.write("COMMIT;\n")


def _statements(snapshot: Snapshot, table: str, kind: str, out: TextIO) -> None:
    out.writelines(f"{statement};\n" for statement in snapshot.statements(table, kind))


def literal(value: Any) -> str:
    """Return a value as SQL.

    Text with a NUL is written in hexadecimal: a shell would end the statement there.
    """
    if value is None:
        return "NULL"
    if isinstance(value, str):
        if "\0" in value:
            return f"CAST(x'{value.encode().hex()}' AS TEXT)"
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return repr(value)
