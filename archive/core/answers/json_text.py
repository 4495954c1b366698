"""JSON as sites really send it: behind a PHP warning, before a cache's comment, with a byte order mark.

Pure. Does not: repair JSON that is broken in itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from archive.core.answers import tolerant_json
from archive.core.answers.charsets import Decoded, decode
from archive.core.records import Page

_REMEMBERED_BYTES = 4_000_000  # a larger answer is parsed by each of its readers
_TRIES = 60  # places at which JSON may begin that are looked at
LONGEST_NOISE = 200_000  # characters before it
_BEGIN = re.compile(r"[\[{]")
_BEHIND = re.compile(
    r"(?:\s|(?><!--(?s:.*?)-->)|(?><script\b(?s:.*?)</script>)|<br\s*/?>|"
    r"(?><b>(?:Warning|Notice|Deprecated|Fatal error)</b>:[^\n]*))*+\Z",
    re.IGNORECASE,
)
_INSIDE = frozenset('[{,:"')  # characters before a part of other JSON, as of an answer that was cut off
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A response in JSON. `is_clean`: without noise around it. `decoded` is its text."""

    value: Any
    is_clean: bool
    decoded: Decoded


def parse_json(body: bytes) -> JsonAnswer:
    """Parse a response once. All its readers share the value, and never change it.

    Raises ValueError where there is no JSON in it. A value with noise is an array or an object that ends
    the answer, or is most of it.
    """
    read = _read
    if len(body) <= _REMEMBERED_BYTES:
        read = _read_once
    found = read(body)
    if isinstance(found, ValueError):
        raise found
    return found


def _read(body: bytes) -> JsonAnswer | ValueError:
    decoded = _decoded(body)
    plain = decoded.text.removeprefix("\ufeff").strip()
    try:
        value = tolerant_json.loads(plain)
    except ValueError:
        try:
            return JsonAnswer(_amid_noise(plain), False, decoded)
        except ValueError as error:
            return error
    is_whole = len(plain) == len(decoded.text.strip())
    return JsonAnswer(value, is_whole, decoded)


def parse_answer(page: Page) -> Any:
    """Return the JSON value of a response with status 200 and JSON content."""
    if page.status != 200:
        return None
    try:
        return parse_json(page.body).value
    except ValueError:
        return None


_read_once = lru_cache(maxsize=2)(_read)


def _decoded(body: bytes) -> Decoded:
    """Return the text of a response: JSON is UTF-8, even if its content names another charset."""
    try:
        return Decoded(text=body.decode("utf-8"), charset="utf-8")
    except UnicodeDecodeError:
        return decode(body)


def _amid_noise(text: str) -> Any:
    begins = (found.start() for found in _BEGIN.finditer(text, 0, LONGEST_NOISE))
    for _, begin in zip(range(_TRIES), begins, strict=False):
        before = text[max(0, begin - 100) : begin]
        if before.rstrip()[-1:] in _INSIDE:
            continue
        try:
            value, end = _decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            continue
        if (end - begin) * 2 > len(text) or _BEHIND.match(text, end):
            return value
    raise ValueError("no JSON in it")
