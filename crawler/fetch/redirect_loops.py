"""Redirect loops, which end early.

An example is a site that waits for its cookie. Cookies are never sent: a site that requires one before it
shows a page has a wall, which is reported by name.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

MAX_VISITS_PER_URL = 2  # requests for one URL in one chain of redirects
COOKIE_WALL = (
    "the site asks for cookies, which are never sent: it redirects in a circle until it gets one back"
)
REDIRECT_LOOP = "the site redirects in a circle"
_SETS_COOKIE = "sets_cookie"  # key of a request's meta: True if a response of its chain has set a cookie


class RedirectLoopMiddleware:
    """Middleware that ends a chain of redirects that loops."""

    def process_request(self, request: Request) -> None:
        """Pass a request on.

        Raises IgnoreRequest where its chain of redirects has had it MAX_VISITS_PER_URL times.
        """
        chain: list[str] = request.meta.get("redirect_urls", [])
        sets_cookie = request.meta.get(_SETS_COOKIE, False)
        place = _place(request.url)
        visits = sum(_place(url) == place for url in chain)
        if sets_cookie and visits >= MAX_VISITS_PER_URL:
            raise IgnoreRequest(COOKIE_WALL)
        if chain.count(request.url) >= MAX_VISITS_PER_URL:
            raise IgnoreRequest(REDIRECT_LOOP)

    def process_response(self, request: Request, response: Response) -> Response:
        """Record that a response sets a cookie, and return the response."""
        if b"Set-Cookie" in response.headers:
            request.meta[_SETS_COOKIE] = True
        return response


def _place(url: str) -> tuple[str, str]:
    """Return host and path of a URL.

    Without the query, since a wall adds a number to it each time.
    """
    parts = urlsplit(url)
    return parts.netloc, parts.path
