"""WARC, ARC and WACZ files: the pages in them, each with the time at which its crawler received it.

A body whose digest is not the one that its record states is a fault, and never a page. A `revisit` is read
where the record is that it repeats; one of another file is handed on without its body. A `resource` is a page
that a program made, and is named as such (`rendered_records`). Does not: decide which pages are articles.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Self

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from archive.core import rendered
from archive.core.records import Page, PageKind
from pipeline.imports import rendered_records
from pipeline.imports.observed import LARGEST_BYTES, Fault, Found, Item, Observed, PassedOver, Repeated

WARCS = (".warc", ".warc.gz", ".arc", ".arc.gz")
"""Names of files of records; ARC is what web archives wrote before 2009."""
_OK = "200"
_PAGES = ("response", "resource")
_LEFT_OUT = {"set-cookie", "set-cookie2", rendered.HOW}
_HTML = ("text/html", "application/xhtml")
_CHUNK_BYTES = 1 << 20

Opener = Callable[[], IO[bytes]]


class WarcRecords(ArchiveIterator):  # type: ignore[misc]
    """Records of a WARC or ARC file. Raises ArchiveLoadFailed at a damaged one."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        try:
            record = super().__next__()
        except StopIteration:
            if self.offset < self.fh.tell():  # of what follows the last record, nothing could be unpacked
                raise ArchiveLoadFailed("it ends within a record") from None
            raise
        except (AttributeError, TypeError, LookupError, zlib.error) as error:  # of warcio, at a broken header
            raise ArchiveLoadFailed("the headers of a record are damaged") from error
        if record.rec_type is None or record.length is None:
            raise ArchiveLoadFailed("it ends within the headers of a record")
        return record


def read_warc(path: Path, source: str, witness: str) -> Found:
    """Yield the content of a WARC file for a source."""
    return read_warc_from(lambda: path.open("rb"), path.name, source, witness)


