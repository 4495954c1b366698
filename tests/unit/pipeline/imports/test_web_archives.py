"""Web archives that are asked over HTTP: a CDX server with raw replay, and Common Crawl."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

import scheduler
from archive.core.records import Site
from crawler.imports.asking import CDX_PAUSE_SECONDS, Asking
from crawler.imports.cdx import WebArchive
from tests.builders.warcs import FIRST, HOST, ICE, READ, SECOND, THREAD, html, rows, said, warc


class Stand:
    """A web archive on the loopback: a CDX server and raw replay of some captures."""

    def __init__(self, captures, *, form="json", busy=0):
        self.captures, self.form, self.busy, self.asked = captures, form, busy, []

    def answer(self, path):
        parts = urlsplit(path)
        if parts.path == "/coll/cdx":
            query = parse_qs(parts.query)
            start = int(query.get("resumeKey", ["0"])[0])
            lines = [(url, f"{year}0301000000") for (url, year) in sorted(self.captures)][start : start + 2]
            if self.form == "lines":
                return "".join(
                    json.dumps({"timestamp": at, "url": url, "status": "200", "mime": "text/html"}) + "\n"
                    for url, at in lines
                    if start == 0
                ).encode()
            table = [["timestamp", "original"], *([at, url] for url, at in lines)]
            more = [[], [str(start + 2)]] if start + 2 < len(self.captures) else []
            return json.dumps([*table, *more]).encode()
        _, _, stamp, url = path.split("/", 3)
        return self.captures.get((url, int(stamp[:4]))) if stamp.endswith("id_") else None


@contextmanager
def standing(stand):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            stand.asked.append(self.path)
            if stand.busy:
                stand.busy -= 1
                self.send_response(429)
                self.send_header("Retry-After", "30")
                self.end_headers()
                return
            asked = self.headers.get("Range", "").removeprefix("bytes=")
            span = [int(each) for each in asked.split("-")] if asked else None
            body = stand.answer(self.path, span) if span else stand.answer(self.path)
            good = 206 if span and getattr(stand, "ranged", False) else 200
            self.send_response(good if body is not None else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/coll/cdx"
    finally:
        server.shutdown()
        server.server_close()


class PagedIndex:
    """An index whose answers are given: for each a list of its pages' names, and the key that it names."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def get(self, url):
        names, key = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        assert self.asked < 100, "it is asked without end"
        table = [["timestamp", "original", "mimetype"]]
        for name in names:
            kind = "image/png" if name.endswith(".png") else "text/html"
            table.append(["20130301000000", f"https://{HOST}/{name}", kind])
        key = f"{key}{self.asked}" if key == "new" else key
        return json.dumps([*table, [], [key]] if key else table).encode(), ()


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([(["a"], "1"), (["a.png", "b.png"], "2"), (["b"], "")], ["a", "b"]),  # a part without pages
        ([(["a"], "1"), (["a"], "2"), (["b"], "")], ["a", "b"]),  # a part that was given before
        ([(["a"], "1"), ([], "2"), (["b"], "")], ["a", "b"]),
        ([(["a"], "1"), (["b"], "1")], ["a", "b"]),  # the same key again and again
        ([(["a"], "new")], ["a"]),  # another key each time, and never anything new
    ],
)
def test_an_index_is_read_to_its_end_and_no_further(answers, found):
    index = WebArchive("http://index.example/cdx", None, PagedIndex(*answers))
    entries = index.entries(Site(name="paper", url=f"https://{HOST}"), None, None)
    assert [entry.url.rpartition("/")[2] for entry in entries] == found


class CommonCrawlStand(Stand):
    """Common Crawl on the loopback: the list of its crawls, two indexes, and files by range."""

    def __init__(self, folder):
        super().__init__({})
        self.host, self.ranged, self.files = "", True, {}
        self.indexes = {"CC-MAIN-2013-20-index": [], "CC-MAIN-2014-10-index": []}
        self._add(folder, "CC-MAIN-2013-20", (ICE, 2013, html(comments=(FIRST, SECOND))))
        self._add(folder, "CC-MAIN-2014-10", (ICE, 2014, html()), (READ, 2014, html(READ, "The lamp", ())))

    def _add(self, folder, crawl, *records):
        file = f"crawl-data/{crawl}/segments/1/warc/{crawl}.warc.gz"
        self.files[f"/{file}"] = b""
        for url, year, body in records:
            packed = warc(folder / "one.warc.gz", (url, year, body)).read_bytes()
            entry = {"urlkey": "x", "timestamp": f"{year}0301000000", "url": url, "mime": "text/html"}
            entry |= {
                "status": "200",
                "digest": f"{url} {year}",
                "filename": file,
                "length": str(len(packed)),
            }
            self.indexes[f"{crawl}-index"].append({**entry, "offset": str(len(self.files[f"/{file}"]))})
            self.files[f"/{file}"] += packed

    def answer(self, path, span=None):
        parts = urlsplit(path)
        if parts.path == "/collinfo.json":
            return json.dumps(
                [
                    {
                        "id": name,
                        "cdx-api": f"http://{self.host}/{name}",
                        "from": f"{name[8:12]}-02-01T00:00:00",
                        "to": f"{name[8:12]}-04-01T00:00:00",
                    }
                    for name in reversed(self.indexes)
                ]
            ).encode()
        if parts.path in self.files and span:
            return self.files[parts.path][span[0] : span[1] + 1]
        found, query = self.indexes.get(parts.path.strip("/")), parse_qs(parts.query)
        if not found:
            return None
        if "showNumPages" in query:
            return json.dumps({"pages": len(found), "pageSize": 1, "blocks": 1}).encode()
        return json.dumps(found[int(query["page"][0])]).encode() + b"\n"


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self):
        self.now, self.waits = 0.0, []

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


