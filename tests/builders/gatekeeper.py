"""A gate that lets only signed requests in, by RFC 9421 and Web Bot Auth; it knows nothing of our code.

It keeps the public keys of a key directory, rebuilds what was signed out of the request it received, and
takes each nonce once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_INPUT = re.compile(r'^(\w+)=(\(([^)]*)\)((?:;[a-z]+=(?:\d+|"[^"]*"))+))$')
_PARAMETER = re.compile(r';([a-z]+)=(?:(\d+)|"([^"]*)")')
MAX_SECONDS = 300  # that a signature may be valid


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Gatekeeper:
    """The keys it knows by their thumbprint, the nonces it has seen, and why it refused."""

    def __init__(self, directory: str) -> None:
        self.keys: dict[str, Ed25519PublicKey] = {}
        self.nonces: set[str] = set()
        self.refused: list[str] = []
        for jwk in json.loads(directory)["keys"]:
            members = json.dumps({name: jwk[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))
            thumbprint = base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).decode()
            self.keys[thumbprint.rstrip("=")] = Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"]))

    def lets_in(self, headers: Mapping[str, str]) -> bool:
        """True for a request with a valid signature that is new; header names are in lower case."""
        why = self.fault(headers, tag="web-bot-auth")
        if why is not None:
            self.refused.append(why)
        return why is None

    def fault(self, headers: Mapping[str, str], *, tag: str) -> str | None:
        """Return what is wrong with a signature, or None; a nonce is taken by asking."""
        found = _INPUT.match(headers.get("signature-input", ""))
        if found is None:
            return "no signature"
        label, params, covered, rest = found.groups()
        told = {name: number or text for name, number, text in _PARAMETER.findall(rest)}
        key = self.keys.get(told.get("keyid", ""))
        if key is None:
            return "unknown key"
        if told.get("tag") != tag or told.get("alg") != "ed25519":
            return "another tag or algorithm"
        created, expires = int(told.get("created", 0)), int(told.get("expires", 0))
        if not created - 5 <= time.time() <= expires <= created + MAX_SECONDS:
            return "expired"
        values = {
            "@authority": headers.get("host", ""),
            "signature-agent": headers.get("signature-agent", ""),
        }
        names = re.findall(r'"([^"]+)"(?:;req)?', covered)
        if "@authority" not in names or ("signature-agent" in headers) != ("signature-agent" in names):
            return "too little is signed"
        quoted = covered.split(" ")
        lines = [f"{quote}: {values[name]}" for quote, name in zip(quoted, names, strict=True)]
        lines.append(f'"@signature-params": {params}')
        signature = headers["signature"].removeprefix(f"{label}=:").removesuffix(":")
        try:
            key.verify(base64.b64decode(signature), "\n".join(lines).encode())
        except InvalidSignature:
            return "altered"
        if told["nonce"] in self.nonces:
            return "replayed"
        self.nonces.add(told["nonce"])
        return None