def read_wacz(path: Path, source: str, witness: str) -> Found:
    """Yield the content of a WACZ file for a source.

    A part that differs from its package's statement is a fault.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            altered = set(_altered(packed))
            for name in sorted(packed.namelist()):
                if name.lower().endswith(WARCS):
                    place = f"{path.name}:{name}"
                    if name in altered:
                        yield Fault(place=place, why="It is not as the package's digest states it.")
                    else:
                        yield from read_warc_from(_member(packed, name), place, source, witness)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        yield Fault(place=path.name, why=f"It cannot be read as a WACZ file: {error}.")


def read_record(packed: bytes, place: str, source: str, witness: str) -> Observed | Fault | PassedOver:
    """Return the content of one record of a WARC file, unchanged."""
    try:
        with closing(WarcRecords(BytesIO(packed), check_digests=True)) as records:
            return _record(next(records), place, source, witness)
    except (ArchiveLoadFailed, OSError, EOFError, ValueError, StopIteration) as error:
        return Fault(place=place, why=f"Its record cannot be read: {error}.")


def _member(packed: zipfile.ZipFile, name: str) -> Opener:
    return lambda: packed.open(name)


def _altered(packed: zipfile.ZipFile) -> Iterator[str]:
    """Yield the parts whose digest is not the one in datapackage.json."""
    if "datapackage.json" not in packed.namelist():
        return
    package = json.loads(packed.read("datapackage.json"))
    for part in package.get("resources", []) if isinstance(package, dict) else []:
        path, stated = str(part.get("path", "")), str(part.get("hash", ""))
        if not path.lower().endswith(WARCS) or not stated.startswith("sha256:"):
            continue
        digest = hashlib.sha256()
        if path in packed.namelist():
            with packed.open(path) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
        if digest.hexdigest() != stated.removeprefix("sha256:"):
            yield path


def read_warc_from(opened: Opener, place: str, source: str, witness: str) -> Found:
    """Yield the content of a WARC file that is opened anew for each pass; `place` names it in faults."""
    firsts: dict[str, int] = {}  # where the record of each payload begins
    made = rendered_records.RenderedRecords()
    try:
        with opened() as file:
            records = WarcRecords(file, check_digests=True, arc2warc=True)
            for record in records:
                found: Item = _record(record, place, source, witness)
                digest = record.rec_headers.get_header("WARC-Payload-Digest")
                if isinstance(found, Observed) and digest and record.rec_type == "response":
                    firsts.setdefault(digest, records.get_record_offset())
                if record.rec_type == "revisit":
                    found = _revisit(record, opened, firsts.get(str(digest)), place, source, witness)
                yield from made.next(record, found)
            yield from made.end()
    except (ArchiveLoadFailed, OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        yield Fault(place=place, why=f"It cannot be read any further: {error}.")


def _record(record: Any, place: str, source: str, witness: str) -> Observed | Fault | PassedOver:
    url = record.rec_headers.get_header("WARC-Target-URI")
    if why := _why_no_page(record, url):
        return PassedOver(why=why)
    stream = record.content_stream()
    body = stream.read(LARGEST_BYTES + 1)
    if len(body) > LARGEST_BYTES:
        return Fault(place=place, url=url, why=f"The page is larger than {LARGEST_BYTES >> 20} MiB.")
    while record.raw_stream.read(_CHUNK_BYTES):
        pass  # the digest is complete at the end of the record
    if getattr(record.raw_stream, "limit", 0) > 0:
        return Fault(place=place, url=url, why="The file ends within this page.")
    if record.digest_checker is not None and record.digest_checker.passed is False:
        return Fault(place=place, url=url, why="It is not as it was received: its digest is another one.")
    at = _time(record)
    if at is None:
        return Fault(place=place, url=url, why="The record has no time.")
    headers = [(name.lower(), value) for name, value in _headers(record)]
    return Observed(page=_page(source, url.strip("<>"), headers, at, body), witness=witness)


def _why_no_page(record: Any, url: str | None) -> str | None:
    """Return why a record has no page, if so."""
    is_resource = record.rec_type == "resource"
    if record.rec_type not in _PAGES or not url or (record.http_headers is None and not is_resource):
        return f"{record.rec_type} records"
    if not is_resource and record.http_headers.get_statuscode() != _OK:
        return "answers without a page"
    if record.rec_headers.get_header("WARC-Truncated"):
        return "pages that their crawler cut off"
    kind = {name.lower(): value for name, value in _headers(record)}.get("content-type", "text/html")
    if not kind.lower().startswith(_HTML) or (is_resource and not url.strip("<>").startswith("http")):
        return "files that are no pages"
    return None


def _headers(record: Any) -> list[tuple[str, str]]:
    """Return the headers of an answer; those of a resource are what its record says of it."""
    if record.http_headers is not None:
        return list(record.http_headers.headers)
    return [("content-type", record.rec_headers.get_header("Content-Type") or "application/octet-stream")]


def _revisit(
    record: Any, opened: Opener, offset: int | None, place: str, source: str, witness: str
) -> Observed | Fault | PassedOver | Repeated:
    """Return the page of a record that repeats an earlier one, of the same file or of another."""
    url, at = record.rec_headers.get_header("WARC-Target-URI"), _time(record)
    if at is None or not url:
        return Fault(place=place, url=url, why="The record has no URL or no time.")
    url = url.strip("<>")
    if offset is None:
        return _repeated(record, _page(source, url, [], at, b""), place, witness)
    with opened() as file:
        file.seek(offset)
        first = _record(next(WarcRecords(file, arc2warc=True)), place, source, witness)
    if not isinstance(first, Observed):
        return first
    return replace(first, page=replace(first.page, url=url, final_url=url, fetched_at=at))


def _repeated(record: Any, page: Page, place: str, witness: str) -> Repeated:
    header = record.rec_headers.get_header
    before = header("WARC-Refers-To-Target-URI") or page.url
    at = _moment(header("WARC-Refers-To-Date"))
    digest = (header("WARC-Payload-Digest") or "").lower()
    return Repeated(page=page, witness=witness, place=place, digest=digest, of=(before.strip("<>"), at))


def _time(record: Any) -> datetime | None:
    return _moment(record.rec_headers.get_header("WARC-Date"))


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):  # the last in the year 1 or 9999, east or west of Greenwich
        return None


def _page(source: str, url: str, headers: list[tuple[str, str]], at: datetime, body: bytes) -> Page:
    kept = tuple(pair for pair in headers if pair[0] not in _LEFT_OUT)
    return Page(
        source=source,
        kind=PageKind.ARTICLE,
        url=url,
        final_url=url,
        status=200,
        headers=kept,
        fetched_at=at,
        body=body,
    )
