"""What others have kept is brought in: web archives, exports, saved pages, with who received it and when."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

import gzip
import json
import zipfile
from hashlib import sha256

import pytest
from click.testing import CliRunner
from sqlite_utils import Database
from warcio.archiveiterator import ArchiveIterator

import scheduler
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from tests.builders.warcs import FIRST, HOST, ICE, READ, SECOND, THREAD, html, rows, run, said, warc


def test_warc_file_gives_articles_and_threads(desk):
    file = warc(desk / "crawl.warc.gz", (ICE, 2012, html(comments=(FIRST, SECOND))), (ICE, 2014, html()))
    told = said(file)
    assert (told["pages"], told["articles"], told["comments_new"], told["faults"]) == (2, 1, 2, [])
    assert rows(desk, THREAD) == [
        ("E", "crawl.warc.gz", "2012-03-01T00:00:00Z", None, None),
        ("Wren", "crawl.warc.gz", "2012-03-01T00:00:00Z", None, "2014-03-01T00:00:00Z"),
    ]
    assert rows(desk, "SELECT count(*) FROM visits") == [(0,)]


def test_revisit_is_read_where_its_body_is(desk):
    file = warc(desk / "crawl.warc.gz", (ICE, 2012, html()), (ICE, 2013, html()))
    assert said(file)["read"] == 2
    assert rows(desk, "SELECT at FROM captures ORDER BY at") == [
        ("2012-03-01T00:00:00Z",),
        ("2013-03-01T00:00:00Z",),
    ]


def split(desk, *records):
    """Write two WARC files: the first records, and the last one, which repeats one of them."""
    whole = warc(desk / "whole.warc", *records)
    with whole.open("rb") as file:
        lines = ArchiveIterator(file)
        for _ in lines:
            pass
        at = lines.get_record_offset()
    first, second = desk / "first.warc", desk / "second.warc"
    first.write_bytes(whole.read_bytes()[:at])
    second.write_bytes(whole.read_bytes()[at:])
    return first, second


def test_page_that_its_crawler_cut_off_is_passed_over(desk):
    """What is missing at its end was not removed by the site."""
    file = warc(desk / "crawl.warc", (ICE, 2012, html()))
    file.write_bytes(file.read_bytes().replace(b"WARC-Date", b"WARC-Truncated: length\r\nWARC-Date", 1))
    assert "Skipped pages that their crawler cut off: 1." in run("--dry-run", file)
    told = said(file)
    assert told["passed_over"] == {"pages that their crawler cut off": 1}


@pytest.mark.parametrize("name", ["old.arc", "old.arc.gz"])
def test_arc_file_of_the_first_web_archives_is_read(desk, name):
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html(comments=(FIRST, SECOND))
    picture = b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n\r\nGIF"
    about = b"1 0 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n"
    records = [
        (b"filedesc://old.arc 0.0.0.0 20090801000000 text/plain", about),
        (ICE.encode() + b" 192.0.2.1 20090801120000 text/html", answer),
        (ICE.encode() + b".gif 192.0.2.1 20090801120000 image/gif", picture),
    ]
    packed = gzip.compress if name.endswith(".gz") else bytes
    lines = (b"%s %d\n%s\n" % (head, len(body), body) for head, body in records)
    (desk / name).write_bytes(b"".join(map(packed, lines)))
    told = said(name)
    assert (told["read"], told["comments_new"], told["faults"]) == (1, 2, [])
    assert rows(desk, "SELECT at, witness FROM captures") == [("2009-08-01T12:00:00Z", name)]


@pytest.mark.parametrize("runs", [("first second",), ("second first",), ("first", "second")])
@pytest.mark.parametrize("is_dated", [True, False])
def test_revisit_of_another_file_is_read(desk, runs, is_dated):
    _, second = split(desk, (ICE, 2012, html()), (ICE, 2013, html()))
    if not is_dated:
        second.write_bytes(second.read_bytes().replace(b"WARC-Refers-To-Date", b"WARC-Refers-To-Dat_"))
    for names in runs:
        run("--witness", "library", *(desk / f"{name}.warc" for name in names.split()))
    assert rows(desk, "SELECT at, comments FROM captures ORDER BY at") == [
        ("2012-03-01T00:00:00Z", 1),
        ("2013-03-01T00:00:00Z", 1),
    ]


def test_revisit_of_a_file_that_is_not_there_is_a_fault(desk):
    first, second = split(desk, (ICE, 2012, html()), (ICE, 2013, html()))
    [fault] = said(second, expect=3)["faults"]
    assert fault["why"] == f"It repeats {ICE} of 2012-03-01, which no file that was imported holds."
    run(first)
    assert said(second)["read"] == 1


@pytest.mark.parametrize(
    "url", [ICE.replace("https://", "http://www."), ICE.replace("https://", "http://"), f"{ICE}?utm_source=x"]
)
def test_other_spelling_of_a_url_is_the_same_article(desk, url):
    run(warc(desk / "crawl.warc.gz", (ICE, 2012, html()), (url, 2013, html())))
    assert rows(desk, "SELECT version_count FROM articles") == [(1,)]
    assert rows(desk, "SELECT count(*) FROM comments") == [(1,)]


def test_import_twice_changes_nothing(desk):
    file = warc(desk / "crawl.warc.gz", (ICE, 2012, html()), (READ, 2012, html(READ, "The lamp", ())))
    run(file)
    before = [list(Database(desk / "archive.db").conn.iterdump())]
    assert said(file)["known"] == 2
    assert [list(Database(desk / "archive.db").conn.iterdump())] == before


def test_interrupted_import_goes_on_where_it_stopped(desk, monkeypatch):
    file = warc(desk / "crawl.warc.gz", (ICE, 2012, html()), (READ, 2012, html(READ, "The lamp", ())))
    real, calls = Archive.save_capture, []

    def killed(self, *args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, *args)

    monkeypatch.setattr(Archive, "save_capture", killed)
    CliRunner().invoke(scheduler.main, ["import", str(file)])
    monkeypatch.undo()
    monkeypatch.chdir(desk)
    told = said(file)
    assert (told["known"], told["read"]) == (1, 1)
    assert rows(desk, "SELECT count(*) FROM articles") == [(2,)]


def test_altered_record_is_a_fault_and_no_page(desk):
    file = warc(desk / "crawl.warc", (ICE, 2012, html()), (READ, 2012, html(READ, "The lamp", ())))
    file.write_bytes(file.read_bytes().replace(b"bell tower", b"ball tower", 1))
    [fault] = said(file, expect=3)["faults"]
    assert fault["url"] == ICE
    assert "digest" in fault["why"]
    assert rows(desk, "SELECT url FROM articles") == [(READ,)]
    assert rows(desk, "SELECT url, code FROM problems") == [(ICE, "import-fault")]


def test_file_that_ends_early_is_a_fault(desk):
    whole = warc(desk / "crawl.warc.gz", (ICE, 2012, html())).read_bytes()
    (desk / "cut.warc.gz").write_bytes(whole[: len(whole) // 2])
    (desk / "none.warc.gz").write_bytes(gzip.compress(b"no record"))
    assert len(said("cut.warc.gz", expect=3)["faults"]) == 1
    assert len(said("none.warc.gz", expect=3)["faults"]) == 1


def test_wacz_with_an_altered_part_names_it(desk):
    part = warc(desk / "data.warc.gz", (ICE, 2012, html())).read_bytes()
    for name, digest in (("good.wacz", sha256(part).hexdigest()), ("bad.wacz", "0" * 64)):
        with zipfile.ZipFile(desk / name, "w") as packed:
            packed.writestr("archive/data.warc.gz", part)
            resource = {"path": "archive/data.warc.gz", "hash": f"sha256:{digest}"}
            packed.writestr("datapackage.json", json.dumps({"resources": [resource]}))
    assert said("good.wacz")["read"] == 1
    [fault] = said("bad.wacz", expect=3)["faults"]
    assert fault["place"] == "bad.wacz:archive/data.warc.gz"


def test_dry_run_writes_nothing(desk):
    file = warc(desk / "crawl.warc.gz", (ICE, 2012, html()))
    assert "Would read 1 page" in run("--dry-run", file)
    assert not (desk / "archive.db").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--since", "2013"], ["2014"]),
        (["--until", "2012"], ["2012"]),
        (["--until", "2014-03-01"], ["2012", "2014"]),
        (["--match", "lamp"], []),
    ],
)
def test_filters_choose_by_time_and_url(desk, words, expected):
    file = warc(desk / "crawl.warc.gz", (ICE, 2012, html()), (ICE, 2014, html(word="upper")))
    run(file, *words)
    assert [at[:4] for (at,) in rows(desk, "SELECT at FROM captures ORDER BY at")] == expected


@pytest.mark.parametrize(
    "words",
    [["--since", "lately"], ["--match", "("], ["--since", "2014", "--until", "2012"], ["--source", "gazete"]],
)
def test_mistyped_option_is_an_error(desk, words):
    file = warc(desk / "crawl.warc.gz", (ICE, 2012, html()))
    done = CliRunner().invoke(scheduler.main, ["import", str(file), *words])
    assert done.exit_code in {1, 2}
    assert not (desk / "archive.db").exists()


def test_file_of_another_kind_is_an_error(desk):
    (desk / "notes.txt").write_text("nothing")
    assert said("notes.txt", expect=3)["faults"][0]["place"] == "notes.txt"
    assert "no file or folder" in CliRunner().invoke(scheduler.main, ["import", "nowhere.warc"]).output


def test_folder_of_saved_pages_gives_their_urls_and_times(desk):
    folder = desk / "saved" / "archive" / "1330560000"
    folder.mkdir(parents=True)
    head = b"<!--\n Page saved with SingleFile \n url: %s\n saved date: Thu Mar 01 2012 01:00:00 GMT+0100 (CET)\n-->"
    (desk / "saved" / "ice.html").write_bytes(head % ICE.encode() + html())
    plain = html(READ, "The lamp", ()).replace(b'<link rel="canonical" href="%s">' % READ.encode(), b"")
    (folder / "output.html").write_bytes(plain)
    (folder / "index.json").write_text(json.dumps({"url": READ, "timestamp": "1330560000.0"}))
    (desk / "saved" / "unknown.html").write_bytes(b"<p>whose?</p>")
    told = said("saved", expect=3)
    assert [fault["place"] for fault in told["faults"]] == ["unknown.html"]
    assert rows(desk, "SELECT url, at FROM captures ORDER BY url") == [
        (ICE, "2012-03-01T00:00:00Z"),
        (READ, "2012-03-01T00:00:00Z"),
    ]


def test_list_and_home_page_are_no_articles(desk):
    home = html(f"https://{HOST}/", "Gazette")
    file = warc(
        desk / "crawl.warc.gz", (f"https://{HOST}/", 2012, home), (f"https://{HOST}/tag/ice/", 2012, home)
    )
    assert said(file)["pages"] == 0


WXR = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Gazette</title>
<pubDate>Thu, 01 Mar 2012 00:00:00 +0000</pubDate>
<wp:author><wp:author_login>ada</wp:author_login><wp:author_email>ada@{HOST}</wp:author_email>
<wp:author_display_name><![CDATA[Ada Brindle]]></wp:author_display_name></wp:author>
<item><title>Ice in the harbour</title><link>{ICE}</link><dc:creator>ada</dc:creator>
<content:encoded><![CDATA[Ice in the harbour closed the lower quay on Sunday, and the pilots walked.

Nobody had seen the like since the winter in which the bell tower froze.]]></content:encoded>
<wp:post_id>7</wp:post_id><wp:post_date_gmt>2009-07-01 09:00:00</wp:post_date_gmt><wp:status>publish</wp:status>
<wp:post_type>post</wp:post_type><category domain="post_tag" nicename="frost"><![CDATA[frost]]></category>
<wp:comment><wp:comment_id>11</wp:comment_id><wp:comment_author>E</wp:comment_author>
<wp:comment_author_email>secret-e@mail.example</wp:comment_author_email>
<wp:comment_author_IP>203.0.113.77</wp:comment_author_IP><wp:comment_date_gmt>2009-07-11 16:05:00</wp:comment_date_gmt>
<wp:comment_content>Bring skates.</wp:comment_content><wp:comment_approved>1</wp:comment_approved></wp:comment>
<wp:comment><wp:comment_id>12</wp:comment_id><wp:comment_author>wren@mail.example</wp:comment_author>
<wp:comment_date_gmt>2009-07-12 16:05:00</wp:comment_date_gmt><wp:comment_parent>11</wp:comment_parent>
<wp:comment_content>And tea.</wp:comment_content><wp:comment_approved>1</wp:comment_approved></wp:comment>
<wp:comment><wp:comment_id>13</wp:comment_id><wp:comment_author>Held</wp:comment_author>
<wp:comment_content>Unapproved words.</wp:comment_content><wp:comment_approved>0</wp:comment_approved></wp:comment>
<wp:comment><wp:comment_id>14</wp:comment_id><wp:comment_author>Ada</wp:comment_author><wp:comment_type>note</wp:comment_type>
<wp:comment_content>Desk words, for editors alone.</wp:comment_content><wp:comment_approved>1</wp:comment_approved></wp:comment>
</item>
<item><title>Draft</title><link>{READ}</link><wp:post_id>8</wp:post_id><wp:status>draft</wp:status>
<wp:post_type>post</wp:post_type><content:encoded><![CDATA[Words of a draft.]]></content:encoded></item>
</channel></rss>"""


