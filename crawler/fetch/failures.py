"""Why no answer came, in words that a person without a debugger understands.

Pure. Each sentence goes after "HOST: " or "No answer for URL: ".
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
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}


def failure_clause(error: BaseException) -> str:
    """Return why a request had no answer, as a clause without a full stop."""
    said = str(error) or type(error).__name__
    if isinstance(error, IgnoreRequest):
        return said
    if isinstance(error, CannotResolveHostError):
        return "the name of its host leads nowhere (DNS)"
    if isinstance(error, DownloadConnectionRefusedError):
        return "the host refuses the connection"
    if isinstance(error, DownloadTimeoutError):
        return "the host did not answer in time"
    if isinstance(error, BadCertificateError):
        return f"no secure connection (TLS): {said}"
    if isinstance(error, TLSFailedError):
        return f"no secure connection (TLS): {said}"
    if _errno(error) in _UNREACHABLE:
        return "there is no way to the host from this machine (network)"
    return f"{type(error).__name__}: {said}"[:MAX_CLAUSE_CHARS]


def _errno(error: BaseException) -> int | None:
    """Return the number of the operating system's error, where it is one."""
    number = getattr(error, "osError", None)
    return number if isinstance(number, int) else getattr(error, "errno", None)
