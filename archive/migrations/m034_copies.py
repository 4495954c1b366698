"""The same words in several texts: copies, shared passages, and what is yet to compare.

None of it holds words. What changes, hides or deletes a text takes its rows away in the same statement, and
queues it; they are found anew from the text as it then is. So are the comments below it, whose quotations of
it are not among their own words.
"""

_ITEMS = {
    "comments": ("comment", "id"),
    "articles": ("article", "id"),
    "comment_versions": ("comment", "comment_id"),
    "article_versions": ("article", "article_id"),
}


def _forget(kind: str, item: str) -> str:
    return f"""DELETE FROM copies WHERE kind = '{kind}' AND item_id = {item};
    DELETE FROM passages WHERE kind = '{kind}' AND item_id = {item};
    DELETE FROM passages WHERE other_kind = '{kind}' AND other_id = {item};
    INSERT OR IGNORE INTO copies_queue VALUES ('{kind}', {item});"""


def _triggers(table: str) -> str:
    kind, column = _ITEMS[table]
    return f"""
CREATE TRIGGER copies_{table}_insert AFTER INSERT ON {table} WHEN new.text IS NOT NULL BEGIN
    INSERT OR IGNORE INTO copies_queue VALUES ('{kind}', new.{column});
END;;
CREATE TRIGGER copies_{table}_update AFTER UPDATE OF text ON {table} WHEN old.text IS NOT new.text BEGIN
    {_forget(kind, f"new.{column}")}
END;;
CREATE TRIGGER copies_{table}_delete AFTER DELETE ON {table} WHEN old.text IS NOT NULL BEGIN
    {_forget(kind, f"old.{column}")}
END;;
"""


SQL = f"""
CREATE TABLE copies (
    kind TEXT NOT NULL CHECK (kind IN ('article', 'comment')),
    item_id INTEGER NOT NULL,
    copy_group INTEGER NOT NULL,
    PRIMARY KEY (kind, item_id)
) WITHOUT ROWID;;
CREATE INDEX copies_group ON copies(copy_group);;
CREATE TABLE passages (
    kind TEXT NOT NULL CHECK (kind IN ('article', 'comment')),
    item_id INTEGER NOT NULL,
    other_kind TEXT NOT NULL CHECK (other_kind IN ('article', 'comment')),
    other_id INTEGER NOT NULL,
    words INTEGER NOT NULL,
    PRIMARY KEY (kind, item_id, other_kind, other_id)
) WITHOUT ROWID;;
CREATE INDEX passages_other ON passages(other_kind, other_id);;
CREATE TABLE copies_queue (
    kind TEXT NOT NULL,
    item_id INTEGER NOT NULL,
    PRIMARY KEY (kind, item_id)
) WITHOUT ROWID;;
INSERT INTO copies_queue SELECT 'article', id FROM articles WHERE text IS NOT NULL;;
INSERT INTO copies_queue SELECT 'comment', id FROM comments WHERE text IS NOT NULL;;
{"".join(map(_triggers, _ITEMS))}
CREATE TRIGGER copies_below_article AFTER UPDATE OF text ON articles
WHEN (old.text IS NULL OR '[hidden]' IN (old.text, new.text)) AND old.text IS NOT new.text BEGIN
    INSERT OR IGNORE INTO copies_queue SELECT 'comment', id FROM comments WHERE article_id = new.id;
END;;
CREATE TRIGGER copies_below_comment AFTER UPDATE OF text ON comments WHEN old.text IS NOT new.text BEGIN
    INSERT OR IGNORE INTO copies_queue SELECT 'comment', id FROM comments WHERE parent_id = new.id;
END
"""
