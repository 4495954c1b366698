"""Raw pages are evidence: one that was altered is named wherever it is read, and never passes for sound."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard
from click.testing import CliRunner, Result
from scrapy.settings import Settings
from warcio.archiveiterator import ArchiveIterator

from archive.core.crawl_report import CrawlReport
from archive.core.records import Site
from archive.files import raw_pages
from archive.files.raw_pages import Altered, Pages
from archive.operations import doctor
from archive.storage.archive import Archive
from pipeline import process
from pipeline.extractor_version import extractor_version
from pipeline.item_pipeline import ItemPipeline
from pipeline.reading import BoundedReader
from pipeline.replay import catch_up, replay
from scheduler import main
from tests.builders.crawling import Crawls
from tests.fakesite import SampleSite
from tests.unit.archive.storage.test_redaction import NOON, URL, page
from tests.unit.pipeline.test_replay import PAGE, SITE

FIRST = "(SELECT digest FROM pages WHERE id = 1)"
SECOND = "(SELECT body FROM bodies JOIN pages USING (digest) WHERE id = 2)"
SLUSH = "SELECT count(*) FROM articles WHERE title LIKE 'Slush%'"
LATE = PAGE.body.replace(b"ice.php", b"late.php").replace(b"Ice", b"Slush")
LATER = NOON + timedelta(days=30)


def sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive with two raw pages, of which the first will be harmed."""
    with Archive.open(tmp_path / "archive.db") as archive, Pages.open(tmp_path / "pages.db") as kept:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        for url in (PAGE.url, PAGE.url.replace("ice", "thaw")):
            body = PAGE.body.replace(b"ice.php", url.rpartition("/")[2].encode())
            sound = page(url=url, body=body)
            number = kept.keep(sound, "older")
            archive.save(sound, process(sound, SITE))
            kept.note_saved(number)
    config = "contact = 'desk@gazette.example'\n[sources.gazette]\nurl = 'https://gazette.example'\n"
    (tmp_path / "backissue.toml").write_text(config)
    return tmp_path


def another_body(path: Path) -> None:
    """Put a sound body of other bytes in its place, as somebody does who wants to change what was said."""
    with Pages.open(path) as kept:
        body = zstandard.compress(PAGE.body.replace(b"Sunday", b"Monday"))
        kept.db.execute(
            "UPDATE bodies SET body = ? WHERE digest = (SELECT digest FROM pages WHERE id = 1)", [body]
        )


HARMS: dict[str, Callable[[Path], object]] = {
    "another body": another_body,
    "garbled": lambda path: sql(path, f"UPDATE bodies SET body = x'00112233' WHERE digest = {FIRST}"),
    "cut": lambda path: sql(path, f"UPDATE bodies SET body = substr(body, 1, 40) WHERE digest = {FIRST}"),
    "empty": lambda path: sql(path, f"UPDATE bodies SET body = x'' WHERE digest = {FIRST}"),
    "no bytes": lambda path: sql(path, f"UPDATE bodies SET body = 'text' WHERE digest = {FIRST}"),
    "gone": lambda path: sql(path, f"DELETE FROM bodies WHERE digest = {FIRST}"),
    "another's": lambda path: sql(
        path,
        f"UPDATE bodies SET body = (SELECT body FROM bodies WHERE digest != {FIRST}) WHERE digest = {FIRST}",
    ),
}


@pytest.fixture(params=HARMS)
def harmed(request: pytest.FixtureRequest, folder: Path) -> Path:
    HARMS[request.param](folder / "pages.db")
    return folder


