"""Walls: responses that keep every crawler away from a site, by kind and name, with what helps.

Contains headers, statuses and phrases of the common ones. Does not: count them, or bypass any.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from archive.core import urls
from archive.core.answers import challenges
from archive.core.crawl_state import WallKind
from archive.core.records import Page
from archive.identity.likeness import fingerprint, split_words
from crawler.fetch.failures import RedirectedAwayError, RobotsRefusalError, failure_clause
from crawler.fetch.redirect_loops import COOKIE_WALL, REDIRECT_LOOP
from pipeline.html.refusal_words import find_wall

EXAMINED_BYTES = 100_000  # of a body
SMALL_BYTES = 60_000  # a page of status 200 above this is no challenge, even if it mentions one
MAX_WALL_WORDS = 400  # a page with more terms is no wall, even if its title names one
MAX_NOTICE_WORDS = 120  # in a shorter page, its text names it as well as its title
MAX_SHELL_LINKS = 2  # a page with more links leads on to others, so it is no wall by its sameness alone
_ASK = (
    "Backissue does not get around it. Ask the publisher to allow the user agent “Backissue” or its signed"
    " requests (`backissue visitor key`), or for an export; `backissue import` reads it, and web archives."
)
_PASSES = "This is usually temporary; the next crawl tries again."
_MOVE = "If the site has moved, `backissue sources move NAME URL` says so; what is archived stays."
HELP = {
    WallKind.CHALLENGE: _ASK,
    WallKind.BLOCK: _ASK,
    WallKind.AI_BLOCK: f"Backissue is no AI crawler, but the site takes it for one. {_ASK}",
    WallKind.PAYMENT: "Backissue pays nothing. Ask the publisher for a licence, a key or an export.",
    WallKind.LOGIN: "Only what visitors see without a login is archived. Ask the publisher for an export.",
    WallKind.CONSENT: f"Backissue consents to nothing in your name. {_ASK}",
    WallKind.COOKIES: _ASK,
    WallKind.MAINTENANCE: _PASSES,
    WallKind.REGION: "It may answer from another country; or ask the publisher for an export.",
    WallKind.ROBOTS: (
        "Backissue obeys robots.txt. Ask the publisher to allow the user agent “Backissue” there, or for an"
        " export; `backissue import` reads it, and web archives."
    ),
    WallKind.RATE: "Crawl less often, or with a longer delay.",
    WallKind.PARKED: _MOVE,
    WallKind.SUSPENDED: f"Its owner can end that with the hoster. {_MOVE}",
    WallKind.MOVED: _MOVE,
    WallKind.ONE_PAGE: "Open it in a browser: it is a wall, or a page that only a script fills.",
    WallKind.ERROR: _PASSES,
    WallKind.UNREACHABLE: "",
}
"""What helps against each kind of wall."""
_DOCUMENT = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype html|html|head|title)\b", re.IGNORECASE
)
_HTML = re.compile(rb"<(?:!doctype html|html|head|title|body)\b", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_HEADINGS = re.compile(r"<(title|h1|h2)\b[^>]*>(.{0,300}?)</\1", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|template)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r"<a\s[^>]*href=[\"']?([^\"'\s>]*)", re.IGNORECASE)
_EDGE_ERROR = re.compile(rb"cf-error-details", re.IGNORECASE)
"""Cloudflare's page for any error, its own or the site's: a block only by its status."""
_REST_ERROR = re.compile(rb'"code"\s*:\s*"\w+"')

# (header, part of its value, kind, name) of the responses of walls
_BY_HEADER = (
    ("cf-mitigated", "challenge", WallKind.CHALLENGE, "a Cloudflare challenge"),
    ("x-amzn-waf-action", "", WallKind.CHALLENGE, "a challenge of Amazon's firewall (AWS WAF)"),
    ("x-vercel-mitigated", "", WallKind.CHALLENGE, "a challenge of Vercel"),
    ("x-kpsdk-ct", "", WallKind.CHALLENGE, "a challenge of Kasada"),
    ("sg-captcha", "", WallKind.CHALLENGE, "a captcha of SiteGround"),
    ("x-datadome", "protected", WallKind.CHALLENGE, "a challenge of DataDome"),
    ("x-sucuri-block", "", WallKind.BLOCK, "a block of Sucuri's firewall"),
    ("crawler-price", "", WallKind.PAYMENT, "a demand for payment from crawlers (Cloudflare pay per crawl)"),
    ("www-authenticate", "license", WallKind.PAYMENT, "a demand for a licence (RSL)"),
)


def _maker_kind(name: str) -> WallKind:
    if name.startswith("a block"):
        return WallKind.BLOCK
    return WallKind.CHALLENGE


_BY_MAKER = tuple((maker.pattern, _maker_kind(maker.name), maker.name) for maker in challenges.MAKERS)
"""Patterns in a body, believed only where the page is small or its status is a refusal."""
_BY_STATUS = {
    401: (WallKind.LOGIN, "a demand for a login"),
    402: (WallKind.PAYMENT, "a demand for payment"),
    403: (WallKind.BLOCK, "a refusal"),
    406: (WallKind.BLOCK, "a refusal"),
    429: (WallKind.RATE, "“too many requests”"),
    451: (WallKind.REGION, "a refusal for legal reasons"),
}
_BY_WORDS = {
    "database-error": (WallKind.ERROR, "a page that says that its database cannot be reached"),
    "maintenance": (WallKind.MAINTENANCE, "“down for maintenance”"),
    "consent-wall": (WallKind.CONSENT, "a page that asks for consent"),
    "too-many-requests": (WallKind.RATE, "“too many requests”"),
    "suspended": (WallKind.SUSPENDED, "“this account is suspended”"),
    "parked": (WallKind.PARKED, "the page of a parked domain"),
    "metered-wall": (WallKind.PAYMENT, "a demand for a subscription"),
    "blocked-region": (WallKind.REGION, "“not shown in your country”"),
    "challenge-page": (WallKind.CHALLENGE, "a challenge"),
    "login-wall": (WallKind.LOGIN, "a demand for a login"),
}
_MORE_THAN_403 = {"blocked-region", "consent-wall", "metered-wall"}
_AI = re.compile(
    r"\bA\.?I\.?[ -](?:crawl|bot|scrap|agent|train|compan)|\bKI-(?:Crawler|Bots)|"
    r"\b(?:crawl|bot|scrap)\w* IA\b|\bLLM[ -](?:crawl|bot|scrap|train)",
    re.IGNORECASE,
)
_BY_PLACE = (
    (WallKind.LOGIN, re.compile(r"/wp-login\.php|/(?:log|sign)-?in/?$", re.IGNORECASE)),
    (WallKind.SUSPENDED, re.compile(r"/suspendedpage\.cgi|/suspended\.page", re.IGNORECASE)),
)
_PLACE_SAYS = {
    WallKind.LOGIN: "a demand for a login",
    WallKind.SUSPENDED: "“this account is suspended”",
}
_BY_HOST = (
    (WallKind.PAYMENT, re.compile(r"^tollbit\.", re.IGNORECASE)),
    (WallKind.CONSENT, re.compile(r"consent|privacy|cookie|\bcmp\b|gdpr", re.IGNORECASE)),
    (WallKind.LOGIN, re.compile(r"\b(?:log-?in|sign-?in|auth|sso|accounts?)\b", re.IGNORECASE)),
    (WallKind.PARKED, re.compile(r"sedo|parking|bodis|hugedomains|afternic|dan\.com|forsale", re.IGNORECASE)),
    (WallKind.SUSPENDED, re.compile(r"suspended", re.IGNORECASE)),
)
_HOST_SAYS = {
    WallKind.PAYMENT: "a demand for payment",
    WallKind.CONSENT: "a page that asks for consent",
    WallKind.LOGIN: "a demand for a login",
    WallKind.PARKED: "the page of a parked domain",
    WallKind.SUSPENDED: "“this account is suspended”",
}
_GOOD = {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Obstacle between us and pages: `lead` and `what` are the text before and after those pages."""

    kind: WallKind
    lead: str
    what: str = ""

    def sentence(self, pages: str = "every request") -> str:
        """Return its name and what helps, as sentences."""
        clauses = [self.lead]
        if self.what:
            clauses += [pages, self.what]
        named = " ".join(filter(None, clauses))
        return f"{named}. {HELP[self.kind]}".rstrip()


