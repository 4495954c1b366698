"""Reasons why a request had no response, as readable clauses.

Pure. Each clause follows "HOST: " or "No answer for URL: ".
"""

from __future__ import annotations

import errno

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)

from crawler.fetch.tls import BadCertificateError, TLSFailedError

MAX_CLAUSE_CHARS = 500  # characters of a reason
_NO_NAME = "the host name cannot be resolved (DNS)"
_REFUSED = "the host refused the connection"
_TIMEOUT = "the host did not respond in time (timeout)"
_NO_ROUTE = "this machine has no network route to the host"
OF_HOST = frozenset({_NO_NAME, _REFUSED, _TIMEOUT, _NO_ROUTE})
"""Clauses of failures that would befall any other request to the host, too."""
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}


class RedirectedAwayError(IgnoreRequest):
    """A redirect away from the configured site, to `url`."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason)
        self.url = url


class RobotsRefusalError(IgnoreRequest):
    """A request that robots.txt forbids to `whom`, as "to all crawlers"."""

    def __init__(self, reason: str, whom: str) -> None:
        super().__init__(reason)
        self.whom = whom


def failure_clause(error: BaseException) -> str:
    """Return why a request failed, as a clause without a full stop.

    An unexpected exception is named by its type and cut to MAX_CLAUSE_CHARS.
    """
    text = str(error) or type(error).__name__
    if isinstance(error, IgnoreRequest):
        return text
    if isinstance(error, CannotResolveHostError):
        return _NO_NAME
    if isinstance(error, DownloadConnectionRefusedError):
        return _REFUSED
    if isinstance(error, DownloadTimeoutError):
        return _TIMEOUT
    if isinstance(error, BadCertificateError | TLSFailedError):
        return f"no secure connection (TLS): {text}"
    if _errno(error) in _UNREACHABLE:
        return _NO_ROUTE
    return f"{type(error).__name__}: {text}"[:MAX_CLAUSE_CHARS]


def _errno(error: BaseException) -> int | None:
    """Return the operating system's error number, if any."""
    number = getattr(error, "osError", None)
    if isinstance(number, int):
        return number
    return getattr(error, "errno", None)
