"""Text in the cell of a spreadsheet. Its law: what a reader of the site wrote is never run as a formula."""

from __future__ import annotations

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def disarmed(value: Any) -> Any:
    """Return a value safe for spreadsheets; formulas get an apostrophe."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value
