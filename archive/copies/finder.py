"""Decision which candidates are copies or share a passage.

Within one thread people quote one another: a passage counts in another thread alone, a copy everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from archive.copies.comparison import is_copy, passage_length
from archive.copies.texts import Item, Texts
from archive.files.fingerprints import Candidate

_LEAST_RARE = 2  # fingerprints that a passage shares, and few other texts have; 16 terms have 5 on average
MAX_PASSAGES = 20
"""Other texts with a passage of one text that are kept, the longest passages first."""


@dataclass(slots=True)
class Shared:
    """Copies of one item, and lengths of shared passages."""

    copies: set[Item] = field(default_factory=set)
    passages: dict[Item, int] = field(default_factory=dict)

    def add_passage(self, item: Item, words: int) -> None:
        """Record a passage, unless a longer one is recorded."""
        if words:
            known = self.passages.get(item, 0)
            self.passages[item] = max(words, known)

    def without(self, items: Collection[Item]) -> Shared:
        """Return the same without some other items."""
        passages = {item: words for item, words in self.passages.items() if item not in items}
        return Shared(copies=self.copies.difference(items), passages=passages)

    def longest_passages(self) -> list[tuple[Item, int]]:
        """Return the passages to keep, without copies."""
        found = [each for each in self.passages.items() if each[0] not in self.copies]
        return sorted(found, key=lambda each: (-each[1], each[0]))[:MAX_PASSAGES]


def note_shared(
    texts: Texts, item: Item, version: int, candidates: Iterable[Candidate], shared: Shared
) -> None:
    """Compare a text with candidates; note what they share."""
    text = texts.own_words(*item, version)
    for candidate in candidates:
        key = candidate.key
        other = (key.kind, key.item_id)
        if other == item or other in shared.copies:
            continue
        theirs = texts.own_words(key.kind, key.item_id, key.version)
        if is_copy(text, theirs):
            shared.copies.add(other)
        elif candidate.rare >= _LEAST_RARE and texts.thread(item) != texts.thread(other):
            shared.add_passage(other, passage_length(text, theirs))