def test_wordpress_export_gives_what_is_published_alone(desk):
    (desk / "site.xml").write_text(WXR)
    assert said("site.xml")["comments_new"] == 2
    sql = "SELECT title, byline, text, witness, first_seen FROM articles"
    [(title, byline, text, witness, first_seen)] = rows(desk, sql)
    assert (title, byline, witness, first_seen) == (
        "Ice in the harbour",
        "Ada Brindle",
        "site.xml",
        "2012-03-01T00:00:00Z",
    )
    assert text.split("\n\n")[1].startswith("Nobody")
    sql = "SELECT c.text, p.text FROM comments AS c LEFT JOIN comments AS p ON p.id = c.parent_id ORDER BY c.published"
    assert rows(desk, sql) == [("Bring skates.", None), ("And tea.", "Bring skates.")]
    for file in ("archive.db", "pages.db"):
        dump = "\n".join(Database(desk / file).conn.iterdump())
        for secret in ("@mail.example", f"ada@{HOST}", "203.0.113.77", "Unapproved", "Desk words", "a draft"):
            assert secret not in dump
    with Pages.open(desk / "pages.db") as pages:
        [[number]] = pages.db.execute("SELECT id FROM pages").fetchall()
        assert b"mail.example" not in pages.get(number).body


DISQUS = f"""<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<thread dsq:id="900"><id/><link>{ICE}</link><title>Ice in the harbour</title><createdAt>2009-07-01T09:00:00Z</createdAt>
</thread>
<post dsq:id="1"><message><![CDATA[<p>Bring skates.</p>]]></message><createdAt>2012-03-01T00:00:00Z</createdAt>
<isDeleted>false</isDeleted><isSpam>false</isSpam><ipAddress>203.0.113.77</ipAddress>
<author><name>E</name><email>secret-e@mail.example</email></author><thread dsq:id="900"/></post>
<post dsq:id="2"><message><![CDATA[<p>And tea.</p>]]></message><createdAt>2012-03-02T00:00:00Z</createdAt>
<isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Wren</name></author><thread dsq:id="900"/>
<parent dsq:id="1"/></post>
<post dsq:id="3"><message><![CDATA[<p>Deleted words.</p>]]></message><createdAt>2012-03-02T00:00:00Z</createdAt>
<isDeleted>true</isDeleted><isSpam>false</isSpam><thread dsq:id="900"/></post></disqus>"""


