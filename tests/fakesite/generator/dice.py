"""Chance that comes out the same on every machine and every Python.

It knows a seed and `random.Random.random`, the one method whose sequence Python promises to keep. Its law:
nothing in the sample newspaper is random except through a `Dice` handed in, and a `Deck` never repeats an
entry before all the others have been dealt.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of chance named by its parts, such as `Dice(1, "life", 7)`."""

    def __init__(self, *parts: object) -> None:
        self._random = random.Random(zlib.crc32("/".join(map(str, parts)).encode()))

    def chance(self, probability: float) -> bool:
        """True with this probability (0 to 1)."""
        return self._random.random() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def part(self) -> float:
        """A number from 0 up to, not including, 1."""
        return self._random.random()

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self._random.random() * len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in a new order."""
        left = list(items)
        for last in range(len(left) - 1, 0, -1):
            other = self.number(0, last)
            left[last], left[other] = left[other], left[last]
        return left


class Deck:
    """Named packs of cards; each pack is dealt to its end before it is shuffled again."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._packs: dict[str, list[int]] = {}

    def deal(self, name: str, cards: Sequence[T]) -> T:
        """The next card of the pack of this name, made of `cards`."""
        pack = self._packs.get(name)
        if not pack:
            pack = self._packs[name] = self._dice.shuffled(range(len(cards)))
        return cards[pack.pop()]


class Decks:
    """The decks one newspaper is dealt from, before and after its epoch."""

    def __init__(self, seed: int) -> None:
        self.stories = Deck(Dice(seed, "deck"))
        self.chatter = Deck(Dice(seed, "chatter"))
