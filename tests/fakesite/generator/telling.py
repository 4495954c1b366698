"""Turning a pattern of the stock into words: choices are made, gaps filled, and names kept for a whole story.

It knows the little language of the stock: `[this|that]` is a choice, `{street}` a gap filled from a list,
`{street1}` the same street wherever it stands again in one story, `{person1.last}` a part of a person,
`{n:3-9}` a number, `{money:20-90}` thousands of dollars, `{year:5-30}` a year that long before the story's.
It does not know what a story is. Its law: a name bound once stays bound for as long as the `Telling` lives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from .dice import Deck, Dice
from .stock import stock

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_GAP = re.compile(r"\{([a-z]+)(\d*)(?::(\d+)-(\d+))?(?:\.(\w+))?\}")
_START = re.compile(r"(^|[.!?] )([a-z])")
_WORDS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_SEASONS = (
    "winter",
    "winter",
    "spring",
    "spring",
    "spring",
    "summer",
    "summer",
    "summer",
    "autumn",
    "autumn",
    "autumn",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the town; `she` says how the paper speaks of them."""

    first: str
    last: str
    she: bool

    def part(self, name: str) -> str:
        """The full name, or the part of this name."""
        parts = {
            "": f"{self.first} {self.last}",
            "first": self.first,
            "last": self.last,
            "he": "she" if self.she else "he",
            "him": "her" if self.she else "him",
            "his": "her" if self.she else "his",
        }
        return parts[name]


def say_number(number: int) -> str:
    """A number as a newspaper writes it: words to twelve, then figures with commas."""
    return _WORDS[number] if 0 <= number < len(_WORDS) else f"{number:,}"


class Telling:
    """One story being told: its moment in local time, and the names it has used."""

    def __init__(self, dice: Dice, local: datetime, deck: Deck | None = None, **bound: str) -> None:
        self.dice = dice
        self.local = local
        self.deck = deck or Deck(dice)
        self.bound: dict[str, str | Person] = dict(bound)

    def tell(self, pattern: str) -> str:
        """The pattern in words, each sentence with a capital."""
        return _START.sub(lambda found: found.group(1) + found.group(2).upper(), self.phrase(pattern))

    def phrase(self, pattern: str) -> str:
        """The pattern in words, for the middle of a sentence."""
        text = pattern
        while "[" in text and _CHOICE.search(text):
            text = _CHOICE.sub(lambda found: self.dice.pick(found.group(1).split("|")), text)
        return _GAP.sub(self._fill, text)

    def _fill(self, found: re.Match[str]) -> str:
        name, number, low, high, part = found.groups()
        key = name + number
        value = self.bound.get(key)
        if value is None:
            value = self._new(name, int(low or 0), int(high or 0))
            if number:
                self.bound[key] = value
        if isinstance(value, Person):
            return value.part(part or "")
        return value

    def _new(self, name: str, low: int, high: int) -> str | Person:
        town, amount = stock().town, self.dice.number(low, high)
        if name == "person":
            return self._person()
        if f"role {name}" in town:
            return self._holder(town[f"role {name}"])
        if f"list {name}" in town:
            return self.phrase(self.deck.deal(f"list {name}", town[f"list {name}"]))
        return self._reckoned(name, amount)

    def _reckoned(self, name: str, amount: int) -> str:
        """Numbers and dates."""
        year, day = self.local.year, timedelta(days=amount)
        made = {
            "n": say_number(amount),
            "digits": str(amount),
            "thousand": f"{amount * 1000:,}",
            "money": f"${amount * 1000:,}",
            "dollars": f"${amount:,}",
            "year": str(year - amount),
            "this": str(year),
            "last": str(year - 1),
            "next": str(year + 1),
            "month": f"{self.local:%B}",
            "today": f"{self.local:%A}",
            "yesterday": f"{self.local - timedelta(days=1):%A}",
            "season": (*_SEASONS, "winter")[self.local.month - 1],
            "ahead": _day(self.local + day),
            "back": _day(self.local - day),
        }
        return made[name]

    def _person(self) -> Person:
        town, she = stock().town, self.dice.chance(0.5)
        pack = "names she" if she else "names he"
        return Person(self.deck.deal(pack, town[pack]), self.deck.deal("names last", town["names last"]), she)

    def _holder(self, terms: list[str]) -> Person:
        """Who held an office in the story's year: entries such as `2006-2012 she Ines Garroway`."""
        for term in terms:
            years, pronoun, first, last = term.split(" ", 3)
            begin, _, end = years.partition("-")
            if int(begin) <= self.local.year <= int(end or 9999):
                return Person(first, last, pronoun == "she")
        return self._person()


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"
