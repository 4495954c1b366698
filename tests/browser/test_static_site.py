"""The static site in a real browser, behind a web server that only hands out files."""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scheduler import main
from tests.builders import browser as real
from tests.builders.fixtures_archive import ATTACKS, START, Filler
from tests.builders.require import need

pytestmark = pytest.mark.browser
SECRET = "marmalade"


def program(folder: Path, *words: str) -> None:
    command = ["--config", str(folder / "backissue.toml"), *words]
    done = CliRunner().invoke(main, command, prog_name="backissue")
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles: a thread of two pages, and what tries to run in a reader's browser."""
    folder = tmp_path_factory.mktemp("site")
    fill = Filler(folder / "archive.db")
    fill.article(1, START, title="The tide mill turns", text="A wheel of oak, after nine winters.")
    fill.thread(1, START, 230)
    fill.comment(1, START + timedelta(days=9), text=f"My {SECRET} won a prize.", author="Nettie Quince")
    fill.comment(1, START + timedelta(days=9), text="A heron was seen at the sluice.", author="noor")
    later = START + timedelta(days=40)
    fill.article(2, later, title=f"On attacks {ATTACKS[0]}", text="Quiet.", markdown=ATTACKS[1])
    for each in ATTACKS:
        fill.comment(2, later, text=f"zeppelin {each}", html=f"<p>zeppelin {each}</p>", author=each)
    fill.finish()
    (folder / "backissue.toml").write_text("[sources.quayside]\nurl = 'https://quayside.example'\n")
    program(folder, "redact", "comment", "231", "--yes", "--reason", "Asked")
    program(folder, "export", "site", "--output", str(folder / "out"))
    return folder / "out"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Hands out files, and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The site, below a path of another one."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{site.name}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    need("browser", missing=real.missing())
    with real.browser() as started:
        yield real.context(started).new_page()


def test_the_search_leads_to_a_comment_on_its_page(page: Any, address: str) -> None:
    page.goto(f"{address}/index.html")
    page.fill("input[name=q]", "heron sluice")
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("#hits li")
    assert page.inner_text("#status") == "1 page"
    assert "The tide mill turns" in page.inner_text("#hits h3")
    page.click("#hits h4 a")
    page.wait_for_url("**/article/1-2.html#comment-232")
    assert "A heron was seen" in page.inner_text("main")
    assert page.locator("#comment-232").is_visible()


def test_months_lead_to_articles_without_a_script(page: Any, address: str) -> None:
    page.goto(f"{address}/index.html")
    page.click("text=2009-03")
    page.click("text=The tide mill turns")
    assert "after nine winters" in page.inner_text("main")
    page.click("nav.pages >> text=2 >> nth=0")
    page.wait_for_url("**/article/1-2.html#thread")


def test_nothing_of_a_text_runs(page: Any, address: str) -> None:
    for path in ("article/2.html", "search.html?q=zeppelin", "search.html?q=%3Cimg+src%3Dx%3E"):
        page.goto(f"{address}/{path}")
        if path.startswith("search"):
            page.locator("#status", has_text="page").wait_for()
        assert page.title() != "owned"
        assert page.locator("img, script:not([src])").count() == 0


def test_what_is_hidden_is_not_found(page: Any, address: str, site: Path) -> None:
    for word in (SECRET, "Nettie"):
        page.goto(f"{address}/search.html?q={word}")
        page.locator("#status", has_text="No page").wait_for()
    for path in filter(Path.is_file, site.rglob("*")):
        data = path.read_bytes()
        text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        assert SECRET.encode() not in text.lower(), path
    page.goto(f"{address}/article/1-2.html")
    assert "Hidden by the operator" in page.inner_text("main")