@dataclass(frozen=True, slots=True)
class ShownPage:
    """What is compared of a small page, and its wall.

    The wall that it is if every URL shows it.
    """

    digest: str
    obstacle: Obstacle | None


def obstacle_of(page: Page) -> Obstacle | None:
    """Return the obstacle that a response is, if any."""
    if page.status in {0, 404, 410}:
        return None
    if found := _named(page) or _by_status(page) or _by_place(page):
        kind, what = found
        return _answers(kind, what, page.status)
    return None


def is_wall(page: Page) -> bool:
    """True if a response is a challenge or a block by its marks, so that no retry helps."""
    return _named(page) is not None


def shown_page(page: Page) -> ShownPage | None:
    """Return a page that may be the same for every URL.

    No result for other statuses than 200, for large pages, and for feeds, JSON and sitemaps.
    """
    body = page.body
    if page.status != HTTPStatus.OK or len(body) > SMALL_BYTES:
        return None
    if not _DOCUMENT.match(body[:2000]):
        return None
    source = _UNSEEN.sub(" ", body.decode("utf-8", "replace"))
    text = html.unescape(_TAG.sub(" ", source))
    titles = _titles(source)
    words = split_words(text)
    found = find_wall(titles)
    if found is None and len(words) <= MAX_NOTICE_WORDS:
        found = find_wall([text])
    if found and found[0] in _BY_WORDS and len(words) <= MAX_WALL_WORDS:
        digest = fingerprint(text, page.url) or " ".join(words)
        kind, what = _BY_WORDS[found[0]]
        return ShownPage(digest, _answers(kind, what, page.status))
    links = _LINK.findall(source)
    whole = " ".join([text, *links])  # without text that names it, only the very same page counts
    if len(links) > MAX_SHELL_LINKS:
        return ShownPage(whole, None)
    what = "one and the same page"
    if title := next(filter(None, titles), ""):
        what += f" (“{title[:80]}”)"
    return ShownPage(whole, _answers(WallKind.ONE_PAGE, what, page.status))


