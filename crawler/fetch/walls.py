"""Walls: responses that keep every crawler away from a whole site.

Knows headers and patterns of the common ones, their names and the advice for each. Does not: bypass any.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

from scrapy.exceptions import IgnoreRequest

from archive.core import challenges
from archive.core.records import Page
from crawler.fetch.failures import failure_clause
from crawler.fetch.redirect_loops import COOKIE_WALL, REDIRECT_LOOP

EXAMINED_BYTES = 100_000  # of a body
MIN_OBSTACLES = 3  # obstacles without any open response: then no more requests are sent
_ASK_OWNER = (
    "Backissue does not get around it. Ask the site's owner to allow the user agent “Backissue”,"
    " or for an export."
)
_PASSES = "This is usually temporary; the next crawl tries again."
_HTML = re.compile(rb"<(?:!doctype html|html|head|title|body)\b", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]{0,200})", re.IGNORECASE)

# (header, part of its value, name) of the responses of walls
_BY_HEADER = (
    ("cf-mitigated", "challenge", "a Cloudflare challenge"),
    ("x-amzn-waf-action", "", "a challenge of Amazon's firewall (AWS WAF)"),
    ("x-vercel-mitigated", "", "a challenge of Vercel"),
    ("sg-captcha", "", "a captcha of SiteGround"),
    ("x-datadome", "protected", "a challenge of DataDome"),
    ("x-sucuri-block", "", "a block of Sucuri's firewall"),
    ("crawler-price", "", "a demand for payment from crawlers (Cloudflare pay per crawl)"),
)
_BODY_PATTERNS = tuple((maker.pattern, maker.name) for maker in challenges.MAKERS)
"""Patterns in a body, believed only where the page is small or its status is a refusal."""
SMALL_BYTES = 60_000  # a page of status 200 above this is no challenge, whatever it mentions
_BY_STATUS = {
    401: ("a demand for a login", "Only what visitors see without a login can be archived."),
    402: ("a demand for payment", "Ask the site's owner."),
    403: ("a refusal", _ASK_OWNER),
    406: ("a refusal", _ASK_OWNER),
    429: ("“too many requests”", "Crawl less often, or with a longer delay."),
    451: ("a refusal for legal reasons", "It may answer from another country."),
}
_GOOD = {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}


@dataclass(slots=True)
class Obstacles:
    """Obstacles of a crawl, counted by sentence, and its open responses."""

    met: Counter[str] = field(default_factory=Counter)
    open_answers: int = 0

    def note_answer(self, page: Page) -> None:
        """Count a response: a wall, an open page, or neither.

        Neither is a 404, or REST's own error.
        """
        sentence = sentence_of(page)
        if sentence is not None:
            self.met[sentence] += 1
        elif page.status in _GOOD:
            self.open_answers += 1

    def note_failure(self, error: BaseException) -> None:
        """Count a response that did not arrive."""
        sentence = sentence_of_failure(error)
        if sentence is not None:
            self.met[sentence] += 1

    @property
    def sentence(self) -> str | None:
        """Return the most common obstacle to the whole site.

        None where any response was open, or there was no obstacle.
        """
        if self.open_answers or not self.met:
            return None
        return self.met.most_common(1)[0][0]

    @property
    def is_suspected(self) -> bool:
        """True if MIN_OBSTACLES were met and no response was open.

        Then the whole site is perhaps closed by a wall.
        """
        return self.sentence is not None and self.met.total() >= MIN_OBSTACLES


def sentence_of(page: Page) -> str | None:
    """Return name and advice of a wall, in two sentences.

    None for a response that is no wall.
    """
    if page.status in {0, 404, 410}:
        return None
    what = _named(page)
    if what is not None:
        return f"The site answers every request with {what} (HTTP {page.status}). {_ASK_OWNER}"
    if page.status in _BY_STATUS and not _is_json(page):
        what, hint = _BY_STATUS[page.status]
        return f"The site answers every request with {what} (HTTP {page.status}). {hint}"
    if page.status >= 500:
        what = "“down for maintenance”" if _is_maintenance(page) else "an error of its own"
        return f"The site answers every request with {what} (HTTP {page.status}). {_PASSES}"
    return None


def refusal_clause(page: Page) -> str:
    """Return why a page was not given, as a clause.

    That is the wall's name, else the error, else the status.
    """
    what = _named(page) if page.status else None
    if what is not None:
        return f"the site answered with {what} (HTTP {page.status})"
    return page.error or f"the site answered {page.status}"


def sentence_of_failure(error: BaseException) -> str | None:
    """Return why a site cannot be reached, as a sentence.

    None where only this request was not sent.
    """
    clause = failure_clause(error)
    if clause in {COOKIE_WALL, REDIRECT_LOOP}:
        sentence = clause[:1].upper() + clause[1:]
        return f"{sentence}. {_ASK_OWNER}"
    if isinstance(error, IgnoreRequest):
        return None
    return f"The site cannot be reached: {clause}."


def _named(page: Page) -> str | None:
    """Return the name of a wall, as "a Cloudflare challenge", or None."""
    if page.status == HTTPStatus.OK and len(page.body) > SMALL_BYTES:
        return None
    for header, part, what in _BY_HEADER:
        if (value := page.header(header)) is not None and part in value.lower():
            if page.status == HTTPStatus.OK and not _is_challenge_page(page):
                continue
            return what
    body = page.body[:EXAMINED_BYTES]
    if page.status in _GOOD and not _is_challenge_page(page):
        return None
    found = (what for pattern, what in _BODY_PATTERNS if pattern.search(body))
    return next(found, None)


def _is_challenge_page(page: Page) -> bool:
    """True if a page is a challenge by its title or markup.

    By its title, or as a HTML page without an article and paragraphs.
    """
    title = _TITLE.search(page.body[:EXAMINED_BYTES])
    text = title[1].decode("utf-8", "replace") if title else ""
    if title is not None and challenges.TITLE.match(text):
        return True
    has_text = b"<article" in page.body or b"<p" in page.body
    return bool(_HTML.search(page.body[:2000])) and not has_text


def _is_maintenance(page: Page) -> bool:
    if page.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return False
    body = page.body[:EXAMINED_BYTES].lower()
    return page.header("retry-after") is not None or b"maintenance" in body


def _is_json(page: Page) -> bool:
    """True if a response is REST's own error.

    It is no fact about the site's pages.
    """
    return "json" in (page.header("content-type") or "")