def program(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(
        main, ["--config", str(folder / "backissue.toml"), *words], prog_name="backissue"
    )


def test_altered_page_is_never_given_as_a_page(harmed: Path) -> None:
    with Pages.open(harmed / "pages.db") as kept:
        kept.choose()
        for found in (list(kept.chosen()), list(kept.newest_of_each("gazette")), [kept.get(1), kept.get(2)]):
            assert [isinstance(each, Altered) for each in found] == [True, False]
            assert PAGE.url in str(found[0])
        assert [each.url for each in kept.altered()] == [PAGE.url]


@pytest.mark.parametrize("form", ["warc", "wacz"])
def test_export_leaves_altered_page_out_and_names_it(harmed: Path, form: str) -> None:
    target = harmed / f"out.{form}"
    done = program(harmed, "export", form, "--output", str(target))
    assert done.exit_code == 3, done.output
    assert PAGE.url in done.stderr
    assert "It is left out" in done.stderr
    if form == "warc":
        records = list(ArchiveIterator(io.BytesIO(target.read_bytes())))
        kinds = [(each.rec_type, each.rec_headers.get_header("WARC-Target-URI")) for each in records]
        assert ("metadata", PAGE.url) in kinds
        assert [url for kind, url in kinds if kind == "response"] == [PAGE.url.replace("ice", "thaw")]


def test_upgrade_names_altered_page_and_reads_the_others(
    harmed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert catch_up(harmed / "archive.db", SITE) == 2
    assert PAGE.url in caplog.text
    assert "passed over" in caplog.text
    with Pages.open(harmed / "pages.db") as kept:
        assert {row["rules"] for row in kept.db.query("SELECT rules FROM pages")} == {extractor_version()}
    assert catch_up(harmed / "archive.db", SITE) == 0


def test_replay_passes_over_altered_page(harmed: Path) -> None:
    with Archive.open(harmed / "archive.db") as archive, Pages.open(harmed / "pages.db") as kept:
        archive.db.execute("UPDATE articles SET title = 'Otherwise'")
        found = [
            each.url for each in replay(archive, kept, SITE, now=LATER, apply=True, reader=BoundedReader())
        ]
    assert found == [PAGE.url.replace("ice", "thaw")]


def test_page_that_no_reader_can_read_stops_no_upgrade(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(each: object, site: Site) -> object:
        if each.url == PAGE.url:
            raise RecursionError("too deep")
        return process(each, site)

    monkeypatch.setattr("pipeline.reading.BoundedReader.read", lambda _, each, site: broken(each, site))
    assert catch_up(folder / "archive.db", SITE) == 2
    assert PAGE.url in caplog.text
    assert catch_up(folder / "archive.db", SITE) == 0


def test_doctor_names_altered_page(harmed: Path) -> None:
    [found] = doctor.raw_pages(harmed / "pages.db")
    assert found.verdict == "bad"


def test_backup_with_altered_page_is_not_called_sound(harmed: Path) -> None:
    """It is made, since the rest is worth keeping, but replaces no backup that may have the page."""
    done = program(harmed, "backup", str(harmed / "copy"))
    if done.exit_code == 1:  # SQLite itself sees it
        assert "pages.db is damaged" in done.stderr
    else:
        assert done.exit_code == 3
        assert PAGE.url in done.stderr
        assert "sound" not in done.stdout
        before = (harmed / "copy" / "SHA256SUMS").read_bytes()
        again = program(harmed, "backup", str(harmed / "copy"), "--force")
        assert again.exit_code == 1
        assert (harmed / "copy" / "SHA256SUMS").read_bytes() == before
    status = program(harmed, "status", "--json")
    assert status.exit_code == 3
    assert [check["ok"] for check in json.loads(status.stdout)["checks"] if check["name"] == "backup"] == [
        False
    ]


def test_page_received_again_mends_the_body(harmed: Path) -> None:
    with Pages.open(harmed / "pages.db") as kept:
        kept.db.execute("PRAGMA foreign_keys = OFF")
        kept.keep(page(url=PAGE.url, body=PAGE.body))
        assert list(kept.altered()) == []


# -- kept and not saved ---------------------------------------------------------------------------


def test_kept_page_of_a_dead_crawl_is_saved(folder: Path) -> None:
    """It is saved as that crawl would have done: a visit at its own time, and no re-extraction."""
    late = page(2, url=f"{URL}late/", body=LATE)
    with Pages.open(folder / "pages.db") as kept:
        kept.keep(late, extractor_version())
    catch_up(folder / "archive.db", SITE)
    with Archive.open(folder / "archive.db") as archive:
        [visit] = archive.db.query("SELECT fetched_at FROM visits WHERE url = ?", [late.url])
        assert visit["fetched_at"] == "2026-03-03T12:00:00Z"
        assert archive.db.execute(SLUSH).fetchone() == (1,)
    assert catch_up(folder / "archive.db", SITE) == 0


def test_page_older_than_its_visit_is_not_saved_again(folder: Path) -> None:
    with Pages.open(folder / "pages.db") as kept:
        kept.keep(page(-2, url=PAGE.url, body=PAGE.body.replace(b"Ice", b"Slush")), extractor_version())
    catch_up(folder / "archive.db", SITE)
    with Archive.open(folder / "archive.db") as archive:
        assert archive.db.execute("SELECT count(*) FROM articles WHERE title LIKE 'Sleet%'").fetchone() == (
            0,
        )


def test_page_that_ends_the_crawl_is_tried_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Pages.open(folder / "pages.db") as kept:
        kept.keep(page(2, url=f"{URL}fatal/", body=b"<p>fatal</p>"), extractor_version())
    tried = []

    def fatal(each: object, site: Site) -> object:
        if each.url.endswith("/fatal/"):
            tried.append(each.url)
            raise KeyboardInterrupt
        return process(each, site)

    monkeypatch.setattr("pipeline.reading.BoundedReader.read", lambda _, each, site: fatal(each, site))
    for _ in range(raw_pages.TRIES):
        with pytest.raises(KeyboardInterrupt):
            catch_up(folder / "archive.db", SITE)
    catch_up(folder / "archive.db", SITE)
    assert len(tried) == raw_pages.TRIES


@pytest.mark.parametrize("moment", ["process", "Archive.save"])
def test_page_is_kept_before_it_is_read_and_saved(
    folder: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whatever ends a crawl while it reads or saves a page, the next start saves it."""
    late = page(2, url=f"{URL}late/", body=LATE)

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if not child:
        try:
            spider = SimpleNamespace(site=SITE, report=CrawlReport())
            settings = Settings({"BACKISSUE_ARCHIVE": str(folder / "archive.db")})
            crawler = SimpleNamespace(settings=settings, spider=spider, engine=None)
            monkeypatch.setattr(
                "pipeline.reading.BoundedReader.read_at_once"
                if moment == "process"
                else "archive.storage.archive.Archive.save",
                die,
            )
            asyncio.run(ItemPipeline(crawler).process_item(late))
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    catch_up(folder / "archive.db", SITE)
    with Archive.open(folder / "archive.db") as archive:
        assert archive.db.execute(SLUSH).fetchone() == (1,)


def test_crawl_leaves_no_page_unsaved(tmp_path: Path) -> None:
    with SampleSite(articles=3, comments=4) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
    with Pages.open(tmp_path / "pages.db") as kept:
        assert kept.db["pages"].count > 3
        assert kept.unsaved("site") == []
