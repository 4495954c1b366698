"""The files of a result: one of each table for each task, each of them placed whole.

    OUT/plan.json                 what is read, by which rules, divided into how many tasks
    OUT/records/00003.parquet     of task 3; articles, comments and problems likewise
    OUT/engine/                   datatrove's logs, statistics and completion marks

Row groups of the four files belong together. A task that is done twice writes the same rows, so a worker that
was taken for dead does no harm.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from archive.core.answers.reader_guard import UNREADABLE
from archive.core.errors import BackissueError
from archive.core.records import Extract, Problem
from pipeline.scale.rows import RESULT_TABLES, ReadPage, Row, read_from_rows, rows_of, schema_of

GROUP_PAGES = 100
"""Pages of a row group."""
_UNFINISHED = ".unfinished"


def result_path(folder: Path, table: str, task: int) -> Path:
    """Return the file of a table of a task."""
    return folder / table / f"{task:05d}.parquet"


class ResultWriter:
    """Writes what a task reads; `finish` puts the files in their places."""

    def __init__(self, folder: Path, task: int) -> None:
        self._folder, self._task = folder, task
        self._name = f".{task:05d}.{uuid.uuid4().hex[:8]}{_UNFINISHED}"
        self._open = ExitStack()
        self._writers: dict[str, Any] = {}
        self._waiting: list[ReadPage] = []
        self._written = 0

    def add(self, read: ReadPage) -> None:
        """Add a page."""
        self._waiting.append(read)
        if len(self._waiting) >= GROUP_PAGES:
            self._flush()

    def finish(self) -> None:
        """Write the rest, and put the files in their places."""
        if self._waiting or not self._writers:
            self._flush()
        self._open.close()
        for table in reversed(RESULT_TABLES):  # the records last: where they are, the others are
            (self._folder / table / self._name).replace(result_path(self._folder, table, self._task))

    def discard(self) -> None:
        """Remove what is not in its place."""
        self._open.close()
        for table in RESULT_TABLES:
            (self._folder / table / self._name).unlink(missing_ok=True)

    def _flush(self) -> None:
        self._write(self._batches(self._waiting))
        self._written += len(self._waiting)
        self._waiting = []

    def _batches(self, pages: list[ReadPage]) -> dict[str, Any]:
        """Return the rows of pages by table. A page with a value that no table can take is a problem."""
        try:
            return _batches(pages, self._written)
        except (ValueError, OverflowError, TypeError):
            return _batches([_as_rows(read) for read in pages], self._written)

    def _write(self, batches: dict[str, Any]) -> None:
        from pyarrow import parquet  # noqa: PLC0415  (an extra)

        for table, batch in batches.items():
            if table not in self._writers:
                path = self._folder / table / self._name
                path.parent.mkdir(parents=True, exist_ok=True)
                writer = parquet.ParquetWriter(path, batch.schema, compression="zstd")
                self._writers[table] = self._open.enter_context(writer)
            self._writers[table].write_batch(batch, row_group_size=max(batch.num_rows, 1))


def _batches(pages: list[ReadPage], first: int) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415  (an extra)

    rows: dict[str, list[Row]] = {table: [] for table in RESULT_TABLES}
    for place, read in enumerate(pages, first):
        for table, more in rows_of(place, read).items():
            rows[table] += more
    return {
        table: pa.RecordBatch.from_pylist(found, schema=schema_of(table)) for table, found in rows.items()
    }


def _as_rows(read: ReadPage) -> ReadPage:
    """Return a page as it is where tables take it, else with that as its problem."""
    try:
        _batches([read], 0)
    except (ValueError, OverflowError, TypeError) as error:
        detail = f"{read.facts['url']} has a value that cannot be kept: {type(error).__name__}."
        problem = Problem(code=UNREADABLE, detail=detail)
        extract = Extract(surface=read.extract.surface, problems=(problem,))
        return ReadPage(facts=read.facts, extract=extract, altered=read.altered)
    return read


def tasks_done(folder: Path) -> list[int]:
    """Return the tasks whose files are in their places, all four of them."""
    placed = [{path.stem for path in (folder / table).glob("[0-9]*.parquet")} for table in RESULT_TABLES]
    return sorted(map(int, set.intersection(*placed)))


def remove_unfinished(folder: Path) -> None:
    """Remove what killed workers have left."""
    for table in RESULT_TABLES:
        for path in (folder / table).glob(f".*{_UNFINISHED}"):
            path.unlink(missing_ok=True)


@contextmanager
def must_be_readable(path: Path) -> Iterator[None]:
    """Raise BackissueError where a file of a result cannot be read in the block."""
    from pyarrow import ArrowException  # noqa: PLC0415  (an extra)

    try:
        yield
    except (ArrowException, OSError, ValueError) as error:
        raise BackissueError(
            f"{path} cannot be read: {str(error).rstrip('.')}.",
            hint="Remove this file, and run the same `backissue reextract` again: it does this task alone.",
        ) from error


def iterate_records(folder: Path, task: int, columns: list[str]) -> Iterator[tuple[int, Row]]:
    """Yield (row group, row) of a task's records, with some of their columns."""
    from pyarrow import parquet  # noqa: PLC0415  (an extra)

    path = result_path(folder, "records", task)
    with must_be_readable(path), parquet.ParquetFile(path, page_checksum_verification=True) as file:
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group, columns=columns).to_pylist():
                yield group, row


def read_group(folder: Path, task: int, group: int) -> dict[int, ReadPage]:
    """Return the pages of a row group by their `record`. Raises BackissueError for a damaged file."""
    from pyarrow import parquet  # noqa: PLC0415  (an extra)

    found: dict[str, list[Row]] = {}
    for table in RESULT_TABLES:
        path = result_path(folder, table, task)
        with must_be_readable(path), parquet.ParquetFile(path, page_checksum_verification=True) as file:
            found[table] = file.read_row_group(group).to_pylist()
    of: dict[int, dict[str, list[Row]]] = defaultdict(lambda: {table: [] for table in RESULT_TABLES})
    for table in RESULT_TABLES[1:]:
        for row in found[table]:
            of[row["record"]][table].append(row)
    return {row["record"]: read_from_rows(row, of[row["record"]]) for row in found["records"]}
