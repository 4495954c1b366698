"""Taking the archive away: every article with its thread, a line each. The fields are in `contracts`."""

from __future__ import annotations

import json
from typing import Any, TextIO

from archive import reading
from archive.contracts import article_json, comment_json, export_json, with_history
from archive.reading import HeldArticle, History
from archive.store import Archive


def jsonl(
    archive: Archive,
    out: TextIO,
    *,
    source: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> int:
    """Write JSON Lines to `out` and return the number of articles written.

    `since` and `until` are ISO 8601 in UTC, a day or an instant, and limit the time of publication.
    """
    count = 0
    for held in reading.articles(archive.db, source=source, since=since, until=until):
        out.write(json.dumps(line(held), ensure_ascii=False) + "\n")
        count += 1
    return count


def line(held: HeldArticle) -> dict[str, Any]:
    """One held article as the object that stands on one line."""
    comments = [_with(comment_json(c.comment), c.history) for c in held.comments]
    return export_json(_with(article_json(held.article), held.history), comments)


def _with(fields: dict[str, Any], history: History) -> dict[str, Any]:
    return with_history(
        fields, first_seen=history.first_seen, last_seen=history.last_seen, gone_at=history.gone_at
    )
