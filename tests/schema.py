"""`python -m tests.schema` writes docs/schema.md from a fresh archive and the descriptions of its tables."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from archive.exports.selection import METADATA_FILE
from archive.storage.archive import Archive
from tests.paths import ROOT

PAGE = ROOT / "docs" / "schema.md"
HEAD = """# Tables and views

`archive.db` has these tables and views; `python -m tests.schema` writes this page from a new archive. Times
are ISO 8601 text in UTC; a date without a time is a day.
"""


def page() -> str:
    """Return the page in Markdown: each table and view with its columns, their types and descriptions."""
    known = json.loads(METADATA_FILE.read_text(encoding="utf-8"))
    tables = known["tables"]
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder) / "archive.db") as archive:
        sql = (
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"
            " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_fts%' AND name NOT LIKE '%_substrings%'"
            " AND substr(name, 1, 1) <> '_' ORDER BY name"
        )
        names = archive.db.execute(sql).fetchall()
        parts = [_section(name, kind, tables.get(name, {}), archive) for name, kind in names]
    return "\n".join([HEAD, *parts])


def _section(name: str, kind: str, about: dict[str, Any], archive: Archive) -> str:
    rows = archive.db.execute("SELECT name, type FROM pragma_table_info(?)", [name]).fetchall()
    columns = about.get("columns", {})
    lines = [f"## {name}", "", " ".join(filter(None, [f"({kind})", about.get("description", "")])), ""]
    lines += ["| column | type | meaning |", "|---|---|---|"]
    lines += [
        f"| `{column}` | {type_.lower() or '–'} | {columns.get(column, '')} |" for column, type_ in rows
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
