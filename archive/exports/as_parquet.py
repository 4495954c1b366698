"""Parquet: one file for each table, written in row groups of bounded size.

pyarrow is imported only here, since it is larger than all the rest of the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archive.core.errors import ArchiveError
from archive.exports.dataset_cards import add_cards
from archive.exports.selection import TAKEN, Column, Snapshot, described
from archive.exports.target import Bundle, facts

GROUP_ROWS, GROUP_BYTES = 20_000, 3_000_000  # a row group ends at the first bound that is reached
PORTION_ROWS, PORTION_CHARACTERS = 500, 2_000_000  # of what is read at once


def must_be_installed() -> None:
    """Raise ArchiveError where pyarrow is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415
    except ImportError as error:
        raise ArchiveError(
            "Parquet is written by pyarrow, which is not installed.",
            hint="Install Backissue with it (backissue[parquet]), or export another format.",
        ) from error


def write_parquet(snapshot: Snapshot, bundle: Bundle) -> None:
    """Write one file for each table.

    What tables and columns mean is in their metadata.
    """
    from pyarrow import parquet  # noqa: PLC0415

    for table in TAKEN:
        schema = _schema(table, snapshot.columns(table))
        with (
            bundle.open(f"{table}.parquet") as out,
            parquet.ParquetWriter(out, schema, compression="zstd") as writer,
        ):
            for group in _groups(snapshot.rows(table), schema):
                writer.write_table(group)
    files = {table: f"{table}.parquet" for table in TAKEN}
    add_cards(bundle, snapshot, files)
    bundle.close(facts(snapshot, "parquet", snapshot.counts()))


def _schema(table: str, columns: Iterable[Column]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    types = {"INTEGER": pa.int64(), "TEXT": pa.string()}
    fields = []
    for column in columns:
        metadata = {"description": column.description}
        fields.append(pa.field(column.name, types[column.type], metadata=metadata))
    description = described().get(table, {}).get("description", "")
    return pa.schema(fields, metadata={"description": description})


def _groups(rows: Iterable[tuple[Any, ...]], schema: Any) -> Iterator[Any]:
    """Yield the tables of the row groups, collected from small batches: Python's values take more room."""
    import pyarrow as pa  # noqa: PLC0415

    batches: list[Any] = []
    count = size = 0
    for some in _portions(rows):
        batches.append(_batch(some, schema))
        count += len(some)
        size += batches[-1].nbytes
        if count >= GROUP_ROWS or size >= GROUP_BYTES:
            yield pa.Table.from_batches(batches)
            batches, count, size = [], 0, 0
    if batches:
        yield pa.Table.from_batches(batches)


def _portions(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    portion: list[tuple[Any, ...]] = []
    size = 0
    for row in rows:
        portion.append(row)
        texts = (value for value in row if isinstance(value, str))
        size += sum(map(len, texts))
        if len(portion) >= PORTION_ROWS or size >= PORTION_CHARACTERS:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _batch(portion: list[tuple[Any, ...]], schema: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    columns = zip(*portion, strict=True)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)