def refusal_clause(page: Page) -> str:
    """Return why a page was not given, as a clause.

    That is the wall's name, or the error, or the status.
    """
    if page.status and (found := _named(page)):
        _, what = found
        return f"the site answered with {what} (HTTP {page.status})"
    return page.error or f"the site answered {page.status}"


def obstacle_of_failure(error: BaseException) -> Obstacle | None:
    """Return why a site cannot be reached.

    No result where only this request was not sent.
    """
    if isinstance(error, RobotsRefusalError):
        return Obstacle(WallKind.ROBOTS, "The site's robots.txt forbids", error.whom)
    if isinstance(error, RedirectedAwayError):
        return _redirects(error.url)
    clause = failure_clause(error)
    if clause in {COOKIE_WALL, REDIRECT_LOOP}:
        return Obstacle(WallKind.COOKIES, clause[:1].upper() + clause[1:])
    if isinstance(error, IgnoreRequest):
        return None
    return Obstacle(WallKind.UNREACHABLE, f"The site cannot be reached: {clause}")


def _answers(kind: WallKind, what: str, status: int) -> Obstacle:
    return Obstacle(kind, "The site answers", f"with {what} (HTTP {status})")


def _redirects(url: str) -> Obstacle:
    host = urlsplit(url).netloc
    for kind, pattern in _BY_HOST:
        if pattern.search(host):
            return Obstacle(kind, "The site redirects", f"to {host} ({_HOST_SAYS[kind]})")
    return Obstacle(WallKind.MOVED, "The site redirects", f"to {host}")


