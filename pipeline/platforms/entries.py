"""Entries of a listing or feed, of any format.

Pure. Invariant: an entry without a URL is a problem, and does not affect the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archive.core.records import Article, Comment, Extract, Problem, Surface

ReadEntry = Article | Comment | Problem | None
NO_LINK = Problem(code="unreadable-entry", detail="An entry of the feed has no link.", field="url")


def as_extract(surface: Surface, read: Iterable[ReadEntry], problems: Iterable[Problem] = ()) -> Extract:
    """Return read entries by their types, with problems."""
    articles: list[Article] = []
    comments: list[Comment] = []
    found = list(problems)
    for entry in read:
        match entry:
            case Article():
                articles.append(entry)
            case Comment():
                comments.append(entry)
            case Problem():
                found.append(entry)
    return Extract(
        surface=surface,
        articles=tuple(articles),
        comments=tuple(comments),
        problems=tuple(found),
    )


def origins_of(facts: Mapping[str, Any], origin: str) -> tuple[tuple[str, str], ...]:
    """Return the origin of each fact that has a value."""
    return tuple((name, origin) for name in facts if has_value(facts[name]))


def has_value(fact: object) -> bool:
    """True unless a fact is absent."""
    return fact not in (None, ())


def unique(names: Iterable[str | None]) -> tuple[str, ...]:
    """Return each name once, in order."""
    known = filter(None, names)
    return tuple(dict.fromkeys(known))
