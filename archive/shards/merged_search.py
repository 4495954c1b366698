"""Search over many archives, merged by rank.

Scores of two archives are not alike, since a term counts for less where it is common. So each score is
weighed by how rare the terms are in all archives together, compared with its own. Only what is shown is read
whole. Invariant: the work is bounded as for one archive of all their texts; archives left out are named.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from archive.search.engine import (
    CAP,
    SEARCHED_KINDS,
    Ask,
    SearchResult,
    Section,
    understand,
)
from archive.search.hits import iterate_hits, without_text
from archive.search.sql import TABLES
from archive.shards.questions import Match, Open, Question, hits_of_page
from archive.shards.shard_index import ShardIndex

DEEPEST = 1000
"""How many results can be paged through: each archive gives as many as all of them might be its own."""
MOST_ASKED = 400
"""Archives that one question asks, those with the most texts first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedSearch:
    """Merged result; hits name their shard as `archive`.

    `asked` archives were searched, of the `candidates` that may have matches; `late` ones ran out of time.
    """

    result: SearchResult
    candidates: int
    asked: int
    late: tuple[str, ...]


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
        (index.shards[name] for name in names_wanted),
        key=lambda shard: (-sum(shard.texts.values()), shard.name),
    )
    asked = candidates[:MOST_ASKED]
    question = Question(
        wording=wording,
        ask=ask,
        open_shard=open_shard,
        deadline=deadline,
        shards={kind: [shard for shard in asked if shard.name in wanted[kind]] for kind in SEARCHED_KINDS},
        texts={kind: sum(index.shards[name].texts[kind] for name in allowed) for kind in SEARCHED_KINDS},
    )
    versions = [kind for kind in SEARCHED_KINDS if TABLES[kind].item]
    question.ask_kinds([kind for kind in SEARCHED_KINDS if kind not in versions])
    in_vain = {kind for kind in versions if question.is_in_vain(kind)}
    question.ask_kinds([kind for kind in versions if kind not in in_vain])
    sections = []
    for kind in SEARCHED_KINDS:
        section = Section(kind=kind, count=0, more=True, hits=())
        if kind not in in_vain:
            section = _section(kind, question, with_text=with_text)
        sections.append(section)
    result = SearchResult(ask=ask, sections=tuple(sections), notes=notes)
    return MergedSearch(
        result=result,
        candidates=len(candidates),
        asked=len(asked),
        late=tuple(sorted(question.late)),
    )


def _section(kind: str, question: Question, *, with_text: bool) -> Section:
    ask, answers = question.ask, list(question.answers[kind].values())
    size = hits_of_page(kind, ask)
    start = (ask.page - 1) * size
    best = question.best(kind, start + size)[start:] if size else []
    hits = _hits(kind, best, question)
    if not with_text:
        hits = [without_text(hit) for hit in hits]
    count = sum(answer.ranked.count for answer in answers)
    more = count > CAP or any(answer.ranked.more for answer in answers)
    partly = any(answer.is_partly for answer in answers)
    return Section(kind=kind, count=min(count, CAP), more=more, hits=tuple(hits), partly=partly)


def _hits(kind: str, best: list[Match], question: Question) -> list[dict[str, Any]]:
    """Return the rows of matches, in their order."""
    wanted: dict[str, list[int]] = {}
    for _, row_id, name in best:
        wanted.setdefault(name, []).append(row_id)
    rows = {}
    for name, ids in wanted.items():
        connection = question.open_shard(name)
        plan = question.answers[kind][name].ranked.plan
        for row_id, hit in zip(ids, iterate_hits(connection, plan, ids), strict=True):
            rows[name, row_id] = {**hit, "archive": name}
    return [rows[name, row_id] for _, row_id, name in best]
