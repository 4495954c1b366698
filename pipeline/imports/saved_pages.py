"""Saved pages: a file's URL and time as written by the program that saved it, or as in the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

from archive.core.records import Page, PageKind
from archive.core.urls import absolute
from pipeline.html.document import parse
from pipeline.imports import archivebox
from pipeline.imports.observed import LARGEST_BYTES, Fault, Found, Observed, PassedOver

PACKED = (".mhtml", ".mht")
"""Names of pages that a browser saves with their pictures in one file."""
PAGES = (".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", *PACKED)
_PARTS = ("_files", "-files", "_Dateien", "-Dateien", "_fichiers", "_archivos", ".resources")
"""Ends of the name of the folder in which a browser keeps the pictures and frames of a page."""
_HEAD_BYTES = 4096
_NO_URL = (
    "Neither the page nor a file beside it says which URL it has. "
    'Add <link rel="canonical" href="URL"> to a copy, and import that.'
)
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+?)\s*-->", re.IGNORECASE)
_SINGLE_FILE = re.compile(
    rb"SingleFile\s+url:\s*(\S+)\s+saved date:\s*([^\r\n]+?)\s*(?:\(|\r|\n|-->)", re.IGNORECASE
)
_WAYBACK = re.compile(r"^https?://[^/]+/(?:[^/]+/)?(\d{14})(?:[a-z]{2}_)?/(https?:/.+)$")


def read_saved_page(path: Path, source: str, witness: str) -> Found:
    """Yield the page of a file, or the fault that its source is unknown."""
    try:
        body = path.read_bytes() if path.stat().st_size <= LARGEST_BYTES else None
        saved_at = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    except OSError as error:
        yield Fault(place=path.name, why=f"It cannot be read: {error.strerror}.")
        return
    if body is None:
        yield Fault(place=path.name, why=f"The page is larger than {LARGEST_BYTES >> 20} MiB.")
        return
    beside_url, beside_at = _beside(path)
    if path.name.lower().endswith(PACKED):
        body, beside_url, beside_at = _unpacked(body)
        if not body:
            yield Fault(place=path.name, why="No page is in it. Save the page again, or as .html.")
            return
    page = _page(source, "http://localhost/", saved_at, body)
    url, at = _stated(body, page)
    url, at = url or beside_url, at or beside_at or saved_at
    if url is None and path.parent.name.endswith(_PARTS):
        yield PassedOver(why="parts of saved pages")
        return
    if url is None:
        yield Fault(place=path.name, why=_NO_URL)
        return
    if match := _WAYBACK.match(url):
        url, at = match[2], datetime.strptime(f"{match[1]}+0000", "%Y%m%d%H%M%S%z")
    yield Observed(page=_page(source, url, at, body), witness=witness)


def _stated(body: bytes, page: Page) -> tuple[str | None, datetime | None]:
    """Return the URL and time that a saved page states."""
    if match := _SINGLE_FILE.search(body[:_HEAD_BYTES]):
        return match[1].decode("utf-8", "replace"), _moment(match[2].decode("utf-8", "replace"))
    if match := _SAVED_FROM.search(body[:_HEAD_BYTES]):
        return match[1].decode("utf-8", "replace"), None
    document = parse(page)
    if document is None:
        return None, None
    links = document.tree.xpath("//link[@rel='canonical']/@href")
    names = document.tree.xpath("//meta[@property='og:url']/@content")
    found = (absolute(str(value), "") for value in (*links, *names))
    return next((url for url in found if url), None), None


def _beside(path: Path) -> tuple[str | None, datetime | None]:
    """Return the time of the snapshot of ArchiveBox that a page belongs to, and its URL if it is the page."""
    snapshot = archivebox.snapshot_of(path)
    if snapshot is None:
        return None, None
    url, at = archivebox.stated(snapshot)
    return url if path.parent == snapshot else None, at


def _unpacked(body: bytes) -> tuple[bytes, str | None, datetime | None]:
    """Return the page of an MHTML file, its URL and its time."""
    message = message_from_bytes(body)
    part = next((each for each in message.walk() if each.get_content_type() == "text/html"), None)
    if part is None:
        return b"", None, None
    stated = message["Snapshot-Content-Location"] or part["Content-Location"]
    try:
        at = parsedate_to_datetime(str(message["Date"])).replace(microsecond=0)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        at = None
    found = part.get_payload(decode=True)
    return (found if isinstance(found, bytes) else b""), absolute(str(stated or ""), ""), at


def _moment(text: str) -> datetime | None:
    """Return the time of a text such as "Sat Jan 01 2022 10:00:00 GMT+0100", if valid."""
    match = re.search(r"(\w{3}) (\d{1,2}) (\d{4}) (\d\d:\d\d:\d\d) GMT([+-]\d{4})", text)
    try:
        if match:
            month, day, year, clock, zone = match.groups()
            return parsedate_to_datetime(f"{day} {month} {year} {clock} {zone}").astimezone(UTC)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(microsecond=0) if moment.tzinfo else None
    except (ValueError, TypeError):
        return None


def _page(source: str, url: str, at: datetime, body: bytes) -> Page:
    return Page(
        source=source,
        kind=PageKind.ARTICLE,
        url=url,
        final_url=url,
        status=200,
        headers=(("content-type", "text/html"),),
        fetched_at=at,
        body=body,
    )
