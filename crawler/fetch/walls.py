"""Walls: answers that keep everybody like us away from a whole site, by their name and with what helps.

Knows headers and marks of the common ones. Does not: get around any.
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
MIN_OBSTACLES = 3  # obstacles and no other answer: nothing more is asked
_ASK_OWNER = (
    "Backissue does not get around it. Ask the site's owner to let the user agent “Backissue” in,"
    " or for an export."
)
_PASSES = "That mostly passes; the next crawl tries again."
_HTML = re.compile(rb"<(?:!doctype html|html|head|title|body)\b", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]{0,200})", re.IGNORECASE)

# (header, part of its value) of answers that a wall gives in place of a page
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
"""Marks in a body, only believed where the page is small or its status a refusal."""
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
    """The obstacles that kept a crawl away from a site, by sentence, with the answers that were none."""

    met: Counter[str] = field(default_factory=Counter)
    open_answers: int = 0

    def note_answer(self, page: Page) -> None:
        """Count an answer: a wall, an open page, or neither, as a 404 or REST's own refusal is."""
        sentence = sentence_of(page)
        if sentence is not None:
            self.met[sentence] += 1
        elif page.status in _GOOD:
            self.open_answers += 1

    def note_failure(self, error: BaseException) -> None:
        """Count an answer that did not come."""
        sentence = sentence_of_failure(error)
        if sentence is not None:
            self.met[sentence] += 1

    @property
    def sentence(self) -> str | None:
        """Return the obstacle to the whole site; None where anything of it was open, or nothing met."""
        if self.open_answers or not self.met:
            return None
        return self.met.most_common(1)[0][0]

    @property
    def is_suspected(self) -> bool:
        """True if so much was met, and nothing was open, that perhaps the whole site is walled off."""
        return self.sentence is not None and self.met.total() >= MIN_OBSTACLES


def sentence_of(page: Page) -> str | None:
    """Return what a wall is and what helps, in two sentences; None for an answer that is none."""
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
    """Return why a page was not given, as a clause: the wall's name, else the failure, else the status."""
    what = _named(page) if page.status else None
    if what is not None:
        return f"the site answered with {what} (HTTP {page.status})"
    return page.error or f"the site answered {page.status}"


def sentence_of_failure(error: BaseException) -> str | None:
    """Return why a site cannot be reached at all; None where only this request was not made."""
    said = failure_clause(error)
    if said in {COOKIE_WALL, REDIRECT_LOOP}:
        return f"{said[:1].upper()}{said[1:]}. {_ASK_OWNER}"
    if isinstance(error, IgnoreRequest):
        return None
    return f"The site cannot be reached: {said}."


def _named(page: Page) -> str | None:
    """Return the name of the maker of a wall, as "a Cloudflare challenge"."""
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
    return next((what for mark, what in _BODY_PATTERNS if mark.search(body)), None)


def _is_challenge_page(page: Page) -> bool:
    """True if a page calls itself a challenge in its title, or is one of few words with a wall's mark."""
    title = _TITLE.search(page.body[:EXAMINED_BYTES])
    if title is not None and challenges.TITLE.match(title[1].decode("utf-8", "replace")):
        return True
    return bool(_HTML.search(page.body[:2000])) and b"<article" not in page.body and b"<p" not in page.body


def _is_maintenance(page: Page) -> bool:
    return page.status == HTTPStatus.SERVICE_UNAVAILABLE and (
        page.header("retry-after") is not None or b"maintenance" in page.body[:EXAMINED_BYTES].lower()
    )


def _is_json(page: Page) -> bool:
    """True if an answer is REST's own refusal, which says nothing of the site's pages."""
    return "json" in (page.header("content-type") or "")
