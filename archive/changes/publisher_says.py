"""What the publisher's own copy, of REST or a feed, says to words that differ on a page. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from archive.changes import text_blocks
from archive.core.connection import Database
from archive.core.timestamps import instant
from archive.tables import publisher_copies
from archive.tables.merge import Value

FRESH = timedelta(minutes=30)  # since a feed was read: a crawl reads it before the pages


def contradicts(
    db: Database,
    article_id: Value,
    before: Iterable[text_blocks.TextBlock],
    new: Iterable[text_blocks.TextBlock],
    at: str,
) -> bool:
    """True if fresh REST or feed text contradicts the page.

    Then the page may be wrong, unless it states a later modification.
    """
    copy = publisher_copies.load_row(db, article_id)
    if copy is None:
        return False
    elapsed = instant(at) - instant(str(copy["read_at"]))
    if not timedelta() <= elapsed <= FRESH:
        return False
    said, _, gone, come = _compared_keys(copy, before, new)
    return bool(come) and bool(said & gone) and not said & come


def agrees(
    db: Database,
    source: str,
    article_id: Value,
    before: Iterable[text_blocks.TextBlock],
    new: Iterable[text_blocks.TextBlock],
    at: str,
) -> bool | None:
    """Return whether REST, which has just listed what was modified, has had the new words all along.

    False where it has the words of before, None where it says nothing of either. A theme or a plugin has
    changed what the page shows, however long that lasts.
    """
    copy = publisher_copies.load_row(db, article_id)
    if copy is None or not publisher_copies.is_unmodified(db, source, copy, at):
        return None
    said, was, gone, come = _compared_keys(copy, before, new)
    has_come = come and come <= said and not gone & said
    if has_come and publisher_copies.was_read_since(db, source, copy):
        return True
    has_gone = said & was and gone <= said and not come & said
    if (gone or come) and has_gone:
        return False
    return None


def _compared_keys(
    copy: Mapping[str, Value],
    before: Iterable[text_blocks.TextBlock],
    new: Iterable[text_blocks.TextBlock],
) -> tuple[set[str], ...]:
    """Return the keys of a publisher's copy, of the prose of before, and of what has gone and come of it."""
    written = publisher_copies.unpack_blocks(copy["blocks"])
    said = {block.key for text, _ in written for block in text_blocks.blocks(text)}
    was, now = ({block.key for block in blocks if block.prose} for blocks in (before, new))
    return said, was, was - now, now - was
