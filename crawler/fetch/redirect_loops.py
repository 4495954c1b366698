"""Redirects that go round in a circle, as those of a site that wants its cookie back, are ended early.

Cookies are never sent: who asks for one to show its pages has a wall, and that is said by its name.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

MAX_VISITS_PER_URL = 2  # how often one address may be asked for on one way
COOKIE_WALL = (
    "the site asks for cookies, which are never sent: it redirects in a circle until it gets one back"
)
REDIRECT_LOOP = "the site redirects in a circle"
_SETS_COOKIE = "sets_cookie"  # in a request's meta: whether an answer on its way has set a cookie


class RedirectLoopMiddleware:
    """Ends a way of redirects that leads to an address where it has been twice."""

    def process_request(self, request: Request) -> None:
        """Let a request pass. Raises IgnoreRequest where it has been made ROUNDS times on this way."""
        way: list[str] = request.meta.get("redirect_urls", [])
        sets_cookie = request.meta.get(_SETS_COOKIE, False)
        if sets_cookie and sum(_place(url) == _place(request.url) for url in way) >= MAX_VISITS_PER_URL:
            raise IgnoreRequest(COOKIE_WALL)
        if way.count(request.url) >= MAX_VISITS_PER_URL:
            raise IgnoreRequest(REDIRECT_LOOP)

    def process_response(self, request: Request, response: Response) -> Response:
        """Note whether an answer sets a cookie."""
        if b"Set-Cookie" in response.headers:
            request.meta[_SETS_COOKIE] = True
        return response


def _place(url: str) -> tuple[str, str]:
    """Return host and path: walls add a number to the query each time."""
    parts = urlsplit(url)
    return parts.netloc, parts.path