def _named(page: Page) -> tuple[WallKind, str] | None:
    """Return a wall by its headers and body, if any.

    Its kind, and its name as "a Cloudflare challenge".
    """
    if page.status == HTTPStatus.OK and len(page.body) > SMALL_BYTES:
        return None
    for header, part, kind, what in _BY_HEADER:
        value = page.header(header)
        if value is None or part not in value.lower():
            continue
        if page.status != HTTPStatus.OK or _is_challenge_page(page):
            return kind, what
    if page.status in _GOOD and not _is_challenge_page(page):
        return None
    body = page.body[:EXAMINED_BYTES]
    if _is_passing(page.status) and _EDGE_ERROR.search(body):
        return None
    if page.status in {401, 403, 429} and _AI.search(_text(body)):
        return WallKind.AI_BLOCK, "a block of AI crawlers"
    for pattern, kind, what in _BY_MAKER:
        if pattern.search(body):
            return kind, what
    return None


def _by_status(page: Page) -> tuple[WallKind, str] | None:
    """Return a refusal by its status, if any.

    By its text where that is more specific.
    """
    if page.status < 400:
        return None
    is_rest = _is_rest_error(page) and page.status not in {402, 451}
    if page.status in _BY_STATUS and not is_rest:
        return _refusal(page)
    if page.status < 500:
        return None
    if _is_maintenance(page):
        return _BY_WORDS["maintenance"]
    return WallKind.ERROR, "an error of its own"


def _refusal(page: Page) -> tuple[WallKind, str]:
    """Return what a status of refusal stands for; a 403 by the title of its page, if that names more."""
    kind, what = _BY_STATUS[page.status]
    if kind is WallKind.BLOCK:
        source = page.body[:EXAMINED_BYTES].decode("utf-8", "replace")
        found = find_wall(_titles(source))
        if found and found[0] in _MORE_THAN_403:
            return _BY_WORDS[found[0]]
    return kind, what


def _by_place(page: Page) -> tuple[WallKind, str] | None:
    """Return the wall to which the site redirects, if any."""
    final = urls.path_of(page.final_url)
    requested = urls.path_of(page.url)
    for kind, pattern in _BY_PLACE:
        if pattern.search(final) and not pattern.search(requested):
            return kind, _PLACE_SAYS[kind]
    return None


def _is_passing(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _is_challenge_page(page: Page) -> bool:
    """True if title or markup show a challenge.

    By its title, or as a HTML page without an article and paragraphs.
    """
    title = _TITLE.search(page.body[:EXAMINED_BYTES])
    if title is not None and challenges.TITLE.match(title[1].decode("utf-8", "replace")):
        return True
    if b"<article" in page.body or b"<p" in page.body:
        return False
    return _HTML.search(page.body[:2000]) is not None


def _is_maintenance(page: Page) -> bool:
    if page.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return False
    body = page.body[:EXAMINED_BYTES].lower()
    return page.header("retry-after") is not None or b"maintenance" in body


def _is_rest_error(page: Page) -> bool:
    """True if a response is REST's own error.

    It is no fact about the site's pages.
    """
    content_type = page.header("content-type") or ""
    return "json" in content_type and _REST_ERROR.search(page.body[:2000]) is not None


def _titles(source: str) -> list[str]:
    """Return the texts of a page's title and headings."""
    headings = [markup for _, markup in _HEADINGS.findall(source)]
    texts = [html.unescape(_TAG.sub(" ", markup)) for markup in headings]
    return [" ".join(text.split()) for text in texts]


def _text(body: bytes) -> str:
    source = _UNSEEN.sub(" ", body.decode("utf-8", "replace"))
    return html.unescape(_TAG.sub(" ", source))
