"""Kept pages read again: what today's rules would change is told first, and then kept as re-extracted."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.records import Page, PageKind, Site
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from pipeline import process
from pipeline.extractor_version import extractor_version
from pipeline.reader_pool import AHEAD, ReaderPool
from pipeline.reading import BoundedReader
from pipeline.replay import Difference, catch_up, replay
from tests.builders.crawling import Crawls
from tests.builders.pages import HTML, made_page
from tests.fakesite import SampleSite

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
READER = BoundedReader()
LATER = NOON + timedelta(days=30)
SITE = Site(name="gazette", url="https://gazette.example")
URL = "https://gazette.example/archives/2026/03/ice.php"
PAGE = made_page(
    URL,
    b"""<!doctype html><html lang="en"><head><title>Ice in the harbour - Gazette</title>
    <link rel="canonical" href="https://gazette.example/archives/2026/03/ice.php"></head>
    <body class="single single-post postid-7"><article id="post-7" class="post hentry">
    <h1 class="entry-title">Ice in the harbour</h1><div class="entry-content">
    <p>Ice closed the harbour on Sunday, and the pilots walked home across the water.</p>
    <p>Nobody had seen the like since the winter in which the bell tower froze.</p></div></article>
    <div id="comments"><ol class="commentlist"><li id="comment-11" class="comment even depth-1">
    <div class="comment-author vcard"><cite class="fn">E</cite></div>
    <p>Bring skates.</p></li></ol></div></body></html>""",
    headers=HTML,
    fetched_at=NOON,
)


@pytest.fixture
def kept(tmp_path):
    """An archive whose page was once read by poorer rules."""
    with Archive.open(tmp_path / "archive.db") as archive, Pages.open(tmp_path / "pages.db") as pages:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        pages.keep(PAGE)
        archive.save(PAGE, process(PAGE, SITE))
        archive.db.execute("UPDATE articles SET title = 'Ice in the harbour - Gazette'")
        archive.db.execute("UPDATE comments SET author = 'E says:'")
        yield archive, pages


def titles(archive):
    return [row["title"] for row in archive.db.query("SELECT title FROM articles")]


EXPECTED = {
    Difference(
        what="article", id=1, field="title", before="Ice in the harbour - Gazette", after="Ice in the harbour"
    ),
    Difference(what="comment", id=1, field="author", before="E says:", after="E"),
}


def test_a_rehearsal_tells_the_differences_and_writes_nothing(kept):
    archive, pages = kept
    [replayed] = replay(archive, pages, SITE, now=LATER, apply=False, reader=READER)
    assert set(replayed.differences) == EXPECTED
    assert titles(archive) == ["Ice in the harbour - Gazette"]
    assert archive.db["article_versions"].count == 0


def test_what_is_applied_is_marked_as_re_extracted_and_is_no_visit(kept):
    archive, pages = kept
    [replayed] = replay(archive, pages, SITE, now=LATER, apply=True, reader=READER)
    assert set(replayed.differences) == EXPECTED
    assert titles(archive) == ["Ice in the harbour"]
    [version] = archive.db.query("SELECT title, cause, until FROM article_versions")
    assert version == {
        "title": "Ice in the harbour - Gazette",
        "cause": "re-extracted",
        "until": "2026-03-31T12:00:00Z",
    }
    assert [row["fetched_at"] for row in archive.db.query("SELECT fetched_at FROM visits")] == [
        "2026-03-01T12:00:00Z"
    ]


def test_a_list_and_a_quotation_mark_that_are_read_otherwise_are_told_too(kept):
    archive, pages = kept
    list(replay(archive, pages, SITE, now=LATER, apply=True, reader=READER))
    archive.db.execute("INSERT INTO links VALUES (1, 0, 'https://shop.example/rope', 'shop.example')")
    archive.db.execute("""UPDATE articles SET title = 'Ice in the "harbour"', origins = json_set(origins,
        '$.links', 'page:x') WHERE id = 1""")
    link = b'<p>Nobody had seen <a href="https://tower.example/">the like</a>'
    title = "“harbour”</h1>".encode()
    better = PAGE.body.replace(b"<p>Nobody had seen the like", link).replace(b"harbour</h1>", title)
    pages.keep(replace(PAGE, body=better))
    [replayed] = replay(archive, pages, SITE, now=LATER + timedelta(days=1), apply=False, reader=READER)
    told = {d.field: (d.before, d.after) for d in replayed.differences}
    assert told["title"] == ('Ice in the "harbour"', "Ice in the “harbour”")
    assert told["links"] == ('["https://shop.example/rope"]', '["https://tower.example/"]')


def test_where_the_rules_agree_with_the_archive_there_is_nothing_to_tell(kept):
    archive, pages = kept
    list(replay(archive, pages, SITE, now=LATER, apply=True, reader=READER))
    assert list(replay(archive, pages, SITE, now=LATER, apply=True, reader=READER)) == []


def test_only_the_newest_page_of_an_address_is_read(kept):
    archive, pages = kept
    list(replay(archive, pages, SITE, now=LATER, apply=True, reader=READER))
    pages.keep(Page(**{name: getattr(PAGE, name) for name in PAGE.__slots__} | {"body": b"<html></html>"}))
    assert list(replay(archive, pages, SITE, now=LATER, apply=False, reader=READER)) == []


COMMENTS = "https://gazette.example/wp-json/wp/v2/comments"


def listed(at, text):
    """What REST tells of the comment at a moment, asked for at an address of its own."""
    entry = {"id": 11, "post": 7, "author_name": "E", "content": {"rendered": f"<p>{text}</p>"}}
    body = json.dumps([{**entry, "date_gmt": "2026-03-01T11:00:00", "parent": 0, "status": "approved"}])
    url = f"{COMMENTS}?at={at:%H}"
    kind, headers = PageKind.COMMENTS, (("content-type", "application/json"),)
    return replace(
        PAGE, kind=kind, url=url, final_url=url, fetched_at=at, body=body.encode(), headers=headers
    )


def test_a_page_from_before_an_edit_does_not_take_it_back(kept):
    archive, pages = kept
    for hours, text in ((1, "Bring skates."), (2, "Bring skates, and a rope.")):
        page = listed(NOON + timedelta(hours=hours), text)
        pages.keep(page)
        archive.save(page, process(page, SITE))
    list(replay(archive, pages, SITE, now=LATER, apply=True, reader=READER))
    assert [row["text"] for row in archive.db.query("SELECT text FROM comments")] == [
        "Bring skates, and a rope."
    ]
    versions = list(archive.db.query("SELECT cause, changed, text FROM comment_versions ORDER BY id"))
    assert [version["cause"] for version in versions] == ["edited"], versions


def test_what_older_rules_have_read_is_read_again_once(kept):
    archive, pages = kept
    other = replace(PAGE, url=f"{URL}?other")
    pages.note_saved(pages.keep(other))
    pages.note_rules(other, extractor_version())
    assert catch_up(archive.path, SITE) == 1
    assert titles(archive) == ["Ice in the harbour"]
    assert [row["cause"] for row in archive.db.query("SELECT cause FROM article_versions")] == [
        "re-extracted"
    ]
    assert catch_up(archive.path, SITE) == 0
    archive.note_state(SITE.name, extractor_version="of an earlier program")
    assert catch_up(archive.path, SITE) == 0, "each page has been read"


def test_a_catching_up_that_was_ended_goes_on_where_it_was(kept, monkeypatch):
    archive, pages = kept
    pages.note_saved(pages.keep(replace(PAGE, url=f"{URL}?other")))
    read = []

    def ended(page, site):
        read.append(page.url)
        if len(read) == 2:
            raise KeyboardInterrupt
        return process(page, site)

    monkeypatch.setattr("pipeline.reading.process", ended)
    with pytest.raises(KeyboardInterrupt):
        catch_up(archive.path, SITE)
    assert catch_up(archive.path, SITE) == 1
    assert read == [URL, f"{URL}?other", f"{URL}?other"]


def test_an_upgrade_makes_no_edit_of_what_the_rules_have_changed(tmp_path):
    with SampleSite(articles=3, comments=6) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        with Archive.open(crawls.path) as archive, Pages.open(tmp_path / "pages.db") as pages:
            archive.db.execute("UPDATE articles SET text = text || ' Share this'")
            archive.db.execute("UPDATE comments SET text = text || ' Reply'")
            archive.db.execute("UPDATE crawl_state SET value = 'older' WHERE name = 'extractor_version'")
            archive.db.execute("UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z'")
            pages.db.execute("UPDATE pages SET rules = 'older'")
        run = crawls.crawl()
    assert (run.saved.articles_changed, run.saved.comments_changed) == (0, 0)
    for table in ("articles", "comments"):
        assert not crawls.rows(f"SELECT 1 FROM {table} WHERE text LIKE '%Share this' OR text LIKE '%Reply'")
    causes = crawls.rows("SELECT cause FROM article_versions UNION ALL SELECT cause FROM comment_versions")
    assert {row["cause"] for row in causes} == {"re-extracted"}
    assert not crawls.rows("SELECT 1 FROM events WHERE kind = 'edited'")


def many(folder, number=30):
    """An archive of many pages, of each of which the title is read otherwise today."""
    with Archive.open(folder / "archive.db") as archive, Pages.open(folder / "pages.db") as pages:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        for each in range(number):
            changed = PAGE.body.replace(b"ice.php", b"ice-%d.php" % each)
            for name in (b"postid-7", b"post-7", b"comment-11", b"Ice in the harbour"):
                changed = changed.replace(name, name + b"%d" % each)
            url = URL.replace("ice.php", f"ice-{each}.php")
            page = replace(PAGE, url=url, final_url=url, body=changed)
            pages.keep(page)
            archive.save(page, process(page, SITE))
        archive.db.execute("UPDATE articles SET title = title || ' - Gazette'")


def rows_of(folder):
    with Archive.open(folder / "archive.db") as archive:
        tables = ("articles", "article_versions", "comments", "events", "visits", "problems")
        return {table: [*archive.db.query(f"SELECT * FROM {table} ORDER BY rowid")] for table in tables}


def test_several_processes_read_row_for_row_what_one_reads(tmp_path):
    told = {}
    for jobs in (1, 3):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        many(folder)
        with (
            Archive.open(folder / "archive.db") as archive,
            Pages.open(folder / "pages.db") as pages,
            closing(ReaderPool(jobs) if jobs > 1 else BoundedReader()) as reader,
        ):
            told[jobs] = list(replay(archive, pages, SITE, now=LATER, apply=True, reader=reader))
    assert len(told[1]) == 30
    assert told[3] == told[1]
    assert rows_of(tmp_path / "3") == rows_of(tmp_path / "1")


def test_a_pool_ends_its_workers_and_reads_no_further_than_it_must(tmp_path):
    many(tmp_path, 20)
    asked = []
    with Pages.open(tmp_path / "pages.db") as pages, closing(ReaderPool(2)) as pool:
        read = pool.read_each(
            (asked.append(page.url) or page for page in pages.newest_of_each(SITE.name)), SITE
        )
        next(read)
        assert len(asked) == 2 * AHEAD
        workers = [reader._worker for reader in pool._readers if reader._worker]
    assert workers
    assert all(worker.poll() is not None for worker in workers)
