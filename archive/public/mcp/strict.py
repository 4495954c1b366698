"""Tools of the Model Context Protocol that refuse arguments they do not have.

The server ignores those, so that a search with a misspelt filter would find everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archive.core.nearest_name import nearest


def refuse_unknown(mcp: Any, tool_name: str) -> None:
    """Make a registered tool refuse arguments that it does not have."""
    manager = getattr(mcp, "_tool_manager", None)
    if manager is None:  # datasette-mcp of another version
        return
    from pydantic import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        ConfigDict,
        model_validator,
    )

    tool = manager.get_tool(tool_name)
    known = tuple(tool.parameters["properties"])
    loose: Any = tool.fn_metadata.arg_model

    class Strict(loose):  # type: ignore[misc, unused-ignore]
        model_config = ConfigDict(extra="forbid", title=loose.__name__)

        @model_validator(mode="before")  # type: ignore[untyped-decorator, unused-ignore]
        @classmethod
        def refuse(cls, given: Any) -> Any:
            if isinstance(given, Mapping) and (fault := unknown_arguments(tool_name, known, given)):
                raise ValueError(fault)
            return given

    tool.parameters["additionalProperties"] = False
    tool.fn_metadata.arg_model = Strict


def unknown_arguments(tool_name: str, known: Iterable[str], given: Iterable[str]) -> str | None:
    """Return a sentence on the arguments that a tool does not have, if there are any."""
    names = list(known)
    unknown = [f"`{name}`{nearest(name, names)}" for name in given if name not in names]
    if not unknown:
        return None
    own = ", ".join(names)
    takes = f"Its arguments are: {own}." if own else "It takes none."
    return f"`{tool_name}` has no argument {' or '.join(unknown)}. {takes}"
