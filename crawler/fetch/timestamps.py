"""Time-stamps of an RFC 3161 authority. It gets 32 bytes of a digest, and nothing of what is archived."""

from __future__ import annotations

import hashlib
import secrets
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import Request, urlopen

from asn1crypto import tsp

from archive.core.errors import SiteError
from archive.proof.witnesses import stamp_info

STAMP_TIMEOUT_SECONDS = 20
LARGEST_STAMP_BYTES = 64 * 1024  # of an answer: a stamp with its certificates has 2 to 7 kB
_GRANTED = {"granted", "granted_with_mods"}


def stamp(head: bytes, authority: str, *, agent: str) -> bytes:
    """Return the authority's response (DER, with its certificates) for the SHA-256 of some bytes.

    Raises SiteError where it does not respond, refuses, or stamps other bytes.
    """
    imprint, nonce = hashlib.sha256(head).digest(), secrets.randbits(63)
    asked = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
            "nonce": nonce,
            "cert_req": True,
        }
    )
    headers = {"Content-Type": "application/timestamp-query", "User-Agent": agent}
    request = Request(authority, data=asked.dump(), headers=headers)  # noqa: S310  (http by configuration)
    try:
        with urlopen(request, timeout=STAMP_TIMEOUT_SECONDS) as answer:  # noqa: S310
            body: bytes = answer.read(LARGEST_STAMP_BYTES)
        told = _stamped(body)
    except (URLError, HTTPException, OSError, ValueError, TypeError, KeyError) as error:
        raise SiteError(
            f"The time-stamp authority {authority} gave no stamp: {error}.",
            hint="The next run asks again; `backissue seal` asks now.",
        ) from error
    if told != (imprint, nonce):
        raise SiteError(
            f"The time-stamp authority {authority} refused, or stamped something else.",
            hint="Its answer was not kept. Ask its operator, or configure another one.",
        )
    return body


def _stamped(body: bytes) -> tuple[bytes, int] | None:
    """Return the imprint and the nonce of a response, unless it is a refusal.

    Raises ValueError for an invalid response.
    """
    response = tsp.TimeStampResp.load(body, strict=True)
    if response["status"]["status"].native not in _GRANTED:
        return None
    told = stamp_info(response)
    return told["message_imprint"]["hashed_message"].native, told["nonce"].native
