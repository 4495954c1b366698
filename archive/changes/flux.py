"""Which differences between two visits are the publisher's edits, by what earlier visits have shown.

What resembles a widget (a counter, an advertisement, a link to another article) is furniture where other
articles of the source have it too. Otherwise it waits until further visits show the same: if it changes
again, its place is noise. A state that an item has been in before is a return to it, as when an old copy is
served from a cache, and becomes an event only when it lasts. It runs inside a transaction of its caller.

Does not: change articles, comments or versions.
Invariant: an edit within a sentence is never delayed, unless the sentence was there before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from archive.changes import repeated_blocks, text_blocks
from archive.changes.pending_changes import Patience
from archive.changes.text_blocks import Hunk, digest_texts
from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Surface
from archive.core.timestamps import instant
from archive.tables import change_detection, publisher_copies, rows
from archive.tables.merge import REST_OF_THEM, Merged, Value, rank
from archive.tables.versions import Reading

FRESH = timedelta(minutes=30)  # since a feed was read: a crawl reads it before the pages
VERSIONS = 10  # earlier states with which a new one is compared

_TEXTS = frozenset({"text", "markdown", "html"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Lists that a page states, and stored ones, by name."""

    before: Mapping[str, tuple[str, ...]]
    after: Mapping[str, tuple[str, ...]]
    edited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Decision on one item: values, edits, and lists to leave."""

    merged: Merged
    edited_lists: tuple[str, ...] = ()
    kept_lists: frozenset[str] = frozenset()


def stated_lists(
    db: Database, article_id: int, held: Mapping[str, str], lists: Mapping[str, tuple[str, tuple[str, ...]]]
) -> Lists:
    """Return the page's lists together with the stored ones."""
    after = {name: lists[name][1] for name in change_detection.LISTS_WATCHED if name in lists}
    before = {name: rows.held_list(db, name, article_id) for name in after}
    categories = {*rows.held_list(db, "categories", article_id), *after.get("categories", ())}
    edited = []
    for name, now in after.items():
        was = before[name]
        if name == "tags":  # themes differ in whether they print a category among them
            was, now = (tuple(each for each in side if each not in categories) for side in (was, now))
        if name == "links" and set(was) != set(now):
            was, now = (_articles_for_links(db, article_id, side) for side in (was, now))
        if change_detection.list_edited(was, now, held, name, lists[name][0]):
            edited.append(name)
    return Lists(before=before, after=after, edited=tuple(edited))


def _articles_for_links(db: Database, article_id: int, links: tuple[str, ...]) -> tuple[str, ...]:
    """Return links, with one URL for each stored article."""
    sql = (
        "SELECT there.url FROM addresses JOIN articles AS there ON there.id = addresses.article_id"
        " WHERE addresses.source = (SELECT source FROM articles WHERE id = ?) AND url_key = ?"
    )
    found = []
    for link in links:
        row = rows.one(db, sql, article_id, urls.page_key(urls.clean(link)))
        found.append(link if row is None else str(row["url"]))
    return tuple(found)


class Flux:
    """Judges the differences that one reading of one source shows.

    `followed` is True for a part of an article that others follow: what waits of the text is judged with the
    last one, so that one reading of all the parts counts once.
    """

    def __init__(
        self, db: Database, source: str, kind: str, reading: Reading, *, followed: bool = False
    ) -> None:
        self.db = db
        self.source = source
        self.kind = kind
        self.reading = reading
        self.followed = followed

    def settle(
        self,
        old: Mapping[str, Value],
        held: Mapping[str, str],
        merged: Merged,
        said: Mapping[str, Value],
        lists: Lists | None = None,
    ) -> Settled:
        """Decide which differences of a reading are edits.

        `held` are the origins of what is stored, `said` the columns that the reading may contain, None where
        it does not. A change that waits is left out of the result, as if absent from the reading.
        """
        lists = lists or Lists(before={}, after={})
        changes = (*(name for name in merged.edited if name != "url"), *lists.edited)
        if not changes and not self._waits(old["id"]):
            return Settled(merged=merged)
        case = _Case(self, old, held, said, lists)
        kept = set(case.kept(changes))
        case.forget(changes)
        if kept & _TEXTS or ("links" in kept and "text" not in merged.edited):
            kept |= _TEXTS
        if kept and case.is_stale:
            kept.add("modified")
        values = {name: value for name, value in merged.values.items() if name not in kept}
        origins = {name: origin for name, origin in merged.origins.items() if name not in kept}
        told = kept | case.reread
        edited = tuple(name for name in merged.edited if name not in told)
        return Settled(
            merged=replace(merged, values=values, origins=origins, edited=edited),
            edited_lists=tuple(name for name in lists.edited if name not in told),
            kept_lists=frozenset(kept),
        )

    @cached_property
    def _waiting(self) -> set[Value]:
        sql = "SELECT DISTINCT item_id FROM pending_changes WHERE source = ? AND kind = ?"
        return {row["item_id"] for row in self.db.query(sql, [self.source, self.kind])}

    def _waits(self, item: Value) -> bool:
        """True if any change of an item waits to be seen again."""
        if self.kind == "comment":
            return item in self._waiting
        sql = "SELECT 1 FROM pending_changes WHERE kind = ? AND item_id = ? LIMIT 1"
        return rows.one(self.db, sql, self.kind, item) is not None


