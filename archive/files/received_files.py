"""What an answer for a file is: the file, no change, or a reason why there is none."""

from __future__ import annotations

from http import HTTPStatus

from archive.core.records import Page, Problem
from archive.files.media_files import FAILED, NO_FILE, REFUSED, TOO_LARGE, MediaFiles

_CODES = {
    REFUSED: "file-refused",
    TOO_LARGE: "file-too-large",
    NO_FILE: "file-missing",
    FAILED: "file-failed",
}
_OURS = ("Forbidden by robots.txt", "is not on the site", "robots.txt cannot", "private address")
_MISSING = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_PAGE = ("text/html", "application/xhtml+xml")


def keep(media: MediaFiles, page: Page) -> Problem | None:
    """Keep the file of an answer, or note why there is none; return that as a problem."""
    if page.status == HTTPStatus.NOT_MODIFIED:
        media.note_unchanged(page)
        return None
    media_type = (page.header("content-type") or "").partition(";")[0].strip().lower()
    if page.status == HTTPStatus.OK and page.body and media_type not in _PAGE:
        media.keep(page, media_type or "application/octet-stream")
        return None
    state, reason = _refusal(page)
    media.note_refused(page, state, reason)
    return Problem(code=_CODES[state], detail=f"{page.url} is not kept: {reason}.")


def _refusal(page: Page) -> tuple[str, str]:
    error = page.error or ""
    if "max size" in error:
        return TOO_LARGE, "it is larger than the setting media_file_mb allows"
    if page.status == 0:
        is_ours = any(words in error for words in _OURS)
        return (REFUSED if is_ours else FAILED), error.removeprefix(f"{page.url} ") or "it gave no answer"
    if page.status == HTTPStatus.OK:
        return NO_FILE, "a web page came in its place" if page.body else "it is empty"
    return (NO_FILE if page.status in _MISSING else REFUSED), f"the site answered {page.status}"
