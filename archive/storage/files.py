"""Saving of the files of articles: what was at an address, and what replaced it.

A replaced file is kept as a version. What the site refuses, or no longer has, changes nothing that is kept;
it is a problem of the file's address. Writes inside a transaction of its own; the time is that of the answer.
"""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus

from archive.core.connection import Database
from archive.core.database import transaction
from archive.core.records import Page, Problem, Saved
from archive.core.timestamps import instant, to_text
from archive.files.media import Media
from archive.tables import rows, visits
from archive.tables.merge import Value

FIRST_REVISIT = timedelta(days=7)
LAST_REVISIT = timedelta(days=90)
FIRST_RETRY = timedelta(days=1)
LAST_RETRY = timedelta(days=30)
_SEEN_OR_HEARD = {"image", "audio"}
_TEXTS = ("text/", "application/json", "application/problem+json", "application/xml")
_HEAD = 1000  # bytes in which an SVG begins
_HTML = re.compile(rb"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)


def save_file(db: Database, media: Media, page: Page) -> Saved:
    """Save the answer for a file; nothing where no article shows it any more."""
    row = rows.one(db, "SELECT * FROM files WHERE source = ? AND url = ?", page.source, page.url)
    if row is None:
        return Saved()
    reason = _refusal(page, str(row["kind"]))
    digest = None
    if reason is None and page.status == HTTPStatus.OK:
        digest = media.keep(page.body)
    at = rows.must(to_text(page.fetched_at))
    with transaction(db):
        values = _failed(row, page, reason) if reason else _good(db, row, page, digest, at)
        rows.update(db, "files", row["id"], {"status": page.status, "fetched_at": at, **values})
        problems = []
        if reason:
            problems.append(Problem(code="file-not-kept", detail=reason, field="files"))
        return visits.note_problems(db, page, problems, _article_of(db, row["id"]), at)


def _good(db: Database, row: dict[str, Value], page: Page, digest: str | None, at: str) -> dict[str, Value]:
    """Return the columns of a file that was given, or that is unchanged (without a `digest`)."""
    values: dict[str, Value] = {"failures": 0, "reason": None}
    changed_at = str(row["changed_at"] or at)
    if digest is not None and digest != row["digest"]:
        changed_at = at
    if digest is not None:
        content_type = (page.header("content-type") or "").partition(";")[0].strip().lower()
        values |= {
            "digest": digest,
            "size": len(page.body),
            "content_type": content_type or None,
            "etag": page.header("etag"),
            "last_modified": page.header("last-modified"),
            "first_fetched": row["first_fetched"] or at,
            "changed_at": changed_at,
            "received_from": None,
        }
        if digest != row["digest"]:
            number = int(row["version_count"] or 0)
            values["version_count"] = number + 1
            if row["digest"] is not None:
                _keep_version(db, row, number, at)
    age = page.fetched_at - instant(changed_at)
    wait = min(max(age, FIRST_REVISIT), LAST_REVISIT)
    values["due_at"] = to_text(page.fetched_at + wait)
    return values


def _keep_version(db: Database, row: dict[str, Value], number: int, at: str) -> None:
    db.execute(
        "INSERT INTO file_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            row["id"],
            number,
            row["digest"],
            row["size"],
            row["content_type"],
            row["changed_at"],
            at,
            row["received_from"],
        ],
    )


def _failed(row: dict[str, Value], page: Page, reason: str) -> dict[str, Value]:
    failures = int(row["failures"] or 0) + 1
    doublings = min(failures - 1, 5)
    pause = min(FIRST_RETRY * 2**doublings, LAST_RETRY)
    return {"failures": failures, "reason": reason, "due_at": to_text(page.fetched_at + pause)}


def _refusal(page: Page, kind: str) -> str | None:
    """Return why a response is no file, as a sentence, unless it is a file or unchanged."""
    if page.status == 0:
        return f"It was not given: {page.error}."
    if page.status == HTTPStatus.NOT_MODIFIED:
        return None
    if page.status != HTTPStatus.OK:
        return f"The site answered {page.status}."
    if not page.body:
        return "The answer was empty."
    stated = (page.header("content-type") or "").lower()
    is_html = stated.startswith(("text/html", "application/xhtml"))
    if is_html or _HTML.match(page.body[:200]):
        return f"The answer is a web page and no {kind}."
    if kind in _SEEN_OR_HEARD and stated.startswith(_TEXTS) and b"<svg" not in page.body[:_HEAD]:
        return f"The answer is text ({stated.partition(';')[0]}) and no {kind}."
    return None


def _article_of(db: Database, file_id: Value) -> int | None:
    row = rows.one(db, "SELECT article_id FROM article_files WHERE file_id = ? LIMIT 1", file_id)
    if not row:
        return None
    return int(row["article_id"] or 0)
