"""Requests to a web archive over HTTP, at a polite rate.

Invariant: at most 24 requests a minute, and no request while the server requires a pause.
"""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from archive.core.errors import SiteError
from archive.core.timestamps import retry_after
from pipeline.imports.observed import LARGEST_BYTES

CDX_PAUSE_SECONDS = 60 / 24
_TRIES = 5
LONGEST_WAIT_SECONDS = 600.0
TIMEOUT_SECONDS = 60
_BUSY = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class NotThereError(SiteError):
    """A web archive has nothing at a URL."""


class Asking:
    """Client of the servers of one web archive; `agent` identifies us."""

    def __init__(
        self,
        agent: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._agent, self._sleep, self._clock = agent, sleep, clock
        self._next = 0.0

    def get(self, url: str, span: tuple[int, int] | None = None) -> tuple[bytes, tuple[tuple[str, str], ...]]:
        """Return body and headers of an answer, unpacked; with `span` the bytes from an offset on.

        `span` is that offset and how many. Raises NotThereError for a 404, SiteError after some tries.
        """
        why = "it did not answer"
        for number in range(_TRIES):
            self._wait()
            request = Request(url, headers=self._headers(span))  # noqa: S310 - http alone gets here
            try:
                with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - http alone gets here
                    if span is not None and answer.status != HTTPStatus.PARTIAL_CONTENT:
                        why = "it gives no part of a file"
                        break
                    headers = tuple((name.lower(), value) for name, value in answer.headers.items())
                    return _unpacked(answer.read(LARGEST_BYTES + 1), dict(headers)), _kept(headers)
            except HTTPError as error:
                why = f"it answers {error.code}"
                asked = retry_after(error.headers.get("Retry-After"), datetime.now(UTC))
                if error.code == HTTPStatus.NOT_FOUND:
                    raise NotThereError(f"There is no {url}: {why}.") from error
                if error.code not in _BUSY:
                    break
                self._leave(asked if asked is not None else CDX_PAUSE_SECONDS * 2.0**number)
            except (URLError, HTTPException, OSError, EOFError, zlib.error, ValueError) as error:
                why = f"it cannot be reached or read ({error})"
                self._leave(CDX_PAUSE_SECONDS * 2.0**number)
        raise SiteError(
            f"{urlsplit(url).netloc} did not give {url}: {why}.", hint="Try the same again later."
        )

    def _headers(self, span: tuple[int, int] | None) -> dict[str, str]:
        headers = {"User-Agent": self._agent, "Accept-Encoding": "identity"}
        if span is not None:
            headers["Range"] = f"bytes={span[0]}-{span[0] + span[1] - 1}"
        return headers

    def _wait(self) -> None:
        left = self._next - self._clock()
        if left > 0:
            self._sleep(left)
        self._next = max(self._clock(), self._next) + CDX_PAUSE_SECONDS

    def _leave(self, seconds: float) -> None:
        self._next = max(self._next, self._clock() + min(seconds, LONGEST_WAIT_SECONDS))


def _unpacked(body: bytes, headers: dict[str, str]) -> bytes:
    coding = headers.get("content-encoding", "").strip().lower()
    if coding == "gzip" and body.startswith(b"\x1f\x8b"):
        return gzip.decompress(body)
    return zlib.decompress(body) if coding == "deflate" else body


def _kept(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the headers that are the page's own, as far as a web archive hands them on."""
    return tuple(pair for pair in headers if pair[0] in {"content-type", "content-language", "last-modified"})
