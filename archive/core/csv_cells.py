"""Text in the cell of a spreadsheet. Invariant: what a reader of the site wrote is never run as a formula."""

from __future__ import annotations

import re
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MENTION = re.compile(r"@\w[\w.-]*(?:[\s,:;.?!][^(|=]*)?", re.DOTALL)
"""A reader who is named ("@noor, you are right"): no function, no reference to a program."""


def disarmed(value: Any) -> Any:
    """Return a value that a spreadsheet can open: text like a formula gets an apostrophe."""
    if not isinstance(value, str) or not value.startswith(_FORMULA) or _MENTION.fullmatch(value):
        return value
    return "'" + value
