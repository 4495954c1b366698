"""Terms and fingerprints of a text.

Pure. A fingerprint is the hash of three terms in a row. Of a text a third of them is kept, chosen by the hash
alone, so that two texts choose the same ones; short texts keep at least a dozen. Capital letters, punctuation
and URLs do not count. Of scripts without spaces each character counts as half a term.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Self

MIN_COPY_WORDS = 12
"""A text of fewer words is no copy of another: "Thanks!" says nothing."""

SHINGLE_WORDS = 3
_LEAST_PRINTS = 12
_ONE_IN = 3
_SAMPLED_WORDS = 40
_PRIME = 2**47 - 115
_FACTORS = (96_233_720_368_547, 75_807_046_744_073, 33_372_036_854_775)
_NEXT = 51_539_607_551_223
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_UNSPACED_WORD = re.compile(f"[{_UNSPACED}]")

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worded:
    """Text in the form that is compared.

    `shingles` are the hashes of each three terms in a row; `size` is how many entries make a term.
    """

    words: Words
    shingles: tuple[int, ...]
    distinct: frozenset[int]
    size: int

    @classmethod
    def of(cls, words: Words) -> Self:
        """Return the terms with their hashes."""
        size = word_size(words)
        shingles = tuple(shingles_of(words, size))
        return cls(words, shingles, frozenset(shingles), size)

    @property
    def is_long_enough(self) -> bool:
        """True if it can be a copy of another text."""
        return len(self.words) >= MIN_COPY_WORDS * self.size


def words_of(text: str) -> Words:
    """Return the terms of a text in their order, case-folded."""
    if "://" in text or "www." in text.lower():
        text = _URL.sub(" ", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        return tuple(_WORD.findall(text.casefold()))
    return tuple(_ASCII_WORD.findall(text.casefold()))


def word_size(words: Words) -> int:
    """Return 2 where characters are counted, otherwise 1."""
    if "".join(words[:_SAMPLED_WORDS]).isascii():
        return 1
    single = sum(1 for word in words if len(word) == 1 and _UNSPACED_WORD.match(word))
    if 2 * single > len(words):
        return 2
    return 1


def shingles_of(words: Words, size: int) -> list[int]:
    """Return the hash of each three terms in a row."""
    hashes = list(map(_word_hashes, words))
    rows = zip(hashes, hashes[1:], hashes[2:], strict=False)
    threes = [(one + two + three) % _PRIME for (one, _, _), (_, two, _), (_, _, three) in rows]
    if size == 1:
        return threes
    pairs = zip(threes, threes[SHINGLE_WORDS:], strict=False)
    return [(one * _NEXT + other) % _PRIME for one, other in pairs]


def prints_of(text: Worded) -> list[int]:
    """Return the sorted fingerprints; empty for a short text."""
    if not text.is_long_enough:
        return []
    every = text.distinct
    kept = [each for each in every if each % _ONE_IN == 0]
    if len(kept) < _LEAST_PRINTS:
        sampled = (each for each in every if each % _ONE_IN)
        left = sorted(sampled, key=_rank)
        kept += left[: _LEAST_PRINTS - len(kept)]
    return sorted(kept)


def _rank(shingle: int) -> int:
    """Return the number that decides which shingles are kept besides."""
    return shingle // _ONE_IN % 1_048_573


@lru_cache(maxsize=200_000)
def _word_hashes(word: str) -> tuple[int, int, int]:
    """Return a term's part in the hash of three, for each of the three places."""
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    value = int.from_bytes(digest, "big") % _PRIME
    first, second, third = _FACTORS
    return value * first % _PRIME, value * second % _PRIME, value * third % _PRIME
