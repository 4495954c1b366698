"""The tools for language models on a real datasette-mcp, called by the protocol's own client."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from archive.search.engine import SEARCHED_KINDS
from archive.tables.events import Event
from tests.builders import fixtures_archive as made
from tests.builders.mcp_calls import ask
from tests.builders.patience import PATIENCE
from tests.builders.room_server import PLUGINS, serving_with_plugins

OURS = {"search", "article", "comment", "thread", "as_of", "changes", "coverage"}
FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown argument": (
        "search",
        {"qery": "ferry"},
        "`search` has no argument `qery` (did you mean “query”?)",
    ),
    "no kind": ("search", {"query": "ferry", "kind": "letters"}, "'article_versions'"),
    "no state": ("search", {"query": "ferry", "state": "gone"}, "'removed'"),
    "no order": ("search", {"query": "ferry", "sort": "newest"}, "'date'"),
    "no event": ("changes", {"show": "deleted"}, "'removed'"),
    "no day": ("search", {"query": "ferry", "since": "lately"}, "“lately” is no date"),
    "no such day": ("search", {"query": "ferry", "until": "2009-02-30"}, "“2009-02-30” is no date"),
    "no month": ("changes", {"since": "2009-13"}, "“2009-13” is no date"),
    "no moment": ("as_of", {"reference": made.EDITED, "moment": "then"}, "“then” is no moment"),
    "no article": ("article", {"reference": 99999}, "no article 99999"),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The list of tools, an answer for each fault, and then those of the calls below."""
    folder = tmp_path_factory.mktemp("mcp")
    calls = [(tool, given) for tool, given, _ in FAULTS.values()]
    calls += [
        ("search", {"query": "bridge"}),
        ("as_of", {"reference": made.EDITED, "moment": "2026-10-31"}),
        ("as_of", {"reference": made.EDITED, "moment": "2026-10-31T12:00:00Z"}),
        ("changes", {"show": "edited"}),
    ]
    with serving_with_plugins(made.build(folder / "archive.db", count=6), folder / "log") as address:
        found = ask(str(PLUGINS), address, calls)
        answers = [json.loads(each["text"]) for each in found["answers"][len(FAULTS) :]]
        links = [hit["link"] for hit in answers[0]["hits"]] + [answers[1]["link"], answers[2]["link"]]
        statuses = {link: _status(link) for link in links}
    return {**found, "called": answers, "statuses": statuses, "address": address}


def _status(link: str) -> int:
    with urllib.request.urlopen(link, timeout=PATIENCE) as answer:
        return int(answer.status)


def test_values_of_an_argument_are_named_in_its_schema(told: dict[str, Any]) -> None:
    assert set(told["tools"]) >= OURS
    searched = told["tools"]["search"]
    assert searched["additionalProperties"] is False
    assert searched["properties"]["kind"]["enum"] == ["all", *SEARCHED_KINDS]
    assert set(told["tools"]["changes"]["properties"]["show"]["enum"]) == {"", *Event}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_tool_cannot_do_is_an_error_and_never_all_hits(told: dict[str, Any], fault: str) -> None:
    answer = told["answers"][list(FAULTS).index(fault)]
    assert FAULTS[fault][2] in answer["text"]
    assert answer["error"] or set(json.loads(answer["text"])) == {"error", "not_covered", "note"}


def test_links_are_permanent_and_open(told: dict[str, Any]) -> None:
    assert len(told["statuses"]) >= 3
    assert all(link.startswith(told["address"]) for link in told["statuses"])
    assert set(told["statuses"].values()) == {200}


def test_a_day_means_its_end_and_an_instant_itself(told: dict[str, Any]) -> None:
    _, day, instant, _ = told["called"]
    assert day["title"] == instant["title"] == "⟦The bridge will open in April⟧"
    assert instant["link"].endswith("?at=2026-10-31T12:00:00Z")
    assert told["called"][3]["changes"][0]["what"] == "edited"
