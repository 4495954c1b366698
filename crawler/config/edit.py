"""Edits of a configuration's text: one source's block is renamed, removed, or gets another URL.

Pure text: every other line, comments included, stays as it is. Whoever writes the result parses it first.
Does not: edit `sources` that are written inline, or in dotted keys.
"""

from __future__ import annotations

import re
from itertools import pairwise

from archive.core.errors import ConfigError
from crawler.config.writer import quote

_HEADER = re.compile(r"^\s*\[\s*sources\s*\.\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))\s*(\.[^\]]*)?\]")
_ANY_HEADER = re.compile(r"^\s*\[")
_URL = re.compile(r"^\s*url\s*=")


def with_url(text: str, name: str, url: str) -> str:
    """Return the text with another URL for a source.

    Raises ConfigError without a block of its own.
    """
    lines = text.splitlines(keepends=True)
    start, end = _blocks(lines, name)[0]
    line = f"url = {quote(url)}\n"
    for number in range(start + 1, end):
        if _URL.match(lines[number]):
            return "".join([*lines[:number], line, *lines[number + 1 :]])
    return "".join([*lines[: start + 1], line, *lines[start + 1 :]])


def renamed(text: str, old: str, new: str) -> str:
    """Return the text with another name for a source.

    Raises ConfigError without a block of its own.
    """
    lines = text.splitlines(keepends=True)
    for start, _ in _blocks(lines, old):
        found = _HEADER.match(lines[start])
        if found is not None:
            group = next(number for number in (1, 2, 3) if found[number])
            lines[start] = lines[start][: found.start(group)] + new + lines[start][found.end(group) :]
    return "".join(lines)


def without(text: str, name: str) -> str:
    """Return the text without a source.

    Raises ConfigError without a block of its own.
    """
    lines = text.splitlines(keepends=True)
    for start, end in reversed(_blocks(lines, name)):
        del lines[start:end]
    return "".join(lines).rstrip("\n") + "\n"


def _blocks(lines: list[str], name: str) -> list[tuple[int, int]]:
    """Return first and end line of a source's tables.

    Comments above the next table are its own.
    """
    headers = [number for number, line in enumerate(lines) if _ANY_HEADER.match(line)]
    found = []
    for start, following in pairwise([*headers, len(lines)]):
        header = _HEADER.match(lines[start])
        if header is None or next(filter(None, header.groups()[:3])) != name:
            continue
        end = following
        while following < len(lines) and end > start + 1 and lines[end - 1].lstrip().startswith("#"):
            end -= 1
        found.append((start, end))
    if not found:
        raise ConfigError(
            f"The configuration has no block [sources.{name}] of its own.",
            hint="Write it as a table of its own, or edit the file by hand.",
        )
    return found
