"""Values of parsed JSON by their expected types.

Pure. Does not: clean or shorten a text.
"""

from __future__ import annotations

from typing import Any


def object_in(value: object) -> dict[str, Any]:
    """Return a JSON object, an empty one for another type."""
    if isinstance(value, dict):
        return value
    return {}


def list_in(value: object) -> list[Any]:
    """Return a JSON array, an empty one for another type."""
    if isinstance(value, list):
        return value
    return []


def objects_in(value: object) -> list[dict[str, Any]]:
    """Return the objects of a JSON array."""
    return [item for item in list_in(value) if isinstance(item, dict)]


def string_in(value: object) -> str | None:
    """Return a string as it is written, None for another type."""
    if isinstance(value, str):
        return value
    return None
