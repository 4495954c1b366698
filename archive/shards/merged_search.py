"""Search over many archives, merged by rank.

Scores of two archives are not alike, since a term counts for less where it is common. So each score is
weighed by how rare the terms are in all archives together, compared with its own. Only what is shown is read
whole. Invariant: the work is bounded; archives left out are named.
"""

from __future__ import annotations

import heapq
import math
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from archive.search.engine import (
    CAP,
    SEARCHED_KINDS,
    Ask,
    Ranked,
    SearchResult,
    Section,
    iterate_hits,
    rank_matches,
    understand,
    without_text,
)
from archive.search.query_parser import Wording
from archive.search.sql import TABLES, Plan
from archive.search.substrings import widen
from archive.shards.shard_index import Shard, ShardIndex, index_words, vocabulary_of

DEEPEST = 1000
"""How many results can be paged through: each archive gives as many as all of them might be its own."""
MOST_ASKED = 400
"""Archives that one question asks, those with the most texts first."""

LANES = min(4, os.cpu_count() or 1)
"""Threads of one question, each with archives of its own: SQLite lets them run side by side."""

Open = Callable[[str], sqlite3.Connection]
"""Gives a connection to the archive of a shard; it is called by the thread of the shard's lane, or alone."""
_STEPS = 2000  # of SQLite's machine, between two checks of the clock
_SHARES, _LEAST_DEPTH = 4, 6
"""Of what is needed, a shard is asked for so many times its share and so many more, and only then for all."""
_LEAST = 1e-6  # SQLite's value for the rarity of a term that most texts have


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedSearch:
    """Merged result; hits name their shard as `archive`.

    `asked` archives were searched, of the `candidates` that may have matches; `late` ones ran out of time.
    """

    result: SearchResult
    candidates: int
    asked: int
    late: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """Ranked matches and term counts of one archive."""

    shard: Shard
    ranked: Ranked
    having: Mapping[str, int]

    def is_cut(self, depth: int) -> bool:
        """True if the archive has more matches than it was asked for, and more are needed."""
        given = len(self.ranked.best)
        is_partial = given < self.ranked.count or self.ranked.more
        return 0 < given < depth and is_partial


Answers = dict[tuple[str, str], _Answer]
"""Answers by shard and kind."""


