"""Likeness of titles, dates, addresses and texts, in any script. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from archive.core.letters import without_word_breaks
from archive.core.records import Moment

_LONGEST = 3000  # terms of a text that are compared
_SHARED = 0.3  # the part of the shorter text that is in the other one, where both are one text
TITLES = 0.6  # the likeness of letter pairs from which on two titles are one
ZONES = timedelta(hours=26)  # between the farthest time zones

_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
_URL = re.compile(r"\S*(?:/\S*/|://|www\.)\S*")
_RUN = 3  # terms


def split_words(text: str) -> list[str]:
    """Return a text's terms in lower case.

    In scripts without spaces each character is one.
    """
    return _WORD.findall(without_word_breaks(text).casefold())


def same_name(one: str | None, other: str | None) -> bool:
    """True if two names are one, perhaps with other signs, spaces or capitals."""
    if one is None or other is None:
        return False
    return one == other or split_words(one) == split_words(other) != []


def same_title(one: str | None, other: str | None) -> bool:
    """True if two titles are one, perhaps shortened or decorated."""
    if not one or not other:
        return False
    ours = "".join(split_words(one))
    theirs = "".join(split_words(other))
    if ours == theirs:
        return True
    short, long = sorted((ours, theirs), key=len)
    is_long_part = len(short) >= 12 and 3 * len(short) >= len(long)
    if is_long_part and short in long:
        return True
    pairs = _letter_pairs(ours)
    others = _letter_pairs(theirs)
    total = pairs.total() + others.total()
    common = (pairs & others).total()
    return total > 0 and 2 * common >= TITLES * total


def _letter_pairs(title: str) -> Counter[str]:
    return Counter(map("".join, pairwise(title)))


def _day(moment: Moment) -> date:
    if isinstance(moment, datetime):
        return moment.date()
    return moment


def _has_digit(word: str) -> bool:
    return not word.isalpha() and any(map(str.isdigit, word))


def same_date(one: Moment | None, other: Moment | None, *, zones: bool = False) -> bool:
    """True if two dates agree.

    A day agrees with each instant of it, or of the adjacent days.

    With `zones` two instants also agree that differ by what two time zones may differ by.
    """
    if one is None or other is None:
        return False
    if isinstance(one, datetime) and isinstance(other, datetime):
        apart = abs(one - other)
        quarter = apart.total_seconds() % 900
        if apart < timedelta(minutes=1):
            return True
        if not zones or apart > ZONES:
            return False
        return min(quarter, 900 - quarter) < 60
    first = _day(one)
    second = _day(other)
    most = 1
    if type(one) is type(other):
        most = 0
    return abs((first - second).days) <= most


def same_text(one: str, other: str) -> bool:
    """True if two texts share a substantial part."""
    ours = split_words(one)[:_LONGEST]
    theirs = split_words(other)[:_LONGEST]
    if ours == theirs:
        return True
    both = (_runs(ours), _runs(theirs))
    short, long = sorted(both, key=len)
    shared = len(short & long)
    return len(short) >= 5 and shared >= _SHARED * len(short)


@lru_cache(maxsize=4)
def fingerprint(text: str, url: str) -> str | None:
    """Return a digest without numbers and the own URL.

    No result for a text of less than three terms.
    """
    own = set(split_words(unquote(urlsplit(url).path)))
    words, numbered = _terms(text)
    left_out = own | numbered
    kept = [word for word in words if word not in left_out]
    if len(kept) < 3:
        return None
    data = " ".join(kept).encode()
    return hashlib.sha256(data).hexdigest()[:32]


def digest_numbers(text: str) -> str:
    """Return a digest of a text's numbers."""
    words, numbered = _terms(text)
    found = [word for word in words if word in numbered]
    data = " ".join(found).encode()
    return hashlib.sha256(data).hexdigest()[:32]


@lru_cache(maxsize=2)
def _terms(text: str) -> tuple[list[str], set[str]]:
    """Return a text's terms without URLs, and which of them have digits."""
    if "/" in text or "www." in text:
        text = _URL.sub(" ", text)
    words = split_words(text)
    return words, set(filter(_has_digit, set(words)))


def _runs(found: list[str]) -> set[tuple[str, ...]]:
    shifted = (found[start:] for start in range(_RUN))
    return set(zip(*shifted, strict=False))
