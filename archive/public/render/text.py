"""How the room writes for people: numbers, dates, counted nouns, highlighted snippets.

Pure. Everything here takes archived text, which a hostile site may have written, and returns either plain
text, which the templates escape, or Markup whose every part was escaped here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from archive.core.timestamps import from_text
from archive.search.engine import MARK, UNMARK

LONG_COLUMNS = frozenset({"text", "markdown", "html", "description", "origins"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MARKED = re.compile(f"{MARK}([^{MARK}{UNMARK}]*){UNMARK}")


def _number(value: int | None) -> str:
    """Return 1234 as "1,234"."""
    return f"{value or 0:,}"


def plural(count: int | None, one: str, many: str | None = None) -> str:
    """Return 1 as "1 comment", 1234 as "1,234 comments", never broken between the two."""
    noun = many or f"{one}s"
    if count == 1:
        noun = one
    return f"{_number(count)}\u00a0{noun}"


def share(percent: float) -> str:
    """Return a percentage for people: 67, 3.4, 0.02."""
    if percent >= 10:
        return f"{percent:.0f}"
    return f"{percent:.2g}"


def times(count: int) -> str:
    """Return 2 as "twice"."""
    return {1: "once", 2: "twice"}.get(count, f"{_number(count)} times")


def times_on(count: int) -> str:
    """Return 2 as "twice, last on" and 1 as "once, on", before a date."""
    word = "last on"
    if count == 1:
        word = "on"
    return f"{times(count)}, {word}"


def day(value: str | None) -> Markup:
    """Return a date for people: "9 July 2009"."""
    return _time(value, plain_day)


def spoken_moment(value: str | None) -> Markup:
    """Return a moment such as "9 July 2009, 14:50 UTC".

    Without a time of day it is the day alone.
    """
    return _time(value, _plain_moment)


def _plain_moment(text: str) -> str:
    if len(text) > 10:
        return f"{plain_day(text)}, {text[11:16]} UTC"
    return plain_day(text)


def _marked(value: str | None) -> Markup:
    """Return a search snippet as HTML with <mark>.

    It is escaped first, and only then are its highlights replaced.
    """
    text = " ".join((value or "").split())
    safe = _MARKED.sub(r"<mark>\1</mark>", str(escape(text)))
    return Markup(safe.replace(MARK, "").replace(UNMARK, ""))  # noqa: S704


def unmarked(value: str | None) -> str:
    """Return a snippet of the search index as plain text."""
    return (value or "").replace(MARK, "").replace(UNMARK, "")


def boxed(value: str) -> Markup:
    """Return long text in a cell of a table."""
    return Markup('<div class="boxed" dir="auto">{}</div>').format(value)


def commands(value: str | None) -> Markup:
    """Return our sentence as HTML; `backticks` enclose a command."""
    safe = str(escape(value or ""))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", safe))  # noqa: S704


def host(url: str | None) -> str:
    """Return the host of a URL, without "www."."""
    try:
        return (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def breakable(name: str | None) -> Markup:
    """Return the name of a host, which a narrow column breaks before its dots."""
    return escape(name or "").replace(".", Markup("<wbr>."))


def outward(url: str | None) -> str | None:
    """Return a URL if it is http or https, and so may be linked."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    if parts.scheme in ("http", "https") and parts.hostname:
        return url
    return None


def shortened(url: str | None) -> str:
    """Return a URL short enough to be read."""
    address = (url or "").split("://", 1)[-1]
    text = address.rstrip("/")
    if len(text) <= 70:
        return text
    return text[:69] + "…"


def language(value: str | None) -> str | None:
    """Return a language code if it is valid in `lang`."""
    if value and _LANGUAGE.fullmatch(value):
        return value
    return None


def names(value: str | None) -> list[str]:
    """Return a JSON list of field names as readable labels."""
    try:
        found = json.loads(value or "[]")
    except ValueError:
        return []
    if not isinstance(found, list):
        return []
    return [str(name).replace("_", " ") for name in found]


def plain_names(value: str | None) -> list[str]:
    """Return the names in a JSON list; empty for any other value."""
    try:
        found = json.loads(value or "[]")
    except ValueError:
        return []
    if not isinstance(found, list):
        return []
    return [str(name) for name in found if name]


def plain_day(text: str) -> str:
    """Return a date of the archive as "9 July 2009", "" for no date."""
    moment = from_text(text)
    if moment is None:
        return ""
    return f"{moment.day} {moment:%B %Y}"


def _time(value: str | None, write: Callable[[str], str]) -> Markup:
    if not value:
        return Markup("")
    try:
        shown = write(value)
    except (ValueError, TypeError):
        return Markup("{}").format(value)
    return Markup('<time datetime="{}">{}</time>').format(value, shown)


_READ_FIRST = ("Link", "id", "title", "author", "byline", "published", "text")
"""Columns of Datasette's table pages that come first where one is a text; “Link” is Datasette's own."""


def text_first(cells: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return Datasette's columns, or the cells of a row, with a text and whose it is among the first."""
    held = {str(cell["name"] if "name" in cell else cell["column"]): cell for cell in cells}
    first = [name for name in _READ_FIRST if name in held] if "text" in held else []
    return [held[name] for name in dict.fromkeys((*first, *held))]


FILTERS: dict[str, Callable[..., Any]] = {
    "number": _number,
    "plural": plural,
    "share": share,
    "times": times,
    "times_on": times_on,
    "day": day,
    "when": spoken_moment,
    "marked": _marked,
    "unmarked": unmarked,
    "commands": commands,
    "host": host,
    "breakable": breakable,
    "language": language,
    "shortened": shortened,
    "outward": outward,
    "names": names,
    "plain_names": plain_names,
    "text_first": text_first,
}
