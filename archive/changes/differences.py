"""In which ways a state of an item differs from the one before, as words that can be counted. Pure.

"shift MINUTES" is a date that moved by what two time zones can differ; "look FIELD" a difference that a
redesign can make; "words" an edit, whatever else happened to the source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from archive.changes import text_blocks
from archive.changes.text_blocks import HunkKind
from archive.core.timestamps import instant

_STEP = timedelta(minutes=15)  # every offset of a time zone is a multiple of this
WIDEST = timedelta(hours=26)  # between the zones that are farthest apart


def ways(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[str]:
    """Yield the ways in which a state differs; "words" for edits."""
    moved = before.get("modified") and after.get("modified") and before["modified"] != after["modified"]
    for name in json.loads(before["changed"]):
        if name == "published" and (shift := _shift(before[name], after[name])) is not None:
            yield f"shift {shift}"
        elif kind == "comment" or moved:
            yield "words"
        elif name == "text":
            yield from _ways_of_text(before, after)
        elif name == "title":
            yield _way_of_title(before[name] or "", after[name] or "")
        else:
            yield f"look {name}"


def _shift(before: str | None, after: str | None) -> int | None:
    """Return a time-zone shift in minutes, or None."""
    if not before or not after or len(before) != len(after) or len(before) == len("2009-07-09"):
        return None
    distance = instant(after) - instant(before)
    if not distance or abs(distance) > WIDEST or distance % _STEP:
        return None
    return int(distance / timedelta(minutes=1))


def _way_of_title(before: str, after: str) -> str:
    """Return "look title" for a changed frame, else "words"."""
    framed = before and after and (before in after or after in before)
    return "look title" if framed else "words"


def _ways_of_text(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[str]:
    compared = text_blocks.compare(text_blocks.blocks(before["text"]), text_blocks.blocks(after["text"]))
    if not compared.shared and compared.hunks:
        yield "words"
    for hunk in compared.hunks:
        if hunk.kind is HunkKind.WORDS and any(block.prose for block in hunk.old):
            yield "words"
        elif hunk.bucket == "tail":
            yield "look text tail"
        elif any(block.prose for block in hunk.new):
            yield "look text added"
        else:
            yield "look text head" if hunk.bucket == "head" else "look text within"
