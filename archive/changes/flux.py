"""Which differences between two visits are the publisher's edits, by what earlier visits have shown.

What resembles a widget (a counter, an advertisement, a link to another article) is furniture where other
articles of the source have it too. Otherwise it waits until further visits show the same: if it changes
again, its place is noise. A state that an item has been in before is a return to it, as when an old copy is
served from a cache, and becomes an event only when it lasts. It runs inside a transaction of its caller.

Does not: change articles, comments or versions.
Invariant: an edit within a sentence is never delayed, unless the sentence was there before, is cut off,
starred or in another language, or is one that other articles have too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from archive.changes import publisher_says, repeated_blocks, text_blocks, upheaval, visit_dates
from archive.changes.pending_changes import Patience
from archive.changes.sentences import SentenceChange, changed_sentences
from archive.changes.stated_lists import Lists
from archive.changes.text_blocks import Hunk, digest_texts
from archive.core.connection import Database
from archive.core.records import Surface
from archive.tables import change_detection, rows
from archive.tables.merge import REST_OF_THEM, Merged, Value, rank
from archive.tables.versions import Reading

VERSIONS = 10  # earlier states with which a new one is compared

_TITLED = (
    "SELECT 1 FROM articles WHERE source = ? AND title = ? AND id != ? AND gone_at IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM article_versions WHERE article_id = articles.id AND changed LIKE '%\"title\"%') LIMIT 1"
)
_Blocks = tuple[text_blocks.TextBlock, ...]
_TEXTS = frozenset({"text", "markdown", "html"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Decision on one item: values, edits, and lists to leave."""

    merged: Merged
    edited_lists: tuple[str, ...] = ()
    kept_lists: frozenset[str] = frozenset()


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
        fields = (name for name in merged.edited if name != "url")
        changes = (*fields, *lists.edited)
        if not changes and not self._waits(old["id"]):
            return Settled(merged=merged)
        case = _Case(self, old, held, said, lists)
        kept = set(case.kept(changes))
        case.forget(changes)
        if kept & _TEXTS or ("links" in kept and "text" not in merged.edited):
            kept |= _TEXTS
        if kept and case.is_stale:
            kept.add("modified")
        if kept and case.is_in_another_language:
            kept.add("language")
        values = {name: value for name, value in merged.values.items() if name not in kept}
        origins = {name: origin for name, origin in merged.origins.items() if name not in kept}
        told = kept | case.reread
        edited = tuple(name for name in merged.edited if name not in told)
        lists_edited = tuple(name for name in lists.edited if name not in told)
        settled = replace(merged, values=values, origins=origins, edited=edited)
        return Settled(merged=settled, edited_lists=lists_edited, kept_lists=frozenset(kept))

    @cached_property
    def _waiting(self) -> set[Value]:
        sql = "SELECT DISTINCT item_id FROM pending_changes WHERE source = ? AND kind = ?"
        waiting = self.db.query(sql, [self.source, self.kind])
        return {row["item_id"] for row in waiting}

    def _waits(self, item: Value) -> bool:
        """True if a change of an item waits for another look."""
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
        self.db = flux.db
        self.kind = flux.kind
        self.source = flux.source
        self.reading = flux.reading
        self.followed = flux.followed
        self.old = old
        self.held = held
        self.said = said
        self.lists = lists
        item = old["id"]
        self.waiting = Patience(flux.db, flux.source, flux.kind, item, flux.reading.at)
        self.places = set[str]()  # of the text's differences, once it was compared
        self.reread: set[str] = set()  # fields that change without an edit
        known = (
            f"SELECT * FROM {self.kind}_versions WHERE {self.kind}_id = ? AND witness IS NULL"
            " ORDER BY version DESC LIMIT ?"
        )
        versions = self.db.query(known, [old["id"], VERSIONS])
        self.past = list(versions)

    def kept(self, changes: Iterable[str]) -> Iterator[str]:
        """Yield the fields that keep their stored value.

        A page with another new value is no old copy, and a return in it is reported at once.
        """
        texts = [name for name in changes if name in {"text", "links"}]
        others = [name for name in changes if name not in texts]
        kept = set()
        if texts:
            kept = set(self._kept_texts(texts))
        returning = [name for name in others if self._returns(name, self._after(name))]
        if set(texts) <= kept and len(returning) == len(others):
            for name in returning:
                state = digest_texts(name, self._after(name))
                if not self.waiting.confirmed(name, "", "", state, "flip"):
                    kept.add(name)
        yield from kept
        yield from ["published"] * ("published" in others and self._is_printed_anew())

    def forget(self, changes: Iterable[str]) -> None:
        """Drop pending changes that this reading contradicts.

        A widget's place that shows its former state again is noise from there on.
        """
        changed = set(changes)
        for waiting in self.waiting.all():
            name = waiting.field
            place = waiting.place
            is_here = name != "text" or not place or place in self.places
            if name in changed and is_here:
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
        markdown = self._markdown(self.old)
        before = text_blocks.blocks(self._text(self.old), markdown)
        compared = text_blocks.compare(before, new, self._is_furniture)
        self.places = {hunk.place for hunk in compared.hunks}
        agrees = contradicts = None
        if self._is_on_page and not self._is_newer:
            agrees = publisher_says.agrees(self.db, self.source, self.old["id"], before, new, self.reading.at)
            contradicts = publisher_says.contradicts(self.db, self.old["id"], before, new, self.reading.at)
        if agrees is not None:
            if agrees:
                self.reread = set(names)
            else:
                self.reread = set()
                yield from names
            return
        if compared.hunks and all(map(text_blocks.shows_starred_words, compared.hunks)):
            self.reread = set(names)
            return
        is_old = self._returns_to_text(new) or text_blocks.is_cut_short(before, new)
        is_old = is_old or self.is_in_another_language
        if is_old or contradicts:
            state = digest_texts(*(block.key for block in new))
            if self.followed or not self.waiting.confirmed("text", "", "", state, "flip"):
                yield from names
            return
        if "links" in names and (not self._marked or _links(before) == _links(new)):
            yield from self._kept_links(names)
            names = [name for name in names if name != "links"]
        real = [hunk for hunk in compared.hunks if self._is_edit(hunk)]
        if not names or real:
            return
        if not compared.hunks and _is_dress(self._text(self.old), self._text(self.said)):
            return
        yield from names

    def _kept_links(self, names: list[str]) -> Iterator[str]:
        """Yield "links" where they change with an unmarked text, or beside a text with the same links."""
        if "text" in names or self._marked:
            yield "links"

    def _is_edit(self, hunk: Hunk) -> bool:
        """True if a hunk is the publisher's edit, so far."""
        if hunk.suspect:
            return self._lasts(hunk.place, hunk.bucket, hunk.state, hunk.box)
        if text_blocks.stars_words(hunk):
            return self.waiting.confirmed("text", hunk.place, hunk.bucket, hunk.state, "flip")
        sentences = changed_sentences(hunk)
        self.places.update(change.place for change in sentences)
        if not sentences or not all(map(self._is_of_the_site, sentences)):
            return True
        lasting = [self._lasts(each.place, each.bucket, each.state, each.box) for each in sentences]
        return any(lasting)

    def _is_of_the_site(self, change: SentenceChange) -> bool:
        if self.waiting.is_noise(change.place, change.bucket):
            return True
        return repeated_blocks.is_shared_sentence(self.db, self.source, self.kind, self.old, change)

    def _lasts(self, place: str, bucket: str, state: str, box: str) -> bool:
        """True if further visits have shown a difference that may be a widget's."""
        if self.followed or self.waiting.is_noise(place, bucket):
            return False
        is_real = self.waiting.confirmed("text", place, bucket, state, "suspect", box)
        if self.kind == "article" and box in self.waiting.shared:
            upheaval.withdraw(self.db, self.source, box, self.reading.at)
        return is_real

    def _returns_to_text(self, new: _Blocks) -> bool:
        """True if the text returns to an earlier version."""
        if self._is_newer:
            return False
        if self.is_stale:
            return True
        for state in self.past:
            if state["text"] is None or "text" not in json.loads(str(state["changed"])):
                continue
            before = text_blocks.blocks(self._text(state), self._markdown(state))
            if not text_blocks.compare(before, new).hunks:
                return True
        return False

    @property
    def _is_on_page(self) -> bool:
        return self.kind == "article" and self.reading.surface is Surface.PAGE

    def _new_blocks(self) -> _Blocks:
        if self.said.get("text") is None:
            return text_blocks.blocks(self._text(self.old), self._markdown(self.old))
        return text_blocks.blocks(self._text(self.said), self._markdown(self.said))

    @cached_property
    def _marked(self) -> bool:
        """True if both sides have Markdown that locates the links."""
        if self.kind == "comment" or self.old["markdown"] is None:
            return False
        if self.said.get("markdown") is None:
            return False
        of_markdown = rank(_origin(self.held, "markdown"))
        return of_markdown == rank(_origin(self.held, "text"))

    def _markdown(self, state: Mapping[str, Value]) -> str | None:
        if not self._marked:
            return None
        return rows.optional_text(state.get("markdown"))

    @staticmethod
    def _text(state: Mapping[str, Value]) -> str:
        return str(state["text"] or "")

    def _is_furniture(self, block: text_blocks.TextBlock, others: int) -> bool:
        return repeated_blocks.is_shared(self.db, self.source, self.kind, self.old, block, others)

    # -- flips ------------------------------------------------------------------------------------

    def _is_printed_anew(self) -> bool:
        """True if a page dates an item to the visit, and that date has not lasted yet."""
        of_page = self.reading.surface is Surface.PAGE and not self._is_newer
        dated = of_page and visit_dates.is_of_visit(self.old, self.said, self.reading.at)
        return dated and not self.waiting.lasts("published", digest_texts(self._after("published")))

    @property
    def _moments(self) -> tuple[str, str] | None:
        """Return both modification times, if both are exact."""
        held = str(self.old.get("modified") or "")
        said = str(self.said.get("modified") or "")
        if len(held) == len(said) == len("2009-07-09T14:50:00Z"):
            return (held, said)
        return None

    @property
    def _is_newer(self) -> bool:
        return self._moments is not None and self._moments[1] > self._moments[0]

    @property
    def is_stale(self) -> bool:
        """True if the page states an older modification time."""
        return self._moments is not None and self._moments[1] < self._moments[0]

    def _returns(self, name: str, after: str) -> bool:
        """True if a field returns to an earlier value, or a title to that of another article."""
        if self._is_newer:
            return False
        if self.is_stale or (name == "title" and self._is_anothers_title()):
            return True
        if self.is_in_another_language:
            return True
        for state in self.past:
            if name not in state or name not in json.loads(str(state["changed"])):
                continue
            if state[name] is not None and self._as_text(name, state[name]) == after:
                return True
        return False

    @property
    def is_in_another_language(self) -> bool:
        """True if a page says to be in another language than the article, as for some visitors."""
        languages = [str(state.get("language") or "") for state in (self.old, self.said)]
        held, said = (re.split("[-_]", language.lower())[0] for language in languages)
        return self._is_on_page and bool(held and said) and held != said

    def _is_anothers_title(self) -> bool:
        """True if a page has the title that another article always had, as when a site mixes up its pages."""
        of_others = (self.source, self.said.get("title"), self.old["id"])
        return self._is_on_page and rows.one(self.db, _TITLED, *of_others) is not None

    def _after(self, name: str) -> str:
        if name in self.lists.after:
            after = json.dumps(self.lists.after[name])
            return self._as_text(name, after)
        return self._as_text(name, self.said.get(name))

    @staticmethod
    def _as_text(name: str, value: Value) -> str:
        """Return a value in a form that compares by meaning."""
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


def _links(blocks: Iterable[text_blocks.TextBlock]) -> frozenset[str]:
    return frozenset(link for block in blocks for link in block.links)


def _is_dress(old: str, new: str) -> bool:
    """True if two texts differ in typography alone."""
    return change_detection.without_typography(old) == change_detection.without_typography(new)
