"""Rows of `publisher_texts`: the publisher's own copies of texts.

Does not: decide which copy is used; `publisher_texts` does.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from archive.core import urls
from archive.core.connection import Database
from archive.core.database import read_only
from archive.core.records import POST, PageKind, Surface, Written
from archive.core.timestamps import instant
from archive.tables import rows
from archive.tables.merge import Value

LISTED = timedelta(hours=1)
"""How long after a list of modified posts a page is of the same state; a crawl reads the list first."""
_AT_URL = """
SELECT surface, read_at, blocks FROM publisher_texts JOIN addresses USING (article_id) WHERE url_key = ?
"""


_LISTED = """
SELECT max(good_at) AS at FROM visits JOIN articles ON articles.id = ?
WHERE visits.source = ? AND visits.kind = ? AND (coalesce(articles.type, ?) = ?)
  = (visits.url NOT LIKE '%/wp/v2/%' OR visits.url LIKE '%/wp/v2/posts')
"""  # of the other types of WordPress the last one that was listed: all of them are listed together
_READ_SINCE = """
SELECT 1 FROM visits JOIN runs ON runs.source = visits.source
  AND visits.good_at BETWEEN runs.started_at AND runs.ended_at
WHERE visits.article_id = ? AND visits.kind = 'article' AND visits.source = ?
  AND runs.kind = 'crawl' AND runs.started_at >= ? LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherCopy:
    """The publisher's own copy of a text.

    `surface` is "rest" or "feed", `read_at` when it was received (ISO 8601, UTC).
    """

    surface: str
    read_at: str
    blocks: Written


def load_row(db: Database, article_id: Value) -> dict[str, Value] | None:
    """Return the row of an article's copy, if any."""
    return rows.one(db, "SELECT * FROM publisher_texts WHERE article_id = ?", article_id)


def pack_blocks(blocks: Written) -> str:
    """Return blocks as text of half their size.

    No bytes, since a redaction keeps rows as JSON.
    """
    data = json.dumps(blocks, ensure_ascii=False).encode()
    return b64encode(zlib.compress(data)).decode()


def unpack_blocks(packed: Value) -> Written:
    """Return the blocks that `pack_blocks` has packed."""
    data = zlib.decompress(b64decode(str(packed)))
    pairs = json.loads(data)
    return tuple((str(text), str(markdown)) for text, markdown in pairs)


def find_copy(archive: Path, url: str) -> PublisherCopy | None:
    """Return the archive's copy of a page's text, if it has one.

    The archive is only read.
    """
    if not archive.is_file():
        return None
    try:
        with closing(read_only(archive)) as db:
            found = db.execute(_AT_URL, [urls.page_key(url)]).fetchone()
    except sqlite3.OperationalError:  # of an older version, or in use: the page is explained all the same
        return None
    if found is None:
        return None
    stored_blocks = unpack_blocks(found[2])
    return PublisherCopy(surface=found[0], read_at=found[1], blocks=stored_blocks)


def is_unmodified(db: Database, source: str, copy: Mapping[str, Value], at: str) -> bool:
    """True if REST has just listed a source's modified posts, and a copy of its own is older than that.

    `at` is the time of a reading, ISO 8601 UTC. A post that was modified since would have another copy.
    """
    if copy["surface"] != Surface.REST or copy["modified"] is None:
        return False
    if str(copy["read_at"]) > at:
        return False
    listed = rows.one(db, _LISTED, copy["article_id"], source, PageKind.POSTS.value, POST, POST)
    if listed is None or listed["at"] is None:
        return False
    elapsed = instant(at) - instant(str(listed["at"]))
    return timedelta() <= elapsed <= LISTED


def was_read_since(db: Database, source: str, copy: Mapping[str, Value]) -> bool:
    """True if an earlier crawl that began after a copy's modification has read the article's page.

    One that began before it may have read the list before the modification, and the page after it.
    """
    return rows.one(db, _READ_SINCE, copy["article_id"], source, copy["modified"]) is not None
