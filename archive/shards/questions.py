"""A question to many archives: the best matches of each, in a comparable order.

Each archive is first asked for its share: of what a page needs, and of the matches that are ranked at all. It
is asked for more only where more of it may be shown, or where others have left of theirs. Invariant: as many
matches of a kind are ranked as in one archive, CAP, however many archives have them.
"""

from __future__ import annotations

import heapq
import math
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from archive.search.engine import CAP, SEARCHED_KINDS, Ask, Ranked, rank_matches
from archive.search.query_parser import Wording
from archive.search.sql import TABLES, Plan
from archive.search.substrings import widen
from archive.shards.shard_index import Shard, index_words, vocabulary_of

LANES = min(4, os.cpu_count() or 1)
"""Threads of one question, each with archives of its own: SQLite lets them run side by side."""

Open = Callable[[str], sqlite3.Connection]
"""Gives a connection to the archive of a shard; it is called by the thread of the shard's lane, or alone."""
Match = tuple[Any, int, str]
"""Score or date, id and shard of a match."""
_STEPS = 2000  # of SQLite's machine, between two checks of the clock
_SHARES, _LEAST_DEPTH = 4, 6
"""Of what is needed, a shard is asked for so many times its share and so many more, and only then for all."""
_LEAST = 1e-6  # SQLite's value for the rarity of a term that most texts have


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a shard is asked for: the best `size` of the `most` matches archived last."""

    size: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardAnswer:
    """Ranked matches of one archive, and how many of its texts have each term."""

    shard: Shard
    wanted: _Wanted
    ranked: Ranked
    having: Mapping[str, int]

    @property
    def is_scored(self) -> bool:
        """True if its matches have scores of the index, not dates."""
        return bool(self.ranked.best) and not isinstance(self.ranked.best[0][0], str)

    @property
    def is_partly(self) -> bool:
        """True if only some of the matches were ranked."""
        is_ranked = self.is_scored or not self.wanted.size
        return is_ranked and self.ranked.more and self.ranked.count > 0

    @property
    def is_full(self) -> bool:
        """True if it has more matches than were ranked, and may be asked to rank more."""
        return self.is_partly and self.wanted.most <= self.ranked.count < CAP

    def is_cut(self, size: int) -> bool:
        """True if more of what it ranked is needed than it has given."""
        given = len(self.ranked.best)
        is_partial = given < self.ranked.count or (self.ranked.more and not self.is_full)
        return 0 < given < size and is_partial


class Question:
    """A question to shards by kind, which must be answered by `deadline` of the monotonic clock.

    `texts` counts the texts of each kind in all archives. `answers` are those of each kind by shard, `late`
    the shards that ran out of time.
    """

    def __init__(
        self,
        *,
        wording: Wording,
        ask: Ask,
        open_shard: Open,
        deadline: float,
        shards: Mapping[str, Sequence[Shard]],
        texts: Mapping[str, int],
    ) -> None:
        self.ask = ask
        self.open_shard = open_shard
        self.answers: dict[str, dict[str, ShardAnswer]] = {kind: {} for kind in SEARCHED_KINDS}
        self.late: set[str] = set()
        self._wording, self._deadline = wording, deadline
        self._shards, self._texts = shards, texts
        self._plans = {kind: Plan.of(kind, wording, ask) for kind in SEARCHED_KINDS}

    def ask_kinds(self, kinds: Sequence[str]) -> None:
        """Ask for some kinds, until the best of all matches are among the answers."""
        first = {}
        for kind in kinds:
            size = _first_size(_needed(kind, self.ask), len(self._shards[kind]))
            most = max(1, CAP // max(len(self._shards[kind]), 1))
            first[kind] = [(shard, _Wanted(size=size, most=most)) for shard in self._shards[kind]]
        self._ask_all(first)
        while more := {kind: found for kind in kinds if (found := self._unranked(kind))}:
            self._ask_all(more)
        self._ask_all({kind: self._deeper(kind) for kind in kinds})

    def is_in_vain(self, kind: str) -> bool:
        """True if versions would be searched for a common term without being requested.

        The kind that they are versions of has been asked for.
        """
        item = TABLES[kind].item
        if item is None or not self._plans[kind].match or self.ask.state or self.ask.kind == kind:
            return False
        [present] = [name for name, table in TABLES.items() if table.index == item[1]]
        answers = self.answers[present].values()
        return any(answer.is_partly for answer in answers) or _counted(answers) > CAP

    def best(self, kind: str, number: int) -> list[Match]:
        """Return the best of all matches."""
        answers = list(self.answers[kind].values())
        everywhere: Counter[str] = Counter()
        for answer in answers:
            everywhere.update(answer.having)
        whole = self._texts[kind]
        scored = [_weighed(answer, everywhere, whole) for answer in answers if answer.is_scored]
        dated = [_named(answer) for answer in answers if not answer.is_scored]
        best = heapq.merge(*scored, key=lambda match: (match[0], -match[1], match[2]))
        newest = heapq.merge(*dated, reverse=True)
        return list(islice(chain(best, newest), number))

    def _unranked(self, kind: str) -> list[tuple[Shard, _Wanted]]:
        """Return the shards that may rank more, since all have ranked fewer than CAP."""
        answers = self.answers[kind].values()
        full = [answer for answer in answers if answer.is_full and answer.shard.name not in self.late]
        left = CAP - _counted(answers)
        if not full or left < len(full):
            return []
        more = left // len(full)
        return [
            (answer.shard, _Wanted(size=answer.wanted.size, most=answer.wanted.most + more))
            for answer in full
        ]

    def _deeper(self, kind: str) -> list[tuple[Shard, _Wanted]]:
        """Return the shards of which all matches that they gave may be shown, and more."""
        needed = _needed(kind, self.ask)
        cut = {name: answer for name, answer in self.answers[kind].items() if answer.is_cut(needed)}
        if not cut:
            return []
        taken = Counter(name for _, _, name in self.best(kind, needed))
        return [
            (answer.shard, _Wanted(size=needed, most=answer.wanted.most))
            for name, answer in cut.items()
            if taken[name] == len(answer.ranked.best)
        ]

    def _ask_all(self, wanted: Mapping[str, Iterable[tuple[Shard, _Wanted]]]) -> None:
        """Ask shards for kinds.

        Large archives are asked side by side, small ones one after another: threads that run many short
        statements wait for each other more than for SQLite.
        """
        shards: dict[str, Shard] = {}
        wants: dict[str, dict[str, _Wanted]] = {}
        for kind, of_kind in wanted.items():
            for shard, want in of_kind:
                shards[shard.name] = shard
                wants.setdefault(shard.name, {})[kind] = want

        def ask_some(some: Iterable[Shard]) -> None:
            for shard in some:
                try:
                    self._ask_one(shard, wants[shard.name])
                except _LateError:
                    self.late.add(shard.name)

        large = [shard for shard in shards.values() if not _is_small(shard)]
        if large:
            lanes = [[shard for shard in large if lane_of(shard) == lane] for lane in range(LANES)]
            with ThreadPoolExecutor(LANES) as pool:
                list(pool.map(ask_some, lanes))
        ask_some(shard for shard in shards.values() if _is_small(shard))

    def _ask_one(self, shard: Shard, wants: Mapping[str, _Wanted]) -> None:
        """Ask one archive for some kinds.

        Raises _LateError.
        """
        if time.monotonic() > self._deadline:
            raise _LateError
        connection = self.open_shard(shard.name)
        connection.set_progress_handler(lambda: time.monotonic() > self._deadline, _STEPS)
        try:
            plans = self._plans
            if shard.has_substrings:
                wording = widen(connection, self._wording)
                plans = {kind: Plan.of(kind, wording, self.ask) for kind in wants}
            for kind, want in wants.items():
                self.answers[kind][shard.name] = self._answer(connection, shard, plans[kind], want)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                raise _LateError from error
            raise
        finally:
            connection.set_progress_handler(None, 0)

    def _answer(self, connection: sqlite3.Connection, shard: Shard, plan: Plan, want: _Wanted) -> ShardAnswer:
        kind, is_small = plan.table.name, _is_small(shard)
        ranked = rank_matches(connection, plan, self.ask, want.size, most=want.most, is_small=is_small)
        answer = ShardAnswer(shard=shard, wanted=want, ranked=ranked, having={})
        if not answer.is_scored or len(self._shards[kind]) == 1:
            return answer
        before = self.answers[kind].get(shard.name)
        having = before.having if before else _having(connection, kind, self._wording, self.ask)
        return ShardAnswer(shard=shard, wanted=want, ranked=ranked, having=having)


def lane_of(shard: Shard) -> int:
    """Return the number of the thread that reads a shard."""
    return shard.id % LANES


def hits_of_page(kind: str, ask: Ask) -> int:
    """Return how many hits of a kind a page has."""
    if ask.kind == "all":
        return ask.size // 2
    if ask.kind != kind:
        return 0
    return ask.size


class _LateError(Exception):
    """An archive has not answered in time."""


def _needed(kind: str, ask: Ask) -> int:
    """Return how many of the best matches of a kind are needed for a page."""
    return ask.page * hits_of_page(kind, ask)


def _first_size(needed: int, shards: int) -> int:
    """Return how many matches each shard is asked for at first: some times its share of what is needed."""
    share = -(-needed // max(shards, 1))
    return min(needed, _SHARES * share + _LEAST_DEPTH)


def _counted(answers: Iterable[ShardAnswer]) -> int:
    return sum(answer.ranked.count for answer in answers)


def _is_small(shard: Shard) -> bool:
    """True if an archive has no more texts of a kind than are ever ranked."""
    return max(shard.texts.values()) <= CAP


def _having(connection: sqlite3.Connection, kind: str, wording: Wording, ask: Ask) -> dict[str, int]:
    """Return the number of texts with each term."""
    vocabulary = vocabulary_of(connection, TABLES[kind].index)
    terms = (term for group in wording.groups for term in group)
    texts = [term.text for term in terms if not term.prefix]
    words = {word for text in (*texts, ask.person) for word in index_words(text)}
    sql = f"SELECT doc FROM {vocabulary} WHERE term = ?"
    found = {word: connection.execute(sql, [word]).fetchone() for word in words}
    return {word: row[0] if row else 0 for word, row in found.items()}


def _named(answer: ShardAnswer, weight: float | None = None) -> list[Match]:
    """Return the matches of an answer, their scores multiplied."""
    name = answer.shard.name
    if weight is None:
        return [(score, row_id, name) for score, row_id in answer.ranked.best]
    return [(score * weight, row_id, name) for score, row_id in answer.ranked.best]


def _weighed(answer: ShardAnswer, everywhere: Mapping[str, int], whole: int) -> list[Match]:
    """Return the matches of an answer with scores that compare; `whole` counts the texts of all archives."""
    texts = answer.shard.texts[answer.ranked.plan.table.name]
    own = sum(_rarity(times, texts) for times in answer.having.values())
    common = sum(_rarity(everywhere[word], whole) for word in answer.having)
    return _named(answer, common / own if own else 1.0)


def _rarity(having: int, texts: int) -> float:
    """Return the weight of a term in bm25."""
    if texts > having:
        return max(math.log((texts - having + 0.5) / (having + 0.5)), _LEAST)
    return _LEAST
