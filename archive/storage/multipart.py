"""Articles that the publisher divided into several pages: each part is kept, and the text is all of them.

It writes only `article_parts`, inside a transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from archive.changes.completion import to_blocks
from archive.core.connection import Database
from archive.core.records import Article
from archive.tables.merge import Value

_GAP = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Article with the text of all stored parts.

    `grew` is True where a further part was added.

    `parts` is what is to be kept of them: nothing for an article in one piece.
    """

    article: Article
    grew: bool
    parts: Mapping[int, tuple[str, str | None]]

    @property
    def followed(self) -> bool:
        """True if further parts follow the one that was read."""
        return self.article.part < max(self.parts, default=1)


def join(db: Database, old: Mapping[str, Value] | None, article: Article) -> Whole:
    """Insert a page's part among its article's parts.

    `old` is the article's row, None for a new one.
    """
    if article.text is None:
        return Whole(article=article, grew=False, parts={})
    held = _held(db, old)
    last = article.parts
    if article.part > 1:
        last = max(article.part, article.parts, *held)
    is_whole = article.parts == article.part == 1
    if is_whole and held and _is_first_part(article.text, held):
        last = max(held, default=1)  # a theme that prints no links to the further parts; they are still there
    parts = {part: both for part, both in held.items() if part <= last}
    parts[article.part] = (article.text, article.markdown)
    texts = [parts[part] for part in sorted(parts)]
    markdown = None
    if article.markdown:
        markdown = _GAP.join(marked or text for text, marked in texts)
    whole = replace(article, text=_GAP.join(text for text, _ in texts), markdown=markdown)
    grew = bool(held) and held.keys() < parts.keys()
    if last <= 1:
        parts = {}
    return Whole(article=whole, grew=grew, parts=parts)


def stored_ends(db: Database, article_id: Value) -> frozenset[int]:
    """Return the numbers of the blocks that end a stored article's parts.

    Empty for an article that is not divided.
    """
    return ends_of(_rows(db, article_id))


def ends_of(parts: Mapping[int, tuple[str, str | None]]) -> frozenset[int]:
    """Return the numbers of the blocks that end each part.

    Empty where text and Markdown of a part do not go together.
    """
    found: set[int] = set()
    number = 0
    for part in sorted(parts):
        blocks = to_blocks(*parts[part])
        if blocks is None:
            return frozenset()
        number += len(blocks)
        found.add(number - 1)
    return frozenset(found)


def _is_first_part(text: str, held: Mapping[int, tuple[str, str | None]]) -> bool:
    """True if a text is the first part and no other.

    It has most of its paragraphs, where they are recorded, and not all of the others' beginnings.
    """
    first = []
    if 1 in held:
        first = held[1][0].split(_GAP)
    kept = sum(paragraph in text for paragraph in first)
    if 2 * kept < len(first):
        return False
    others = [plain for part, (plain, _) in held.items() if part > 1]
    openings = [plain.partition(_GAP)[0] for plain in others]
    return not all(opening in text for opening in openings)


def store_parts(db: Database, article_id: int, whole: Whole) -> None:
    """Store the parts of an article; write nothing if unchanged."""
    if whole.article.text is None:
        return
    held = _rows(db, article_id)
    if held == dict(whole.parts):
        return
    db.execute("DELETE FROM article_parts WHERE article_id = ?", [article_id])
    for part, (text, markdown) in sorted(whole.parts.items()):
        db.execute("INSERT INTO article_parts VALUES (?, ?, ?, ?)", [article_id, part, text, markdown])


def _held(db: Database, old: Mapping[str, Value] | None) -> dict[int, tuple[str, str | None]]:
    """Return the stored parts; a whole article is its first part."""
    if old is None or old["text"] is None:
        return {}
    markdown = None if old["markdown"] is None else str(old["markdown"])
    return _rows(db, old["id"]) or {1: (str(old["text"]), markdown)}


def _rows(db: Database, article_id: Value) -> dict[int, tuple[str, str | None]]:
    rows = db.execute("SELECT part, text, markdown FROM article_parts WHERE article_id = ?", [article_id])
    return {part: (text, markdown) for part, text, markdown in rows}
