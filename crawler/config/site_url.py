"""Which URLs of sites are allowed in the configuration, and their canonical form.

Does not: use DNS, so a public name may still lead to a private address; `crawler.fetch` checks that.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit


def check_address(text: str) -> str:
    """Return an allowed http(s) URL in canonical form.

    Its host is public, or this machine. Raises ValueError with the reason why not.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("it does not begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it has a user name or password in it")
    if parts.query or parts.fragment:
        raise ValueError("it has a ? or # part")
    if re.search(r"[\x00-\x20\x7f\"<>\\^`{|}]", text):
        raise ValueError("it has a space, a quote or another character that stands in no URL")
    if not parts.hostname or re.search(r"[\s\\%]", parts.netloc):
        raise ValueError("it names no host")
    check_host(parts.hostname)
    port = "" if parts.port is None else f":{parts.port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/")
    return SplitResult(parts.scheme, host + port, path, "", "").geturl()


def check_host(host: str) -> None:
    """Raise ValueError for a private IP address that is not loopback."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        if _looks_like_number(host):
            raise ValueError("its host is an incomplete IP address") from None
        return
    if not number.is_loopback and (not number.is_global or number.is_multicast):
        raise ValueError("its host is a private address; only public sites and this machine are archived")


def is_loopback_url(url: str) -> bool:
    """True if a URL has a host of the loopback, without DNS."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _looks_like_number(host: str) -> bool:
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True
