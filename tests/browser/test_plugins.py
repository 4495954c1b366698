"""Datasette's plugins beside ours, as docs/plugins.md lists them, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.builders import browser as real
from tests.builders import fixtures_archive as made
from tests.builders.require import need
from tests.builders.room_server import serving_with_plugins
from tests.paths import ROOT

pytestmark = pytest.mark.browser

DOCUMENT = (ROOT / "docs" / "plugins.md").read_text()
PLACES = "select 51.5 as latitude, -0.1 as longitude union select 52.5, 13.4"
COUNTED = "select kind, count(*) as n from comments group by kind"
DASHBOARD = {
    "title": "Comments",
    "charts": {
        "kinds": {
            "title": "Kinds",
            "db": "archive",
            "query": COUNTED,
            "library": "vega-lite",
            "display": {"mark": "bar", "encoding": {"x": {"field": "kind"}, "y": {"field": "n"}}},
        }
    },
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A page of a server with the setting that the documentation gives, word for word."""
    need("browser", missing=real.missing())
    folder = tmp_path_factory.mktemp("plugins")
    [documented] = re.findall(r"```json\n(.*stock_csp.*)\n```", DOCUMENT)
    metadata = json.loads(documented)
    metadata["plugins"]["datasette-dashboards"] = {"comments": DASHBOARD}
    (folder / "metadata.json").write_text(json.dumps(metadata))
    archive = made.build(folder / "archive.db", count=6)
    with (
        serving_with_plugins(archive, folder / "log", metadata=folder / "metadata.json") as address,
        real.browser() as chromium,
    ):
        yield real.context(chromium, base_url=address).new_page()


def test_the_versions_that_are_tried_are_those_of_the_documentation() -> None:
    named = dict(re.findall(r"^\| (datasette-[a-z-]+) \| ([\d.]+) \|", DOCUMENT, re.MULTILINE))
    tried = dict(re.findall(r"(datasette-[a-z-]+)==([\d.]+)", (ROOT / "Makefile").read_text()))
    assert named == tried
    assert len(named) >= 5


def test_search_all_finds_in_every_table_with_an_index(page: Any) -> None:
    page.goto("/-/search?q=ferry")
    page.get_by_role("link", name=re.compile(r"[1-9]\d* results")).first.wait_for()


def test_vega_draws_a_chart(page: Any) -> None:
    page.goto(
        f"/archive?sql={quote(COUNTED)}#g.mark=bar&g.x_column=kind&g.x_type=ordinal&g.y_column=n&g.y_type=quantitative"
    )
    page.locator("canvas.marks, svg.marks").first.wait_for()


def test_cluster_map_shows_its_markers(page: Any) -> None:
    page.goto(f"/archive?sql={quote(PLACES)}")
    page.locator(".leaflet-marker-icon").first.wait_for()


def test_dashboards_draw_their_charts(page: Any) -> None:
    page.goto("/-/dashboards/comments")
    page.locator("canvas.marks, svg.marks").first.wait_for()