def web_archive(index, clock):
    return WebArchive(index, None, Asking("Backissue (test)", sleep=clock.sleep, clock=lambda: clock.now))


@pytest.mark.parametrize("form", ["json", "lines"])
def test_index_is_read_to_its_end_and_politely(form):
    captures = {(f"https://{HOST}/2009/07/{name}.php", 2012): html() for name in ("a", "b")} | {
        (ICE, 2012): html()
    }
    if form == "lines":
        captures = dict(list(captures.items())[:2])
    stand, clock = Stand(captures, form=form), Clock()
    with standing(stand) as index:
        archive = web_archive(index, clock)
        found = list(archive.entries(Site(name="gazette", url=f"https://{HOST}"), None, None))
        got = [archive.capture(entry, "gazette") for entry in found]
    assert sorted((each.page.url, each.page.fetched_at.year) for each in got) == sorted(captures)
    assert {each.page.body for each in got} == {html()}
    assert clock.now >= (len(stand.asked) - 1) * CDX_PAUSE_SECONDS


def test_busy_web_archive_is_left_alone_as_long_as_it_asks():
    stand, clock = Stand({(ICE, 2012): html()}, busy=2), Clock()
    with standing(stand) as index:
        [entry] = web_archive(index, clock).entries(Site(name="gazette", url=f"https://{HOST}"), None, None)
    assert entry.url == ICE
    assert sum(clock.waits) >= 60


def test_capture_that_is_not_given_is_a_fault():
    stand, clock = Stand({(ICE, 2012): html()}), Clock()
    with standing(stand) as index:
        archive = web_archive(index, clock)
        [entry] = archive.entries(Site(name="gazette", url=f"https://{HOST}"), None, None)
        stand.captures.clear()
        assert "404" in archive.capture(entry, "gazette").why


def test_web_archive_is_imported_by_its_index(desk, monkeypatch):
    monkeypatch.setattr("crawler.imports.asking.CDX_PAUSE_SECONDS", 0.0)
    stand = Stand({(ICE, 2012): html(), (READ, 2013): html(READ, "The lamp", ())})
    with standing(stand) as index:
        told = said(index)
        again = said(index)
    assert (told["read"], again["known"], again["read"]) == (2, 2, 0)
    assert len(stand.asked) == 4  # the second import asks the index alone
    [(witness,)] = rows(desk, "SELECT DISTINCT witness FROM captures")
    assert witness == urlsplit(index).netloc


def test_server_without_an_index_is_an_error(desk, monkeypatch):
    monkeypatch.setattr("crawler.imports.asking.CDX_PAUSE_SECONDS", 0.0)
    stand = Stand({})
    stand.answer = lambda path: b"<html>hello"
    with standing(stand) as index:
        done = CliRunner().invoke(scheduler.main, ["import", index])
    assert done.exit_code == 1
    assert "no CDX list" in done.output


@pytest.fixture
def common_crawl(desk, monkeypatch):
    monkeypatch.setattr("crawler.imports.asking.CDX_PAUSE_SECONDS", 0.0)
    stand = CommonCrawlStand(desk)
    with standing(stand) as index:
        stand.host = urlsplit(index).netloc
        yield stand


def test_common_crawl_is_read_by_its_indexes_and_ranges(desk, common_crawl):
    data, crawls = f"http://{common_crawl.host}", f"http://{common_crawl.host}/collinfo.json"
    told = said(crawls, "--replay", data)
    assert (told["read"], told["comments_gone"], told["faults"]) == (3, 1, [])
    assert rows(desk, THREAD) == [
        ("E", common_crawl.host, "2013-03-01T00:00:00Z", None, None),
        ("Wren", common_crawl.host, "2013-03-01T00:00:00Z", None, "2014-03-01T00:00:00Z"),
    ]
    asked = len(common_crawl.asked)
    assert said(crawls, "--replay", data)["known"] == 3
    assert not any("crawl-data" in path for path in common_crawl.asked[asked:])


def test_one_crawl_of_common_crawl_is_read(desk, common_crawl):
    data = f"http://{common_crawl.host}"
    assert said(f"{data}/CC-MAIN-2013-20-index", "--replay", data)["read"] == 1
    assert said(f"{data}/collinfo.json", "--replay", data, "--since", "2014")["known"] == 0
    assert len([path for path in common_crawl.asked if "2013-20-index" in path]) == 2


def test_common_crawl_without_the_site_gives_nothing(desk, common_crawl):
    common_crawl.indexes = {"CC-MAIN-2013-20-index": []}
    assert said(f"http://{common_crawl.host}/CC-MAIN-2013-20-index")["pages"] == 0


def test_server_that_gives_whole_files_is_not_read(desk, common_crawl):
    common_crawl.ranged = False
    data = f"http://{common_crawl.host}"
    [fault] = said(f"{data}/CC-MAIN-2013-20-index", "--replay", data, expect=3)["faults"]
    assert "it gives no part of a file" in fault["why"]
