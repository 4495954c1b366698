"""Which differences are edits by the publisher, and which are noise. Pure: no SQL, no clock.

A site prints the same article a little differently from visit to visit: a theme learns typographic quotes, a
date loses its time of day or is printed as "3 days ago", a picture has another size, an excerpt is cut
elsewhere. These are no edits. What a reader would miss is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from archive.core.letters import is_cut, is_garbled, plain_letters
from archive.core.link_identity import identities, identity
from archive.core.records import Surface
from archive.tables.merge import GUESSED, REST_OF_THEM, Merged, Value, rank

ARTICLE_WATCHED = frozenset({"title", "byline", "published", "text", "description", "image", "url"})
COMMENT_WATCHED = frozenset({"author", "author_url", "published", "text", "site_parent"})
LISTS_WATCHED = ("tags", "categories", "terms", "links")
RELATIVE = "page:relative"
"""The rule of a date that was told as a span of time, as in "3 days ago"."""

_SPACE = re.compile(r"\s+")
_WORDS = re.compile(r"\w+")
_SIZE = re.compile(r"-(\d+x\d+|scaled)(?=\.\w+$)")
_TERMS = frozenset({"tags", "categories"})
EMBEDDED = 10  # terms of a kind that WordPress before 6.5 gives with a post
_LISTED_WORDS = frozenset({"tags", "categories", "terms"})
_WORDED = frozenset({"title", "byline", "author", "text", "description"})
_OF_TEXT = ("markdown", "html")  # columns that say the same as the text
_OPENING = 12  # terms by which an excerpt is recognised as the beginning of its text


def drop_no_changes(old: Mapping[str, Value], held: Mapping[str, str], merged: Merged) -> Merged:
    """Drop from `merged` changes that are no edit or no gain.

    `held` are the origins of the stored values.
    """
    values = dict(merged.values)
    origins = dict(merged.origins)
    published_origin = origins.get("published", _origin(held, "published"))
    if "published" in values and _tells_less(old, values, published_origin):
        del values["published"]
        origins.pop("published", None)
    for name in [name for name in _WORDED & values.keys() if _is_damaged(name, old[name], values[name])]:
        for damaged in (name, *(_OF_TEXT if name == "text" else ())):
            values.pop(damaged, None)
            origins.pop(damaged, None)
    remaining = [name for name in merged.edited if name in values]
    edited = tuple(name for name in remaining if _matters(name, old, values, _origin(held, name)))
    return replace(merged, values=values, origins=origins, edited=edited)


def _is_damaged(name: str, before: Value, after: Value) -> bool:
    """True if a value is the stored one, decoded wrongly or, of a text, cut short."""
    if before is None or after is None:
        return False
    one = str(before)
    other = str(after)
    if is_garbled(one, other):
        return True
    return name == "text" and is_cut(one, other)


def list_edited(
    before: tuple[str, ...], after: tuple[str, ...], held: Mapping[str, str], name: str, origin: str
) -> bool:
    """True if a list of an article, now from `origin`, was edited.

    Their order is ignored. Ten terms that become more are what WordPress before 6.5 embedded. An empty list
    is believed only of REST, which leaves nothing out.
    """
    if name == "links" and same_links(before, after):
        return False
    if name in _LISTED_WORDS:
        before, after = _plain(before), _plain(after)
    if set(before) == set(after):
        return False
    has_more = set(before) < set(after)
    if has_more and name in _TERMS and len(before) == EMBEDDED:
        return False
    if not before or not after:
        return rank(origin) == rank(held.get(name)) == rank(Surface.REST)
    return rank(origin) == rank(held.get(name))


def same_links(before: Iterable[str], after: Iterable[str]) -> bool:
    """True if two sets of links lead to the same places."""
    return identities(before) == identities(after)


def without_typography(text: str) -> str:
    """Return a text without what typography and white space add to it."""
    return _SPACE.sub(" ", plain_letters(text)).strip()


def _plain(listed: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(without_typography, listed))


def _origin(held: Mapping[str, str], name: str) -> str | None:
    return held.get(name, held.get(REST_OF_THEM))


def _matters(name: str, old: Mapping[str, Value], values: Mapping[str, Value], origin: str | None) -> bool:
    before = old[name]
    after = values[name]
    if before is None or after is None:
        return before != after
    match name:
        case "image":
            is_stored = str(after).startswith("data:")
            return not is_stored and _picture(str(before)) != _picture(str(after))
        case "published":
            is_exact = origin != RELATIVE and origin not in GUESSED
            return is_exact and not _same_day(str(before), str(after))
        case "description":
            text = values.get("text") or old["text"]
            if not _opens(str(before), old["text"]):
                return True
            return not _opens(str(after), text)
        case "url" | "author_url":
            return identity(str(before)) != identity(str(after))
        case _:
            if is_garbled(str(after), str(before)):
                return False  # what was garbled before is right now
            return without_typography(str(before)) != without_typography(str(after))


def _tells_less(old: Mapping[str, Value], values: Mapping[str, Value], origin: str | None) -> bool:
    """True if a date is less exact than the stored one.

    A day where an instant was, or a span of time.
    """
    before = old.get("published")
    after = values["published"]
    if before is None or after is None:
        return False
    if origin == RELATIVE:
        return True
    is_shorter = len(str(after)) < len(str(before))
    return is_shorter and _same_day(str(before), str(after))


def _same_day(before: str, after: str) -> bool:
    """True if two dates are one day, one without its time."""
    is_more_exact = len(before) != len(after)
    return is_more_exact and before[:10] == after[:10]


def _opens(description: str, text: Value) -> bool:
    """True if a description is the beginning of the text.

    WordPress generates it where the author wrote no description.
    """
    said = _WORDS.findall(description)[:_OPENING]
    opening = str(text or "")[:2000]
    words = _WORDS.findall(opening)
    return bool(said) and said == words[: len(said)]


def _picture(url: str) -> str:
    """Return a picture's file name, without host and size."""
    name = urlsplit(url).path.rpartition("/")[2]
    return _SIZE.sub("", name)
