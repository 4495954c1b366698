"""Edits of a configuration's text: one source's block is renamed, removed, or gets another URL.

Pure text: every other line, comments included, stays as it is, with its line ending. Each edit is refused
unless the text then has just the values that were meant. Does not: edit `sources` that are written inline, or
in dotted keys.
"""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from typing import Any

from archive.core.errors import ConfigError
from crawler.config.writer import quote

_HEADER = re.compile(r"^\s*\[\s*sources\s*\.\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))\s*(\.[^\]]*)?\]")
_ANY_HEADER = re.compile(r"^\s*\[")
_NAMING = ("searches", "alerts")
"""Tables whose entries may name a source."""
_NAMING_HEADER = re.compile(rf"^\s*\[\s*(?:{'|'.join(_NAMING)})\s*\.")
_TEXT = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*')"""
_URL = re.compile(rf"^(\s*[\"']?url[\"']?\s*=\s*){_TEXT}")
_SOURCE = re.compile(rf"^(\s*[\"']?source[\"']?\s*=\s*){_TEXT}")


def with_url(text: str, name: str, url: str) -> str:
    """Return the text with another URL for a source.

    Raises ConfigError without a block of its own.
    """
    lines = text.splitlines(keepends=True)
    blocks = _blocks(lines, name)
    own = (block for block in blocks if not _is_below(lines[block[0]]))
    start, end = next(own, (0, 0))
    for number in range(start + 1, end):
        if found := _URL.match(lines[number]):
            remainder = lines[number][found.end() :]
            lines[number] = f"{found[1]}{quote(url)}{remainder}"
            break
    else:
        lines.insert(start + 1, f"url = {quote(url)}{_line_end(text)}")
    wanted = tomllib.loads(text)
    wanted["sources"][name]["url"] = url
    return _checked("".join(lines), wanted, name)


def renamed(text: str, old: str, new: str) -> str:
    """Return the text with another name for a source, in searches and alerts of it as well.

    Raises ConfigError without a block of its own.
    """
    lines = text.splitlines(keepends=True)
    for start, _ in _blocks(lines, old):
        found = _HEADER.match(lines[start])
        if found is not None:
            group = next(number for number in (1, 2, 3) if found[number])
            begin, end = found.span(group)
            line = lines[start]
            lines[start] = line[:begin] + new + line[end:]
    wanted = tomllib.loads(text)
    wanted["sources"][new] = wanted["sources"].pop(old)
    _rename_named(lines, old, new)
    for table in (entry for key in _NAMING for entry in wanted.get(key, {}).values()):
        if table.get("source") == old:
            table["source"] = new
    return _checked("".join(lines), wanted, old)


def _rename_named(lines: list[str], old: str, new: str) -> None:
    """Change the name of a source in tables that name one."""
    is_inside = False
    for number, line in enumerate(lines):
        if _ANY_HEADER.match(line):
            is_inside = _NAMING_HEADER.match(line) is not None
        elif is_inside and (found := _SOURCE.match(line)):
            value = found[0].removeprefix(found[1])[1:-1]
            if value == old:
                lines[number] = found[1] + quote(new) + line[found.end() :]


def without(text: str, name: str) -> str:
    """Return the text without a source.

    Raises ConfigError without a block of its own.
    """
    lines = text.splitlines(keepends=True)
    for start, end in reversed(_blocks(lines, name)):
        del lines[start:end]
    wanted = tomllib.loads(text)
    wanted.get("sources", {}).pop(name, None)
    if not wanted.get("sources"):
        wanted.pop("sources", None)
    return _checked("".join(lines).rstrip("\r\n") + _line_end(text), wanted, name)


def _checked(text: str, wanted: dict[str, Any], name: str) -> str:
    """Return a text if it has the wanted values. Raises ConfigError."""
    try:
        is_right = tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        raise ConfigError(
            f"The configuration is written in a way that cannot be changed for “{name}” by a command.",
            hint=f"Edit [sources.{name}] by hand.",
        )
    return text


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _is_below(header: str) -> bool:
    """True for the header of a table below that of a source."""
    found = _HEADER.match(header)
    return found is not None and found[4] is not None


def _blocks(lines: list[str], name: str) -> list[tuple[int, int]]:
    """Return first and end line of a source's tables.

    Comments above the next table, and those after a blank line at the end, are not its own.
    """
    headers = [number for number, line in enumerate(lines) if _ANY_HEADER.match(line)]
    found = []
    for start, following in pairwise([*headers, len(lines)]):
        header = _HEADER.match(lines[start])
        if header is None or next(filter(None, header.groups()[:3])) != name:
            continue
        last = following
        while last > start + 1 and lines[last - 1].lstrip()[:1] in {"", "#"}:
            last -= 1
        remarks = range(last, following)
        blank = next((number for number in remarks if not lines[number].strip()), following)
        end = last if following < len(lines) and blank == following else blank
        if all(not lines[number].strip() for number in range(end, following)):
            end = following
        found.append((start, end))
    if not found:
        raise ConfigError(
            f"The configuration has no block [sources.{name}] of its own.",
            hint="Write it as a table of its own, or edit the file by hand.",
        )
    return found
