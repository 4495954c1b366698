"""Noting which items change, on the connection that changes them.

The triggers are temporary: they belong to the connection of an archive that is open for writing. Whoever
changes the file past it is not noted, and that is how a change by another hand is found.
"""

from __future__ import annotations

from archive.core.connection import Database
from archive.files.redaction_store import HIDDEN

_ITEMS = {
    "articles": ("article", "id"),
    "article_versions": ("article", "article_id"),
    "article_tags": ("article", "article_id"),
    "links": ("article", "article_id"),
    "comments": ("comment", "id"),
    "comment_versions": ("comment", "comment_id"),
    "events": ("event", "id"),
    "captures": ("capture", "id"),
    "captured_comments": ("capture", "capture_id"),
}
_STATE = {
    "articles": "source, url, title, byline, published, modified, text, markdown, description, image,"
    " version_count, first_seen, changed_at, gone_at, gone_how, redaction_id, witness, seen_at",
    "comments": "article_id, source, key, site_id, site_parent, kind, author, author_url, published, text,"
    " html, version_count, first_seen, changed_at, gone_at, gone_how, redaction_id, name_redaction_id,"
    " witness, seen_at",
}
"""The columns whose change is a change of state; others, such as counts, are derived."""


def watch(db: Database) -> None:
    """Note from now on what this connection changes, and forget the salts of what it hides."""
    for table, (kind, column) in _ITEMS.items():
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            of = ""
            if event == "UPDATE" and table in _STATE:
                of = f" OF {_STATE[table]}"
            db.execute(
                f"CREATE TEMP TRIGGER IF NOT EXISTS proof_{table}_{event.lower()}"
                f" AFTER {event}{of} ON main.{table}"
                f" BEGIN INSERT OR IGNORE INTO proof_pending VALUES ('{kind}', {row}.{column}); END"
            )
    for table, when in {
        "articles": "NEW.redaction_id IS NOT NULL",
        "comments": "coalesce(NEW.redaction_id, NEW.name_redaction_id) IS NOT NULL",
        "comment_versions": f"'{HIDDEN}' IN (NEW.text, NEW.author)",
        "events": "NEW.old_url IS NULL AND OLD.old_url IS NOT NULL",
    }.items():
        kind, column = _ITEMS[table]
        db.execute(
            f"CREATE TEMP TRIGGER IF NOT EXISTS proof_{table}_hidden AFTER UPDATE ON main.{table} WHEN {when}"
            f" BEGIN UPDATE proof_leaves SET salt = NULL WHERE kind = '{kind}' AND item_id = NEW.{column}"
            " AND salt IS NOT NULL; END"
        )
