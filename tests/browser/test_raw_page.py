"""A raw page in a real browser: its words are shown, and nothing of it runs, loads or leads away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.core.records import Article, Extract, Site, Surface
from archive.files.raw_pages import Pages, raw_pages_path
from archive.storage.archive import Archive
from tests.builders import browser as real
from tests.builders.pages import made_page
from tests.builders.require import need
from tests.builders.room_server import serving

pytestmark = pytest.mark.browser

SITE = Site(name="gazette", url="https://gazette.example")
URL = f"{SITE.url}/2026/03/ice/"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = "The ice held for nine days."
ATTACK = f"""<!doctype html><html><head><base href="https://elsewhere.example/">
<meta http-equiv="refresh" content="0; url=https://elsewhere.example/refreshed">
<link rel="stylesheet" href="https://elsewhere.example/style.css">
<script src="https://elsewhere.example/script.js"></script>
<script>document.documentElement.dataset.ran = "1"; fetch("/-/health");
top.location = "/about"</script></head>
<body onload="document.body.append('it ran')"><p>{WORDS}</p><img src="https://elsewhere.example/pixel.gif"
 onerror="document.body.append('it ran')"><iframe src="https://elsewhere.example/frame"></iframe>
<form action="https://elsewhere.example/sent"><button>Send</button></form>
<a href="https://elsewhere.example/link">Away</a></body></html>"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    need("browser", missing=real.missing())
    folder = tmp_path_factory.mktemp("raw")
    path, metadata = folder / "archive.db", folder / "metadata.json"
    metadata.write_text(json.dumps({"plugins": {"backissue": {"replay": True}}}))
    keep(path)
    with serving(path, folder / "log", metadata=metadata) as base:
        yield base


def keep(path: Path) -> None:
    page = made_page(URL, ATTACK, headers=(("Content-Type", "text/html"),), fetched_at=NOON)
    article = Article(url=URL, post_id=7, title="Ice", published=NOON, text=WORDS)
    with Archive.open(path) as archive, Pages.open(raw_pages_path(path)) as pages:
        archive.add_source(SITE, "2026-03-01T00:00:00Z")
        pages.keep(page)
        archive.save(page, Extract(surface=Surface.PAGE, articles=(article,)))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with real.browser() as started:
        yield started


@pytest.mark.parametrize("place", ["/article/1/kept", f"/memento/20260301120000/{URL}"])
def test_raw_page_shows_its_words_and_runs_nothing(chromium: Any, address: str, place: str) -> None:
    asked: list[str] = []
    with real.context(chromium) as visitor:
        page = visitor.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address + place, wait_until="networkidle")
        shown = page.frames[1] if place.endswith("/kept") else page.main_frame
        text = shown.locator("body").inner_text()
        assert WORDS in text
        assert "it ran" not in text
        assert shown.locator("html").get_attribute("data-ran") is None
        shown.get_by_text("Send").click()
        page.wait_for_load_state("networkidle")
        assert page.url == address + place
    own = [url for url in asked if url.startswith(address)]
    assert not any("/-/health" in url or url.endswith("/about") for url in own)
    assert f"{address}{place}" in own


def test_frame_loads_nothing_and_leads_nowhere(chromium: Any, address: str) -> None:
    reached: list[str] = []
    with real.context(chromium) as visitor:
        page = visitor.new_page()
        page.on("response", lambda response: reached.append(response.url))
        page.goto(f"{address}/article/1/kept", wait_until="networkidle")
        page.frames[1].get_by_text("Away").click()
        page.wait_for_load_state("networkidle")
        assert page.url == f"{address}/article/1/kept"
    assert all(url.startswith(address) for url in reached)
