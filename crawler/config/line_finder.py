"""Line of a key in a TOML file, for the messages of errors.

A candidate counts only when the file up to it is TOML without the key, so a line in a text of several lines
is never taken for it. Does not: find keys of tables that are written inline.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_KEY = re.compile(r"\s*([^=#\[]+?)\s*=")


def line_of(file: Path, path: Sequence[str]) -> int | None:
    """Return the number of the line of a key, counted from 1, or None where it is not found.

    `path` has the names of the tables and of the key.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    lines = text.splitlines()
    for number in _candidates(lines, tuple(path)):
        if _begins_at(lines, number, path):
            return number + 1
    return None


def _candidates(lines: Sequence[str], path: tuple[str, ...]) -> Iterator[int]:
    """Yield the places of lines that look like the key, from 0."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(lines):
        if header := _HEADER.fullmatch(line):
            table = _names(header[1])
            if table[: len(path)] == path:
                yield number
        elif found := _KEY.match(line):
            full = table + _names(found[1])
            if full[: len(path)] == path:
                yield number


def _names(text: str) -> tuple[str, ...]:
    """Return the names of a dotted key, without quotes."""
    return tuple(part.strip().strip("\"'") for part in text.split("."))


def _begins_at(lines: Sequence[str], number: int, path: Sequence[str]) -> bool:
    """True if the lines before are TOML that lacks the key."""
    try:
        before: Any = tomllib.loads("\n".join(lines[:number]))
    except tomllib.TOMLDecodeError:
        return False
    for name in path:
        if not isinstance(before, dict) or name not in before:
            return True
        before = before[name]
    return False
