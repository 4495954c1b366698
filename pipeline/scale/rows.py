"""What was read out of pages, as rows of Parquet tables, and back.

Four tables: `records` has a row for each page, `articles`, `comments` and `problems` one for each that a page
tells. Their columns are the fields of the records in `archive/core/records.py`, and before them the page's.
Invariant: rows give back the same Extract.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import UnionType
from typing import Any, get_type_hints

from archive.core.records import (
    Article,
    Comment,
    CommentKind,
    Extract,
    Moment,
    Origins,
    Problem,
    Surface,
    Written,
)
from archive.core.timestamps import from_text

RESULT_TABLES = ("records", "articles", "comments", "problems")
_RECORDS = {"articles": Article, "comments": Comment, "problems": Problem}
_PAIRS = {"origins": ("field", "origin"), "written": ("text", "markdown")}
_KINDS: dict[object, str] = {
    str: "text",
    str | None: "text",
    CommentKind: "comment kind",
    int: "number",
    int | None: "number",
    bool: "yes",
    bool | None: "yes",
    Moment | None: "moment",
    tuple[str, ...]: "texts",
    Origins: "pairs",
    Written | None: "pairs",
}
_PAGE = {"record": "number", "place": "number", "source": "text", "page_url": "text", "fetched_at": "text"}
_RECORD = {
    "record": "number",
    "number": "number",
    "source": "text",
    "kind": "text",
    "url": "text",
    "final_url": "text",
    "status": "number",
    "fetched_at": "text",
    "lastmod": "text",
    "digest": "text",
    "extractor_version": "text",
    "surface": "text",
    "altered": "text",
    "articles": "number",
    "comments": "number",
    "problems": "number",
    **{f"wall_{name}": "text" for name in ("code", "detail", "field", "url")},
}

Row = dict[str, Any]


def columns_of(table: str) -> dict[str, str]:
    """Return the columns of a table and the kind of each."""
    if table == "records":
        return _RECORD
    hints: Mapping[str, type | UnionType] = get_type_hints(_RECORDS[table])
    return {**_PAGE, **{field.name: _KINDS[hints[field.name]] for field in fields(_RECORDS[table])}}


def schema_of(table: str) -> Any:
    """Return the Arrow schema of a table."""
    import pyarrow as pa  # noqa: PLC0415  (an extra)

    types = {
        "text": pa.string(),
        "comment kind": pa.string(),
        "moment": pa.string(),
        "number": pa.int64(),
        "yes": pa.bool_(),
        "texts": pa.list_(pa.string()),
    }

    def type_of(name: str, kind: str) -> Any:
        if kind != "pairs":
            return types[kind]
        return pa.list_(pa.struct([pa.field(part, pa.string()) for part in _PAIRS[name]]))

    return pa.schema([pa.field(name, type_of(name, kind)) for name, kind in columns_of(table).items()])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """One page, and what was read out of it.

    `facts` has the columns of `records` from `number` to `extractor_version`. `altered` is why nothing was
    read, in a sentence, or "".
    """

    facts: Row
    extract: Extract
    altered: str = ""


def rows_of(record: int, read: ReadPage) -> dict[str, list[Row]]:
    """Return the rows of one page, by table; `record` is its place in the file."""
    extract, facts = read.extract, read.facts
    wall = {f"wall_{name}": getattr(extract.wall, name, None) for name in ("code", "detail", "field", "url")}
    told = {name: getattr(extract, name) for name in _RECORDS}
    counts = {name: len(items) for name, items in told.items()}
    row = {**facts, "record": record, "surface": extract.surface.value, "altered": read.altered or None}
    page = {
        "record": record,
        "source": facts["source"],
        "page_url": facts["url"],
        "fetched_at": facts["fetched_at"],
    }
    found: dict[str, list[Row]] = {"records": [{**row, **counts, **wall}]}
    for table, items in told.items():
        columns = columns_of(table)
        found[table] = [{**page, "place": place, **_plain(item, columns)} for place, item in enumerate(items)]
    return found


def read_from_rows(record: Row, of: Mapping[str, Iterable[Row]]) -> ReadPage:
    """Return what `rows_of` was given. `of` has the page's rows of the other tables, in their order."""
    wall = None
    if record["wall_code"] is not None:
        wall = Problem(**{name: record[f"wall_{name}"] for name in ("code", "detail", "field", "url")})
    told = {name: tuple(_record(name, row) for row in of.get(name, ())) for name in _RECORDS}
    return ReadPage(
        facts={name: record[name] for name in list(_RECORD)[1:11]},
        extract=Extract(surface=Surface(record["surface"]), wall=wall, **told),
        altered=record["altered"] or "",
    )


def _plain(item: Article | Comment | Problem, columns: Mapping[str, str]) -> Row:
    names = [field.name for field in fields(item)]
    return {name: _to_plain(name, columns[name], getattr(item, name)) for name in names}


def _to_plain(name: str, kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "moment":
        is_day = not isinstance(value, datetime)
        return value.isoformat() if is_day else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if kind == "pairs":
        return [dict(zip(_PAIRS[name], pair, strict=True)) for pair in value]
    if kind == "texts":
        return list(value)
    return str(value) if kind == "comment kind" else value


def _record(table: str, row: Row) -> Any:
    columns = columns_of(table)
    made = _RECORDS[table]
    values = {
        field.name: _from_plain(field.name, columns[field.name], row[field.name]) for field in fields(made)
    }
    return made(**values)


def _from_plain(name: str, kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "moment":
        return from_text(value)
    if kind == "pairs":
        return tuple(tuple(pair[part] for part in _PAIRS[name]) for pair in value)
    if kind == "texts":
        return tuple(value)
    return CommentKind(value) if kind == "comment kind" else value
