"""What finds more, where a search over many archives finds little.

As for one archive: the nearest spelling of a word that no archive has, and the search without one of its
words. The index of shards proposes spellings; only what an allowed archive has is offered. Invariant: a
search that finds something is never replaced, and all questions together end at one deadline.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from archive.search.engine import understand
from archive.search.query_parser import Term, Wording, format_query
from archive.search.sql import Ask
from archive.search.suggestions import (
    FEW,
    MAX_GROUPS,
    MOST_COUNTED,
    Help,
    OtherSearches,
    options_without_one,
    respelled_options,
    respelled_sentence,
)
from archive.search.vocabulary import spelled_form
from archive.shards.merged_search import MergedSearch, search_shards
from archive.shards.questions import Open
from archive.shards.shard_index import ShardIndex

_SHOWN = ("articles", "comments")
_TRIED = 5
"""Spellings that are tried, the nearest first, and archives that are asked how they spell one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    """What questions of a search are asked of, until `deadline` of the monotonic clock."""

    index: ShardIndex
    names: frozenset[str]
    open_shard: Open
    deadline: float

    def search(self, ask: Ask) -> MergedSearch:
        seconds = max(self.deadline - time.monotonic(), 0.0)
        return search_shards(self.index, self.names, self.open_shard, ask, seconds=seconds)

    def count(self, ask: Ask) -> int:
        """Return how many articles and comments a search finds, up to MOST_COUNTED."""
        found = self.search(replace(ask, page=1, size=2)).result
        counted = sum(part.count for part in found.sections if part.kind in _SHOWN)
        return min(counted, MOST_COUNTED)

    def having(self, wording: Wording) -> list[str]:
        """Return the archives that may have some words."""
        found = {name for kind in _SHOWN for name in self.index.candidates(kind, wording, Ask())}
        return sorted(found & self.names)


def search_with_help(
    index: ShardIndex, names: Iterable[str], open_shard: Open, ask: Ask, *, seconds: float
) -> tuple[MergedSearch, Help]:
    """Search shards; where little is found, return what finds more too.

    The result's `ask` is the search that is shown.
    """
    deadline = time.monotonic() + seconds
    library = _Library(index=index, names=frozenset(names), open_shard=open_shard, deadline=deadline)
    merged = library.search(ask)
    wording, plain, _ = understand(ask)
    is_enough = merged.result.total > FEW or merged.late
    if is_enough or not wording.groups or plain.page > 1 or plain.match:
        return merged, Help()
    groups = wording.groups[:MAX_GROUPS]
    queries = [format_query([group]) for group in groups]
    counts = [library.count(Ask(words=query)) for query in queries]
    words = tuple(zip(queries, counts, strict=True))
    searches = OtherSearches(count=library.count, nearest=partial(_nearest, library))
    spelled = tuple(respelled_options(searches, plain, wording, counts))
    without = tuple(options_without_one(searches, plain, wording))
    advice = Help(words=words, spelled=spelled, without=without)
    if merged.result.total or not spelled:
        return merged, advice
    shown = library.search(spelled[0].ask)
    sentence = respelled_sentence(ask, spelled[0].ask)
    result = replace(shown.result, notes=merged.result.notes)
    return replace(shown, result=result), replace(advice, instead=sentence)


def _nearest(library: _Library, word: str) -> str | None:
    """Return how an allowed archive spells the word nearest to another; None where none is near."""
    for stem in library.index.near_stems(word)[:_TRIED]:
        for name in library.having(Wording(groups=((Term(text=stem),),)))[:_TRIED]:
            if found := spelled_form(library.open_shard(name), stem, word.lower()):
                return found
    return None
