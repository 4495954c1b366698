"""JSON as sites send it: what is too deep or too long for Python is left out, and the rest is read.

Does not: interpret a document.
Invariant: the only error is ValueError, for text that is not JSON at all.
"""

from __future__ import annotations

import json
import re
from typing import Any

_DEPTH = 200
"""Deeper nesting is replaced by null. WordPress nests about ten deep."""
_DIGITS = 30
"""No number of more digits is an id, a count or a time."""
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def loads(text: str) -> Any:
    """Parse a JSON document. Raises ValueError.

    Values nested deeper than DEPTH and integers of absurd length become None; control characters in strings,
    NaN and Infinity are accepted, the latter as None.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Invalid control character"):
            raise
    except (RecursionError, ValueError):
        pass
    try:
        return _lenient(text)
    except RecursionError:
        return _lenient(_pruned(text))


def _lenient(text: str) -> Any:
    return json.loads(text, strict=False, parse_int=_integer, parse_constant=lambda _: None)


def _integer(digits: str) -> int | None:
    if len(digits) <= _DIGITS:
        return int(digits)
    return None


def _pruned(text: str) -> str:
    """Return the document with too deep values as null."""
    kept: list[str] = []
    depth = begin = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "[{":
            depth += 1
            if depth == _DEPTH + 1:
                kept += [text[begin : token.start()], "null"]
        elif sign in "]}":
            depth -= 1
            if depth == _DEPTH:
                begin = token.end()
    if depth <= _DEPTH:
        return "".join([*kept, text[begin:]])
    return "".join(kept)
