"""The declared version of the extractor.

Pages read by one version are read alike by it.

Does not: derive the version from the code, since a new docstring or a moved file changes no output.
Invariant: a change of what is extracted raises `EXTRACTOR_VERSION`; `test_golden.py` fails until then.
"""

from __future__ import annotations

import re

EXTRACTOR_VERSION = 11
"""Raised by one with each change of what is extracted; archives then read their kept pages again."""

_DIGEST = re.compile(r"[0-9a-f]{16}")


def extractor_version() -> str:
    """Return the extractor's version as stored with each raw page."""
    return str(EXTRACTOR_VERSION)


def is_current(stored: str | None) -> bool:
    """True if a stored version reads pages as today's does.

    Before versions were declared, a digest of the code stood in their place (16 hexadecimal digits). All of
    those count as version 1.
    """
    if stored is None:
        return False
    if _DIGEST.fullmatch(stored):
        return EXTRACTOR_VERSION == 1
    return stored == extractor_version()
