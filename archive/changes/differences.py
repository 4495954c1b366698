"""In which ways a state of an item differs from the one before, as labels that can be counted. Pure.

"shift MINUTES" is a date that moved by what two time zones can differ, and "shift day N" one without a time
of day; "look FIELD" is a difference that a redesign can make; "words" an edit, whatever else happened to the
source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from archive.changes import text_blocks
from archive.changes.common_ways import RETITLED
from archive.changes.text_blocks import Hunk, HunkKind
from archive.changes.variable_text import WHITE_SPACE, skeleton
from archive.core.timestamps import instant

_STEP = timedelta(minutes=1)
WIDEST = timedelta(hours=26)  # between the zones that are farthest apart
COMMENT_LOOKS = frozenset({"author", "author_url", "site_parent"})
"""Fields of comments that themes print in their own way."""
MOST_ADDED = 6  # words that a theme adds to each comment, as "3 likes"
_DAY_LENGTH = len("2009-07-09")
_LETTERS = re.compile(r"\w+")


def ways(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], changed: Iterable[str]
) -> Iterable[str]:
    """Yield the ways in which the changed fields differ; "words" for edits."""
    stated_before = before.get("modified")
    stated_after = after.get("modified")
    moved = stated_before and stated_after and stated_before != stated_after
    for name in changed:
        if name == "published" and (shift := _shift(before[name], after[name])) is not None:
            yield f"shift {shift}"
        elif kind == "comment":
            if name in COMMENT_LOOKS:
                yield f"look comment {name}"
            else:
                yield _way_of_remark(name, before, after)
        elif moved:
            yield "words"
        elif name == "text":
            yield from _ways_of_text(before, after)
        elif name == "title":
            yield _way_of_title(before[name] or "", after[name] or "")
        else:
            yield f"look {name}"


def _shift(before: str | None, after: str | None) -> str | None:
    """Return a shift in minutes or by a day, if there is one."""
    if not before or not after or len(before) != len(after):
        return None
    if len(before) == _DAY_LENGTH:
        distance_of_days = date.fromisoformat(after) - date.fromisoformat(before)
        days = distance_of_days.days
        if abs(days) != 1:
            return None
        return f"day {days}"
    distance = instant(after) - instant(before)
    if not distance or abs(distance) > WIDEST or distance % _STEP:
        return None
    return str(int(distance / _STEP))


def _way_of_title(before: str, after: str) -> str:
    """Return "look title" for other letters or another frame, otherwise the new title.

    Several articles may get the same one, as that of their site.
    """
    framed = before and after and (before in after or after in before)
    if framed or _letters(before) == _letters(after):
        return "look title"
    return f"{RETITLED}{text_blocks.digest_texts(_letters(after))}"


def _way_of_remark(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the way of a comment: a few words at its end, alike but for numbers, may be the theme's."""
    old, new = (WHITE_SPACE.sub(" ", side[name] or "").strip() for side in (before, after))
    longer, shorter = (new, old) if len(new) > len(old) else (old, new)
    added = longer.removeprefix(shorter)
    if name != "text" or not shorter or added == longer or len(added.split()) > MOST_ADDED:
        return "words"
    return f"look comment text {text_blocks.digest_texts(skeleton(added))}"


def _letters(words: str) -> str:
    """Return a text without case, space and punctuation."""
    return "".join(_LETTERS.findall(words.casefold()))


def _ways_of_text(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[str]:
    old_blocks = text_blocks.blocks(before["text"])
    new_blocks = text_blocks.blocks(after["text"])
    compared = text_blocks.compare(old_blocks, new_blocks)
    if not compared.shared and "words" in map(_way_of_prose, compared.hunks):
        yield "look text replaced"
        return
    said = {block.key for block in old_blocks}
    for hunk in compared.hunks:
        of_prose = any(block.prose for block in hunk.old)
        is_new = any(block.key not in said for block in hunk.new)
        if hunk.kind is HunkKind.WORDS and of_prose and is_new:
            yield _way_of_prose(hunk)
        elif hunk.kind is HunkKind.REMOVED and any(block.prose for block in hunk.old):
            yield "look text removed"
        elif hunk.bucket == "tail":
            yield "look text tail"
        elif any(block.prose for block in hunk.new):
            yield "look text added"
        else:
            if hunk.bucket == "head":
                yield "look text head"
            else:
                yield "look text within"


def _way_of_prose(hunk: Hunk) -> str:
    """Return how the text of a paragraph changed."""
    old = [_letters(block.words) for block in hunk.old]
    new = [_letters(block.words) for block in hunk.new]
    before = "".join(old)
    after = "".join(new)
    if before == after:
        return "look text letters"
    is_each = len(old) == len(new) and all(map(_is_framed, old, new))
    if _is_framed(before, after) or is_each:
        return "look text framed"
    return "words"


def _is_framed(before: str, after: str) -> bool:
    """True if letters were added before or after a text, but none within."""
    is_part = after.endswith(before) or after.startswith(before)
    return bool(before and after and is_part)
