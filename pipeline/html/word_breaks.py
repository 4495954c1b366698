"""What was read of a page, without the places at which a browser may break its words. Pure.

A soft hyphen, or a space without width, splits a word for a search, and no reader sees it. The raw page keeps
them; so do addresses.

Invariant: all surfaces of a site pass here, so that a word is the same one in a page, in REST and in a feed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TypeVar

from archive.core.letters import without_word_breaks
from archive.core.records import Article, Comment, Extract

Read = TypeVar("Read", Article, Comment)

_ARTICLE = ("title", "authors", "text", "markdown", "description", "tags", "categories", "terms", "written")
_COMMENT = ("author", "text", "html")
_ADDRESSES = re.compile(r"(<[^<>]*>|\]\([^()\s]*\)|https?://[^\s<>]+)")
"""Tags, targets of links and addresses: another letter there leads elsewhere."""


def closed(extract: Extract) -> Extract:
    """Return an extract with the words of its articles and comments in one piece."""
    articles = tuple(_closed(article, _ARTICLE) for article in extract.articles)
    comments = tuple(_closed(comment, _COMMENT) for comment in extract.comments)
    if articles == extract.articles and comments == extract.comments:
        return extract
    return replace(extract, articles=articles, comments=comments)


def _closed(read: Read, names: tuple[str, ...]) -> Read:
    changed = {}
    for name in names:
        before = getattr(read, name)
        after = _value(before)
        if after != before:
            changed[name] = after
    if not changed:
        return read
    return replace(read, **changed)


def _value(value: Any) -> Any:
    """Return a text, a list of them or blocks of a text; nothing for what had only breaks."""
    if isinstance(value, str):
        closed_text = _text(value)
        return closed_text if closed_text or not value else None
    if not isinstance(value, tuple):
        return value
    if value and isinstance(value[0], tuple):
        blocks = (tuple(map(_text, block)) for block in value)
        return tuple(block for block in blocks if any(block))
    return tuple(filter(None, map(_text, value)))


def _text(value: str) -> str:
    if without_word_breaks(value) == value:
        return value
    parts = _ADDRESSES.split(value)
    for place in range(0, len(parts), 2):
        parts[place] = without_word_breaks(parts[place])
    return "".join(parts).strip()
