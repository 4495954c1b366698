"""TLS certificates for tests: an authority, and what it or nobody signs for a server of the loopback."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """A certificate authority with its key; `file` holds its certificate."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    file: Path


def authority(folder: Path, name: str = "Gazette Test Authority") -> Authority:
    """Make an authority, and write its certificate into a folder."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), _named(name)
    made = _begun(subject, subject, key, ends=datetime.now(UTC) + DAY)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    file = folder / "authority.pem"
    file.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return Authority(subject, key, file)


def context(
    folder: Path, signer: Authority | None, *, host: str = "127.0.0.1", ends: datetime | None = None
) -> ssl.SSLContext:
    """Make a server's context for a host: signed by an authority, or by itself where there is none."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), _named(host)
    issuer, by = (signer.name, signer.key) if signer else (subject, key)
    made = _begun(subject, issuer, key, ends=ends or datetime.now(UTC) + DAY)
    made = made.add_extension(x509.SubjectAlternativeName([_general(host)]), critical=False)
    pem = made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(pem)
    made_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made_context.load_cert_chain(file)
    return made_context


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, ends: datetime
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(ends - 30 * DAY).not_valid_after(ends)
