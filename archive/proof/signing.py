"""Signatures by a key of the operator's: ECDSA on P-384 with SHA-256, as WACZ-auth requires.

A seal's signature is DER, which `openssl dgst` reads; one of a WACZ is the two numbers one after another, in
base64, which browsers read.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from archive.core.errors import ArchiveError, BackissueError

_RULE = ec.ECDSA(hashes.SHA256())
_NUMBER_BYTES = 48  # each of the two numbers of a signature on P-384
_HINT = "`backissue seal --make-key FILE` makes one."


def make_key(path: Path) -> str:
    """Make a private key in a file that only its owner can read; return the public key as PEM.

    Raises ArchiveError where a file already exists.
    """
    key = ec.generate_private_key(ec.SECP384R1())
    write_private_key(key, path, ArchiveError)
    return _public(key, serialization.Encoding.PEM).decode()


def write_private_key(
    key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey, path: Path, refusal: type[BackissueError]
) -> None:
    """Write a private key as PEM to a new file that only its owner can read.

    Raises `refusal` if the file exists, or cannot be written.
    """
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
    except FileExistsError as error:
        raise refusal(f"{path} already exists.", hint="Use it, or give another name.") from error
    except OSError as error:
        raise refusal(f"{path} cannot be written: {error.strerror}.") from error


def signature(data: bytes, path: Path) -> tuple[str, bytes]:
    """Return the public key (PEM) and the signature (DER) of some bytes. Raises ArchiveError."""
    key = _load(path)
    public_key = _public(key, serialization.Encoding.PEM)
    return public_key.decode(), key.sign(data, _RULE)


def wacz_signature(digest: str, path: Path) -> dict[str, str]:
    """Return `signature` and `publicKey` of a digest ("sha256:…") as WACZ-auth has them. Raises ArchiveError.

    Source: specs.webrecorder.net/wacz-auth/0.1.0, anonymous signatures.
    """
    key = _load(path)
    numbers = decode_dss_signature(key.sign(digest.encode(), _RULE))
    raw = b"".join(number.to_bytes(_NUMBER_BYTES, "big") for number in numbers)
    public = _public(key, serialization.Encoding.DER)
    public_text = base64.b64encode(public).decode()
    return {"signature": base64.b64encode(raw).decode(), "publicKey": public_text}


def is_signed(data: bytes, public_key: str, signed: bytes) -> bool:
    """True if a signature (DER) of some bytes is by the key of a PEM text."""
    try:
        key = serialization.load_pem_public_key(public_key.encode())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(signed, data, _RULE)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _load(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ArchiveError(f"The key {path} cannot be read: {error}.", hint=_HINT) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp384r1":
        raise ArchiveError(f"The key {path} is not one of ECDSA on P-384.", hint=_HINT)
    return key


def _public(key: ec.EllipticCurvePrivateKey, encoding: serialization.Encoding) -> bytes:
    return key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
