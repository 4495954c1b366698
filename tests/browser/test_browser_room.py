"""The reading room in a real browser: a researcher's way through it, at every width, light and dark."""

# ruff: noqa: E501

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from archive.operations.publish import origin_of, publish
from tests.builders import browser as real
from tests.builders import fixtures_archive as made
from tests.builders.require import need
from tests.builders.room_server import serving, serving_library

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/", "search": "/search?q=ferry", "comments": "/search?q=ferry&kind=comments&since=2010", "nothing": "/search?q=nosuchword",
    "article": "/article/2", "long": f"/article/{made.LONG}", "bare": f"/article/{made.BARE}", "single": f"/article/{made.SINGLE}",
    "crowded": f"/article/{made.CROWDED}?page=2", "deep": f"/article/{made.DEEP}", "rtl": f"/article/{made.RTL}", "attack": f"/article/{made.ATTACK}",
    "listed": f"/article/{made.LISTED}", "gone": f"/article/{made.GONE}", "edited": f"/article/{made.EDITED}", "missing": "/article/99999", "changes": "/changes", "then": f"/article/{made.EDITED}/as-of?at=2026-11-01", "versions": f"/article/{made.EDITED}/versions",
    "as-of": f"/article/{made.EDITED}?version=1", "author": "/author/1", "commenter": "/commenter?name=noor", "coverage": "/coverage",
    "words": "/words?q=ferry,library,%22Lower+Quay%22,harb*,storm,<b>", "no-words": "/words", "sites": "/sites", "site": "/sites?host=ledger.example",
    "since": f"/article/{made.CROWDED}?since=2015-06-01",
    "saved": "/saved", "lookup": "/lookup?url=https://quayside.example/nosuch%0Ahttps://ledger.example/1902", "people": "/people", "cite": "/comment/1/cite", "helped": "/search?q=grandmother+sold+boats+for+the+ferry",
}  # fmt: skip
STOCK = {
    "database": "/archive",
    "table": "/archive/articles",
    "row": "/archive/articles/2",
    "sql": "/archive?sql=select+id,title+from+articles+limit+3",
    "query": "/archive/silent_edits",
    "view": "/archive/comments_in_context?_size=5",
    "form": "/archive/answers_to",
    "data": "/-/data",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    need("browser", missing=real.missing())
    folder = tmp_path_factory.mktemp("browser")
    with serving(made.build(folder / "archive.db", count=20), folder / "log") as base:
        yield base


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with real.browser() as started:
        yield started


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """A page of 1280 pixels that fails the test when it calls another host or says something in the console."""
    with watched(chromium, address, viewport={"width": 1280, "height": 900}) as opened:
        yield opened


class watched:  # noqa: N801
    """A page whose requests and console are watched."""

    def __init__(self, chromium: Any, address: str, **options: Any) -> None:
        self.context = real.context(chromium, base_url=address, **options)
        self.host, self.strange = urlsplit(address).netloc, list[str]()

    def __enter__(self) -> Any:
        opened = self.context.new_page()
        opened.on("request", self._request)
        opened.on("pageerror", lambda error: self.strange.append(f"error: {error}"))
        opened.on(
            "console",
            lambda said: (
                self.strange.append(said.text) if said.type == "error" and "404" not in said.text else None
            ),
        )
        return opened

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).netloc != self.host:
            self.strange.append(f"called {request.url}")

    def __exit__(self, kind: object, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert not self.strange


def test_a_half_remembered_sentence_is_found_in_its_thread(page: Any) -> None:
    page.goto("/")
    page.wait_for_function("document.activeElement.name === 'q'")  # it has the focus when the page is drawn
    page.keyboard.type('"grandmother sold tickets"')
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Kinds").get_by_role("link", name="Comments").click()
    page.wait_for_url("**/search?*kind=comments*")
    hit = page.locator(".results li").first
    assert "grandmother" in hit.locator("mark").first.inner_text().lower()
    hit.get_by_role("link").first.click()
    page.wait_for_url("**/article/**")
    page.locator(":target").get_by_text("My grandmother sold tickets").first.wait_for()
    page.wait_for_function(
        "() => { const r = document.querySelector(':target').getBoundingClientRect();"
        " return r.top >= 0 && r.top < innerHeight }"
    )


def test_a_sentence_leads_to_its_thread_its_past_and_its_csv(page: Any) -> None:
    """A researcher's afternoon: found, read in its thread, as the article stood before, and taken along."""
    page.goto("/")
    page.get_by_label("Search articles and comments").fill("earlier wording of this remark")
    page.keyboard.press("Enter")
    page.locator(".results h3 a").first.click()
    page.get_by_text("An earlier wording").first.wait_for()
    page.locator(".kicker a").click()
    page.locator(":target").get_by_text("edited once").wait_for()
    page.get_by_role("link", name="compare versions").click()
    page.get_by_label("Show as of").fill("2026-10-31")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", level=1, name="The bridge will open in April", exact=True).wait_for()
    page.get_by_role("link", name="Current version").click()
    page.get_by_role("heading", level=1, name="The bridge will open in May", exact=True).wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="comments as CSV").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_what_is_new_since_a_day_is_walked_through_by_links(chromium: Any, address: str) -> None:
    with watched(chromium, address, java_script_enabled=False) as page:
        page.goto(f"/article/{made.CROWDED}")
        page.get_by_label("Highlight comments since").fill("2015-07-05")
        page.get_by_role("button", name="Show").last.click()
        page.get_by_role("link", name="go to the first one").click()
        first = page.locator(".comment.new:target")
        first.wait_for()
        address = page.url
        first.get_by_role("link", name="Next new comment").click()
        page.wait_for_url(lambda url: url != address and "since=2015-07-05" in url)
        page.locator(".comment.new:target").wait_for()


