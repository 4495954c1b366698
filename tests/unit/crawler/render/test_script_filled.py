"""Which pages only a script fills, and what a page's scripts may request. All pages are invented."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from scrapy.http import Response

from archive.core.records import Page, Site
from crawler.render.page_requests import PageRequests, ScriptCache, _changes_nothing, _is_sent
from crawler.render.script_filled import COMMENTS, TEXT, is_emptied, missing_part
from pipeline import process
from tests.builders.pages import HTML, made_page

STORY = "The lamps of the mole were lit at six, and the pilots went home by the old road. " * 4
HEAD = '<html lang="en"><head><title>Lamps</title><script src="/app.js"></script></head>'
ARTICLE = f"{HEAD}<body><article><h1>Lamps</h1><p>{STORY}</p><p>{STORY}</p></article>"


def page(body: str, status: int = 200) -> Page:
    url = "https://paper.example/lamps/"
    return made_page(url, body, source="paper", status=status, headers=HTML)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (f'{HEAD}<body><div id="root"></div>', TEXT),
        (f"{HEAD}<body><app-root></app-root>", TEXT),
        (f"{HEAD}<body><noscript>Please enable JavaScript.</noscript><div class=x></div>", TEXT),
        (f"{HEAD}<body><p>Closed until Monday.</p>", None),
        ('<html><body><div id="root"></div>', None),  # without a script nothing fills it
        (ARTICLE, None),
        (f'{ARTICLE}<div id="root"></div>', None),
        (f'{ARTICLE}<section id="comments"><h2>12 Comments</h2></section>', COMMENTS),
    ],
)
def test_page_that_only_a_script_fills_is_known(body: str, part: str | None) -> None:
    found = page(body)
    assert missing_part(found, process(found, Site(name="paper", url="https://paper.example"))) == part


def wanted(method: str = "GET", body: object = None, kind: str = "fetch") -> SimpleNamespace:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return SimpleNamespace(method=method, resource_type=kind, post_data_buffer=data)


@pytest.mark.parametrize(
    ("request_", "allowed"),
    [
        (wanted(), True),
        (wanted("HEAD"), True),
        (wanted("POST", {"query": "query Story { title }"}), True),
        (wanted("POST", [{"query": "{ title }"}, {"query": "query A { b }"}]), True),
        (wanted("POST", [{"query": "{ title }"}, {"query": "mutation { like }"}]), False),
        (wanted("POST", {"query": "mutation { like }"}), False),
        (wanted("POST", {"page": 3}), False),
        (wanted("POST", []), False),
        (wanted("POST", b"\xff"), False),
        (wanted("POST", {"query": "{ title }"}, kind="document"), False),
        (wanted("DELETE"), False),
        (wanted("PUT", {"query": "{ title }"}), False),
    ],
)
def test_what_may_change_something_is_not_sent(request_: SimpleNamespace, allowed: bool) -> None:
    assert _changes_nothing(request_) is allowed  # type: ignore[arg-type]


def test_who_asks_is_never_disguised() -> None:
    kept = ("accept", "content-type", "x-token", "authorization", "referer")
    dropped = ("cookie", "user-agent", "sec-ch-ua", "if-none-match", "host", "origin", "proxy-authorization")
    assert [name for name in (*kept, *dropped) if _is_sent(name)] == list(kept)


def test_cached_scripts_are_bounded_and_obey_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.render.page_requests.MAX_CACHE_BYTES", 10)
    cache = ScriptCache()
    cache.keep(Response("https://paper.example/a.js", body=b"1234567"), "https://paper.example/a.js")
    cache.keep(Response("https://paper.example/b.js", body=b"1234567"), "https://paper.example/b.js")
    private = Response("https://paper.example/c.js", body=b"1", headers={"Cache-Control": "no-store"})
    cache.keep(private, private.url)
    assert list(cache.answers) == ["https://paper.example/a.js"]


def test_clauses_on_one_page_are_few_and_differ() -> None:
    requests = PageRequests(
        crawler=SimpleNamespace(),  # type: ignore[arg-type]
        served=Response("https://paper.example/"),
        cache=ScriptCache(),
    )
    for number in [*range(9), *range(9)]:
        requests.lack(f"clause {number}")
    assert requests.lacks == [f"clause {number}" for number in range(5)]
    assert not requests.is_short


def test_page_that_a_script_has_emptied() -> None:
    whole = b"<p>" + b"word " * 200 + b"</p>"
    assert is_emptied(whole, b"<h2>A client-side exception has occurred.</h2>")
    assert not is_emptied(whole, whole)
    assert not is_emptied(b"<p>Loading, please wait.</p><script>" + b"word " * 200 + b"</script>", b"<p></p>")
