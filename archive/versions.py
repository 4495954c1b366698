"""What an edit of an article replaces, kept as a version.

A crawl reads one edit on several surfaces, a title in a listing and the text on the page a little later.
What is read so close together is one version: the state between never was. It writes only
`article_versions`, inside a transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from sqlite_utils import Database

from archive import rows
from archive.merge import Value
from archive.times import instant

TOGETHER = timedelta(minutes=30)  # within which edits of different fields of one article are one


def keep(db: Database, old: Mapping[str, Value], edited: tuple[str, ...], cause: str, at: str) -> bool:
    """Keep the state in the row `old`; False where it belongs to the version that was just kept."""
    if _joined(db, old["id"], edited, cause, at):
        return False
    version = {name: old[name] for name in rows.ARTICLE_VERSIONED} | rows.version_facts(
        old, edited, cause, at
    )
    number: dict[str, Value] = {"article_id": old["id"], "version": old["version_count"]}
    rows.insert(db, "article_versions", version | number)
    return True


def _joined(db: Database, article_id: Value, edited: tuple[str, ...], cause: str, at: str) -> bool:
    """Join an edit to the newest version, if that is as young and none of its fields is edited again."""
    sql = "SELECT * FROM article_versions WHERE article_id = ? ORDER BY version DESC LIMIT 1"
    last = rows.one(db, sql, article_id)
    if last is None or last["cause"] != cause or instant(at) - instant(str(last["until"])) > TOGETHER:
        return False
    changed = json.loads(str(last["changed"]))
    if set(changed) & set(edited):
        return False
    rows.update(db, "article_versions", last["id"], {"changed": json.dumps([*changed, *edited])})
    return True
