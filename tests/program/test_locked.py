"""Another program holds the archive: it is waited for, then there is a sentence, and nothing is lost."""

import sqlite3
import threading
from dataclasses import dataclass, field

import pytest

from archive.core.errors import ArchiveError, BusyError, LockedError
from archive.storage.archive import Archive
from tests.builders.crawling import SOON, Crawls
from tests.fakesite import Fault, SampleSite

IMPATIENT = {
    **SOON,
    "archive.core.database.BUSY": 0.2,
    "pipeline.item_pipeline.PAUSE_SECONDS": 0.1,
    "pipeline.item_pipeline.BLOCKING_MILLISECONDS": 100,
}


@pytest.fixture
def site():
    with SampleSite(articles=8, comments=20) as site:
        yield site


@pytest.fixture
def crawls(tmp_path, site):
    crawls = Crawls(tmp_path, site.url, values=dict(IMPATIENT))
    with Archive.open(crawls.path):
        return crawls


@dataclass(slots=True, kw_only=True)
class Holder(Fault):
    """Takes the archive's write lock when it is first asked, and lets it go by itself or when told."""

    path: object = None
    seconds: float | None = None
    held: sqlite3.Connection | None = field(default=None, init=False)

    def take(self):
        self.held = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        self.held.execute("BEGIN IMMEDIATE")
        if self.seconds is not None:
            threading.Timer(self.seconds, self.held.close).start()

    def answer(self, _request, ordinary):
        if self.held is None:
            self.take()
        return ordinary()


def whole(crawls, site):
    wanted = len(site.readable)
    assert crawls.rows("SELECT count(text) AS n FROM articles") == [{"n": wanted}]
    comments = crawls.rows("SELECT count(*) AS n FROM comments WHERE kind = 'comment'")
    assert comments == [{"n": len(site.comments)}]


@pytest.mark.parametrize("command", ["crawl", "verify"])
def test_held_archive_is_a_sentence_and_code(site, crawls, command):
    holder = Holder(path=crawls.path)
    holder.take()
    done = crawls.program(command)
    holder.held.close()
    assert done.returncode == 4
    assert done.stderr.startswith("Error: Another program holds")
    assert "Traceback" not in done.stderr
    assert not site.requests
    assert crawls.program(command).returncode in {0, 3}


@pytest.mark.parametrize("match", ["/archives/*", "/wp-json/wp/v2/comments*"])
def test_archive_held_for_a_while_is_waited_for(site, crawls, match):
    crawls.values["crawler.settings.BACKISSUE_LOCK_WAIT"] = 60
    site.faults.add(Holder(match=match, path=crawls.path, seconds=2.0))
    done = crawls.program("crawl")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Another program holds the archive") == 1
    whole(crawls, site)


@pytest.mark.parametrize("match", ["/archives/*", "/wp-json/wp/v2/posts*", "/wp-json/wp/v2/comments*"])
def test_archive_held_for_too_long_loses_nothing(site, crawls, match):
    crawls.values["crawler.settings.BACKISSUE_LOCK_WAIT"] = 0.3
    holder = site.faults.add(Holder(match=match, path=crawls.path))
    done = crawls.program("crawl")
    holder.held.close()
    site.faults.clear()
    assert done.returncode == 4
    assert "Error: Another program holds" in done.stderr
    assert "Traceback" not in done.stderr
    crawls.values["archive.core.database.BUSY"] = 5.0
    assert crawls.crawl().outcome == "ok"
    whole(crawls, site)


def test_locked_error_is_of_archive_and_of_waiting():
    assert issubclass(LockedError, ArchiveError)
    assert issubclass(LockedError, BusyError)
    assert LockedError.retry