def test_disqus_export_gives_threads_without_secrets(desk):
    (desk / "disqus.xml").write_text(DISQUS)
    run(warc(desk / "crawl.warc.gz", (ICE, 2011, html(comments=()))))
    assert said("disqus.xml")["comments_new"] == 2
    sql = "SELECT c.text, p.text FROM comments AS c LEFT JOIN comments AS p ON p.id = c.parent_id ORDER BY c.published"
    assert rows(desk, sql) == [("Bring skates.", None), ("And tea.", "Bring skates.")]
    assert rows(desk, "SELECT count(*), max(version_count) FROM articles") == [(1, 1)]
    for file in ("archive.db", "pages.db"):
        dump = "\n".join(Database(desk / file).conn.iterdump())
        assert "mail.example" not in dump
        assert "Deleted words" not in dump


@pytest.mark.parametrize(
    "prefix",
    [
        "https://web.archive.org/web/20120301000000",
        "/web/20120301000000",
        "http://localhost:8080/live/20120301000000mp_",
        "https://web.archive.org/web/2012",
    ],
)
def test_banner_and_rewritten_links_of_a_web_archive_are_taken_off(desk, prefix):
    banner = b"<!-- BEGIN WAYBACK TOOLBAR INSERT --><div><p>Captured 12 times, the archive says.</p></div><!-- END WAYBACK TOOLBAR INSERT -->"
    wrapped = (
        html()
        .replace(b'"https://', f'"{prefix}/https://'.encode())
        .replace(b'single-post">', b'single-post">' + banner)
    )
    plain = warc(desk / "plain.warc.gz", (ICE, 2012, html()))
    other = warc(
        desk / "wrapped.warc.gz", (f"https://web.archive.org/web/20120301000000/{ICE}", 2026, wrapped)
    )
    with Pages.open(desk / "pages.db") as pages:
        run(plain)
        run(other)
        first, second = pages.db.execute("SELECT url, fetched_at, said FROM pages ORDER BY id").fetchall()
    assert first == second
    assert rows(desk, "SELECT version_count FROM articles") == [(1,)]
    assert rows(desk, "SELECT version_count FROM comments") == [(1,)]
