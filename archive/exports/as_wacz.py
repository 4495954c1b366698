"""WACZ 1.1.1: a WARC of the raw pages with its index and a list of the articles, in one zip file.

The WARC is stored as it is, so that a reader can take single pages out of a file on a web server. The
index is CDXJ, packed in blocks, with a second index of the blocks.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from archive.core.records import PageKind
from archive.core.timestamps import to_text
from archive.exports import as_warc
from archive.exports.as_warc import Written
from archive.exports.selection import Snapshot
from archive.exports.target import PROGRAM, Summed
from archive.files.sort_key import sort_key

WARC, INDEX = "data.warc.gz", "index.cdx.gz"
WACZ_AUTH = "0.1.0"
BLOCK = 1024  # lines of the index packed together
_TABLES = """
CREATE TABLE lines (
    key TEXT, at TEXT, number INTEGER, entry TEXT, PRIMARY KEY (key, at, number)
) WITHOUT ROWID;
CREATE TABLE pages (
    source TEXT, url TEXT, at TEXT, shown TEXT, PRIMARY KEY (source, url, at)
) WITHOUT ROWID;
"""


def write_wacz(snapshot: Snapshot, path: Path, *, key: Path | None = None) -> int:
    """Write the file, signed where there is a key; return how many raw pages are in it.

    Raises ArchiveError for a key that cannot be read.
    """
    with ZipFile(path, "w") as packed, closing(sqlite3.connect("")) as index:  # a file that SQLite removes
        index.executescript(_TABLES)
        package = _Package(packed)
        with package.open(f"archive/{WARC}", ZIP_STORED) as out:
            for number, written in enumerate(as_warc.records(snapshot, out)):
                _note(index, number, written)
        with package.open(f"indexes/{INDEX}", ZIP_STORED) as out:
            blocks = [_packed(block, out) for block in _blocks(index)]
        meta = {"format": "cdxj-gzip-1.0", "filename": INDEX}
        first = f"!meta 0 {json.dumps(meta)}\n"
        package.write("indexes/index.idx", "".join([first, *blocks]))
        with package.open("pages/pages.jsonl", ZIP_DEFLATED) as out:
            out.write(_json_line({"format": "json-pages-1.0", "id": "pages", "title": "Articles"}))
            for page in _articles(snapshot, index):
                out.write(_json_line(page))
        package.close(snapshot, key)
        return int(index.execute("SELECT count(*) FROM lines").fetchone()[0])


class _Package:
    """The zip file, and the list of what is in it."""

    def __init__(self, packed: ZipFile) -> None:
        self._zip = packed
        self._resources: list[dict[str, Any]] = []

    @contextmanager
    def open(self, path: str, compression: int) -> Iterator[Summed]:
        """Write one file; a stored one may have any size."""
        now = datetime.now(UTC)
        info = ZipInfo(path, date_time=now.timetuple()[:6])
        info.compress_type = compression
        info.external_attr = 0o100644 << 16
        # The time as an extra field: without one, ReplayWeb.page overlooks the longer local header of zip64.
        info.extra = struct.pack("<HHBl", 0x5455, 5, 1, int(now.timestamp()))
        with self._zip.open(info, "w", force_zip64=compression == ZIP_STORED) as file:
            part = Summed(file)
            yield part
        name = path.rpartition("/")[2]
        self._resources.append(
            {"name": name, "path": path, "hash": f"sha256:{part.digest}", "bytes": part.tell()}
        )

    def write(self, path: str, text: str) -> str:
        """Write one small file; returns its checksum."""
        with self.open(path, ZIP_DEFLATED) as out:
            out.write(text.encode())
        return out.digest

    def close(self, snapshot: Snapshot, key: Path | None) -> None:
        """Write what the package is, and the checksum of that."""
        now = to_text(datetime.now(UTC))
        sources = snapshot.rows("sources")
        names = [title or name for name, _, title, *_ in sources]
        chosen = snapshot.selection.filters
        filters = ", ".join(f"{name} {value}" for name, value in chosen.items())
        description = f"Pages of {', '.join(names)}, as kept by Backissue"
        if filters:
            description += f" ({filters})"
        about = {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "title": ", ".join(names) or "No page",
            "description": f"{description}.",
            "created": now,
            "modified": now,
            "software": PROGRAM,
            "resources": list(self._resources),
        }
        digest = self.write("datapackage.json", json.dumps(about, ensure_ascii=False, indent=2))
        digested: dict[str, Any] = {"path": "datapackage.json", "hash": f"sha256:{digest}"}
        if key:
            from archive.proof import signing  # noqa: PLC0415  (slow to import)

            signed = signing.wacz_signature(digested["hash"], key)
            told = {"hash": digested["hash"], "created": now, "software": PROGRAM, "version": WACZ_AUTH}
            digested["signedData"] = told | signed
        self.write("datapackage-digest.json", json.dumps(digested, indent=2))


def _note(index: sqlite3.Connection, number: int, written: Written) -> None:
    """Store what the index and the list of pages need of a record, to be sorted later."""
    page = written.page
    if page.kind is PageKind.SERVED:
        return  # a viewer shows what a browser made of it, which has the same URL and time
    at = str(to_text(page.fetched_at))
    content_type = page.header("content-type") or ""
    mime = content_type.partition(";")[0].strip()
    if written.kind == "revisit":
        mime = "warc/revisit"
    entry = {
        "url": page.final_url,
        "mime": mime,
        "status": str(page.status),
        "digest": written.digest,
        "length": str(written.length),
        "offset": str(written.offset),
        "filename": WARC,
    }
    key = sort_key(page.final_url)
    index.execute("INSERT INTO lines VALUES (?, ?, ?, ?)", [key, _digits(at), number, json.dumps(entry)])
    if page.kind is PageKind.ARTICLE and page.status == 200:
        values = [page.source, page.url, at, page.final_url]
        index.execute("INSERT OR IGNORE INTO pages VALUES (?, ?, ?, ?)", values)


def _blocks(index: sqlite3.Connection) -> Iterator[list[tuple[str, str, str]]]:
    cursor = index.execute("SELECT key, at, entry FROM lines ORDER BY key, at, number")
    while block := list(islice(cursor, BLOCK)):
        yield block


def _packed(block: list[tuple[str, str, str]], out: Summed) -> str:
    """Write a block; return its line in the second index."""
    lines = [f"{key} {at} {entry}\n" for key, at, entry in block]
    text = "".join(lines)
    data = zlib.compress(text.encode(), wbits=16 + zlib.MAX_WBITS)
    digest = hashlib.sha256(data).hexdigest()
    about = {
        "offset": out.tell(),
        "length": len(data),
        "digest": f"sha256:{digest}",
    }
    out.write(data)
    key, at, _ = block[0]
    return f"{key} {at} {json.dumps(about)}\n"


def _articles(snapshot: Snapshot, index: sqlite3.Connection) -> Iterator[dict[str, str]]:
    """Yield each article with a page in the file, in order of publication.

    Each has its newest page.
    """
    addresses = "SELECT source, url FROM addresses WHERE article_id = ? ORDER BY url <> ?, url"
    newest = "SELECT at, shown FROM pages WHERE source = ? AND url = ? ORDER BY at DESC LIMIT 1"
    articles = "SELECT id, url, title FROM articles ORDER BY published, id"
    for number, own, title in snapshot.db.execute(articles):
        known = snapshot.db.execute(addresses, [number, own])
        answers = (index.execute(newest, row).fetchone() for row in known)
        found = next(filter(None, answers), None)
        if found:
            at, url = found
            yield {"id": str(number), "url": url, "ts": at, "title": title or url}


def _digits(at: str) -> str:
    return re.sub(r"\D", "", at)


def _json_line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
