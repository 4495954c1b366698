"""All rows of a query, as CSV or JSON, streamed: Datasette's own answer ends silently after a thousand.

An incomplete response never appears complete: see `sql/downloads.py`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from datasette.utils import InvalidSql, derive_named_parameters, validate_sql_select
from datasette.utils.asgi import Response

from archive.core.formatting import disarmed, file_name
from archive.public.sql import downloads, stock
from archive.public.sql.jobs import Job
from archive.public.sql.pool import Download, LateError, LostError
from archive.public.web import enter


async def results_csv(datasette: Any, request: Any) -> Any:
    """Return all rows as CSV.

    Cells that a spreadsheet would run are disarmed unless `raw` is requested.
    """
    raw = bool(request.args.get("raw"))
    download = await _asked(datasette, request)
    if not isinstance(download, Download):
        return download

    def texts(rows: list[tuple[Any, ...]], is_first: bool) -> str:
        if not raw:
            rows = [tuple(map(disarmed, row)) for row in rows]
        if is_first:
            rows = [download.names, *rows]
        return downloads.csv_text(rows)

    return downloads.stream_response(
        download, texts, content_type="text/csv; charset=utf-8", headers=_attached(request, "csv")
    )


async def results_json(datasette: Any, request: Any) -> Any:
    """Return all rows as one JSON array of objects.

    A blob is written as hexadecimal digits.
    """
    download = await _asked(datasette, request)
    if not isinstance(download, Download):
        return download
    is_empty = True

    def texts(rows: list[tuple[Any, ...]], is_first: bool) -> str:
        nonlocal is_empty
        objects = (dict(zip(download.names, row, strict=True)) for row in rows)
        texts_of_rows = (json.dumps(one, ensure_ascii=False, default=bytes.hex) for one in objects)
        lines = ",\n".join(texts_of_rows)
        start = ""
        if is_first:
            start = "["
        elif rows and not is_empty:
            start = ","
        is_empty = is_empty and not rows
        if not rows:
            return start
        return f"{start}\n{lines}"

    content_type = "application/json; charset=utf-8"
    headers = _attached(request, "json")
    return downloads.stream_response(download, texts, content_type=content_type, headers=headers, end="\n]\n")


async def _asked(datasette: Any, request: Any) -> Any:
    """Return the download of a request's query, or the response with the reason of a refusal."""
    name = await enter(datasette, request)
    await datasette.ensure_permissions(request.actor, [("execute-sql", name), ("view-database", name)])
    given = request.args.get("sql") or ""
    sql = given.strip().rstrip(";")
    database = datasette.get_database(name)
    try:
        validate_sql_select(sql)
        named = await derive_named_parameters(database, sql)
        values = {parameter: request.args.get(parameter) or "" for parameter in named}
        job = Job(
            place=stock.place_of(database),
            sql=sql,
            params=values,
            limit_ms=datasette.sql_time_limit_ms,
            portion_rows=downloads.PORTION_ROWS,
        )
        download = await stock.pool_of(datasette).open_download(job, "sql")
    except InvalidSql as error:
        return _refused(str(error))
    except LateError:
        return _refused("interrupted. It took too long; narrow it")
    except LostError:
        return _refused("it needs too much time or memory; narrow it")
    if download.failure is None:
        return download
    slow = ""
    if download.failure.code == "SQLITE_INTERRUPT":
        slow = " It took too long; narrow it."
    return _refused(f"{download.failure.sentence}.{slow}")


def _refused(sentence: str) -> Any:
    return Response.text(f"This query cannot be answered: {sentence.rstrip('.')}.", status=400)


def _attached(request: Any, ending: str) -> dict[str, str]:
    """Return the header with a file name.

    It has the query's own name or its words, the values that were filled in, and the day.
    """
    sql = request.args.get("sql") or ""
    statement = re.sub(r"(?i)\bselect\b.*?\bfrom\b", " ", sql, flags=re.DOTALL)
    said = request.args.get("_query") or statement
    others = [name for name in request.args if name not in ("sql", "raw", "_query")]
    values = [request.args.get(name) or "" for name in others]
    now = datetime.now(UTC)
    file = file_name("results", [said, *values], ending, now)
    return {"content-disposition": f'attachment; filename="{file}"'}
