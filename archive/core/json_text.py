"""JSON as sites really send it: behind a PHP warning, before a cache's comment, with a byte order mark.

Pure. Does not: mend JSON that is broken in itself.
"""

from __future__ import annotations

import json
import re
from typing import Any

from archive.core import tolerant_json

TRIES = 60  # places at which JSON may begin that are looked at
LONGEST_NOISE = 200_000  # characters before it
_BEGIN = re.compile(r"[\[{]")
_BEHIND = re.compile(
    r"(?:\s|(?><!--(?s:.*?)-->)|(?><script\b(?s:.*?)</script>)|<br\s*/?>|"
    r"(?><b>(?:Warning|Notice|Deprecated|Fatal error)</b>:[^\n]*))*+\Z",
    re.IGNORECASE,
)
_INSIDE = frozenset('[{,:"')  # characters before a part of other JSON, as of an answer that was cut off
_decoder = json.JSONDecoder()


def read(body: bytes) -> tuple[Any, bool]:
    """Parse an answer; return its value, and whether it was clean.

    Raises ValueError where there is no JSON in it. A value with noise is an array or an object that ends
    the answer, or is most of it.
    """
    return read_text(body.decode("utf-8", "replace"))


def read_text(text: str) -> tuple[Any, bool]:
    """Return the same of an answer that is decoded already."""
    plain = text.removeprefix("\ufeff").strip()
    try:
        return tolerant_json.loads(plain), len(plain) == len(text.strip())
    except ValueError:
        return _amid_noise(plain), False


def _amid_noise(text: str) -> Any:
    begins = (found.start() for found in _BEGIN.finditer(text, 0, LONGEST_NOISE))
    for _, begin in zip(range(TRIES), begins, strict=False):
        if text[max(0, begin - 100) : begin].rstrip()[-1:] in _INSIDE:
            continue
        try:
            value, end = _decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            continue
        if (end - begin) * 2 > len(text) or _BEHIND.match(text, end):
            return value
    raise ValueError("no JSON in it")
