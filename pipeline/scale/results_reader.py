"""A result of `reextract` as a reader of pages.

What another machine has read out of a kept page, else what is read here: given to `replay`, so that results
come into an archive by the same way as its own reading. A result counts for the page from which it was read,
the same bytes of the same moment, and for no other.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path

from archive.core.answers.reader_guard import GAVE_UP
from archive.core.records import Extract, Page, Site
from archive.core.timestamps import to_text
from archive.exports.taken_pages import body_digest
from archive.files.raw_pages import Altered
from pipeline.reading import ManyReader
from pipeline.scale.plan import ALTERED, NO_SITE, must_be_result
from pipeline.scale.result_files import iterate_records, read_group, tasks_done
from pipeline.scale.rows import ReadPage

_COLUMNS = ["record", "source", "url", "fetched_at", "digest", "altered"]
_OPEN_GROUPS = 4
_NOT_READ = {GAVE_UP, ALTERED, NO_SITE}
"""Problems by which another machine has read nothing, so that the page is read here."""
_SCHEMA = """
CREATE TABLE results (source TEXT, url TEXT, fetched_at TEXT, digest TEXT,
    task INTEGER, part INTEGER, record INTEGER, PRIMARY KEY (source, url, fetched_at, digest)) WITHOUT ROWID
"""


class ResultsReader:
    """Hands out what a result has; pages that it lacks are read by another reader.

    `taken` and `read_here` count both.
    """

    def __init__(self, folder: Path, otherwise: ManyReader, sites: Iterable[Site]) -> None:
        """Open a result. Raises BackissueError where it is not whole, or of other rules than `sites` have."""
        must_be_result(folder, sites)
        self.taken = self.read_here = 0
        self._folder, self._otherwise = folder, otherwise
        self._groups: OrderedDict[tuple[int, int], dict[int, ReadPage]] = OrderedDict()
        self._db = sqlite3.connect("")  # a file that SQLite removes
        self._db.execute(_SCHEMA)
        for task in tasks_done(folder):
            rows = (
                (row["source"], row["url"], row["fetched_at"], row["digest"], task, group, row["record"])
                for group, row in iterate_records(folder, task, _COLUMNS)
                if row["altered"] is None
            )
            self._db.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def read_each(
        self, pages: Iterable[Page | Altered], site: Site
    ) -> Iterator[tuple[Page | Altered, Extract | None]]:
        """Yield each page and its extract; an altered one has no extract."""
        for page in pages:
            found = self._found(page) if isinstance(page, Page) else None
            if found is not None:
                self.taken += 1
                yield page, found
            else:
                self.read_here += isinstance(page, Page)
                yield from self._otherwise.read_each([page], site)

    def close(self) -> None:
        """Let go of the index."""
        self._db.close()

    def _found(self, page: Page) -> Extract | None:
        key = [page.source, page.url, to_text(page.fetched_at), body_digest(page.body)]
        sql = (
            "SELECT task, part, record FROM results"
            " WHERE source = ? AND url = ? AND fetched_at = ? AND digest = ?"
        )
        place = self._db.execute(sql, key).fetchone()
        if place is None:
            return None
        task, group, record = place
        extract = self._group(task, group)[record].extract
        codes = {problem.code for problem in extract.problems}
        return None if codes & _NOT_READ else extract

    def _group(self, task: int, group: int) -> dict[int, ReadPage]:
        if (task, group) not in self._groups:
            self._groups[task, group] = read_group(self._folder, task, group)
            if len(self._groups) > _OPEN_GROUPS:
                self._groups.popitem(last=False)
        self._groups.move_to_end((task, group))
        return self._groups[task, group]
