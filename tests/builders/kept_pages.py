"""An archive of a crawled sample newspaper, and its kept pages as `backissue export` writes them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from archive.core.records import Extract, Page, Site
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from crawler.config.config import load_config
from pipeline.reading import BoundedReader
from pipeline.scale.result_files import read_group, tasks_done
from pipeline.scale.rows import ReadPage
from tests.builders.crawling import PROGRAM, Crawls
from tests.builders.patience import PATIENCE
from tests.fakesite import SampleSite

_CHANGED = (
    "articles",
    "article_versions",
    "comments",
    "comment_versions",
    "events",
    "visits",
    "problems",
    "links",
)


class KeptPages:
    """A crawled archive in a folder, with its pages in `pages` (Parquet) and `pages.warc.gz`."""

    def __init__(self, folder: Path) -> None:
        with SampleSite(articles=24, comments=90, seed=5, life=False) as site:
            self.crawls = Crawls(folder, site.url)
            self.crawls.crawl()
        self.folder = folder
        self.site: Site = load_config(folder / "backissue.toml", fetching=False).source("site").site
        self.pages, self.warc = folder / "pages", folder / "pages.warc.gz"
        for form, place in (("pages", self.pages), ("warc", self.warc)):
            done = self.crawls.program("export", form, "--output", str(place))
            assert done.returncode == 0, done.stderr
        divide(self.pages / "pages-00000.parquet", 5)

    def words(self, *words: object) -> list[str]:
        return [
            sys.executable,
            str(PROGRAM),
            "--config",
            str(self.folder / "backissue.toml"),
            *map(str, words),
        ]

    def program(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.words(*words), capture_output=True, text=True, check=False)

    def copy(self, folder: Path) -> Path:
        """Copy the archive, as if poorer rules had read it, and its configuration."""
        folder.mkdir()
        for name in ("archive.db", "pages.db", "backissue.toml"):
            shutil.copy(self.folder / name, folder / name)
        with Archive.open(folder / "archive.db") as archive:
            archive.db.execute("UPDATE articles SET title = title || ' - Gazette'")
            archive.db.execute("UPDATE comments SET author = author || ' says:' WHERE id % 3")
        return folder / "archive.db"

    def newest(self) -> Iterator[Page]:
        with Pages.open(self.folder / "pages.db") as pages:
            yield from pages.newest_of_each("site")

    def read_here(self) -> dict[str, Extract]:
        """What one process reads out of each page."""
        with closing(BoundedReader()) as reader:
            return {page.url: reader.read(page, self.site) for page in self.newest()}


def divide(file: Path, rows: int) -> None:
    """Write a file of pages again, with so many pages in a row group."""
    parquet.write_table(parquet.read_table(file), file, row_group_size=rows)


def read_there(folder: Path) -> dict[str, Extract]:
    """What a result has of each page."""
    return {read.facts["url"]: read.extract for read in all_read(folder)}


def all_read(folder: Path) -> Iterator[ReadPage]:
    for task in tasks_done(folder):
        groups = parquet.ParquetFile(folder / "records" / f"{task:05d}.parquet").num_row_groups
        for group in range(groups):
            yield from read_group(folder, task, group).values()


def rows_of(archive: Path) -> dict[str, list[dict[str, object]]]:
    """All rows of the tables that a replay changes."""
    with Archive.open(archive) as opened:
        found = {table: list(opened.db.query(f"SELECT * FROM {table} ORDER BY rowid")) for table in _CHANGED}
    for problem in found["problems"]:
        del problem["last_seen"]  # by the clock of this machine
    return found


def wait_for(state: Callable[[], Any]) -> Any:
    """Wait until a state is there, and return it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := state():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to that")
