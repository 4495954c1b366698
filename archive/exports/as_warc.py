"""WARC 1.1: the raw pages as they were received, for pywb, ReplayWeb.page and every other reader.

Each page is a `response`; one whose body was received before is a `revisit` of that one. A page that a
browser made of an answer is a `resource`, with the answer itself beside it and `metadata` that says so. Its
law: nothing is made up. What was not kept (requests, Set-Cookie, reason phrases, connections) is not there
and `warcinfo` says so; a redirect, of which only the last answer was kept, is told by `metadata`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.core import rendered
from archive.core.records import Page, PageKind
from archive.core.timestamps import instant, to_text
from archive.exports.selection import Snapshot
from archive.exports.taken_pages import FACTS_HEADER, page_facts, taken_pages
from archive.exports.target import PROGRAM, Summed
from archive.files import media
from archive.files.media import Media
from archive.files.raw_pages import Altered

_ABOUT = (
    "Pages as Backissue received them, without transfer and content codings. Requests, Set-Cookie headers,"
    " reason phrases, protocol versions and connections were not kept; the status line says HTTP/1.1."
    " Headers that describe a coding or length no longer present bear the prefix x-orig-."
    " Pages that a browser filled are resource records: not the bytes that the server sent, which are beside"
    " them as response; a metadata record names the browser."
    " Pages in which something stands that the operator has hidden are left out. So are pages that"
    " are no longer as they were received; a metadata record names each."
)
_CODED = {"content-encoding", "transfer-encoding", "content-length"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One record of a page in the file: its place, and its entry for an index."""

    page: Page
    offset: int
    length: int
    kind: str
    digest: str


def write_warc(snapshot: Snapshot, out: Summed) -> None:
    """Write all records, each compressed by itself."""
    for _ in records(snapshot, out):
        pass


def records(snapshot: Snapshot, out: Summed) -> Iterator[Written]:
    """Write the records and yield each page's once it is written.

    Raises ArchiveError without raw pages.
    """
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    pages = taken_pages(snapshot, lambda page: _name(page, writer))
    writer.write_record(writer.create_warcinfo_record("", _info(snapshot)))
    with closing(sqlite3.connect("")) as db:  # "" is a file that SQLite removes
        db.execute("CREATE TABLE firsts (digest TEXT PRIMARY KEY, url TEXT, at TEXT) WITHOUT ROWID")
        for taken in pages:
            if rendered.how_rendered(taken.page):
                yield _written_rendered(taken.page, writer, out)
            else:
                facts = {FACTS_HEADER: page_facts(taken)}
                yield _written(taken.page, writer, out, db, facts)
        for page in _files(snapshot):
            yield _written(page, writer, out, db)


def _files(snapshot: Snapshot) -> Iterator[Page]:
    """Yield the kept files of the chosen articles, as answers of the site; name those that are altered."""
    path = media.beside(snapshot.path)
    if not path.is_file():
        return
    sql = (
        "SELECT source, coalesce(received_from, url), digest, content_type, changed_at FROM files"
        " WHERE digest IS NOT NULL UNION ALL"
        " SELECT source, coalesce(file_versions.received_from, url), file_versions.digest,"
        " file_versions.content_type, since"
        " FROM file_versions JOIN files ON files.id = file_id ORDER BY 2, 5"
    )
    with Media.open(path) as kept:
        for source, url, digest, content_type, at in snapshot.db.execute(sql):
            body = kept.get(digest)
            if body is None:
                snapshot.left_out.append(
                    f"The file {url} (SHA-256 {digest[:12]}…) is not as it was received."
                )
                continue
            content_header = ("content-type", content_type or "application/octet-stream")
            yield Page(
                source=source,
                kind=PageKind.FILE,
                url=url,
                final_url=url,
                status=HTTPStatus.OK,
                headers=(content_header,),
                fetched_at=instant(at),
                body=body,
            )


