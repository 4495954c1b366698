"""A mark of the rules by which pages are read: of the code of this room, and of what it reads with.

Its law: where two marks are equal, the same page is read alike.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("dateparser", "feedparser", "htmldate", "lxml", "nh3", "selectolax", "trafilatura")


@cache
def rules() -> str:
    """The mark of the rules of this program: 16 hexadecimal digits."""
    mark = hashlib.sha256(" ".join(map(version, LIBRARIES)).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        mark.update(file.read_bytes())
    return mark.hexdigest()[:16]
