"""Where a crawl may go: the site the user configured, and no other address, least of all a private one.

The configured origin may lie on the loopback (the sample newspaper, a test site); then its very
port is meant. A public name that turns out to lead to a private address is refused as well.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

_PORTS = {"http": 80, "https": 443}


class OffSiteError(IgnoreRequest):
    """A request, mostly a redirect, led away from the configured site."""


class GuardMiddleware:
    """Lets only requests to the spider's own site pass, redirects included."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one for a crawler, as Scrapy asks."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse what is not on the site, and everything when nothing can be saved. Raises IgnoreRequest."""
        if self.crawler.stats.get_value("backissue/fault"):
            raise IgnoreRequest("the archive cannot be written, so nothing is asked")
        home = getattr(self.crawler.spider, "home", None)
        if home is not None and not same_site(request.url, home):
            raise OffSiteError(f"{request.url} is not on the site {home}")
        if is_loopback(urlsplit(request.url).hostname):
            request.meta["proxy"] = None  # a proxy from the environment cannot reach this machine's loopback


def same_site(url: str, home: str) -> bool:
    """Whether an address belongs to the site whose address is `home`.

    The host counts with or without "www.", http or https. On the loopback, or with a port of its
    own, a site is one host and one port.
    """
    try:
        here, there = urlsplit(url), urlsplit(home)
        ports = here.port or _PORTS[here.scheme], there.port or _PORTS[there.scheme]
    except (KeyError, ValueError):
        return False
    usual = set(ports) <= set(_PORTS.values()) and not is_loopback(there.hostname)
    return _bare(here.hostname) == _bare(there.hostname) and (usual or ports[0] == ports[1])


def _bare(host: str | None) -> str:
    return (host or "").rstrip(".").removeprefix("www.")


def is_loopback(host: str | None) -> bool:
    """Whether a host name or literal address is this machine itself."""
    if host in {"localhost", "localhost."}:
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether a literal IP address may be reached for a site that is not on the loopback."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver, refusing names that lead to private addresses unless they name the loopback."""

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:  # noqa: N802
        """Resolve a name. Fails with DNSLookupError where it leads to a private address."""
        return super().getHostByName(name, timeout).addCallback(refuse_private, name)


def refuse_private(address: str, name: str) -> str:
    """The address a name leads to. Raises DNSLookupError where it is private and the name does not say so."""
    if is_public(address) or is_loopback(name):
        return address
    raise DNSLookupError(f"{name} leads to the private address {address}, which is never fetched")
