"""Records of readers' desks: readers, items and shared lists, and how large they may be. Pure."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any

from archive.core.errors import ArchiveError

ENVIRONMENT = "BACKISSUE_DESK"
"""The variable by which the pages learn that the desks are open: "1"."""
ITEM_KINDS = ("article", "comment", "search")
LONGEST_NOTE = 4000  # characters
LONGEST_TAG = 60
MOST_TAGS = 20  # of one item
MOST_ITEMS = 5000  # of one reader
MOST_SHARES = 100  # of one reader
LONGEST_NAME = 60
LONGEST_REFERENCE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskReader:
    """A named reader; `made_at` is a UTC time in ISO 8601."""

    id: int
    name: str
    made_at: str
    items: int = 0
    shares: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article, comment or search that a reader keeps.

    `reference` is the archive's id, or the query string of a search. `first_seen` is that of the row when it
    was saved, "" where the archive had no such row; an id that was given to a later row has a later one.
    `saved_at` is a UTC time in ISO 8601, `revision` grows with each change, and `id` is 0 until it is kept.
    """

    kind: str
    reference: str
    first_seen: str
    saved_at: str
    note: str = ""
    tags: tuple[str, ...] = ()
    id: int = 0
    revision: int = 1

    @property
    def name(self) -> str:
        """Return the kind and the reference, as "comment:12"."""
        return f"{self.kind}:{self.reference}"


def reader_of_row(row: tuple[Any, ...]) -> DeskReader:
    """Return the reader of a row."""
    return DeskReader(**dict(zip(("id", "name", "made_at", "items", "shares"), row, strict=True)))


def item_of_row(row: tuple[Any, ...]) -> Item:
    """Return the item of a row; its tags are lines."""
    kind, reference, first_seen, saved_at, note, tags, number, revision = row
    names = tuple(filter(None, tags.split("\n")))
    return Item(
        kind=kind,
        reference=reference,
        first_seen=first_seen,
        saved_at=saved_at,
        note=note,
        tags=names,
        id=number,
        revision=revision,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A selection that a reader shows to others: all items of a `kind` and a `tag`, each "" for any."""

    key: str
    title: str
    kind: str
    tag: str
    made_at: str
    reader: str
    reader_id: int
    id: int = 0


class NoteTooLongError(ArchiveError):
    """A note or its tags are longer than an item has room for."""


class UnreadableError(ArchiveError):
    """A form has no list of items, or names no selection."""


class EditedElsewhereError(ArchiveError):
    """An item was changed in another window meanwhile."""


class FullError(ArchiveError):
    """A reader has as many items or shares as there may be."""


def new_key() -> str:
    """Return a new key of 256 random bits."""
    return secrets.token_urlsafe(32)


def key_digest_of(key: str) -> str:
    """Return the SHA-256 of a key in hex: it has too many random bits to be guessed from it."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def named_tags(text: str) -> tuple[str, ...]:
    """Return all tags in a text with commas, each once and as long as it is."""
    parts = (" ".join(part.split()) for part in text.split(","))
    return tuple(dict.fromkeys(filter(None, parts)))


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags in a text with commas, within the bounds of an item."""
    names = (name[:LONGEST_TAG].strip() for name in named_tags(text))
    return tuple(dict.fromkeys(filter(None, names)))[:MOST_TAGS]


def must_fit_item(note: str, tags: str) -> None:
    """Raise NoteTooLongError for a note, or a text with tags, of which a part would be left out."""
    names = named_tags(tags)
    if len(note) > LONGEST_NOTE:
        raise NoteTooLongError(
            f"A note has at most {LONGEST_NOTE:,} characters, and this one has {len(note):,}.",
            hint="Shorten it, and save again.",
        )
    has_long_name = any(len(name) > LONGEST_TAG for name in names)
    if len(names) > MOST_TAGS or has_long_name:
        raise NoteTooLongError(
            f"An item has at most {MOST_TAGS} tags of {LONGEST_TAG} characters each.",
            hint="Remove or shorten some, and save again.",
        )


def item_within_bounds(item: Item) -> Item:
    """Return an item within the bounds of one; a null character is left out."""
    note = item.note.replace("\0", "")[:LONGEST_NOTE]
    tags = tags_of(",".join(item.tags).replace("\0", ""))
    return replace(item, note=note, tags=tags, reference=item.reference[:LONGEST_REFERENCE])
