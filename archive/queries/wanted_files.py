"""Files of articles that are due: never fetched, or to be asked for again. Read-only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.core.database import read_only
from archive.files.media_files import FileSeen, MediaFiles, media_beside

FILE_KINDS = {
    "pictures": ("featured picture", "picture"),
    "documents": ("document",),
    "audio": ("audio",),
}
"""The kinds of files that each word of the setting `media` stands for."""
_WANTED = """
SELECT DISTINCT url FROM (
    SELECT article_files.url FROM article_files JOIN articles ON articles.id = article_id
    WHERE source = ? AND ended_at IS NULL AND gone_at IS NULL AND article_files.kind IN ({kinds})
    ORDER BY articles.published DESC, article_id DESC, position)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFile:
    """One file to ask for; `seen` is None for one that was never asked for."""

    url: str
    seen: FileSeen | None


def wanted_files(archive: Path, source: str, kinds: Collection[str], now: datetime) -> Iterator[WantedFile]:
    """Yield the files that are due at `now` (aware), those that were never asked for first.

    `kinds` are words of the setting `media`.
    """
    names = [name for word in kinds for name in FILE_KINDS[word]]
    with closing(read_only(archive)) as connection:
        sql = _WANTED.format(kinds=", ".join("?" * len(names)))
        shown = [row[0] for row in connection.execute(sql, [source, *names])]
    path = media_beside(archive)
    if not path.exists():
        yield from (WantedFile(url=url, seen=None) for url in shown)
        return
    with MediaFiles.open(path, create=False) as media:
        known = {url: media.seen(source, url) for url in shown}
    yield from (WantedFile(url=url, seen=None) for url in shown if known[url] is None)
    for url, seen in known.items():
        if seen is not None and seen.due_at <= now:
            yield WantedFile(url=url, seen=seen)
