"""Pages that a browser made, in WARC files of ours and of others: imported, and named as what they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from click.testing import CliRunner
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

import scheduler
from archive.core import rendered
from archive.core.records import Article, Extract, PageKind, Site, Surface
from archive.files.mementos import mementos
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from pipeline.imports.observed import Fault, Observed
from pipeline.imports.rendered_records import UNNAMED
from pipeline.imports.warc import read_warc
from tests.builders.pages import HTML, made_page
from tests.builders.warcs import CONFIG, FIRST, HOST, ICE, READ, SECOND, THREAD, html, rows, said

SOFTWARE = "Gannet/2.1 (a browser)"
FRAME = b"<!doctype html><title>Gazette</title><div id=root></div>"


def write(path, *records, software=SOFTWARE):
    """Write records, each (type, URL, year, content type, body), after a warcinfo that names the software."""
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=path.name.endswith(".gz"))
        if software:
            writer.write_record(writer.create_warcinfo_record(path.name, {"software": software}))
        for kind, url, year, content_type, body, *more in records:
            headers = StatusAndHeaders("200 OK", [("Content-Type", content_type), *more], protocol="HTTP/1.1")
            record = writer.create_warc_record(
                url,
                kind,
                payload=BytesIO(body),
                length=len(body),
                http_headers=headers if kind == "response" else None,
                warc_content_type="" if kind == "response" else content_type,
                warc_headers_dict={"WARC-Date": f"{year}-03-01T00:00:00Z"},
            )
            writer.write_record(record)
    return path


def how(desk, url=ICE):
    return [(each.witness, each.at.year, each.rendered) for each in mementos(desk / "archive.db", url)]


def test_resource_is_a_page_and_named_as_rendered(desk):
    shown = ("resource", ICE, 2012, "text/html; charset=utf-8", html(comments=(FIRST, SECOND)))
    write(desk / "crawl.warc.gz", shown, ("response", ICE, 2014, "text/html", html()))
    assert said("crawl.warc.gz")["read"] == 2
    assert rows(desk, THREAD) == [
        ("E", "crawl.warc.gz", "2012-03-01T00:00:00Z", None, None),
        ("Wren", "crawl.warc.gz", "2012-03-01T00:00:00Z", None, "2014-03-01T00:00:00Z"),
    ]
    assert how(desk) == [("crawl.warc.gz", 2012, SOFTWARE), ("crawl.warc.gz", 2014, None)]


def test_program_that_is_not_named_is_no_name(desk):
    write(desk / "crawl.warc", ("resource", ICE, 2012, "text/html", html()), software=None)
    assert said("crawl.warc")["read"] == 1
    assert how(desk) == [("crawl.warc", 2012, UNNAMED)]


def test_resources_that_are_no_pages_are_passed_over(desk):
    write(
        desk / "crawl.warc",
        ("resource", "metadata://gnu.org/software/wget/warc/wget.log", 2012, "text/plain", b"log"),
        ("resource", f"urn:view:{ICE}", 2012, "image/png", b"PNG"),
        ("resource", f"urn:text:{ICE}", 2012, "text/html", html()),
        ("resource", ICE, 2012, "image/png", b"PNG"),
    )
    assert said("crawl.warc")["passed_over"] == {"files that are no pages": 4, "warcinfo records": 1}


@pytest.mark.parametrize("kinds", [("response", "resource"), ("resource", "response")])
def test_page_in_both_forms_is_taken_once(desk, kinds):
    bodies = {"response": html(), "resource": html(comments=(FIRST, SECOND))}
    records = [(kind, ICE, 2012, "text/html", bodies[kind]) for kind in kinds]
    told = said(write(desk / "crawl.warc", *records))
    assert (told["read"], told["faults"]) == (1, [])
    assert told["passed_over"]["pages that their file has in another form as well"] == 1


def test_altered_resource_is_a_fault(desk):
    file = write(desk / "crawl.warc", ("resource", ICE, 2012, "text/html", html()))
    file.write_bytes(file.read_bytes().replace(b"bell tower", b"ball tower", 1))
    [fault] = said(file, expect=3)["faults"]
    assert (fault["url"], "digest" in fault["why"]) == (ICE, True)


def test_answer_of_a_server_cannot_call_itself_rendered(desk):
    write(desk / "crawl.warc", ("response", ICE, 2012, "text/html", html(), (rendered.HOW, "Chromium/1")))
    assert said("crawl.warc")["read"] == 1
    assert how(desk) == [("crawl.warc", 2012, None)]


def exported(folder, *lacks):
    """Export a page that a browser of ours has filled, with the answer to the server beside it."""
    folder.mkdir()
    config = folder / "backissue.toml"
    config.write_text(CONFIG)
    notes = rendered.RenderNotes(browser="Chromium/145.0.1", requests=3, bytes=9000, seconds=1.5, lacks=lacks)
    with Archive.open(folder / "archive.db") as archive, Pages.open(folder / "pages.db") as pages:
        archive.add_source(Site(name="gazette", url=f"https://{HOST}"), "2020-01-01T00:00:00Z")
        served = made_page(ICE, FRAME, headers=HTML, fetched_at=datetime(2016, 3, 1, tzinfo=UTC))
        served = replace(served, source="gazette", kind=PageKind.SERVED)
        shown = replace(
            served,
            kind=PageKind.ARTICLE,
            headers=rendered.headers(served.headers, notes),
            body=html(comments=() if lacks else (FIRST, SECOND)),
            served=served,
        )
        pages.keep(served)
        pages.keep(shown)
        archive.save(shown, Extract(surface=Surface.PAGE, articles=(Article(url=ICE, title="Ice"),)))
    out = folder / "ours.warc.gz"
    words = ["--config", str(config), "export", "warc", "--output", str(out)]
    done = CliRunner().invoke(scheduler.main, words)
    assert done.exit_code == 0, done.output
    return out


def test_export_of_ours_comes_back_as_rendered(desk):
    file = exported(desk / "there")
    kinds = [type(each).__name__ for each in read_warc(file, "gazette", "x")]
    assert kinds.count("Observed") == 1, kinds
    told = said(file)
    assert (told["read"], told["faults"], told["comments_new"]) == (1, [], 2)
    [(witness, year, made)] = how(desk)
    assert (witness, year, made[:17]) == ("ours.warc.gz", 2016, "Chromium/145.0.1;")


def test_page_that_its_browser_could_not_fill_proves_no_removal(desk):
    write(desk / "crawl.warc", ("response", ICE, 2012, "text/html", html(comments=(FIRST, SECOND))))
    said("crawl.warc")
    assert said(exported(desk / "there", "api.example did not answer"))["read"] == 1
    assert [row[-1] for row in rows(desk, THREAD)] == [None, None]
    assert rows(desk, "SELECT count(*) FROM captures") == [(2,)]


def test_other_article_beside_it_is_read(desk):
    """A resource waits for what follows it; nothing that follows is lost."""
    read = html(READ, "The lamp", ())
    records = [("resource", ICE, 2012, "text/html", html()), ("resource", READ, 2012, "text/html", read)]
    assert said(write(desk / "crawl.warc", *records))["articles"] == 2


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "yesterday", ""])
def test_record_with_no_date_that_can_be_is_a_fault_and_the_next_one_is_read(tmp_path, date):
    path = write(tmp_path / "a.warc", ("resource", READ, 2012, "text/html", html(READ)))
    later = path.read_bytes()
    first = write(
        tmp_path / "b.warc", ("resource", ICE, 2012, "text/html", html()), software=None
    ).read_bytes()
    path.write_bytes(first.replace(b"2012-03-01T00:00:00Z", date.encode()) + later)
    found = list(read_warc(path, "gazette", "library"))
    assert [str(each.why) for each in found if isinstance(each, Fault)] == ["The record has no time."]
    assert [each.page.url for each in found if isinstance(each, Observed)] == [READ]
