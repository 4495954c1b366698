"""Raw pages as Parquet, for programs that read many pages on many machines.

One row is one page as it was received, with its body; the columns are those of `COLUMNS`. Pages are divided
into row groups, the unit of work of whoever reads them, and into files of bounded size. What may not leave
the archive is left out as it is from WARC.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from archive.exports.selection import Snapshot
from archive.exports.taken_pages import TakenPage, taken_pages
from archive.exports.target import Bundle, facts

GROUP_PAGES, GROUP_BYTES = 100, 16_000_000
"""A row group ends at whichever comes first: pages, or bytes of their bodies."""
FILE_GROUPS = 32
"""Row groups of one file: up to 512 MB of bodies, some tens of MB when packed."""
COLUMNS = {
    "number": "The page's id in pages.db; later pages have larger ones.",
    "source": "The source that it was fetched for.",
    "kind": "What was asked: article, posts, comments, posts-feed, comments-feed, thread or listing.",
    "url": "The URL that was asked.",
    "final_url": "The URL that answered, after redirects.",
    "status": "The HTTP status.",
    "headers": "The headers, as a JSON list of [name, value].",
    "fetched_at": "When it was received: ISO 8601 in UTC.",
    "lastmod": "The site's own mark of change when it was asked for, as it stood there; null for none.",
    "digest": "SHA-256 of the body, in hexadecimal.",
    "newest": "Whether it is the newest page of its URL, which is the one that is read again.",
    "body": "The body, without transfer and content coding.",
}
"""The columns, and what each means."""


def pages_schema() -> Any:
    """Return the schema of a file of pages."""
    import pyarrow as pa  # noqa: PLC0415

    types = {"number": pa.int64(), "status": pa.int64(), "newest": pa.bool_(), "body": pa.binary()}
    fields = []
    for name, description in COLUMNS.items():
        type_ = types.get(name, pa.string())
        fields.append(pa.field(name, type_, metadata={"description": description}))
    return pa.schema(fields, metadata={"description": "Raw pages as they were received."})


def write_pages(snapshot: Snapshot, bundle: Bundle) -> None:
    """Write all pages into numbered files, and a manifest."""
    written, files = 0, 0
    groups = _groups(taken_pages(snapshot))
    group = next(groups, [])
    while group or not files:
        with _file(bundle, f"pages-{files:05d}.parquet") as writer:
            for _ in range(FILE_GROUPS):
                if group:
                    writer.write_batch(_batch(group))
                written += len(group)
                group = next(groups, [])
                if not group:
                    break
        files += 1
    bundle.close(facts(snapshot, "pages", {"pages": written, "files": files}))


@contextmanager
def _file(bundle: Bundle, name: str) -> Iterator[Any]:
    from pyarrow import parquet  # noqa: PLC0415

    with bundle.open(name) as out, parquet.ParquetWriter(out, pages_schema(), compression="zstd") as writer:
        yield writer


def _groups(pages: Iterator[TakenPage]) -> Iterator[list[TakenPage]]:
    group: list[TakenPage] = []
    size = 0
    for taken in pages:
        group.append(taken)
        size += len(taken.page.body)
        if len(group) >= GROUP_PAGES or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _batch(group: list[TakenPage]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    rows = [_row(taken) for taken in group]
    return pa.RecordBatch.from_pylist(rows, schema=pages_schema())


def _row(taken: TakenPage) -> dict[str, Any]:
    page = taken.page
    headers = json.dumps(page.headers)
    return {
        **taken.columns,
        "headers": headers,
        "newest": taken.is_newest,
        "body": page.body,
    }
