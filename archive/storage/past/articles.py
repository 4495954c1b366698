"""The past of an article: its states as other witnesses saw them before us, or in place of us.

It writes the article's row, its lists, versions and events, inside a transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from archive.changes import text_blocks
from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Surface
from archive.storage.past import versions as past_versions
from archive.storage.past.versions import PastState, Row
from archive.tables import rows
from archive.tables.captured import Capture, is_ours, own_since
from archive.tables.change_detection import LISTS_WATCHED, without_typography
from archive.tables.merge import LIST_COLUMNS, Value, compact


def derive_article(db: Database, row: Row, captures: Sequence[Capture]) -> Row:
    """Derive an article's past from its captures, the earliest first; return its new row."""
    first = captures[0]
    ours = is_ours(row)
    whole = [each for each in captures if not each.article.further and each.article.part == 1]
    own = own_since(row) if ours else None
    seen = [_state(each) for each in whole or captures]
    versions = past_versions.own_versions(db, "article", row)
    if own is not None:
        past = past_versions.past_of_ours(versions, row, own, seen, _differences)
        values: Row = _observed(first, own)
    else:
        past = past_versions.past_of_others(seen, _differences)
        newest = (whole or captures)[-1]
        values = {**_present(db, row, newest), **_observed(first, None)}
    values |= past_versions.write_versions(db, "article", row, past, versions)
    changed = {name: v for name, v in values.items() if row[name] != v}
    rows.update(db, "articles", row["id"], changed)
    item = {"article_id": row["id"], "comment_id": None}
    told = past_versions.edit_events(row, past, versions, item)
    past_versions.write_events(db, row["id"], told, comments=False)
    return {**row, **values}


def _differences(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[str, ...]:
    """Return which of title and text a reader would miss. Other fields are read again with each theme."""
    changed = []
    if before["title"] and after["title"]:
        old_title = without_typography(str(before["title"]))
        new_title = without_typography(str(after["title"]))
        if old_title != new_title:
            changed.append("title")
    if before["text"] and after["text"] and before["text"] != after["text"]:
        old = text_blocks.blocks(str(before["text"]))
        new = text_blocks.blocks(str(after["text"]))
        hunks = text_blocks.compare(old, new).hunks
        if any(not hunk.suspect for hunk in hunks):
            changed.append("text")
    return tuple(changed)


def _observed(first: Capture, own: str | None) -> Row:
    """Return who saw an article first and when, and when we did."""
    if own is not None and own <= first.at:
        return {"first_seen": own, "witness": None, "seen_at": None}
    return {"first_seen": first.at, "witness": first.witness, "seen_at": own}


def _state(capture: Capture) -> PastState:
    said = rows.article_values(capture.article)
    lists: Row = {
        name: json.dumps(getattr(capture.article, name), ensure_ascii=False) for name in LISTS_WATCHED
    }
    values = {name: said[name] for name in rows.ARTICLE_VERSIONED} | lists
    return PastState(since=capture.at, witness=capture.witness, values=values)


def _present(db: Database, row: Row, newest: Capture) -> Row:
    """Return the columns of an article that only others have seen, and write its lists.

    The site's own number is left out: it may be another article's by the time that we crawl the site.
    """
    article = newest.article
    for name in LIST_COLUMNS:
        rows.LIST_WRITERS[name](db, int(row["id"] or 0), getattr(article, name))
    origins = dict(article.origins) or {"title": Surface.PAGE.value}
    said = rows.article_values(article) | {"post_id": None, "url": urls.clean(newest.url)}
    return said | {"origins": json.dumps(compact(origins))}
