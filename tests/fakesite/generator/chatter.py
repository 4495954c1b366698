"""Comments that readers write below articles: remarks, answers, quarrels, memories, and the odd link.

It knows how a comment is put together from the stock. It does not know ids, dates or moderation. Its law: a
remark is about its article or about the comment it answers, and the same dice make the same reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.fakesite.model import Comment, Post, plain

from .dice import Deck, Dice
from .stock import stock
from .telling import Telling

_SENTENCE = re.compile(r"(?:^|(?<=[.!?] ))[A-Z][^.!?“”]{30,140}[.!?](?= |$)")


@dataclass(frozen=True, slots=True)
class Said:
    """One remark as typed."""

    author: str
    text: str
    url: str = ""


class Chatter:
    """Readers with one set of dice; a shared `deck` keeps them from repeating each other."""

    def __init__(self, dice: Dice, deck: Deck | None = None) -> None:
        self.dice = dice
        self.deck = deck or Deck(dice)
        self.heard: dict[object, set[str]] = {}

    def reader(self) -> tuple[str, str]:
        """A reader's name and address; regulars write more often, and one in forty gives no name."""
        if self.dice.chance(0.025):
            return "", ""
        chatter = stock().chatter
        pack = "regulars" if self.dice.chance(0.6) else "others"
        name, _, url = self.dice.pick(chatter[pack]).partition(" | ")
        return name, url if self.dice.chance(0.8) else ""

    def remark(self, post: Post, parent: Comment | None, author: str | None = None) -> Said:
        """Something to say about the article, or to the parent comment."""
        name, url = self.reader() if author is None else (author, "")
        while parent and author is None and name == parent.author:
            name, url = self.reader()
        beat = post.categories[0].slug if post.categories else ""
        told = Telling(self.dice, post.date, self.deck, topic=post.topic or "this", post=str(post.id))
        told.bound["parent"] = (parent.author if parent else "") or "Anonymous"
        text = self._answer(told, beat, parent) if parent else self._opening(told, beat, post)
        return Said(name, text, url)

    def _deal(self, told: Telling, pack: str) -> str:
        """A sentence of this pack, not heard under this article before if there is one left."""
        cards, heard = stock().chatter[pack], self.heard.setdefault(told.bound["post"], set())
        pattern = self.deck.deal(f"chatter {pack}", cards)
        for _ in range(6):
            if pattern not in heard:
                break
            pack, cards = (pack, cards) if self.dice.chance(0.5) else ("general", stock().chatter["general"])
            pattern = self.deck.deal(f"chatter {pack}", cards)
        heard.add(pattern)
        return told.tell(pattern)

    def _opening(self, told: Telling, beat: str, post: Post) -> str:
        on = f"on {beat}" if f"on {beat}" in stock().chatter and self.dice.chance(0.7) else "general"
        throw = self.dice.part()
        if throw < 0.09:
            return self._deal(told, "short")
        if throw < 0.24 and (quote := self._quoted(" ".join(post.paragraphs))):
            return f"<blockquote>{quote}</blockquote>\n{self._deal(told, 'to quote')} {self._deal(told, on)}"
        if throw < 0.40:
            after = self.dice.pick([on, "general", "closing"])
            return f"{self._deal(told, 'memory')}\n\n{self._deal(told, after)}"
        if throw < 0.47:
            return f"{self._deal(told, on)} {self._deal(told, 'link')}"
        parts = [self._deal(told, on)]
        if self.dice.chance(0.55):
            parts.append(self._deal(told, "general"))
        if self.dice.chance(0.2):
            parts.append(self._deal(told, "closing"))
        return ("\n\n" if self.dice.chance(0.15) else " ").join(parts)

    def _answer(self, told: Telling, beat: str, parent: Comment) -> str:
        throw, opener = self.dice.part(), ""
        if throw < 0.12 and (quote := self._quoted(plain(parent.html))):
            opener = f"<blockquote>{quote}</blockquote>\n"
        elif throw < 0.4 and parent.author:
            opener = told.phrase(self.dice.pick(["@{parent}: ", "{parent}: ", "{parent} -- ", "@{parent} "]))
        asked = "?" in parent.text[-40:]
        pack = (
            "answer"
            if asked and self.dice.chance(0.7)
            else self.dice.pick(["agree", "disagree", "banter", "reply"])
        )
        parts = [self._deal(told, pack)]
        on = f"on {beat}"
        if self.dice.chance(0.22) and on in stock().chatter:
            parts.append(self._deal(told, on))
        elif self.dice.chance(0.45):
            parts.append(self._deal(told, self.dice.pick(["reply", "reply", "general"])))
        return opener + " ".join(parts)

    def _quoted(self, text: str) -> str:
        found = _SENTENCE.findall(text.replace("<", ""))
        return self.dice.pick(found).strip() if found else ""

    def second_thought(self) -> str:
        """Return a sentence that a reader adds to a comment later."""
        return self.dice.pick(stock().chatter["second thought"])

    def hidden(self, status: str, post: Post) -> str:
        """The text of a comment that waits (hold) or was thrown out (spam, trash)."""
        told = Telling(self.dice, post.date, self.deck, topic=post.topic or "this", post=str(post.id))
        return self._deal(told, f"hidden {status}")
