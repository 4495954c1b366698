"""Signed requests: a gate that lets only valid signatures in passes a whole crawl, and nobody else."""

from __future__ import annotations

import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from archive.core.errors import ConfigError
from crawler.cli.visitor import directory_server
from crawler.fetch.visitor import DIRECTORY_PATH, DIRECTORY_TYPE, load_visitor, make_visitor_key
from tests.builders.crawling import Crawls, Forked
from tests.builders.gatekeeper import Gatekeeper
from tests.fakesite import Fault, SampleSite
from tests.fakesite.wire import moved, page


@dataclass(slots=True, kw_only=True)
class Gate(Fault):
    """Lets signed requests in, and sends each page once to a URL with a mark: redirects are signed too."""

    keeper: Gatekeeper

    def answer(self, request, ordinary):
        if not self.keeper.lets_in(request.headers):
            return page("<h1>Only known visitors</h1>", 403)
        if request.path.startswith("/archives/") and "seen" not in request.query:
            return moved(f"{request.path}?seen=1", 302)
        return ordinary()


def configured(crawls: Crawls, *lines: str) -> list[str]:
    """Return the words that name a configuration with a visitor."""
    words = crawls.words()
    config = Path(words[1])
    config.write_text("\n".join([config.read_text(), "[visitor]", *lines]))
    return words


def run(crawls: Crawls, words: list[str], *command: str):
    return Forked([*words, *command], crawls.folder, crawls.values).wait()


def test_gate_lets_only_valid_signatures_in(tmp_path):
    with SampleSite(articles=5, comments=5) as site:
        crawls = Crawls(tmp_path, site.url)
        words = configured(crawls, "sign = true", 'directory = "https://bot.gull.example"')
        missing = run(crawls, words, "crawl")
        assert missing.returncode == 1
        assert "`backissue visitor key` makes one" in missing.stderr
        assert not site.requests
        made = run(crawls, words, "visitor", "key")
        assert made.returncode == 0
        assert (tmp_path / "visitor.key").stat().st_mode & 0o077 == 0
        assert run(crawls, words, "visitor", "key").returncode == 1, "a key is never replaced"
        assert run(crawls, words, "visitor", "directory").stdout == made.stdout
        keeper = Gatekeeper(made.stdout)
        gate = site.faults.add(Gate(keeper=keeper))
        done = run(crawls, words, "crawl")
        assert (done.returncode, keeper.refused) == (0, []), done.stderr
        assert crawls.rows("SELECT count(*) AS n FROM articles WHERE text IS NULL") == [{"n": 0}]
        assert len(keeper.nonces) == len(site.requests) == gate.hits
        asked = {request.path for request in site.requests}
        assert "/robots.txt" in asked
        assert any("seen=1" in request.target for request in site.requests)
        seen = dict(site.requests[-1].headers)
        assert keeper.fault(seen, tag="web-bot-auth") == "replayed"
        for name, value in {"host": "other.example", "signature-agent": '"https://evil.example"'}.items():
            assert keeper.fault(seen | {name: value}, tag="web-bot-auth") == "altered"
        doctor = run(crawls, words, "doctor")
        assert "responds, and robots.txt allows it" in doctor.stdout
        assert keeper.refused == []
        unsigned = run(crawls, crawls.words(), "crawl")
        assert unsigned.returncode == 3
        assert set(keeper.refused) == {"no signature"}


def test_directory_is_served_signed(tmp_path):
    make_visitor_key(tmp_path / "key")
    ours = load_visitor(tmp_path / "key", None)
    server = directory_server(ours, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        host = f"127.0.0.1:{server.server_address[1]}"
        with urllib.request.urlopen(f"http://{host}{DIRECTORY_PATH}") as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    assert headers["content-type"] == DIRECTORY_TYPE
    keeper = Gatekeeper(text)
    assert keeper.fault(headers | {"host": host}, tag="http-message-signatures-directory") is None


@pytest.mark.parametrize("text", ["", "nonsense"])
def test_file_that_is_no_key_is_named(tmp_path, text):
    (tmp_path / "key").write_text(text)
    with pytest.raises(ConfigError, match="is no private key") as told:
        load_visitor(tmp_path / "key", None)
    assert "Move it away" in str(told.value.hint)


def test_doctor_names_a_key_that_others_may_read(tmp_path):
    crawls = Crawls(tmp_path, "http://127.0.0.1:9")
    assert crawls.program("visitor", "key").returncode == 0
    assert "visitor key" not in crawls.program("doctor", "--offline").stdout
    (tmp_path / "visitor.key").chmod(0o640)
    said = " ".join(crawls.program("doctor", "--offline").stdout.split())
    assert "and could come in the name of this archive" in said
    assert f"chmod 600 {tmp_path / 'visitor.key'}" in said
