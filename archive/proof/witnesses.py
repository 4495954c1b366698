"""Whether the time-stamps of a seal are of its head. Does not: check who has made them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asn1crypto.tsp import TimeStampResp, TSTInfo

OTS_HEADER = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08"
"""Beginning of an OpenTimestamps file, version 1, of a SHA-256 digest."""


def is_ots_of(head: bytes, proof: bytes) -> bool:
    """True if an OpenTimestamps file is of a head."""
    return proof.startswith(OTS_HEADER + hashlib.sha256(head).digest())


def is_stamp_of(head: bytes, stamp: bytes) -> bool:
    """True if a response of an RFC 3161 authority (DER) is of a head."""
    from asn1crypto import tsp  # noqa: PLC0415  (only who has an authority loads it)

    try:
        info = stamp_info(tsp.TimeStampResp.load(stamp, strict=True))
        imprint = info["message_imprint"]["hashed_message"].native
    except (ValueError, TypeError, KeyError):
        return False
    return bool(imprint == hashlib.sha256(head).digest())


def stamp_info(response: TimeStampResp) -> TSTInfo:
    """Return what a response of an RFC 3161 authority states.

    Raises ValueError, TypeError or KeyError for one without a stamp.
    """
    return response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
