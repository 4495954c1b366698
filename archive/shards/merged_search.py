"""Search over many archives, merged by rank.

Scores of two archives are not alike, since a word counts for less where it is common. So each score is
weighed by how rare the words are in all archives together, beside how rare they are in its own. Only what is
shown is read whole. Its law: the work is bounded; archives left out are named.
"""

from __future__ import annotations

import heapq
import math
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
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
_STEPS = 2000  # of SQLite's machine, between two looks at the clock
_LEAST = 1e-6  # what SQLite takes for the rarity of a word that most texts have


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
    """Ranked matches and word counts of one archive."""

    shard: Shard
    ranked: Ranked
    having: Mapping[str, int]


def search_shards(
    index: ShardIndex, names: Iterable[str], open_shard: Open, ask: Ask, *, seconds: float
) -> MergedSearch:
    """Search shards by name, within a number of seconds.

    Raises what SQLite raises for a broken file.
    """
    allowed, deadline = set(names), time.monotonic() + seconds
    wording, ask, notes = understand(ask)
    ask = replace(ask, page=min(ask.page, max(1, DEEPEST // ask.size)))
    wanted = {kind: index.candidates(kind, wording, ask) & allowed for kind in SEARCHED_KINDS}
    candidates = sorted(
        (index.shards[name] for name in set().union(*wanted.values())),
        key=lambda shard: -sum(shard.texts.values()),
    )
    asked = candidates[:MOST_ASKED]
    plans = {kind: Plan.of(kind, wording, ask) for kind in SEARCHED_KINDS}

    def ask_some(shards: list[Shard]) -> tuple[list[tuple[str, _Answer]], list[str]]:
        found, late = [], []
        for shard in shards:
            kinds = [kind for kind in SEARCHED_KINDS if shard.name in wanted[kind]]
            try:
                found += _asked_one(open_shard(shard.name), shard, kinds, plans, wording, ask, deadline)
            except _LateError:
                late.append(shard.name)
        return found, late

    lanes = [[shard for shard in asked if lane_of(shard) == lane] for lane in range(LANES)]
    with ThreadPoolExecutor(LANES) as pool:
        told = list(pool.map(ask_some, lanes))
    answers: dict[str, list[_Answer]] = {kind: [] for kind in SEARCHED_KINDS}
    for found, _ in told:
        for kind, answer in found:
            answers[kind].append(answer)
    sections = [_section(kind, answers[kind], index, allowed, open_shard, ask) for kind in SEARCHED_KINDS]
    return MergedSearch(
        result=SearchResult(ask=ask, sections=tuple(sections), notes=notes),
        candidates=len(candidates),
        asked=len(asked),
        late=tuple(name for _, late in told for name in late),
    )


def lane_of(shard: Shard) -> int:
    """Return the number of the thread that reads a shard."""
    return shard.id % LANES


class _LateError(Exception):
    """An archive has not answered in time."""


def _asked_one(
    connection: sqlite3.Connection,
    shard: Shard,
    kinds: list[str],
    plans: Mapping[str, Plan],
    wording: Wording,
    ask: Ask,
    deadline: float,
) -> list[tuple[str, _Answer]]:
    """Return one archive's best matches of some kinds.

    Raises _LateError.
    """
    if time.monotonic() > deadline:
        raise _LateError
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        return list(_answers(connection, shard, kinds, plans, wording, ask))
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise _LateError from error
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _answers(
    connection: sqlite3.Connection,
    shard: Shard,
    kinds: list[str],
    plans: Mapping[str, Plan],
    wording: Wording,
    ask: Ask,
) -> Iterator[tuple[str, _Answer]]:
    is_small = max(shard.texts.values()) <= CAP
    if shard.has_substrings:
        wording = widen(connection, wording)
        plans = {kind: Plan.of(kind, wording, ask) for kind in kinds}
    for kind in kinds:
        plan = plans[kind]
        ranked = rank_matches(connection, plan, ask, ask.page * _size(kind, ask) or 1, is_small=is_small)
        is_scored = plan.match is not None and ask.sort != "date"
        having = _having(connection, kind, wording, ask) if is_scored and ranked.best else {}
        yield kind, _Answer(shard=shard, ranked=ranked, having=having)


def _size(kind: str, ask: Ask) -> int:
    """Return how many hits of a kind a page has."""
    if ask.kind == "all":
        return ask.size // 2
    return ask.size if ask.kind == kind else 0


def _having(connection: sqlite3.Connection, kind: str, wording: Wording, ask: Ask) -> dict[str, int]:
    """Return the number of texts with each word."""
    vocabulary = vocabulary_of(connection, TABLES[kind].index)
    texts = [term.text for group in wording.groups for term in group if not term.prefix]
    words = {word for text in (*texts, ask.person) for word in index_words(text)}
    sql = f"SELECT doc FROM {vocabulary} WHERE term = ?"
    found = {word: connection.execute(sql, [word]).fetchone() for word in words}
    return {word: row[0] if row else 0 for word, row in found.items()}


def _section(
    kind: str, answers: list[_Answer], index: ShardIndex, names: set[str], open_shard: Open, ask: Ask
) -> Section:
    size = _size(kind, ask)
    start = (ask.page - 1) * size
    whole = sum(index.shards[name].texts[kind] for name in names)
    merged = _merged(answers, whole) if size else []
    scored = (match for match in merged if not isinstance(match[0], str))
    best = heapq.nsmallest(start + size, scored, key=lambda match: (match[0], -match[1]))
    best += heapq.nlargest(start + size, (match for match in merged if isinstance(match[0], str)))
    hits = _hits(best[start : start + size], {answer.shard.name: answer for answer in answers}, open_shard)
    return Section(
        kind=kind,
        count=sum(answer.ranked.count for answer in answers),
        more=any(answer.ranked.more for answer in answers),
        hits=tuple(hits),
    )


def _merged(answers: list[_Answer], whole: int) -> list[tuple[Any, int, str]]:
    """Return (score, id, shard) of all matches, with comparable scores."""
    everywhere: dict[str, int] = {}
    for answer in answers:
        for word, times in answer.having.items():
            everywhere[word] = everywhere.get(word, 0) + times
    found = []
    for answer in answers:
        own = sum(
            _rarity(times, answer.shard.texts[answer.ranked.plan.table.name])
            for times in answer.having.values()
        )
        common = sum(_rarity(everywhere[word], whole) for word in answer.having)
        weight = common / own if own else 1
        found += [
            (score if isinstance(score, str) else score * weight, row_id, answer.shard.name)
            for score, row_id in answer.ranked.best
        ]
    return found


def _rarity(having: int, texts: int) -> float:
    """Return the weight of a word in bm25."""
    return max(math.log((texts - having + 0.5) / (having + 0.5)), _LEAST) if texts > having else _LEAST


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
