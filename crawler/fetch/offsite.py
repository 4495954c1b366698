"""Where a crawl may go: the site the user configured, and no other address, least of all a private one.

The configured origin may lie on the loopback (the sample newspaper, a test site); then its very
port is meant. A public name that turns out to lead to a private address is refused as well.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Request
from scrapy.resolver import CachingHostnameResolver
from twisted.internet.interfaces import IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from archive.core import urls
from crawler.fetch.session import report_of, session_of

OFF_SITE = "is not on the site"  # in the words of an OffSiteError


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
        if report_of(self.crawler).fault is not None:
            raise IgnoreRequest("the archive cannot be written, so nothing is asked")
        session = session_of(self.crawler)
        if not is_allowed(request.url, session.home, session.hosts):
            raise OffSiteError(f"{request.url} {OFF_SITE} {session.home}")
        if urls.is_loopback(urlsplit(request.url).hostname):
            request.meta["proxy"] = None  # a proxy from the environment cannot reach this machine's loopback


class PrivateAddressMiddleware:
    """Says of a name that leads to no public address where it leads, and keeps it from being tried again."""

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Leave a failure as it is. Raises OffSiteError where a private address is behind it."""
        name = urlsplit(request.url).hostname or ""
        if isinstance(exception, CannotResolveHostError) and (address := refused_addresses.get(name)):
            raise OffSiteError(f"{name} leads to the private address {address}, which is never fetched")


def is_allowed(url: str, home: str, hosts: Iterable[str]) -> bool:
    """True if a URL is on the host of `home`, or on one of the further hosts that the user allows."""
    scheme = url.partition("://")[0].lower()
    return urls.same_host(url, home) or any(urls.same_host(url, f"{scheme}://{host}") for host in hosts)


def is_public(address: str) -> bool:
    """True if a literal IP address may be reached for a site that is not on the loopback."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


class PublicResolver(CachingHostnameResolver):
    """Scrapy's resolver of IPv4 and IPv6 addresses, which leaves out private ones.

    A name that says itself that it is on the loopback, and a literal address, lead where they say.
    """

    def resolveHostName(  # noqa: N802  (Twisted's name)
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Any = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        """Resolve a name. Where all its addresses are private none comes; see `refused_addresses`."""
        receiver: Any = _PublicReceiver(resolutionReceiver, hostName)
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _PublicReceiver:
    """Hands on the addresses of a name that may be reached for it."""

    def __init__(self, receiver: Any, name: str) -> None:
        self._receiver = receiver
        self._name = name
        self._refused: list[str] = []
        self._passed = False

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        """Hand on that it begins."""
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        """Hand an address on, unless it is private."""
        if may_lead_to(self._name, address.host):
            self._passed = True
            self._receiver.addressResolved(address)
        else:
            self._refused.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        """Hand on that it ends, and note a name that leads to private addresses alone."""
        if self._refused and not self._passed:
            refused_addresses[self._name] = self._refused[0]
        else:
            refused_addresses.pop(self._name, None)
        self._receiver.resolutionComplete()


refused_addresses: dict[str, str] = {}
"""The private address of each name that leads to no public one; Twisted has no way to hand on why."""


def may_lead_to(name: str, address: str) -> bool:
    """True if a name may lead to an address: a public one, or the loopback by a name that says so."""
    return is_public(address) or urls.is_loopback(name)
