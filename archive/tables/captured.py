"""A capture: the content of one page as received by another witness, and its form as text.

Pure: no SQL, no clock. It is not kept in the archive that is served, but with the raw page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from archive.core.records import Article, Comment, CommentKind
from archive.core.timestamps import from_text, to_text

SEEN_BY_US = "(witness IS NULL OR seen_at IS NOT NULL)"
"""SQL: true of an article or comment that a crawl of ours has seen, whoever saw it first."""
SEEN_BY_OTHERS = "(witness IS NOT NULL AND seen_at IS NULL)"
"""SQL: true of an article or comment that only another witness has seen."""
CAPTURED = "captured"
"""Why a version was replaced: another witness saw it, and after it another state was seen."""

_TIMES = ("published", "modified")


def is_ours(row: Mapping[str, Any]) -> bool:
    """True if a crawl of ours has seen the article or comment of a row."""
    return row["witness"] is None or row["seen_at"] is not None


def own_since(row: Mapping[str, Any]) -> str:
    """Return when we ourselves first recorded a row's item, ISO 8601 UTC."""
    return str(row["seen_at"] or row["first_seen"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One page of an article as `witness` received it at `at`, ISO 8601 UTC; `id` is its row's."""

    id: int
    witness: str
    at: str
    url: str
    article: Article
    comments: tuple[Comment, ...] = ()


def to_json(article: Article, comments: tuple[Comment, ...]) -> str:
    """Return the content of a page as text."""
    said = {"article": _plain(article), "comments": [_plain(comment) for comment in comments]}
    return json.dumps(said, ensure_ascii=False)


def from_json(text: str) -> tuple[Article, tuple[Comment, ...]]:
    """Parse the output of `to_json`. Raises ValueError, KeyError or TypeError for any other text."""
    said = json.loads(text)
    comments = tuple(_comment(each) for each in said["comments"])
    return Article(**_values(said["article"])), comments


def _plain(record: Article | Comment) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(record)}
    given = asdict(record).items()
    values = {name: value for name, value in given if value != defaults[name]}
    moments = {name: to_text(values[name]) for name in _TIMES if values.get(name)}
    return values | moments


def _values(said: dict[str, Any]) -> dict[str, Any]:
    values = {name: _frozen(value) for name, value in said.items()}
    moments = {name: from_text(values[name]) for name in _TIMES if values.get(name)}
    return values | moments


def _comment(said: dict[str, Any]) -> Comment:
    kind = CommentKind(said.get("kind", CommentKind.COMMENT))
    return Comment(**_values(said) | {"kind": kind})


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return value