def test_words_over_time_lead_to_the_comments_themselves(page: Any) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Words").click()
    page.get_by_label("words or phrases").fill("library, ferry")
    page.get_by_role("button", name="Count").click()
    page.locator(".plot .u-over").hover()
    page.locator(".plot .u-legend").get_by_text("ferry").wait_for()
    page.locator(".plot .u-legend").get_by_text(re.compile(r"^\d+(\.\d+)? %$")).first.wait_for()
    page.locator("table a").first.click()
    page.wait_for_url("**/search?*")
    assert "library" in page.locator(".results mark").first.inner_text().lower()


def test_the_csv_of_a_search_is_one_click_away(page: Any) -> None:
    page.goto("/search?q=ferry&kind=comments")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.startswith("search-ferry-")


def test_answers_fold_and_unfold_by_mouse_and_keyboard(page: Any) -> None:
    page.goto(f"/article/{made.DEEP}")
    fold, second = page.locator("details.fold").first, page.locator(".comment").nth(1)
    assert second.is_visible()
    fold.locator("summary").first.focus()
    page.keyboard.press("Enter")
    second.wait_for(state="hidden")
    fold.get_by_text("59\N{NO-BREAK SPACE}replies").wait_for()
    fold.locator("summary").first.click()
    second.wait_for()


def test_filters_are_reached_by_keyboard_and_kept(page: Any) -> None:
    page.goto("/search?q=ferry")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("From").fill("2012")
    page.get_by_label("Order").select_option("date")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(lambda url: "since=2012" in url and "sort=date" in url)
    assert page.get_by_label("From").input_value() == "2012"


def test_the_skip_link_is_the_first_stop(page: Any) -> None:
    page.goto("/article/2")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")


def test_stored_attacks_do_nothing_and_nothing_else_is_called(page: Any) -> None:
    for path in (*PAGES.values(), "/search?q=owned", "/search?q=owned&kind=comments"):
        page.goto(path)
        assert page.title() != "owned", path
        assert page.evaluate("document.querySelectorAll('iframe, object, embed, img').length") == 0, path