class _Case:
    """One item with one reading of it."""

    def __init__(
        self,
        flux: Flux,
        old: Mapping[str, Value],
        held: Mapping[str, str],
        said: Mapping[str, Value],
        lists: Lists,
    ) -> None:
        self.db, self.kind, self.source, self.reading = flux.db, flux.kind, flux.source, flux.reading
        self.followed = flux.followed
        self.old, self.held, self.said, self.lists = old, held, said, lists
        self.waiting = Patience(flux.db, flux.source, flux.kind, old["id"], flux.reading.at)
        self.hunks: tuple[Hunk, ...] | None = None  # of the text, once it was compared
        self.reread: set[str] = set()  # fields that change without an edit
        known = (
            f"SELECT * FROM {self.kind}_versions WHERE {self.kind}_id = ? AND witness IS NULL"
            " ORDER BY version DESC LIMIT ?"
        )
        self.past = list(self.db.query(known, [old["id"], VERSIONS]))

    def kept(self, changes: Iterable[str]) -> Iterator[str]:
        """Yield the fields that keep their stored value.

        A page with another new value is no old copy, and a return in it is reported at once.
        """
        texts = [name for name in changes if name in {"text", "links"}]
        others = [name for name in changes if name not in texts]
        kept = set(self._kept_texts(texts)) if texts else set()
        returning = [name for name in others if self._returns(name, self._after(name))]
        if set(texts) <= kept and len(returning) == len(others):
            for name in returning:
                if not self.waiting.confirmed(name, "", "", digest_texts(name, self._after(name)), "flip"):
                    kept.add(name)
        yield from kept

    def forget(self, changes: Iterable[str]) -> None:
        """Drop pending changes that this reading contradicts.

        A widget's place that shows its former state again is noise from there on.
        """
        changed = set(changes)
        here = {hunk.place for hunk in self.hunks or ()}
        for waiting in self.waiting.all():
            name, place = waiting.field, waiting.place
            if name in changed and (name != "text" or not place or place in here):
                continue
            if name == "text" and self.followed:
                continue
            if self._states(name):
                if waiting.why == "suspect":
                    self.waiting.note_noise(place, waiting.bucket)
                self.waiting.drop(name, place)

    # -- texts ------------------------------------------------------------------------------------

    def _kept_texts(self, names: list[str]) -> Iterator[str]:
        """Yield "text" and "links" where no hunk is an edit."""
        new = self._new_blocks()
        before = text_blocks.blocks(self._text(self.old), self._markdown(self.old))
        compared = text_blocks.compare(before, new, self._is_furniture)
        self.hunks = compared.hunks
        agrees = self._rest_agrees(before, new)
        if agrees is not None:
            self.reread = set(names) if agrees else set()
            yield from () if agrees else names
            return
        if self._returns_to_text(new) or self._is_contradicted(before, new):
            state = digest_texts(*(block.key for block in new))
            if self.followed or not self.waiting.confirmed("text", "", "", state, "flip"):
                yield from names
            return
        if "links" in names and (not self._marked or _links(before) == _links(new)):
            yield from self._kept_links(names)
            names = [name for name in names if name != "links"]
        real = [hunk for hunk in compared.hunks if self._is_edit(hunk)]
        if (
            not names
            or real
            or (not compared.hunks and _is_dress(self._text(self.old), self._text(self.said)))
        ):
            return
        yield from names

    def _kept_links(self, names: list[str]) -> Iterator[str]:
        """Yield "links" where they change with an unmarked text, or beside a text with the same links."""
        if "text" in names or self._marked:
            yield "links"

    def _is_edit(self, hunk: Hunk) -> bool:
        """True if a hunk is the publisher's edit, so far."""
        if not hunk.suspect:
            return True
        if self.followed or self.waiting.is_noise(hunk.place, hunk.bucket):
            return False
        return self.waiting.confirmed("text", hunk.place, hunk.bucket, hunk.state, "suspect", hunk.box)

    def _returns_to_text(self, new: tuple[text_blocks.TextBlock, ...]) -> bool:
        """True if the text returns to an earlier version."""
        if self._is_newer:
            return False
        return self.is_stale or any(
            not text_blocks.compare(text_blocks.blocks(self._text(state), self._markdown(state)), new).hunks
            for state in self.past
            if state["text"] is not None and "text" in json.loads(str(state["changed"]))
        )

    def _is_contradicted(
        self, before: tuple[text_blocks.TextBlock, ...], new: tuple[text_blocks.TextBlock, ...]
    ) -> bool:
        """True if a fresh REST or feed text contradicts the page.

        Then the page may be wrong, unless it states a later modification.
        """
        if self.kind == "comment" or self.reading.surface is not Surface.PAGE or self._is_newer:
            return False
        copy = publisher_copies.load_row(self.db, self.old["id"])
        if (
            copy is None
            or not timedelta() <= instant(self.reading.at) - instant(str(copy["read_at"])) <= FRESH
        ):
            return False
        said = _keys_of_copy(copy)
        was, now = ({block.key for block in side if block.prose} for side in (before, new))
        return bool(now - was) and bool(said & (was - now)) and not said & (now - was)

    def _rest_agrees(
        self, before: tuple[text_blocks.TextBlock, ...], new: tuple[text_blocks.TextBlock, ...]
    ) -> bool | None:
        """Return whether REST, which has just listed what was modified, has had the new words all along.

        False where it has the words of before, None where it says nothing of either. A theme or a plugin has
        changed what the page shows, however long that lasts.
        """
        if self.kind == "comment" or self.reading.surface is not Surface.PAGE or self._is_newer:
            return None
        copy = publisher_copies.load_row(self.db, self.old["id"])
        if copy is None or not publisher_copies.is_unmodified(self.db, self.source, copy, self.reading.at):
            return None
        said = _keys_of_copy(copy)
        was, now = ({block.key for block in side if block.prose} for side in (before, new))
        gone, come = was - now, now - was
        if come and come <= said and not gone & said and self._was_read_since(copy["modified"]):
            return True
        contradicts = (gone or come) and said & was and gone <= said and not come & said
        return False if contradicts else None

    def _was_read_since(self, modified: Value) -> bool:
        """True if an earlier visit to the article's page was later than a modification."""
        sql = "SELECT max(good_at) AS at FROM visits WHERE article_id = ? AND kind = 'article'"
        read = rows.one(self.db, sql, self.old["id"])
        return read is not None and str(read["at"] or "") >= str(modified)

    def _new_blocks(self) -> tuple[text_blocks.TextBlock, ...]:
        if self.said.get("text") is None:
            return text_blocks.blocks(self._text(self.old), self._markdown(self.old))
        return text_blocks.blocks(self._text(self.said), self._markdown(self.said))

    @cached_property
    def _marked(self) -> bool:
        """True if both sides have Markdown that locates the links."""
        if self.kind == "comment" or self.said.get("markdown") is None or self.old["markdown"] is None:
            return False
        return rank(_origin(self.held, "markdown")) == rank(_origin(self.held, "text"))

    def _markdown(self, state: Mapping[str, Value]) -> str | None:
        found = state.get("markdown") if self._marked else None
        return None if found is None else str(found)

    @staticmethod
    def _text(state: Mapping[str, Value]) -> str:
        return str(state["text"] or "")

    def _is_furniture(self, block: text_blocks.TextBlock) -> bool:
        return repeated_blocks.is_shared(self.db, self.source, self.kind, self.old, block)

    # -- flips ------------------------------------------------------------------------------------

    @property
    def _moments(self) -> tuple[str, str] | None:
        """Return both modification times, if both are exact."""
        held, said = str(self.old.get("modified") or ""), str(self.said.get("modified") or "")
        return (held, said) if len(held) == len(said) == len("2009-07-09T14:50:00Z") else None

    @property
    def _is_newer(self) -> bool:
        return self._moments is not None and self._moments[1] > self._moments[0]

    @property
    def is_stale(self) -> bool:
        """True if the page states an older modification time."""
        return self._moments is not None and self._moments[1] < self._moments[0]

    def _returns(self, name: str, after: str) -> bool:
        """True if a field returns to an earlier value."""
        if self._is_newer:
            return False
        return self.is_stale or any(
            state[name] is not None and self._as_text(name, state[name]) == after
            for state in self.past
            if name in state and name in json.loads(str(state["changed"]))
        )

    def _after(self, name: str) -> str:
        if name in self.lists.after:
            return self._as_text(name, json.dumps(self.lists.after[name]))
        return self._as_text(name, self.said.get(name))

    @staticmethod
    def _as_text(name: str, value: Value) -> str:
        """Return a value so that two that mean the same are equal."""
        if name in change_detection.LISTS_WATCHED:
            return "\0".join(sorted(json.loads(str(value))))
        return change_detection.without_typography(str(value))

    def _states(self, name: str) -> bool:
        """True if a reading states a field exactly as stored."""
        if name in change_detection.LISTS_WATCHED:
            return bool(self.lists.after.get(name))
        return self.reading.proves and self.said.get(name) is not None


def _origin(held: Mapping[str, str], name: str) -> str | None:
    return held.get(name, held.get(REST_OF_THEM))


def _keys_of_copy(copy: Mapping[str, Value]) -> frozenset[str]:
    """Return the keys of the blocks of a publisher's copy."""
    written = publisher_copies.unpack_blocks(copy["blocks"])
    return frozenset(block.key for text, _ in written for block in text_blocks.blocks(text))


def _links(blocks: Iterable[text_blocks.TextBlock]) -> frozenset[str]:
    return frozenset(link for block in blocks for link in block.links)


def _is_dress(old: str, new: str) -> bool:
    """True if two texts differ in typography alone.

    The better-set one may be taken.
    """
    return change_detection.without_typography(old) == change_detection.without_typography(new)
