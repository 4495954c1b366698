"""Suggestions for a search that finds little: which term is at fault, and what finds more.

A search with no match is tried again: with the nearest spelling, then without quotation marks, then for texts
with most of the terms. `Help.instead` states what is shown instead. A search that finds something is never
replaced; where that is little, the best of the texts with most of the terms follow it (`Help.nearby`).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

from archive.core.formatting import in_quotes
from archive.search.engine import SearchResult, Section, expand_query, find
from archive.search.query_parser import Groups, Term, Wording, format_query
from archive.search.sql import Ask, Plan
from archive.search.vocabulary import nearest_word

FEW = 3
"""Matches up to which help is offered."""

_SENTENCE = 5
_FEW_OF_SENTENCE = 10
"""The same for so many words: a long article may have them all, and not be what is remembered."""

MOST_COUNTED = 1000
"""Texts up to which a word is counted here."""

MAX_GROUPS = 12
_MOST_OF = 5
_PRESENT = ("articles", "comments")
_WORD = re.compile(r"[^\W_]+(?:['.-][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Another search: what is changed (`label`), the search itself, and its matches up to MOST_COUNTED."""

    label: str
    ask: Ask
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """Frequency of each term, further searches, and what is shown instead ("" for nothing).

    `nearby` are texts with most of the terms that are shown below the matches.
    """

    words: tuple[tuple[str, int], ...] = ()
    spelled: tuple[Option, ...] = ()
    without: tuple[Option, ...] = ()
    most: Option | None = None
    instead: str = ""
    nearby: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSearches:
    """How other searches are tried, in one archive or many.

    `count` returns how many articles and comments a search finds, up to MOST_COUNTED, and `nearest` the
    nearest spelling of a word, if there is one.
    """

    count: Callable[[Ask], int]
    nearest: Callable[[str], str | None]

    def option(self, ask: Ask, label: str) -> Iterator[Option]:
        """Yield another search if it finds something."""
        if count := self.count(ask):
            yield Option(label=label, ask=ask, count=count)


def find_with_help(connection: sqlite3.Connection, ask: Ask) -> tuple[SearchResult, Help]:
    """Search; with few matches, return further searches too.

    `Found.ask` is the search that is shown.
    """
    found = find(connection, ask)
    wording, plain, _ = expand_query(connection, ask)
    groups = wording.groups
    few = _FEW_OF_SENTENCE if len(groups) >= _SENTENCE else FEW
    if found.total > few or not groups or plain.page > 1 or plain.match:
        return found, Help()
    texts_with = cache(partial(_texts_with, connection))
    counts = [texts_with(group) for group in groups[:MAX_GROUPS]]
    pairs = zip(groups, counts, strict=False)
    words = tuple({format_query([group]): count for group, count in pairs}.items())
    searches = OtherSearches(
        count=partial(_count_matches, connection), nearest=partial(nearest_word, connection)
    )
    spelled = tuple(respelled_options(searches, plain, wording, counts))
    without = tuple(options_without_one(searches, plain, wording))
    most = _most_of(searches, texts_with, plain, wording, more_than=found.total)
    advice = Help(words=words, spelled=spelled, without=without, most=most)
    if found.total or spelled:
        shown, advice = _respelled_instead(connection, found, advice)
        return shown, replace(advice, nearby=_nearby(connection, shown, most))
    if most is None:
        return found, advice
    shown = find(connection, most.ask)
    sentence = f"No text has all of these words. These have at least {most.ask.match} of them, best first."
    return replace(shown, notes=found.notes), replace(advice, instead=sentence)


def _respelled_instead(
    connection: sqlite3.Connection, found: SearchResult, advice: Help
) -> tuple[SearchResult, Help]:
    """Return an empty result as that of the nearest spelling, and why it is shown; another unchanged."""
    if found.total:
        return found, advice
    other = advice.spelled[0].ask
    shown = find(connection, other)
    return replace(shown, notes=found.notes), replace(advice, instead=respelled_sentence(found.ask, other))


def _nearby(connection: sqlite3.Connection, shown: SearchResult, most: Option | None) -> tuple[Section, ...]:
    """Return the best texts with most of the terms that are not shown yet."""
    if most is None:
        return ()
    known = {(part.kind, hit["id"]) for part in shown.sections for hit in part.hits}
    parts = []
    for part in find(connection, most.ask).sections:
        hits = tuple(hit for hit in part.hits if (part.kind, hit["id"]) not in known)
        if part.kind in _PRESENT and hits:
            parts.append(replace(part, hits=hits))
    return tuple(parts)


def _texts_with(connection: sqlite3.Connection, group: tuple[Term, ...]) -> int:
    """Return how many articles and comments meet one group, up to MOST_COUNTED."""
    return _count(connection, Ask(), Wording(groups=(group,)))


