"""Arguments of MCP tools: one that a tool does not have is an error, and never a search for everything.

A real server with these tools is in test_mcp_server.py.
"""

from __future__ import annotations

from types import SimpleNamespace

from archive.public.mcp.strict import refuse_unknown, unknown_arguments


def test_an_unknown_argument_is_named_with_the_nearest_and_all() -> None:
    known = ("query", "until")
    assert unknown_arguments("search", known, {"query": "ferry"}) is None
    told = unknown_arguments("search", known, {"qery": "ferry", "words": "ferry"})
    assert told == (
        "`search` has no argument `qery` (did you mean “query”?) or `words`. Its arguments are: query, until."
    )
    assert unknown_arguments("coverage", (), {"x": 1}) == "`coverage` has no argument `x`. It takes none."


def test_a_server_without_a_list_of_tools_is_left_alone() -> None:
    refuse_unknown(SimpleNamespace(), "search")
