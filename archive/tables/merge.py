"""Merge of one field's stored value with another page's. Pure: no SQL, no clock.

A site states the same fact on several surfaces, and not always in the same form. Each field remembers the
origin of its value ("rest:title", "page:entry-title"). A statement from a less exact surface never overrules
a more exact one; from a more exact one it replaces the value, which is no edit; from the same surface a
different value is an edit by the publisher.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from archive.core.records import Surface

REST_OF_THEM = "*"
"""In kept origins: where all fields come from that are not named."""

NESTING = "page:dom"
"""The origin of a comment's parent that is known from the nesting of its page alone."""

LIST_COLUMNS = ("authors", "tags", "categories", "terms", "links", "embeds", "files")
"""The fields that have tables of their own; their origins are always named."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")

GUESSED = frozenset({"page:htmldate", "page:htmldate, agreed"})
"""Origins of a date that no rule of ours has found: it may be that of the theme, or of today."""

_PRINTED = "page:printed"
"""The origin of a time that is printed for readers: it names no zone, and often no hour."""

FIRST_TEN = "rest:first-ten"
"""The origin of terms of which REST gives the first ten: WordPress before 6.5 embeds no more."""

_RANK = {Surface.FEED: 1, Surface.PAGE: 3, Surface.REST: 4, Surface.THREAD: 4}
_RANK_OF_FIRST_TEN = 2  # a page that lists all of them is more exact

Value = str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Result of a merge: values, origins, and edited fields."""

    values: dict[str, Value]
    origins: dict[str, str]
    edited: tuple[str, ...]


@lru_cache(maxsize=1024)
def rank(origin: str | None) -> int:
    """Return how exact an origin is; 0 for an unknown one.

    A parent that only the nesting of the page tells is the least exact: themes stop nesting at some depth.
    So is a printed time, whose zone is guessed where a feed tells it, and a guessed date.
    """
    if origin in (NESTING, _PRINTED) or origin in GUESSED:
        return 0
    if origin == FIRST_TEN:
        return _RANK_OF_FIRST_TEN
    name = (origin or "").partition(":")[0]
    if name not in _RANK:
        return 0
    return _RANK.get(Surface(name), 0)


def merge(
    old: Mapping[str, Value],
    old_origins: Mapping[str, str],
    new: Mapping[str, Value],
    new_origins: Mapping[str, str],
    *,
    surface: Surface,
    watched: frozenset[str],
    fill_only: frozenset[str] = frozenset(),
) -> Merged:
    """Merge the values of a surface into the stored ones.

    None in `new` means that the surface does not state it. Only fields in `watched` make an edit; those in
    `fill_only` are taken where nothing is stored, and never replace anything. The result names only what
    changes.
    """
    unnamed = surface.value
    held_unnamed = old_origins.get(REST_OF_THEM)
    values: dict[str, Value] = {}
    origins: dict[str, str] = {}
    edited = []
    if not old and not old_origins:
        values |= {field: value for field, value in new.items() if value is not None}
        origins |= {field: new_origins.get(field, unnamed) for field in values}
        return Merged(values=values, origins=origins, edited=())
    for field, value in new.items():
        if value is None:
            continue
        held = old.get(field)
        held_origin = old_origins.get(field, held_unnamed)
        origin = new_origins.get(field, unnamed)
        if _is_blunter(value, held):
            continue
        is_sharper = _is_blunter(held, value)
        is_less_exact = field in fill_only or rank(origin) < rank(held_origin)
        if held is not None and is_less_exact and not is_sharper:
            continue
        is_new = value != held
        is_better = is_sharper or rank(origin) > rank(held_origin)
        if is_better or (is_new and origin != held_origin):
            origins[field] = origin
        if is_new:
            values[field] = value
        if is_new and field in watched and held is not None:
            same_rank = rank(origin) == rank(held_origin)
            if same_rank and not is_sharper:
                edited.append(field)
    return Merged(values=values, origins=origins, edited=tuple(edited))


def _is_blunter(value: Value, held: Value) -> bool:
    """True if a value is a day of which the other is the instant, in any zone."""
    if not isinstance(value, str) or not isinstance(held, str):
        return False
    if not _DAY.fullmatch(value) or not _INSTANT.match(held):
        return False
    shown = date.fromisoformat(value)
    held_day = date.fromisoformat(held[: len(value)])
    days = shown - held_day
    return abs(days.days) <= 1


@lru_cache(maxsize=1024)
def stored_origins(origins: tuple[tuple[str, str], ...]) -> str:
    """Return the origins of fields as compact JSON."""
    return json.dumps(compact(dict(origins)))


def compact(origins: Mapping[str, str]) -> dict[str, str]:
    """Return origins with the commonest one stored once."""
    named = {field: origin for field, origin in origins.items() if field != REST_OF_THEM}
    if not named:
        return dict(origins)
    [(commonest, _)] = Counter(named.values()).most_common(1)
    common = origins.get(REST_OF_THEM) or commonest
    own = {field: origin for field, origin in named.items() if origin != common or field in LIST_COLUMNS}
    return {REST_OF_THEM: common} | own
