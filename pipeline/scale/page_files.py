"""Files of kept pages, divided into units of work.

A unit is a row group of `export pages`, or a whole WARC file; files are paths or URLs of an object store.
Does not: read anything out of a page.
Invariant: a page whose body has not the digest that its row or record states is a PageFault, never a page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warcio.exceptions import ArchiveLoadFailed

from archive.core.errors import BackissueError
from archive.exports.taken_pages import FACTS_HEADER, TakenPage, body_digest, page_from_facts
from archive.files.raw_pages import page_from_row
from pipeline.imports import warc
from pipeline.imports.observed import Fault as ImportFault
from pipeline.imports.observed import Observed
from pipeline.imports.unwrapped import unwrap
from pipeline.scale.page_places import Place, is_remote, open_place, remote_files

_PARQUET = ".parquet"
_RESTORED = "x-orig-"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One row group of a Parquet file, or a WARC file (`group` is -1)."""

    path: str
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFault:
    """A page, or a rest of a file, that cannot be read as it was received.

    `url` is "" where it is not known; `why` is a sentence.
    """

    source: str
    url: str
    fetched_at: str
    digest: str
    why: str
    number: int = 0


def find_page_files(places: Sequence[Place], *, but: Path | None = None) -> list[str]:
    """Return the files of pages that some paths and URLs name, in order, each of them once.

    In a folder hidden files, and what is in the folder `but` (that of the result), do not count.
    Raises BackissueError where a place is missing, or has no such file.
    """
    found: list[str] = []
    for place in places:
        inside = _remote_files(str(place)) if is_remote(place) else _local_files(Path(place), but)
        if not inside or not all(map(_is_known, inside)):
            raise BackissueError(
                f"{place} has no kept pages.",
                hint="Name a folder of `backissue export pages`, or WARC files (.warc, .warc.gz).",
            )
        found += inside
    return list(dict.fromkeys(found))  # one that two places name is read once


def _remote_files(url: str) -> list[str]:
    found = remote_files(url)
    if not found:
        raise BackissueError(
            f"There is nothing at {url}.", hint="Copy there what `backissue export pages` has written."
        )
    if found == [url.rstrip("/")]:
        return found
    return [file for file in found if _is_shown(file.rpartition("/")[2])]


def _local_files(path: Path, but: Path | None) -> list[str]:
    if not path.exists():
        raise BackissueError(
            f"There is no file or folder {path}.", hint="`backissue export pages` writes one."
        )
    if not path.is_dir():
        return [str(path.resolve())]
    found = [file for file in path.rglob("*") if _is_shown(file.name) and file.is_file()]
    resolved = [file.resolve() for file in sorted(found)]
    if but is not None:
        own = but.resolve()
        resolved = [file for file in resolved if not file.is_relative_to(own)]
    return [str(file) for file in resolved]


def units_of(files: Sequence[str]) -> list[Unit]:
    """Return the units of work in some files, in order. Raises BackissueError for a file of another kind."""
    return [Unit(path=file, group=group) for file in files for group in _groups(file)]


def sources_of(files: Sequence[str]) -> set[str]:
    """Return the sources that Parquet files name; WARC files are left out, since they must be read whole."""
    from pyarrow import parquet  # noqa: PLC0415  (an extra)

    found: set[str] = set()
    for file in files:
        if file.endswith(_PARQUET):
            with open_place(file) as opened:
                column = parquet.read_table(opened, columns=["source"]).column("source")
            found |= set(column.unique().to_pylist())
    return found


def first_without_source(files: Sequence[str]) -> str | None:
    """Return the first WARC file whose pages name no source, or None."""
    warcs = (file for file in files if not file.endswith(_PARQUET))
    return next((file for file in warcs if not _is_ours(file)), None)


def read_unit(unit: Unit, source: str) -> Iterator[TakenPage | PageFault]:
    """Yield the pages of a unit; `source` is that of pages which name no source."""
    if unit.group >= 0:
        yield from _parquet_pages(unit)
    else:
        yield from _warc_pages(unit.path, source)


def _is_known(name: str) -> bool:
    return name.lower().endswith((_PARQUET, *warc.WARCS))


def _is_shown(name: str) -> bool:
    """True for a file of pages that is not hidden."""
    return _is_known(name) and not name.startswith(".")


def _groups(file: str) -> Sequence[int]:
    from pyarrow import ArrowInvalid, parquet  # noqa: PLC0415  (an extra)

    if not file.endswith(_PARQUET):
        return [-1]
    try:
        with open_place(file) as content, parquet.ParquetFile(content) as opened:
            if "body" not in opened.schema_arrow.names:
                raise BackissueError(
                    f"{file} has no raw pages.", hint="`backissue export pages` writes files that have."
                )
            return range(opened.num_row_groups)
    except (ArrowInvalid, OSError) as error:
        raise BackissueError(
            f"{file} cannot be read as Parquet: {error}.", hint="Export the pages again."
        ) from error


# -- Parquet --------------------------------------------------------------------------------------


