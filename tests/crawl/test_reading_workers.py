"""Pages read by workers beside the crawl: the same rows as without, and none where a crawl is polite."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from archive.files.raw_pages import Pages
from tests.builders.crawling import SOON, Crawls
from tests.builders.patience import until
from tests.fakesite import RestClosed, SampleSite

AT_ONCE = {
    "pipeline.crawl_reader.WORKERS_AFTER_SECONDS": 0.0,
    "pipeline.crawl_reader.WORKERS_SHARE": 0.0,
    "pipeline.crawl_reader.CORES": 2,
}
"""What starts workers with the first page."""
NEVER = {"pipeline.crawl_reader.CORES": 1}
TABLES = (
    "articles",
    "addresses",
    "links",
    "comments",
    "article_versions",
    "comment_versions",
    "events",
    "problems",
)
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def site(articles: int = 30) -> SampleSite:
    """Return a newspaper that gives its articles by pages only."""
    made = SampleSite(articles=articles)
    made.faults.add(RestClosed())
    return made


def crawls(folder: Path, url: str, values: dict[str, object], **options: object) -> Crawls:
    folder.mkdir(exist_ok=True)
    return Crawls(folder, url, options, {**SOON, **values})


def rows(done: Crawls) -> dict[str, list[dict[str, object]]]:
    """Return the rows of an archive, but for the times of its crawl, in the order of saving."""
    began = done.rows("SELECT min(started_at) AS at FROM runs")[0]["at"]

    def timeless(value: object) -> object:
        is_now = isinstance(value, str) and _TIME.fullmatch(value) and value >= str(began)
        return "now" if is_now else value

    return {
        table: [
            {name: timeless(value) for name, value in row.items()}
            for row in done.rows(f"SELECT * FROM {table} ORDER BY rowid")
        ]
        for table in TABLES
    }


def test_workers_read_row_for_row_what_the_crawl_reads(tmp_path: Path) -> None:
    """Saved in the same order, too: ids are equal."""
    with site() as paper:
        alone = crawls(tmp_path / "alone", paper.url, NEVER)
        beside = crawls(tmp_path / "beside", paper.url, AT_ONCE)
        told = [each.program("--log-level", "debug", "crawl") for each in (alone, beside)]
    assert [done.returncode for done in told] == [0, 0], told[1].stderr
    assert ["workers from here on" in done.stderr for done in told] == [False, True]
    found = rows(beside)
    assert len(found["comments"]) > 100
    assert found == rows(alone)
    newest = found["comments"][-1]
    assert (newest["kind"], bool(newest["text"])) == ("pingback", True), "words that the feed alone tells"


def test_polite_crawl_starts_no_worker(tmp_path: Path) -> None:
    """Reading takes a small part of the time between two requests."""
    soon = {"pipeline.crawl_reader.WORKERS_AFTER_SECONDS": 0.02, "pipeline.crawl_reader.CORES": 2}
    with site(8) as paper:
        done = crawls(tmp_path, paper.url, soon, delay=0.5).program("--log-level", "debug", "crawl")
    assert done.returncode == 0
    assert "workers from here on" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_ended_crawl_leaves_no_worker_and_the_next_reads_the_rest(tmp_path: Path, number: int) -> None:
    """Its end comes while pages are read; what was kept is readable, and in the end nothing is missing."""
    with site(60) as paper:
        whole = crawls(tmp_path / "whole", paper.url, NEVER)
        whole.crawl()
        ended = crawls(tmp_path / "ended", paper.url, AT_ONCE, delay=0.2)
        running = ended.start("crawl")
        until(lambda: len(workers(running.pid)) == 2 and kept(ended) > 5, "two workers read")
        left = workers(running.pid)
        os.kill(running.pid, number)
        running.wait()
        until(lambda: not any(alive(pid) for pid in left), "the workers have ended")
        assert kept(ended) < kept(whole)
        crawls(ended.folder, paper.url, NEVER).crawl()
        with Pages.open(ended.folder / "pages.db") as pages:
            assert list(pages.altered()) == []
            assert pages.unsaved("site") == []
    assert titles(ended) == titles(whole)


def workers(parent: int) -> list[int]:
    """Return the processes that read pages for a crawl."""
    children = Path(f"/proc/{parent}/task").glob("*/children")
    found = {int(pid) for file in children for pid in file.read_text().split()}
    return [pid for pid in found if b"pipeline.reading" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def alive(pid: int) -> bool:
    """True if a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kept(of: Crawls) -> int:
    """Return how many raw pages are kept."""
    if not (of.folder / "pages.db").exists():
        return 0
    with Pages.open(of.folder / "pages.db") as pages:
        return pages.db["pages"].count


def titles(of: Crawls) -> list[dict[str, object]]:
    """Return what was read of articles and comments."""
    sql = "SELECT title, text FROM articles UNION ALL SELECT key, text FROM comments ORDER BY 1, 2"
    return of.rows(sql)
