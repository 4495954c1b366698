"""Atom feeds. Pure: all their content is an argument, the time included."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from datasette.utils.asgi import Response

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOMENT = re.compile(r"(\d{4})(-\d\d)?(-\d\d)?(T\d\d:\d\d:\d\d(?:\.\d+)?Z)?")
_NEVER = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `link` is its identity as well; `updated` an instant or a day."""

    link: str
    title: str
    updated: str | None
    author: str | None
    text: str


def atom(title: str, page: str, own: str, entries: Sequence[Entry]) -> Any:
    """Return an Atom feed of a page."""
    moments = (_instant(entry.updated) for entry in entries)
    newest = max(moments, default=_NEVER)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<title>{_text(title)}</title><id>{_text(page)}</id><updated>{newest}</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(_clean(page))}/>',
        f'<link rel="self" type="application/atom+xml" href={quoteattr(_clean(own))}/>',
        *map(_entry, entries),
        "</feed>\n",
    ]
    return Response("\n".join(lines), content_type="application/atom+xml; charset=utf-8")


def _entry(entry: Entry) -> str:
    author = _text(entry.author or "unknown")
    return (
        f"<entry><title>{_text(entry.title)}</title><id>{_text(entry.link)}</id>"
        f"<updated>{_instant(entry.updated)}</updated><link href={quoteattr(_clean(entry.link))}/>"
        f"<author><name>{author}</name></author>"
        f'<summary type="text">{_text(entry.text)}</summary></entry>'
    )


def _instant(moment: str | None) -> str:
    """Return a time in RFC 3339, as Atom wants it.

    `moment` may be an instant, a day, a month, or nothing that can be read.
    """
    found = _MOMENT.fullmatch(moment or "")
    if found is None:
        return _NEVER
    year, month, day, rest = found.groups()
    return f"{year}{month or '-01'}{day or '-01'}{rest or 'T00:00:00Z'}"


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _text(text: str) -> str:
    return escape(_clean(text))
