"""Signatures of our requests, by which a site can identify our crawler: RFC 9421 in the profile Web Bot Auth.

Sources: RFC 9421 (signatures), RFC 7638 (key ids), draft-meunier-web-bot-auth-architecture (components, tag,
lifetime) and draft-meunier-http-message-signatures-directory (the published key). Does not: send anything.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.core.errors import ConfigError
from archive.proof.signing import write_private_key

LIFETIME = timedelta(minutes=1)  # a request is signed when it is sent, and arrives at once
DIRECTORY_PATH = "/.well-known/http-message-signatures-directory"
DIRECTORY_TYPE = "application/http-message-signatures-directory+json"
_NONCE_BYTES = 64  # as the reference implementation takes
_LABEL = "sig1"
_REQUEST_TAG, _DIRECTORY_TAG = "web-bot-auth", "http-message-signatures-directory"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A key that signs, and the site that publishes it.

    `directory` is as "https://bot.example.org".
    """

    key: Ed25519PrivateKey
    directory: str | None = None

    @property
    def jwk(self) -> dict[str, str]:
        """Return the public key as a JWK."""
        raw = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}

    @property
    def key_id(self) -> str:
        """Return the JWK thumbprint of the key (RFC 7638)."""
        members = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return _base64url(hashlib.sha256(members.encode()).digest())

    def request_headers(self, url: str, now: datetime) -> dict[str, str]:
        """Return the headers that sign a request.

        `now` is aware.
        """
        parts = [('"@authority"', authority_of(url))]
        headers = {}
        if self.directory is not None:
            headers["Signature-Agent"] = f'"{self.directory}"'
            parts.append(('"signature-agent"', headers["Signature-Agent"]))
        return headers | self._signed(parts, _REQUEST_TAG, now)

    def directory_headers(self, authority: str, now: datetime) -> dict[str, str]:
        """Return the headers that sign the directory.

        It is the answer to a request to `authority`.
        """
        return self._signed([('"@authority";req', authority.lower())], _DIRECTORY_TAG, now)

    def directory_json(self) -> str:
        """Return the key directory: a JSON object with the public key."""
        return json.dumps({"keys": [self.jwk | {"kid": self.key_id, "use": "sig"}]}, indent=2) + "\n"

    def _signed(self, parts: list[tuple[str, str]], tag: str, now: datetime) -> dict[str, str]:
        created = int(now.timestamp())
        expires = int((now + LIFETIME).timestamp())
        nonce = base64.b64encode(os.urandom(_NONCE_BYTES)).decode()
        params = (
            f"({' '.join(name for name, _ in parts)});created={created};expires={expires}"
            f';keyid="{self.key_id}";alg="ed25519";nonce="{nonce}";tag="{tag}"'
        )
        lines = [f"{name}: {value}" for name, value in [*parts, ('"@signature-params"', params)]]
        signature = base64.b64encode(self.key.sign("\n".join(lines).encode())).decode()
        return {"Signature-Input": f"{_LABEL}={params}", "Signature": f"{_LABEL}=:{signature}:"}


def authority_of(url: str) -> str:
    """Return host and port as a signature has them.

    In lower case, without the usual port.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in {None, _PORTS.get(parts.scheme)} else f"{host}:{parts.port}"


def make_visitor_key(path: Path) -> None:
    """Make a private key in a new file.

    Only its owner can read it. Raises ConfigError if the file exists, or cannot be written.
    """
    write_private_key(Ed25519PrivateKey.generate(), path, ConfigError)


def visitor_for(*, sign: bool, key: Path | None, directory: str | None) -> Visitor | None:
    """Return the signer of requests, if any.

    Raises ConfigError without a usable key.
    """
    return load_visitor(key, directory) if sign and key is not None else None


def load_visitor(path: Path, directory: str | None) -> Visitor:
    """Return the visitor of a private key.

    Raises ConfigError for a file that is no private key.
    """
    hint = "Move it away, and `backissue visitor key` makes another; or name another as [visitor] key."
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        made = "`backissue visitor key` makes one."
        raise ConfigError(f"The key {path} is not there.", hint=made) from error
    except OSError as error:
        raise ConfigError(f"The key {path} cannot be read: {error.strerror}.", hint=hint) from error
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path} is no private key in PEM without a password.", hint=hint) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"The key {path} is not one of Ed25519.", hint=hint)
    return Visitor(key=key, directory=directory.rstrip("/") if directory else None)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
