"""Seven journeys of a researcher, with their clicks counted: typing and Enter are no clicks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.files.desk_store import Desk, desk_path
from tests.browser.test_browser_room import watched
from tests.builders import browser as real
from tests.builders import fixtures_archive as made
from tests.builders.require import need
from tests.builders.room_server import serving

pytestmark = pytest.mark.browser

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("journeys") / "archive.db", count=20)


@pytest.fixture(scope="module")
def key(archive: Path) -> str:
    with Desk.open(desk_path(archive), create=True) as desk:
        return desk.add_reader("Anna", NOW)


@pytest.fixture(scope="module")
def address(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    need("browser", missing=real.missing())
    log = tmp_path_factory.mktemp("log")
    (log / "metadata.json").write_text('{"plugins": {"backissue": {"desk": true}}}')
    with serving(archive, log / "log", metadata=log / "metadata.json") as base:
        yield base


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with real.browser() as started:
        yield started


class Walk:
    """A reader who clicks, and how often."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks = page, 0

    def search(self, words: str) -> None:
        """Type into the box of the home page, which has the focus."""
        self.page.goto("/")
        self.page.wait_for_function("document.activeElement.name === 'q'")
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/search?*")

    def click(self, found: Any) -> None:
        found.first.click()
        self.clicks += 1


@pytest.fixture
def walk(chromium: Any, address: str) -> Iterator[Walk]:
    with watched(chromium, address, viewport={"width": 1280, "height": 900}) as page:
        yield Walk(page)


@pytest.mark.parametrize(
    "typed", ["my grandmother bought tickets for the", "my grandmother ferry tickets from the same office"]
)
def test_half_remembered_sentence_leads_to_its_thread_by_one_click(walk: Walk, typed: str) -> None:
    """A wrong word may be in no text, or in others."""
    walk.search(typed)
    hit = walk.page.locator(".results h3 a", has_text=" on ")
    walk.click(hit)
    walk.page.wait_for_url("**/article/**#comment-*")
    walk.page.locator(":target").get_by_text("My grandmother sold tickets").first.wait_for()
    assert walk.clicks <= 1


def test_earlier_text_is_seen_by_two_clicks(walk: Walk) -> None:
    walk.search("the bridge will open in")
    walk.click(walk.page.locator(".results h3 a", has_text="The bridge will open in May"))
    walk.click(walk.page.get_by_role("link", name="compare versions"))
    walk.page.locator("del", has_text="April").first.wait_for()
    assert walk.clicks <= 2


def test_removed_is_seen_by_one_click(walk: Walk) -> None:
    walk.page.goto("/")
    walk.click(walk.page.get_by_role("link", name="Removed", exact=True))
    walk.page.locator(".results li .state", has_text="removed").first.wait_for()
    assert walk.clicks <= 1


def test_results_are_taken_as_csv_by_one_click(walk: Walk) -> None:
    walk.search("ferry")
    with walk.page.expect_download() as download:
        walk.click(walk.page.get_by_role("link", name="CSV", exact=True))
    assert download.value.suggested_filename.startswith("search-ferry-")
    assert walk.clicks <= 1


def test_comment_is_cited_by_two_clicks(chromium: Any, address: str) -> None:
    """From its thread: to the forms of its citation, and the copy of one."""
    permissions = {"permissions": ["clipboard-read", "clipboard-write"]}
    with watched(chromium, address, **permissions) as page:
        walk = Walk(page)
        page.goto(f"/article/{made.SINGLE}")
        walk.click(page.locator(".comment").get_by_role("link", name="Cite", exact=True))
        walk.click(page.locator(".cite").get_by_role("button", name="Copy"))
        page.get_by_role("button", name="Copied").wait_for()
        assert "Archived at" in page.evaluate("navigator.clipboard.readText()")
        assert walk.clicks <= 2


@pytest.mark.parametrize(
    "start", [f"/article/{made.SINGLE}", "/commenter?name=noor", "/author/1", "/tag/1", "/search?q=ferry"]
)
def test_anything_is_followed_by_one_click(walk: Walk, start: str) -> None:
    walk.page.goto(start)
    feed = walk.page.get_by_role("link", name="feed").first
    with walk.page.expect_response(lambda answer: ".atom" in answer.url) as found:
        walk.page.evaluate("link => fetch(link)", feed.get_attribute("href"))
        walk.clicks += 1
    assert found.value.headers["content-type"].startswith("application/atom+xml")
    assert walk.clicks <= 1


def test_find_is_kept_by_one_click_in_the_browser(walk: Walk) -> None:
    for start in ("/article/2", "/search?q=ferry"):
        walk.page.goto(start)
        walk.clicks = 0
        walk.click(walk.page.get_by_role("button", name="Save", exact=True))
        walk.page.get_by_role("button", name="Saved", exact=True).first.wait_for()
        assert walk.clicks <= 1
    walk.page.goto("/saved")
    assert walk.page.locator(".saved li").count() == 2


def test_find_is_kept_by_one_click_on_a_desk(chromium: Any, address: str, key: str) -> None:
    """What the browser had comes along, and everything is there without a script too."""
    with watched(chromium, address) as page:
        walk = Walk(page)
        page.goto("/article/3")
        page.get_by_role("button", name="Save", exact=True).first.click()
        page.goto(f"/desk#key={key}")
        page.get_by_text("The desk of Anna").wait_for()
        assert key not in page.url
        page.get_by_text("This browser keeps 1 saved item").wait_for()
        page.get_by_role("button", name="Add them to my desk").click()
        page.get_by_text("1 item added.").wait_for()
        page.goto("/saved")
        assert not page.get_by_role("button", name="Add them to my desk").is_visible()
        for start in ("/article/2", "/search?q=ferry"):
            page.goto(start)
            walk.clicks = 0
            walk.click(page.get_by_role("button", name="Save", exact=True))
            page.get_by_role("button", name="Saved", exact=True).first.wait_for()
            assert walk.clicks <= 1
        page.goto("/saved")
        assert page.locator(".saved li").count() == 3
        cookies = page.context.cookies()
        assert page.evaluate("document.cookie").find("backissue_desk") == -1
    with watched(chromium, address, java_script_enabled=False) as page:
        page.context.add_cookies(cookies)
        page.goto("/article/4")
        page.get_by_role("button", name="Save", exact=True).last.click()
        page.wait_for_url("**/article/4#comment-*")
        page.get_by_role("button", name="Saved", exact=True).first.wait_for()
        page.goto("/saved")
        page.get_by_text("Add a note or tags").first.click()
        page.get_by_label("Note").first.fill("kept without a script")
        page.get_by_label("Tags (with commas)").first.fill("plain")
        page.get_by_role("button", name="Save note and tags").first.click()
        page.get_by_label("Show").select_option("plain")
        page.get_by_role("button", name="Show").click()
        page.locator("textarea", has_text="kept without a script").first.wait_for(state="attached")
        page.get_by_label("Share this selection").fill("For the editor")
        page.get_by_role("button", name="Share").click()
        page.get_by_role("link", name="For the editor").click()
        page.get_by_role("heading", level=1, name="For the editor").wait_for()