def _count(connection: sqlite3.Connection, ask: Ask, wording: Wording) -> int:
    """Return how many articles and comments a search finds, up to MOST_COUNTED."""
    found = 0
    for kind in _PRESENT if ask.kind not in _PRESENT else (ask.kind,):
        plan = Plan.of(kind, wording, ask)
        sql = f"SELECT count(*) FROM (SELECT 1 FROM ({plan.few('relevance')} LIMIT {MOST_COUNTED}))"
        counted = connection.execute(sql, plan.values)
        found += int(counted.fetchone()[0])
    return min(found, MOST_COUNTED)


def respelled_options(
    searches: OtherSearches, ask: Ask, wording: Wording, counts: list[int]
) -> Iterator[Option]:
    """Yield the search with each absent term in its nearest spelling, if that has matches.

    `counts` are the texts with each of the first groups. Where a phrase has none in any spelling, its words
    are searched for one by one.
    """
    groups = list(wording.groups)
    labels = []
    for at, count in enumerate(counts):
        [term, *others] = groups[at]
        if count or others or term.prefix or term.pieces:
            continue
        if near := _respelled(searches, term):
            groups[at] = (Term(text=near, field=term.field),)
            labels.append(near)
    phrases = replace(wording, groups=tuple(groups))
    for tried in (phrases.groups, _single_words(phrases)) if labels else ():
        other = replace(ask, words=_typed_query(tried, wording))
        if found := [*searches.option(other, ", ".join(labels))]:
            yield from found
            return


def _respelled(searches: OtherSearches, term: Term) -> str | None:
    """Return a word, or a phrase with its absent words, in the nearest spelling; None for no other."""
    words = _WORD.findall(term.text)
    if len(words) < 2:
        return searches.nearest(term.text)

    def near(word: str) -> str:
        alone = Ask(words=format_query([(Term(text=word, field=term.field),)]))
        return word if searches.count(alone) else searches.nearest(word) or word

    found = [near(word) for word in words]
    return " ".join(found) if found != words else None


def options_without_one(searches: OtherSearches, ask: Ask, wording: Wording) -> Iterator[Option]:
    """Yield the search without each of its terms, where that has matches; nothing for a single term."""
    if len(wording.groups) < 2:
        return
    for at, group in enumerate(wording.groups[:MAX_GROUPS]):
        rest = (*wording.groups[:at], *wording.groups[at + 1 :])
        words = _typed_query(rest, wording)
        yield from searches.option(replace(ask, words=words), format_query([group]))


def respelled_sentence(ask: Ask, other: Ask) -> str:
    """Return the sentence above the results of a respelled search, which stand in for those of `ask`."""
    return f"Nothing matches {in_quotes(ask.words)}. These are results for {in_quotes(other.words)}."


def _most_of(
    searches: OtherSearches,
    texts_with: Callable[[tuple[Term, ...]], int],
    ask: Ask,
    wording: Wording,
    *,
    more_than: int,
) -> Option | None:
    """Return the search for texts with at least half of the rarest terms, if it finds more than there is.

    Ranking puts those with most of them first: a higher number would find long texts alone.
    """
    groups = _single_words(wording)
    counted = [(texts_with(group), group) for group in groups[: 2 * MAX_GROUPS]]
    known = sorted((pair for pair in counted if pair[0]), key=lambda pair: pair[0])
    rarest = {id(group) for _, group in known[:_MOST_OF]}
    chosen = tuple(group for group in groups if id(group) in rarest)
    needed = max(2, (min(len(groups), _MOST_OF) + 1) // 2)
    if not needed <= len(chosen) or needed == len(groups):
        return None
    other = replace(ask, words=_typed_query(chosen, wording), match=needed)
    options = searches.option(other, "")
    return next((option for option in options if option.count > more_than), None)


def _single_words(wording: Wording) -> Groups:
    """Return the groups of a search, with the terms of a phrase as separate groups."""
    found: dict[str, tuple[Term, ...]] = {}
    for group in wording.groups:
        [term, *others] = group
        is_phrase = not others and any(char.isspace() for char in term.text)
        words = _WORD.findall(term.text) if is_phrase and not term.pieces else ()
        singles: list[tuple[Term, ...]] = [(Term(text=word, field=term.field),) for word in words]
        for single in singles or [group]:
            found.setdefault(format_query([single]).lower(), single)
    return tuple(found.values())


def _count_matches(connection: sqlite3.Connection, ask: Ask) -> int:
    """Return how many articles and comments a typed search finds, up to MOST_COUNTED."""
    wording, plain, _ = expand_query(connection, ask)
    return _count(connection, plain, wording)


def _typed_query(groups: Groups, wording: Wording) -> str:
    """Return groups, and what must not occur, as a person would type them."""
    without = [format_query([[term]]) for term in wording.without]
    parts = [format_query(groups), *(f"-{word}" for word in without)]
    return " ".join(parts).strip()
