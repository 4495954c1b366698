"""The pages below a path of another site, through a real reverse proxy: every link stays there."""

from __future__ import annotations

import html
import http.client
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from click.testing import CliRunner

from archive.operations.serve import base_path
from scheduler import main
from tests.builders import fixtures_archive as made
from tests.builders.patience import PATIENCE
from tests.builders.room_server import serving

BASE = "/news/"
STARTS = (
    *("", "search?q=ferry", "article/110", "article/104?page=2&since=2015-06-01", "changes", "coverage"),
    *("words?q=ferry", "sites", "author/1", "commenter?name=noor", "article/110/versions"),
    *("-/data", "archive", "archive/articles"),
)


@contextmanager
def proxied(behind: str, *, strips: bool) -> Iterator[str]:
    """A reverse proxy as people write it in a few lines of configuration: with the path, or without it."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if not self.path.startswith(BASE):
                self.send_error(404)
                return
            asked = http.client.HTTPConnection(behind, timeout=PATIENCE)
            path = self.path[len(BASE) - 1 :] if strips else self.path
            asked.request("GET", path, headers={"Host": self.headers["Host"]})
            answer = asked.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name in ("Content-Type", "Location"):
                if value := answer.headers[name]:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            asked.close()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("proxy")
    path = made.build(folder / "archive.db", count=4)
    with serving(path, folder / "log", base_url=BASE) as address:
        yield urlsplit(address).netloc


@pytest.mark.parametrize("strips", [True, False], ids=["the proxy takes the path off", "or leaves it on"])
def test_every_link_stays_below_the_path_and_leads_somewhere(behind: str, strips: bool) -> None:
    with proxied(behind, strips=strips) as site:
        tried: set[str] = set()
        for start in STARTS:
            page = f"{site}{BASE}{start}"
            with urllib.request.urlopen(page, timeout=PATIENCE) as answer:
                text = answer.read().decode()
            for found in re.findall(r'(?:href|src|action)="([^"#]+)', text):
                link = urljoin(page, html.unescape(found))
                kind = re.sub(r"\d+", "", urlsplit(link).path)  # one of each kind is enough
                if not link.startswith(site) or kind in tried:
                    continue
                tried.add(kind)
                assert urlsplit(link).path.startswith(BASE), (start, link)
                assert f"{BASE}{BASE[1:]}" not in link, (start, link)
                with urllib.request.urlopen(link, timeout=PATIENCE) as reached:
                    assert reached.status == 200, (start, link)
        assert len(tried) > 30


def test_feeds_and_citations_name_the_address_that_readers_see(behind: str) -> None:
    with proxied(behind, strips=True) as site:
        for path, expected in (
            ("search.atom?q=ferry", f"{site}{BASE}article/"),
            ("changes.atom", f"{site}{BASE}changes"),
            ("article/110", f"Archived at {site}{BASE}article/110"),
            ("search.json?q=ferry", f"{site}{BASE}article/"),
        ):
            with urllib.request.urlopen(f"{site}{BASE}{path}", timeout=PATIENCE) as answer:
                assert expected in answer.read().decode(), path


def test_what_is_not_there_is_not_found(behind: str) -> None:
    for path in ("/elsewhere", f"{BASE}nothing", f"{BASE}article/99999"):
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(f"http://{behind}{path}", timeout=PATIENCE)
        assert answer.value.code == 404, path


@pytest.mark.parametrize("typed", ["news", "/news", "news/", "/news/", " /news/ "])
def test_a_base_path_may_be_typed_in_any_way(typed: str) -> None:
    assert base_path(typed) == BASE
    assert base_path("") == base_path("/") == "/"


def test_metadata_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["serve", "--metadata", str(tmp_path / "no.json")])
    assert done.exit_code == 2
    assert "no.json" in done.output
