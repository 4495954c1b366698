"""Pages that another witness received, in `pages.db`: kept with their receiver, time, and text.

They are evidence as ours are, and never taken for ours: a replay of our pages skips them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from base64 import b32encode
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from archive.core.database import read_only, transaction
from archive.core.records import Page
from archive.core.timestamps import to_text
from archive.files.raw_pages import REFUSED, Pages, raw_pages_path
from archive.files.sort_key import key_number

_HELD = "source = ? AND url = ? AND fetched_at = ? AND witness = ?"


def is_held(pages: Pages, page: Page, witness: str, rules: str) -> bool:
    """True if a page of a witness was kept and read by these rules, or contains no article."""
    sql = f"SELECT digest, rules FROM pages WHERE {_HELD}"
    values = [page.source, page.url, to_text(page.fetched_at), witness]
    row = pages.db.execute(sql, values).fetchone()
    if row is None:
        return False
    digest, held_rules = map(str, row)
    return held_rules == rules and digest == hashlib.sha256(page.body).hexdigest()


def is_read(pages: Pages, source: str, which: tuple[str, datetime, str], rules: str) -> bool:
    """True if the page of a URL, a moment and a witness was read by these rules."""
    url, at, witness = which
    sql = f"SELECT 1 FROM pages WHERE {_HELD} AND rules = ?"
    values = [source, url, to_text(at), witness, rules]
    return pages.db.execute(sql, values).fetchone() is not None


def keep_page(pages: Pages, page: Page, witness: str) -> bool:
    """Keep a page as another witness received it; False if another body of that moment is stored."""
    which = [page.source, page.url, to_text(page.fetched_at), witness]
    pages.bodies.train_when_due(page.source, page.kind.value)
    with transaction(pages.db):
        held = pages.db.execute(f"SELECT digest FROM pages WHERE {_HELD}", which).fetchone()
        digest = pages.bodies.keep(page)
        if held is not None:
            return bool(held[0] == digest)
        pages.db.execute(
            "INSERT INTO pages (source, url, fetched_at, witness, kind, final_url, status, headers, digest,"
            " key_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *which,
                page.kind.value,
                page.final_url,
                page.status,
                json.dumps(page.headers),
                digest,
                key_number(page.final_url),
            ],
        )
    return True


def repeated_page(pages: Pages, page: Page, of: tuple[str, datetime | None], digest: str) -> Page | None:
    """Return a page with the body of one that another witness received before, if stored.

    `of` are the URL and time of that one if recorded, `digest` that of its payload ("sha1:" and Base32, in
    lower case). Where nothing was received at that time, a page of the URL with the digest is it.
    """
    url, at = of
    sql = "SELECT id, fetched_at FROM pages WHERE source = ? AND url = ? AND witness IS NOT NULL ORDER BY id"
    held = pages.db.execute(sql, [page.source, url]).fetchall()
    wanted = to_text(at)
    dated = [number for number, received in held if received == wanted]
    for number in dated or [number for number, _ in held]:
        first = pages.get(number)
        if isinstance(first, Page) and (dated or _payload_digest(first.body) == digest):
            return replace(page, body=first.body, headers=first.headers)
    return None


def _payload_digest(body: bytes) -> str:
    """Return a digest as WARC writes it, in lower case."""
    payload = hashlib.sha1(body, usedforsecurity=False).digest()
    return f"sha1:{b32encode(payload).decode().lower()}"


def note_said(pages: Pages, page: Page, witness: str, said: str | None, rules: str) -> None:
    """Store what was read out of a page of a witness (None if it is no article), and by which rules."""
    which = [page.source, page.url, to_text(page.fetched_at), witness]
    with transaction(pages.db):
        pages.db.execute(f"UPDATE pages SET said = ?, rules = ? WHERE {_HELD}", [said, rules, *which])


def said_by(archive: Path, source: str, captures: Iterable[tuple[str, str, str]]) -> list[str | None]:
    """Return the text of captures, each a URL, a time and a witness, in order; None if lost."""
    path = raw_pages_path(archive)
    if not path.is_file():
        return [None for _ in captures]
    with closing(read_only(path)) as db:
        sql = f"SELECT said FROM pages WHERE {_HELD}"
        found = [db.execute(sql, [source, *which]).fetchone() for which in captures]
        return [row and row[0] for row in found]


def own_visits(archive: Path, source: str, urls: Iterable[str]) -> list[str]:
    """Return when we received pages of some URLs with status 200, ISO 8601 UTC, the earliest first.

    What was refused, since it was not the article, is left out.
    """
    path = raw_pages_path(archive)
    if not path.is_file():
        return []
    sql = (
        "SELECT fetched_at FROM pages WHERE source = ? AND url = ? AND witness IS NULL AND status = 200"
        f" AND pending != {REFUSED}"
    )
    try:
        with closing(read_only(path)) as db:
            moments = []
            for url in urls:
                moments += [at for (at,) in db.execute(sql, [source, url])]
            return sorted(moments)
    except sqlite3.OperationalError:  # of an older schema
        return []
