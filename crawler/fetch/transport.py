"""Bound on the headers of a response, which Scrapy does not set.

Does not: bound bodies, which DOWNLOAD_MAXSIZE does. Invariant: endless headers cost HEADER_BYTES and the
connection. Uses private parts of Scrapy's handler (`_pool._factory`, its protocol and parser) and of its
response (`_encoding`); test_hostile_crawl.py and test_transport.py fail when they change.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from scrapy import Spider
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.http import Request, Response, TextResponse
from twisted.web._newclient import ParseError

from archive.core import urls
from crawler.fetch.lease import lease_of
from crawler.fetch.visitor import Visitor

HEADER_BYTES = 256 * 1024
"""Browsers stop at about as much (Chromium: 256 KiB)."""

SITE_API = "site-api"
"""The name among a session's secrets of the operator's key for the API of the site itself."""


class _Parser(_LenientHTTPClientParser):
    """Parser of responses that counts the bytes of their headers.

    Headers of 1xx responses are included.
    """

    header_bytes = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        self.header_bytes += len(line) + 2
        if self.header_bytes > HEADER_BYTES:
            reason = f"the headers are longer than {HEADER_BYTES:,} bytes"
            raise ParseError(reason, line[:80])  # type: ignore[no-untyped-call]
        super().lineReceived(line)


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Any) -> Any:
        answer = super().request(request)
        self._parser.__class__ = _Parser
        return answer


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _Protocol:  # noqa: ARG002, N802
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class BoundedHandler(HTTP11DownloadHandler):
    """Scrapy's handler of http and https, with a bound on headers."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawler = crawler
        self._pool._factory = _Factory
        self._lease = lease_of(crawler.settings)
        self._visitor: Visitor | None = crawler.settings["BACKISSUE_VISITOR"]

    async def download_request(self, request: Request) -> Response:
        """Fetch a URL, under a lease only while it is valid.

        A request is signed here, where all delays and redirects are behind it. A secret of the operator's is
        added here, and is in no response, log or error.
        """
        if self._lease is not None:
            self._lease.require()  # the last step before the request: after all delays and queues
        if self._visitor is not None:
            for name, value in self._visitor.request_headers(request.url, datetime.now(UTC)).items():
                request.headers[name] = value
        wanted = request.meta.get("secret")
        if wanted is None:
            return _without_guess(await super().download_request(request))
        system, place = wanted
        session = cast("Any", self._crawler.spider).session
        if system == SITE_API and not urls.same_host(request.url, session.home):
            return _without_guess(await super().download_request(request))
        sent = _with_key(request, place, session.secrets.get(system, ""))
        try:
            response = await super().download_request(sent)
        except Exception as error:
            error.args = tuple(str(said).replace(sent.url, request.url) for said in error.args)
            raise
        return _without_key(_without_guess(response), sent, request)


def _with_key(request: Request, place: str, stated: str) -> Request:
    """Return a request with the operator's key, in the parameter or header of that name.

    A key that is stated behind the URL of a server is added for that server alone.
    """
    server, _, key = stated.rpartition(" ")
    if not key or (server and not request.url.startswith(f"{server.rstrip('/')}/")):
        return request
    header, colon, scheme = place.partition(": ")
    if colon:
        return request.replace(headers={**request.headers, header: f"{scheme} {key}"})
    joint = "?"
    if joint in request.url:
        joint = "&"
    return request.replace(url=f"{request.url}{joint}{place}={quote(key, safe='')}")


def _without_key(response: Response, sent: Request, request: Request) -> Response:
    """Return the response to a request with a key as one to that without it.

    A redirect repeats what was sent.
    """
    added = sent.url.removeprefix(request.url)
    headers = response.headers.copy()
    target = headers.get("Location")
    if added and target is not None:
        headers["Location"] = target.replace(added.encode(), b"").replace(added[1:].encode(), b"")
    return response.replace(url=request.url, headers=headers)


def _without_guess(response: Response) -> Response:
    """Spare Scrapy the guess at the charset of bytes that are still compressed.

    It takes longer than reading the page. Once they are decompressed, Scrapy finds the charset itself.
    """
    if isinstance(response, TextResponse) and b"Content-Encoding" in response.headers:
        response._encoding = "latin-1"
    return response


class RefreshMiddleware(MetaRefreshMiddleware):
    """Scrapy's middleware for <meta http-equiv="refresh">, robust against broken pages."""

    def process_response(
        self,
        request: Request,
        response: Response,
        spider: Spider | None = None,  # noqa: ARG002 - as Scrapy declares it
    ) -> Request | Response:
        """Return the request that a page redirects to, or the response."""
        try:
            following: Request | Response = super().process_response(request, response)
        except (ValueError, LookupError):  # an invalid charset or base URL
            return response
        return following