def _parquet_pages(unit: Unit) -> Iterator[TakenPage | PageFault]:
    from pyarrow import ArrowException, parquet  # noqa: PLC0415  (an extra)

    try:
        with (
            open_place(unit.path) as content,
            parquet.ParquetFile(content, page_checksum_verification=True) as opened,
        ):
            rows = opened.read_row_group(unit.group).to_pylist()
    except (ArrowException, OSError, ValueError) as error:
        why = f"Row group {unit.group} of {unit.path} cannot be read: {error}."
        yield PageFault(source="", url="", fetched_at="", digest="", why=why)
        return
    yield from map(_page_of_row, rows)


def _page_of_row(row: dict[str, Any]) -> TakenPage | PageFault:
    digest = body_digest(row["body"] or b"")
    if digest != row["digest"]:
        return _fault(row, f"its body has the SHA-256 {digest[:12]}…, not {str(row['digest'])[:12]}…")
    try:
        page = page_from_row(row, row["body"])
    except (ValueError, TypeError) as error:
        return _fault(row, f"its row cannot be read ({error})")
    return TakenPage(page=page, number=row["number"], is_newest=bool(row["newest"]))


def _fault(row: dict[str, Any], why: str) -> PageFault:
    said = {name: str(row[name] or "") for name in ("source", "url", "fetched_at", "digest")}
    sentence = f"The page {said['url']} of {said['fetched_at']} is not as it was received: {why}."
    return PageFault(**said, why=sentence, number=row["number"] or 0)


# -- WARC -----------------------------------------------------------------------------------------


def _warc_pages(path: str, source: str) -> Iterator[TakenPage | PageFault]:
    if _is_ours(path):
        yield from _own_records(path)
        return
    name = path.rpartition("/")[2]
    for number, found in enumerate(warc.read_warc_from(lambda: open_place(path), name, source, name)):
        if isinstance(found, Observed):
            yield TakenPage(page=unwrap(found.page), number=number, is_newest=True)
        elif isinstance(found, ImportFault):
            why = f"{found.place}: {found.why}"
            yield PageFault(
                source=source, url=found.url or "", fetched_at="", digest="", why=why, number=number
            )


def _is_ours(path: str) -> bool:
    """True if the first answer in a WARC file says what page it is."""
    try:
        with open_place(path) as file, closing(warc.WarcRecords(file)) as records:
            for record in records:
                if record.rec_type == "response":
                    return record.rec_headers.get_header(FACTS_HEADER) is not None
    except (ArchiveLoadFailed, OSError, EOFError, ValueError):
        return False
    return False


def _own_records(path: str) -> Iterator[TakenPage | PageFault]:
    firsts: dict[str, int] = {}  # where the record of each payload begins
    try:
        with open_place(path) as file:
            records = warc.WarcRecords(file, check_digests=True)
            for record in records:
                facts = record.rec_headers.get_header(FACTS_HEADER)
                digest = record.rec_headers.get_header("WARC-Payload-Digest")
                if facts is None or record.http_headers is None:
                    continue
                body, why = _body(record, path, firsts.get(digest))
                if record.rec_type == "response":
                    firsts.setdefault(digest, records.get_record_offset())
                yield _page_of_record(record, facts, body, why)
    except (ArchiveLoadFailed, OSError, EOFError, ValueError) as error:
        why = f"{path} cannot be read any further: {error}."
        yield PageFault(source="", url="", fetched_at="", digest="", why=why)


def _body(record: Any, path: str, offset: int | None) -> tuple[bytes, str]:
    """Return the body of a record, and why it is none of the page's; "" where it is."""
    if record.rec_type == "revisit":
        if offset is None:
            return b"", "the record that it repeats is not in its file"
        with open_place(path) as file:
            file.seek(offset)
            return _body(next(warc.WarcRecords(file, check_digests=True)), path, None)
    body = record.content_stream().read()
    while record.raw_stream.read(_CHUNK_BYTES):
        pass  # the digest is complete at the end of the record
    if getattr(record.raw_stream, "limit", 0) > 0:
        return body, "its file ends within it"
    if record.digest_checker is None or record.digest_checker.passed is not True:
        return body, "its digest is another one"
    return body, ""


def _page_of_record(record: Any, facts: str, body: bytes, why: str) -> TakenPage | PageFault:
    url, at = (record.rec_headers.get_header(name) or "" for name in ("WARC-Target-URI", "WARC-Date"))
    digest = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    told = json.loads(facts)
    if why:
        sentence = f"The page {told['url']} of {at} is not as it was received: {why}."
        return PageFault(
            source=told["source"],
            url=told["url"],
            fetched_at=at,
            digest=digest,
            why=sentence,
            number=told["number"],
        )
    headers = record.http_headers.headers[:-1]  # the last one is the length, as it was exported
    return page_from_facts(
        facts,
        final_url=url.strip("<>"),
        status=int(record.http_headers.get_statuscode()),
        headers=[(name.removeprefix(_RESTORED), value) for name, value in headers],
        fetched_at=datetime.fromisoformat(at).astimezone(UTC),
        body=body,
    )
