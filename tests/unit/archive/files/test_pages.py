"""Raw pages are kept as received, once for each body, and come back equal; locks die with their holder."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.core.errors import ArchiveError, BusyError
from archive.core.locks import hold
from archive.files.raw_pages import Pages, raw_pages_path
from tests.builders.pages import made_page

PAGE = made_page(
    "https://gazette.example/ice",
    "<p>Eis auf der Förde</p>".encode("latin-1"),
    final_url="https://gazette.example/ice.php",
    headers=(("content-type", "text/html; charset=utf-8"), ("link", "a"), ("link", "b")),
    fetched_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    lastmod="2026-03-01T11:00:00",
)


def test_a_page_comes_back_as_it_was_received(tmp_path):
    with Pages.open(tmp_path / "pages.db") as pages:
        pages.keep(PAGE)
        pages.keep(replace(PAGE, url="https://gazette.example/other", body=b""))
        kept = list(pages.newest_of_each("gazette"))
        assert kept[0] == PAGE
        assert [page.url for page in kept] == [PAGE.url, "https://gazette.example/other"]
        assert list(pages.newest_of_each("another")) == []


def test_a_body_received_twice_is_kept_once(tmp_path):
    with Pages.open(tmp_path / "pages.db") as pages:
        for hour in (12, 13):
            pages.keep(replace(PAGE, fetched_at=datetime(2026, 3, 1, hour, tzinfo=UTC)))
        assert pages.db["bodies"].count == 1
        assert pages.db["pages"].count == 2
        assert [page.fetched_at.hour for page in pages.newest_of_each("gazette")] == [13]


@pytest.mark.parametrize(
    ("archive", "expected"),
    [("archive.db", "pages.db"), ("news.db", "news-pages.db"), ("news-archive.db", "news-pages.db")],
)
def test_raw_pages_lie_beside_their_archive(archive, expected):
    assert raw_pages_path(Path("/data") / archive) == Path("/data") / expected


HOLDER = """
import sys, time
from pathlib import Path
from archive.core.locks import hold
from tests.builders.pages import made_page
with hold(Path(sys.argv[1]), "crawl-gazette"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_is_held_against_another_process_and_dies_with_its_holder(tmp_path):
    archive = tmp_path / "archive.db"
    command = [sys.executable, "-c", HOLDER, str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError) as busy, hold(archive, "crawl-gazette"):
            pass
        assert busy.value.retry
        with hold(archive, "crawl-other"):
            pass
        holder.kill()
        holder.wait()
    with hold(archive, "crawl-gazette"):
        pass


def test_a_lock_in_a_folder_that_is_not_there_is_an_error_with_words(tmp_path):
    with pytest.raises(ArchiveError, match="cannot be made"), hold(tmp_path / "none" / "archive.db", "x"):
        pass