def test_no_page_is_wider_than_the_screen(chromium: Any, address: str) -> None:
    with watched(chromium, address) as page:
        for name, path in PAGES.items():
            page.goto(path)
            for width in (360, 768, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_function(f"innerWidth === {width}")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


def test_pages_work_without_javascript(chromium: Any, address: str) -> None:
    with watched(chromium, address, java_script_enabled=False) as page:
        page.goto("/")
        page.get_by_label("Search articles and comments").fill("ferry")
        page.get_by_role("button", name="Search").click()
        page.locator(".results h3 a").first.click()
        page.wait_for_url("**/article/**")
        assert page.locator("h1").count() == 1


def test_datasettes_own_pages_work_under_our_policy(page: Any) -> None:
    page.goto(STOCK["sql"])
    page.locator(".CodeMirror").wait_for()
    page.goto(STOCK["table"])
    page.locator("svg.dropdown-menu-icon").nth(4).click()
    page.get_by_text("Sort ascending").wait_for()


WIDTHS = (390, 768, 1440)
IN_DARK = ("home", "comments", "deep", "edited", "changes", "coverage", "words", "site")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_our_pages(chromium: Any, address: str, scheme: str) -> None:
    names = (
        IN_DARK
        if scheme == "dark"
        else [name for name in PAGES if name not in (*IN_DARK, "crowded", "since")]
    )
    found = axe(chromium, address, scheme, {name: PAGES[name] for name in names})
    assert not any(found.values()), found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_datasettes_own_pages(chromium: Any, address: str, scheme: str) -> None:
    found = axe(chromium, address, scheme, STOCK)
    assert not any(found.values()), found


def test_axe_finds_nothing_on_the_pages_of_a_library(
    chromium: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("library")
    for name in ("courier", "gazette"):
        made.build(folder / f"{name}.db", count=3)
    origins = [origin_of(folder / f"{name}.db", name) for name in ("courier", "gazette")]
    publish(origins, folder / "public", datetime.now(UTC))
    with serving_library(folder / "public", folder / "log") as address:
        pages = (
            "/",
            "/search?q=ferry",
            "/changes",
            "/coverage",
            "/archives/courier/",
            "/archives/courier/article/2",
        )
        for scheme in ("light", "dark"):
            found = axe(chromium, address, scheme, {path: path for path in pages})
            assert not any(found.values()), found


def axe(chromium: Any, address: str, scheme: str, pages: dict[str, str]) -> dict[str, set[str]]:
    """The rules that each page breaks. What breaks them is printed."""
    need("browser", missing=real.missing(axe=True))
    context = real.context(chromium, base_url=address, color_scheme=scheme, bypass_csp=True)
    broken = {}
    try:
        page = context.new_page()
        for name, path in pages.items():
            page.goto(path)
            page.add_script_tag(path=str(real.AXE))
            broken[name] = set()
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_function(f"innerWidth === {width}")
                found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
                for violation in found:
                    print(path, width, violation["id"], [n["html"][:160] for n in violation["nodes"]][:4])
                broken[name] |= {violation["id"] for violation in found}
    finally:
        context.close()
    return broken


def test_keys_lead_through_a_thread_and_can_be_switched_off(page: Any) -> None:
    def here() -> str:
        return str(page.evaluate("document.activeElement.id"))

    page.goto(f"/article/{made.DEEP}")
    ids = page.evaluate("[...document.querySelectorAll('.comment')].map(c => c.id)")
    for _ in range(9):
        page.keyboard.press("j")
    assert here() == ids[8]
    page.keyboard.press("u")  # deeper than six levels: by the name it answers
    assert here() == ids[7]
    for _ in range(4):
        page.keyboard.press("u")
    assert here() == ids[3]
    page.keyboard.press("k")
    assert here() == ids[2]
    page.keyboard.press("?")
    page.get_by_label("Switch these keys off").check()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    page.keyboard.press("j")
    assert here() == ids[2]
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for(state="detached")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Switch these keys off").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.id === 'quick-q'")


def test_finds_are_saved_with_notes_exported_and_shared(chromium: Any, address: str) -> None:
    with watched(chromium, address) as page:
        page.goto("/article/2")
        page.locator("button[data-save=article]").click()
        page.locator("button[data-save=comment]").first.click()
        page.goto("/search?q=ferry")
        page.locator("button[data-save=search]").click()
        page.goto("/saved")
        page.locator(".saved li").nth(2).wait_for()
        page.get_by_label("Note").first.fill("ask the =board")
        page.get_by_label("Tags (with commas)").first.fill("harbour, 1987")
        page.get_by_label("Tags (with commas)").first.blur()
        page.get_by_label("Show").select_option("1987")
        page.wait_for_function("document.querySelectorAll('.saved li').length === 1")
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        kept = download.value.path().read_text(encoding="utf-8-sig").splitlines()
        assert len(kept) == 2
        assert "ask the =board" in kept[1]
        page.get_by_label("Show").select_option("")
        for name, start, count in (
            ("BibTeX", "@article{", 2),
            ("RIS", "TY  - ", 2),
            ("CSL-JSON", '"type": ', 2),
        ):
            with page.expect_download() as download:
                page.get_by_role("button", name=name, exact=True).click()
            assert download.value.suggested_filename.startswith("saved-2")
            written = download.value.path().read_text(encoding="utf-8")
            assert (written.count(start), "ask the" in written) == (count, False), written
        page.get_by_label("Show").select_option("1987")
        page.wait_for_function("document.querySelectorAll('.saved li').length === 1")
        shared = page.evaluate("document.querySelector('[data-share]').href")
    with watched(chromium, address) as page:
        page.goto(shared)
        page.get_by_role("button", name="Add them to mine").click()
        page.wait_for_function("document.querySelectorAll('.saved li').length === 1")
        assert page.get_by_label("Note").input_value() == "ask the =board"
        page.get_by_role("button", name="Remove").click()
        page.get_by_text("Nothing saved yet").wait_for()


def test_shared_link_with_hostile_items_adds_nothing_dangerous(chromium: Any, address: str) -> None:
    items = [
        {"kind": "article", "path": path, "title": "<img src=x onerror=alert(1)>"}
        for path in ("javascript:alert(1)", "//evil.example", "/article/1")
    ]
    coded = base64.urlsafe_b64encode(json.dumps(items).encode()).decode()
    with watched(chromium, address) as page:
        page.goto(f"/saved#list={coded}")
        page.get_by_role("button", name="Add them to mine").click()
        page.locator(".saved li").first.wait_for()
        assert page.locator(".saved a").evaluate_all(
            "links => links.map(link => link.getAttribute('href'))"
        ) == ["/article/1"]
        assert page.locator(".saved img").count() == 0


def test_second_visit_to_a_thread_offers_what_is_new(chromium: Any, address: str) -> None:
    with watched(chromium, address) as page:
        page.goto("/article/2")
        page.evaluate("localStorage.setItem('backissue-visited:/article/2', '2015-01-01T00:00:00Z')")
        page.reload()
        page.get_by_role("link", name="Show what is new since your last visit").click()
        page.wait_for_url("**/article/2?since=2015-01-01T00*")


def test_a_time_tells_the_readers_own_on_hover(chromium: Any, address: str) -> None:
    with watched(chromium, address, timezone_id="Asia/Tokyo", locale="en-GB") as page:
        page.goto(f"/article/{made.SINGLE}")
        page.locator(".byline time").hover()
        page.locator(".byline time[title*='18:30']").wait_for()