def _name(page: Altered, writer: Any) -> None:
    """Write to the file that a page is left out, and why."""
    facts = f"x-left-out: {page.why}\r\nx-digest-when-received: sha256:{page.digest}\r\n"
    text = BytesIO(facts.encode())
    size = text.getbuffer().nbytes
    stamp = {"WARC-Date": page.fetched_at}
    record = writer.create_warc_record(
        page.url, "metadata", payload=text, length=size, warc_headers_dict=stamp
    )
    writer.write_record(record)


def _info(snapshot: Snapshot) -> dict[str, str]:
    return {
        "software": PROGRAM,
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "obey",
        "description": _ABOUT,
        "isPartOf": snapshot.path.name,
        "x-filters": json.dumps(snapshot.selection.filters, ensure_ascii=True),
    }


def _written(
    page: Page, writer: Any, out: Summed, db: sqlite3.Connection, told: dict[str, str] | None = None
) -> Written:
    offset = out.tell()
    at = to_text(page.fetched_at)
    stamp = {"WARC-Date": at}
    headers = {**stamp, **(told or {})}
    payload = BytesIO(page.body)
    record = writer.create_warc_record(
        page.final_url,
        "response",
        payload=payload,
        length=len(page.body),
        http_headers=_headers(page),
        warc_headers_dict=headers,
    )
    digest = record.rec_headers.get_header("WARC-Payload-Digest")
    first = db.execute("SELECT url, at FROM firsts WHERE digest = ?", [digest]).fetchone()
    if first:
        record = writer.create_revisit_record(
            page.final_url,
            digest,
            *first,
            http_headers=_headers(page),
            warc_headers_dict={**stamp, **(told or {})},
        )
    else:
        db.execute("INSERT INTO firsts VALUES (?, ?, ?)", [digest, page.final_url, at])
    writer.write_record(record)
    length = out.tell() - offset
    if page.url != page.final_url:
        via = BytesIO(f"via: {page.url}\r\n".encode())
        beside = {**stamp, "WARC-Concurrent-To": record.rec_headers.get_header("WARC-Record-ID")}
        size = via.getbuffer().nbytes
        metadata = writer.create_warc_record(
            page.final_url, "metadata", payload=via, length=size, warc_headers_dict=beside
        )
        writer.write_record(metadata)
    return Written(page=page, offset=offset, length=length, kind=record.rec_type, digest=digest)


def _written_rendered(page: Page, writer: Any, out: Summed) -> Written:
    """Write a page that a browser made, and by which one."""
    offset = out.tell()
    stamp = {"WARC-Date": to_text(page.fetched_at)}
    content_type = page.header("content-type") or ""
    record = writer.create_warc_record(
        page.final_url,
        "resource",
        payload=BytesIO(page.body),
        length=len(page.body),
        warc_content_type=content_type,
        warc_headers_dict=stamp,
    )
    digest = record.rec_headers.get_header("WARC-Payload-Digest")
    writer.write_record(record)
    length = out.tell() - offset
    lines = [f"rendered-by: {rendered.how_rendered(page)}", f"via: {page.url}"]
    lines += [f"incomplete: {clause}" for clause in rendered.lacks(page)]
    told = "".join(f"{line}\r\n" for line in lines).encode()
    beside = {**stamp, "WARC-Concurrent-To": record.rec_headers.get_header("WARC-Record-ID")}
    metadata = writer.create_warc_record(
        page.final_url, "metadata", payload=BytesIO(told), length=len(told), warc_headers_dict=beside
    )
    writer.write_record(metadata)
    return Written(page=page, offset=offset, length=length, kind=record.rec_type, digest=digest)


def _headers(page: Page) -> StatusAndHeaders:
    """Return the headers as received, but for those of codings that the kept body no longer has."""
    phrases = {status.value: status.phrase for status in HTTPStatus}
    kept = []
    for name, value in page.headers:
        if name in _CODED:
            name = f"x-orig-{name}"
        kept.append((name, value))
    kept.append(("content-length", str(len(page.body))))
    return StatusAndHeaders(f"{page.status} {phrases.get(page.status, '')}", kept, protocol="HTTP/1.1")
