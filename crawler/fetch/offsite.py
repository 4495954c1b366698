"""Guard of the crawl's scope: the configured site only, no private host.

The configured origin may be on the loopback (the sample newspaper, a test site); then only its exact port is
allowed. A public host name that resolves to a private IP address is refused as well.
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
from archive.core.records import PageKind
from crawler.fetch.failures import RedirectedAwayError
from crawler.fetch.session import Session, report_of, session_of

RESTING = "its server has failed several times, and is asked again by a later crawl"
OFF_SITE = "is not on the site"  # part of the text of an OffSiteError


class OffSiteError(IgnoreRequest):
    """A request that leads away from the configured site."""


class GuardMiddleware:
    """Middleware that passes only requests to the spider's own site, redirects included."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return an instance for a crawler; Scrapy calls it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse an off-site request, and any while nothing can be saved.

        A user's request with Scrapy's own tools has no site to leave.

        Raises OffSiteError or RedirectedAwayError for another site, IgnoreRequest where the archive cannot be
        written or a comment system is left alone.
        """
        if report_of(self.crawler).fault is not None:
            raise IgnoreRequest("the archive cannot be written, so nothing is requested")
        session = session_of(self.crawler)
        is_ours = is_allowed(request.url, session.home, session.hosts)
        is_wanted = is_ours or _is_of_server(request, session) or _is_part(request, session)
        if session.home and not is_wanted:
            reason = f"{request.url} {OFF_SITE} {session.home}"
            if request.meta.get("redirect_urls"):
                raise RedirectedAwayError(request.url, reason)
            raise OffSiteError(reason)
        if request.meta.get("kind") is PageKind.THREAD and request.meta["server"] in session.resting:
            raise IgnoreRequest(RESTING)
        if urls.is_loopback(urlsplit(request.url).hostname):
            request.meta["proxy"] = None  # a proxy from the environment cannot reach this machine's loopback


class PrivateAddressMiddleware:
    """Middleware that reports private IP addresses of host names.

    The error prevents a retry.
    """

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Leave an exception as it is, unless a private host caused it.

        Raises OffSiteError with the private IP address.
        """
        name = urlsplit(request.url).hostname or ""
        if isinstance(exception, CannotResolveHostError) and (address := refused_addresses.get(name)):
            raise OffSiteError(f"{name} resolves to the private address {address}, which is never fetched")


def is_allowed(url: str, home: str, hosts: Iterable[str]) -> bool:
    """True if a URL is on an allowed host.

    That is the host of `home`, or one of `hosts`, the further hosts that the user allows, each with its port
    where that is not the default.
    """
    scheme = url.partition("://")[0].lower()
    allowed = (f"{scheme}://{host}" for host in hosts)
    return urls.same_host(url, home) or any(urls.same_host(url, other) for other in allowed)


def _is_of_server(request: Request, session: Session) -> bool:
    """True if a request is for a thread or for robots.txt, on the server of a comment system."""
    of_thread = request.meta.get("kind") is PageKind.THREAD
    is_wanted = of_thread or urls.path_of(request.url) == "/robots.txt"
    return is_wanted and any(urls.same_host(request.url, server) for server in session.servers)


def _is_part(request: Request, session: Session) -> bool:
    """True if a script of a rendered page may have a URL, or for the robots.txt of such a host."""
    is_wanted = "part_of" in request.meta or urls.path_of(request.url) == "/robots.txt"
    return is_wanted and is_allowed(request.url, session.home, session.render_hosts)


def may_be_server(server: str, home: str) -> bool:
    """True if a page may name a URL as the server of its comments.

    It is on a public host; on this machine only where the site itself is.
    """
    host = (urls.split(server) or urlsplit("")).hostname or ""
    if urls.is_loopback(host):
        return urls.is_loopback(urlsplit(home).hostname)
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


def is_public(address: str) -> bool:
    """True if a literal IP address is public; False for other text."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


class PublicResolver(CachingHostnameResolver):
    """Scrapy's resolver of IPv4 and IPv6, without private IP addresses.

    A host name on the loopback by its own text, and a literal IP address, resolve as they are.
    """

    def resolveHostName(  # noqa: N802  (Twisted's name)
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Any = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        """Resolve a host name to its public IP addresses.

        Where all of them are private, the result is empty; see `refused_addresses`.
        """
        receiver: Any = _PublicReceiver(resolutionReceiver, hostName)
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _PublicReceiver:
    """Receiver that passes on the public IP addresses of a host name."""

    def __init__(self, receiver: Any, name: str) -> None:
        self._receiver = receiver
        self._name = name
        self._refused: list[str] = []
        self._passed = False

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        """Pass on the begin of a resolution."""
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        """Pass an IP address on, unless it is private."""
        if may_lead_to(self._name, address.host):
            self._passed = True
            self._receiver.addressResolved(address)
        else:
            self._refused.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        """Pass on the end, and record a host with private addresses only."""
        if self._refused and not self._passed:
            refused_addresses[self._name] = self._refused[0]
        else:
            refused_addresses.pop(self._name, None)
        self._receiver.resolutionComplete()


refused_addresses: dict[str, str] = {}
"""Maps a host name that resolves to no public IP address to a private one; Twisted passes no reason on."""


def may_lead_to(name: str, address: str) -> bool:
    """True if a host name may resolve to an IP address.

    That is a public IP address, or a loopback one for a host name of the loopback.
    """
    return is_public(address) or urls.is_loopback(name)
