"""Verification of TLS certificates, with a reason for each failure.

Reasons are such as: expired, self-signed, issued for another host. Uses Twisted's TLS and the one private
attribute of Scrapy's download handler that it needs. Does not: retry, or decide for which source certificates
are verified.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import certifi
from cryptography import x509
from OpenSSL import SSL
from OpenSSL.crypto import X509
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Request, Response
from service_identity import CertificateError as UnreadableCertificateError
from service_identity import VerificationError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import optionsForClientTLS
from twisted.python.failure import Failure
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.fetch.transport import BoundedHandler

_STORES = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # environment variables by which OpenSSL finds another store
_NAMES_SHOWN = 3

# OpenSSL's include/openssl/x509_vfy.h
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _SELF_SIGNED_ROOT, _REVOKED = 9, 10, 18, 19, 23
_UNKNOWN_ISSUER = {2, 20, 21}


class BadCertificateError(Exception):
    """Certificate that does not prove the identity of its site.

    The text is the reason.
    """


class TLSFailedError(DownloadFailedError):
    """Failure of a TLS connection for a reason that may pass.

    The text is the reason.
    """


def find_trust_store() -> None:
    """Use certifi's list of authorities on a machine without one."""
    if any(os.environ.get(name) for name in _STORES):
        return
    paths = ssl.get_default_verify_paths()
    has_file = paths.cafile is not None
    has_folder = paths.capath is not None and any(Path(paths.capath).iterdir())
    if not (has_file or has_folder):
        os.environ["SSL_CERT_FILE"] = certifi.where()


class SecureHandler(BoundedHandler):
    """Scrapy's handler of HTTPS, with verified certificates.

    Without verification where DOWNLOAD_VERIFY_CERTIFICATES is false.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        if crawler.settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
            find_trust_store()
            self._contextFactory = cast("IPolicyForHTTPS", VerifyingPolicy())

    async def download_request(self, request: Request) -> Response:
        """Fetch a URL.

        Raises BadCertificateError or TLSFailedError where the TLS connection fails.
        """
        try:
            return await super().download_request(request)
        except DownloadFailedError as error:
            raise _reason(error) from error


@implementer(IPolicyForHTTPS)
class VerifyingPolicy:
    """Factory of connections that verify a certificate against this machine's trust store."""

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: ARG002, N802  (Twisted's names)
        """Return the factory of connections to a host."""
        return _Creator(hostname.decode("ascii"))


@implementer(IOpenSSLClientConnectionCreator)
class _Creator:
    """Factory of TLS connections to one host.

    Twisted's own, with a reason for a failure.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self._options: Any = optionsForClientTLS(host)

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:  # noqa: N802  (Twisted's name)
        """Return a connection that fails with a BadCertificateError."""
        connection: SSL.Connection = self._options.clientConnectionForTLS(protocol)
        required = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        connection.set_verify(required, _verifier(self.host, protocol.failVerification))
        return connection


def _verifier(
    host: str, fail: Callable[[Failure], None]
) -> Callable[[SSL.Connection, X509, int, int, int], bool]:
    def verify(_: SSL.Connection, certificate: X509, code: int, depth: int, ok: int) -> bool:
        try:
            why = None if ok else _words(certificate, code)
            if why is None and depth == 0:
                why = _mismatch(certificate, host)
        except Exception as error:  # noqa: BLE001  (OpenSSL ignores an exception of a callback)
            why = f"its certificate cannot be read ({type(error).__name__})"
        if why is not None:
            fail(Failure(BadCertificateError(why)))  # type: ignore[no-untyped-call]
        return why is None

    return verify


def _words(certificate: X509, code: int) -> str:
    """Return why a certificate is not valid, by OpenSSL's error code."""
    read = certificate.to_cryptography()
    if code == _EXPIRED:
        return f"its certificate expired on {read.not_valid_after_utc:%Y-%m-%d}"
    if code == _NOT_YET_VALID:
        since = f"{read.not_valid_before_utc:%Y-%m-%d}"
        return f"its certificate is valid only from {since} on (is the clock of this machine right?)"
    if code == _SELF_SIGNED:
        return "its certificate is self-signed"
    if code == _SELF_SIGNED_ROOT:
        return f"its certificate was issued by {_issuer(read)}, which this machine does not trust"
    if code in _UNKNOWN_ISSUER:
        missing = "or the site leaves out an intermediate certificate"
        return f"its certificate was issued by {_issuer(read)}, which is unknown to this machine, {missing}"
    if code == _REVOKED:
        return "its certificate was revoked"
    return f"its certificate is not valid (OpenSSL's code {code})"


def _issuer(certificate: x509.Certificate) -> str:
    names = [*certificate.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)]
    names += certificate.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return f"“{names[0].value!s}”" if names else "an authority without a name"


def _mismatch(certificate: X509, host: str) -> str | None:
    """Return why a certificate is for another host, if it is."""
    is_address = isIPAddress(host) or isIPv6Address(host)
    wanted = IPAddress_ID(host) if is_address else DNS_ID(host)
    try:
        verify_service_identity(extract_patterns(certificate), [wanted], [])
    except (VerificationError, UnreadableCertificateError):
        names = _hosts(certificate.to_cryptography())
        return f"its certificate is for {names}, and not for {host}"
    return None


def _hosts(certificate: x509.Certificate) -> str:
    """Return a certificate's host names as text for people."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "no host at all"
    names = [*found.get_values_for_type(x509.DNSName)]
    names += map(str, found.get_values_for_type(x509.IPAddress))
    hidden = len(names) - _NAMES_SHOWN
    more = f" and {hidden} others" if hidden > 0 else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more or "no host at all"


def _reason(error: DownloadFailedError) -> Exception:
    """Return the TLS error behind a failed download, or the error itself."""
    for failure in getattr(error.__cause__, "reasons", ()):
        value = failure.value
        if isinstance(value, BadCertificateError):
            return value
        if isinstance(value, SSL.Error):
            return TLSFailedError(_openssl_words(value))
    return error


def _openssl_words(error: SSL.Error) -> str:
    """Return OpenSSL's reason for a failed handshake, as "wrong version number"."""
    queue = error.args[0] if error.args else ()
    entries = [entry for entry in queue if isinstance(entry, tuple)]
    words = [entry[-1] for entry in entries if entry]
    return "; ".join(map(str, words)) or "the connection ended in the handshake"