def search_shards(
    index: ShardIndex,
    names: Iterable[str],
    open_shard: Open,
    ask: Ask,
    *,
    seconds: float,
    with_text: bool = False,
) -> MergedSearch:
    """Search shards by name, within a number of seconds; hits have their whole `text` if that is wanted.

    Raises what SQLite raises for a broken file.
    """
    allowed = set(names)
    deadline = time.monotonic() + seconds
    wording, ask, notes = understand(ask)
    deepest = max(1, DEEPEST // ask.size)
    ask = replace(ask, page=min(ask.page, deepest))
    wanted = {kind: index.candidates(kind, wording, ask) & allowed for kind in SEARCHED_KINDS}
    names_wanted = set().union(*wanted.values())
    candidates = sorted(
        (index.shards[name] for name in names_wanted), key=lambda shard: -sum(shard.texts.values())
    )
    asked = candidates[:MOST_ASKED]
    question = _Question(
        wording=wording, ask=ask, open_shard=open_shard, deadline=deadline, with_text=with_text
    )
    whole = {}
    for kind in SEARCHED_KINDS:
        whole[kind] = sum(index.shards[name].texts[kind] for name in allowed)
    kinds = {shard.name: [kind for kind in SEARCHED_KINDS if shard.name in wanted[kind]] for shard in asked}
    first = {}
    for kind in SEARCHED_KINDS:
        first[kind] = _first_depth(_depth(kind, ask), len(wanted[kind]))
    answers, late = question.ask_all(asked, kinds, first)
    deeper = _deeper(answers, whole, ask)
    if deeper:
        again = [shard for shard in asked if shard.name in deeper]
        depths = {kind: _depth(kind, ask) for kind in SEARCHED_KINDS}
        more, late_again = question.ask_all(again, deeper, depths)
        answers |= more
        late += late_again
    sections = []
    for kind in SEARCHED_KINDS:
        of_kind = [answer for (_, of), answer in answers.items() if of == kind]
        sections.append(_section(kind, of_kind, whole[kind], question))
    result = SearchResult(ask=ask, sections=tuple(sections), notes=notes)
    return MergedSearch(
        result=result,
        candidates=len(candidates),
        asked=len(asked),
        late=tuple(late),
    )


def _depth(kind: str, ask: Ask) -> int:
    """Return how many of the best matches of a kind are needed for a page."""
    return ask.page * _size(kind, ask)


def _first_depth(depth: int, shards: int) -> int:
    """Return how many matches each shard is asked for at first: some times its share of what is needed."""
    share = -(-depth // max(shards, 1))
    return min(depth, _SHARES * share + _LEAST_DEPTH)


def _deeper(answers: Answers, whole: Mapping[str, int], ask: Ask) -> dict[str, list[str]]:
    """Return the shards, with kinds, of which all matches that were asked for may be among the best."""
    found: dict[str, list[str]] = {}
    for kind in SEARCHED_KINDS:
        depth = _depth(kind, ask)
        of_kind = {name: answer for (name, of), answer in answers.items() if of == kind}
        cut = {name: answer for name, answer in of_kind.items() if answer.is_cut(depth)}
        if not cut:
            continue
        best = _best(list(of_kind.values()), whole[kind], depth)
        taken = Counter(name for _, _, name in best)
        for name, answer in cut.items():
            if taken[name] == len(answer.ranked.best):
                found.setdefault(name, []).append(kind)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A question to many archives, which must be answered by `deadline` of the monotonic clock."""

    wording: Wording
    ask: Ask
    open_shard: Open
    deadline: float
    with_text: bool

    def ask_all(
        self, shards: Sequence[Shard], kinds: Mapping[str, list[str]], depths: Mapping[str, int]
    ) -> tuple[Answers, list[str]]:
        """Return the best matches of shards, and the names of those that ran out of time.

        Large archives are asked side by side, small ones one after another: threads that run many short
        statements wait for each other more than for SQLite.
        """
        plans = {kind: Plan.of(kind, self.wording, self.ask) for kind in SEARCHED_KINDS}

        def ask_some(lane: list[Shard]) -> tuple[Answers, list[str]]:
            found: Answers = {}
            late = []
            for shard in lane:
                try:
                    own_plans = {kind: plans[kind] for kind in kinds[shard.name]}
                    found |= self._ask_one(shard, own_plans, depths)
                except _LateError:
                    late.append(shard.name)
            return found, late

        large = [shard for shard in shards if not _is_small(shard)]
        told: list[tuple[Answers, list[str]]] = []
        if large:
            lanes = [[shard for shard in large if lane_of(shard) == lane] for lane in range(LANES)]
            with ThreadPoolExecutor(LANES) as pool:
                told += pool.map(ask_some, lanes)
        small = [shard for shard in shards if _is_small(shard)]
        told.append(ask_some(small))
        answers = {key: answer for found, _ in told for key, answer in found.items()}
        return answers, [name for _, late in told for name in late]

    def _ask_one(self, shard: Shard, plans: Mapping[str, Plan], depths: Mapping[str, int]) -> Answers:
        """Return one archive's best matches of some kinds.

        Raises _LateError.
        """
        if time.monotonic() > self.deadline:
            raise _LateError
        connection = self.open_shard(shard.name)
        connection.set_progress_handler(lambda: time.monotonic() > self.deadline, _STEPS)
        try:
            found = _answers(connection, shard, plans, self.wording, self.ask, depths)
            return {(shard.name, kind): answer for kind, answer in found}
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                raise _LateError from error
            raise
        finally:
            connection.set_progress_handler(None, 0)


def lane_of(shard: Shard) -> int:
    """Return the number of the thread that reads a shard."""
    return shard.id % LANES


class _LateError(Exception):
    """An archive has not answered in time."""


def _answers(
    connection: sqlite3.Connection,
    shard: Shard,
    plans: Mapping[str, Plan],
    wording: Wording,
    ask: Ask,
    depths: Mapping[str, int],
) -> Iterator[tuple[str, _Answer]]:
    is_small = _is_small(shard)
    if shard.has_substrings:
        wording = widen(connection, wording)
        plans = {kind: Plan.of(kind, wording, ask) for kind in plans}
    for kind, plan in plans.items():
        ranked = rank_matches(connection, plan, ask, depths[kind], is_small=is_small)
        is_scored = plan.match is not None and ask.sort != "date"
        having = {}
        if is_scored and ranked.best:
            having = _having(connection, kind, wording, ask)
        yield kind, _Answer(shard=shard, ranked=ranked, having=having)


def _is_small(shard: Shard) -> bool:
    """True if an archive has no more texts of a kind than are ever ranked."""
    return max(shard.texts.values()) <= CAP


def _size(kind: str, ask: Ask) -> int:
    """Return how many hits of a kind a page has."""
    if ask.kind == "all":
        return ask.size // 2
    if ask.kind != kind:
        return 0
    return ask.size


def _having(connection: sqlite3.Connection, kind: str, wording: Wording, ask: Ask) -> dict[str, int]:
    """Return the number of texts with each term."""
    vocabulary = vocabulary_of(connection, TABLES[kind].index)
    terms = (term for group in wording.groups for term in group)
    texts = [term.text for term in terms if not term.prefix]
    words = {word for text in (*texts, ask.person) for word in index_words(text)}
    sql = f"SELECT doc FROM {vocabulary} WHERE term = ?"
    found = {word: connection.execute(sql, [word]).fetchone() for word in words}
    return {word: row[0] if row else 0 for word, row in found.items()}


def _section(kind: str, answers: list[_Answer], whole: int, question: _Question) -> Section:
    size = _size(kind, question.ask)
    start = (question.ask.page - 1) * size
    best = []
    if size:
        best = _best(answers, whole, start + size)[start:]
    shards = {answer.shard.name: answer for answer in answers}
    hits = _hits(best, shards, question.open_shard)
    if not question.with_text:
        hits = [without_text(hit) for hit in hits]
    return Section(
        kind=kind,
        count=sum(answer.ranked.count for answer in answers),
        more=any(answer.ranked.more for answer in answers),
        hits=tuple(hits),
    )


def _best(answers: list[_Answer], whole: int, number: int) -> list[tuple[Any, int, str]]:
    """Return the best (score, id, shard) of all matches; `whole` counts the texts of all archives."""
    merged = _merged(answers, whole)
    scored = (match for match in merged if not isinstance(match[0], str))
    best = heapq.nsmallest(number, scored, key=lambda match: (match[0], -match[1]))
    dated = (match for match in merged if isinstance(match[0], str))
    best += heapq.nlargest(number, dated)
    return best[:number]


def _merged(answers: list[_Answer], whole: int) -> list[tuple[Any, int, str]]:
    """Return (score, id, shard) of all matches, with comparable scores."""
    everywhere: dict[str, int] = {}
    for answer in answers:
        for word, times in answer.having.items():
            everywhere[word] = everywhere.get(word, 0) + times
    found = []
    for answer in answers:
        texts = answer.shard.texts[answer.ranked.plan.table.name]
        own = sum(_rarity(times, texts) for times in answer.having.values())
        common = sum(_rarity(everywhere[word], whole) for word in answer.having)
        weight = 1.0
        if own:
            weight = common / own
        for score, row_id in answer.ranked.best:
            if not isinstance(score, str):
                score *= weight
            found.append((score, row_id, answer.shard.name))
    return found


def _rarity(having: int, texts: int) -> float:
    """Return the weight of a term in bm25."""
    if texts > having:
        return max(math.log((texts - having + 0.5) / (having + 0.5)), _LEAST)
    return _LEAST


def _hits(
    best: list[tuple[Any, int, str]], answers: Mapping[str, _Answer], open_shard: Open
) -> list[dict[str, Any]]:
    """Return the rows of matches, in their order."""
    wanted: dict[str, list[int]] = {}
    for _, row_id, name in best:
        wanted.setdefault(name, []).append(row_id)
    rows = {}
    for name, ids in wanted.items():
        connection = open_shard(name)
        for row_id, hit in zip(ids, iterate_hits(connection, answers[name].ranked.plan, ids), strict=True):
            rows[name, row_id] = {**hit, "archive": name}
    return [rows[name, row_id] for _, row_id, name in best]
