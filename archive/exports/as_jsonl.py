"""JSON Lines: every article with its thread, a line each. The fields are promised in `contracts`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TextIO

from archive.exports.selection import Snapshot
from archive.queries.articles import HeldArticle, History
from archive.queries.json_schema import article_json, comment_json, export_json, with_history


def write_jsonl(snapshot: Snapshot, out: TextIO) -> None:
    """Write one line for each article."""
    for held in snapshot.articles():
        line = json.dumps(article_line(held), ensure_ascii=False)
        out.write(f"{line}\n")


def article_line(held: HeldArticle) -> dict[str, Any]:
    """Return the object of one article for one line."""
    comments = [_with(comment_json(c.comment), c.id, c.history) for c in held.comments]
    article = _with(article_json(held.article), held.id, held.history)
    return export_json(article, comments)


def _with(fields: dict[str, Any], number: int, history: History) -> dict[str, Any]:
    return with_history(fields, {"number": number, **asdict(history)})
