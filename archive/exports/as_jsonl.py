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
    out.writelines(json.dumps(article_line(held), ensure_ascii=False) + "\n" for held in snapshot.articles())


def article_line(held: HeldArticle) -> dict[str, Any]:
    """Return the object of one article for one line."""
    comments = [_with(comment_json(c.comment), c.id, c.history) for c in held.comments]
    return export_json(_with(article_json(held.article), held.id, held.history), comments)


def _with(fields: dict[str, Any], number: int, history: History) -> dict[str, Any]:
    return with_history(fields, {"number": number, **asdict(history)})
