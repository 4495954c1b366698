"""GraphQL, the form of the APIs of some comment systems: questions and answers.

Each is a POST to one URL, with the operator's key as a bearer token; lists come in pages behind cursors.
Does not: contain the fields of any system.
"""

from __future__ import annotations

import json
from typing import Any

from pipeline.threads.adapter import (
    BEARER,
    ThreadQuestion,
    UnreadableThreadError,
    child,
    mapping,
    text_value,
)


def graph_question(url: str, query: str, variables: dict[str, Any]) -> ThreadQuestion:
    """Return the question with this query."""
    asked = {"query": " ".join(query.split()), "variables": variables}
    return ThreadQuestion(url=url, body=json.dumps(asked).encode(), secret=BEARER)


def graph_data(answer: Any) -> dict[str, Any]:
    """Return the data of an answer. Raises UnreadableThreadError for an error."""
    found = mapping(answer)
    errors = found.get("errors")
    if errors:
        first = errors[0] if isinstance(errors, list) else errors
        message = text_value(first.get("message")) if isinstance(first, dict) else None
        raise UnreadableThreadError(f"it says “{message or 'an error'}”")
    return mapping(found.get("data"), "data")


def next_cursor(connection: dict[str, Any]) -> str | None:
    """Return the cursor behind which a list goes on, if it does."""
    about = child(connection, "pageInfo")
    if about.get("hasNextPage") is True:
        return text_value(about.get("endCursor"))
    return None
