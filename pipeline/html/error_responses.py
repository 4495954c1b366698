"""Responses that are no page at all, by name.

Who refuses, and what the refusal means.

Contains status codes and the few phrases that distinguish refusals of the same code.
Invariant: each has one stable code, and a sentence with its meaning for the archive.
"""

from __future__ import annotations

from http import HTTPStatus

from archive.core.answers import json_text
from archive.core.answers.challenges import CHALLENGE
from archive.core.records import Page, PageKind, Problem

_REST = {PageKind.POSTS, PageKind.COMMENTS}
_KEPT_BACK = {401, 402, 403, 451}
_STAYS = " What the archive has of it stays, however long that lasts: a refusal is no removal."
_NAMES = {
    401: ("login-wall", "The site asks for a login"),
    402: ("paywall", "The site asks for money"),
    403: ("forbidden", "The site refuses us"),
    404: ("not-found", "There is nothing (any more)"),
    410: ("not-found", "There is nothing any more"),
    429: ("too-many-requests", "The site asks us to come less often"),
    451: ("withheld", "The site withholds it for legal reasons"),
}


def refusal(page: Page) -> Problem | None:
    """Return the problem of a failed request, or of a response with the status of a refusal."""
    if page.status == 0:
        reason = page.error or "no reason known"
        return Problem(code="no-answer", detail=f"No answer for {page.url}: {reason}.")
    if page.status == HTTPStatus.OK and (wait := page.header("retry-after")):
        detail = (
            f"The site asks us to come again later for {page.url}, with status 200 (Retry-After: {wait})."
        )
        return Problem(code="maintenance", detail=detail)
    if page.status < 400:
        return None
    code, meaning = _named(page)
    stays = _STAYS if page.kind is PageKind.ARTICLE and page.status in _KEPT_BACK else ""
    return Problem(code=code, detail=f"{meaning}: status {page.status} for {page.url}.{stays}")


def _named(page: Page) -> tuple[str, str]:
    text = page.body[:100_000].decode("utf-8", "replace")
    if CHALLENGE.search(text):
        return "challenge-page", "The site asks for proof of a browser, which we do not give"
    if page.kind in _REST and page.status in {401, 403, 404}:
        return "rest-closed", f"REST is closed to visitors{_said(page)}; the next surface is read instead"
    if page.status in _NAMES:
        name, meaning = _NAMES[page.status]
        wait = page.header("retry-after")
        return name, f"{meaning} (Retry-After: {wait})" if wait else meaning
    if page.status == 503 and ("maintenance" in text.lower() or page.header("retry-after")):
        return "maintenance", "The site is being maintained"
    if page.status >= 500:
        return "server-error", "The site is broken at the moment"
    return f"http-{page.status}", "The site refuses"


def _said(page: Page) -> str:
    """Return the code of REST's own error, as " (rest_no_route)"."""
    try:
        told = json_text.parse_json(page.body).value
    except ValueError:
        return ""
    code = told.get("code") if isinstance(told, dict) else None
    return f" ({code[:60]})" if isinstance(code, str) and code.isidentifier() else ""
