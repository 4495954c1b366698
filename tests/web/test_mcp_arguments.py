"""Arguments of MCP tools: one that a tool does not have is an error, and never a search for everything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from archive.public.mcp.strict import refuse_unknown, unknown_arguments


def test_an_unknown_argument_is_named_with_the_nearest_and_all() -> None:
    known = ("query", "until")
    assert unknown_arguments("search", known, {"query": "ferry"}) is None
    told = unknown_arguments("search", known, {"qery": "ferry", "words": "ferry"})
    assert told == (
        "`search` has no argument `qery` (did you mean “query”?) or `words`. Its arguments are: query, until."
    )
    assert unknown_arguments("coverage", (), {"x": 1}) == "`coverage` has no argument `x`. It takes none."


def test_a_tool_refuses_what_it_does_not_have() -> None:
    pydantic = pytest.importorskip("pydantic", reason="pydantic comes with datasette-mcp")
    arguments: Any = pydantic.create_model("searchArguments", query=(str, ""), until=(str, ""))
    metadata = SimpleNamespace(arg_model=arguments)
    tool = SimpleNamespace(parameters=arguments.model_json_schema(), fn_metadata=metadata)
    manager = SimpleNamespace(get_tool={"search": tool}.get)
    refuse_unknown(SimpleNamespace(_tool_manager=manager), "search")
    assert tool.parameters["additionalProperties"] is False
    assert metadata.arg_model.model_validate({"query": "ferry"}).query == "ferry"
    with pytest.raises(ValueError, match="`search` has no argument `words`"):
        metadata.arg_model.model_validate({"words": "ferry"})


def test_a_server_without_a_list_of_tools_is_left_alone() -> None:
    refuse_unknown(SimpleNamespace(), "search")
