"""When a page is due again, as a cache: what changes one of the facts behind it empties it."""

SQL = """
ALTER TABLE sources ADD COLUMN due_rules TEXT;;
ALTER TABLE visits ADD COLUMN retry_at TEXT;;
ALTER TABLE visits ADD COLUMN due_at TEXT;;
ALTER TABLE visits ADD COLUMN due_why TEXT;;
CREATE INDEX visits_due ON visits(source, due_at) WHERE due_at IS NOT NULL;;
CREATE INDEX visits_undecided ON visits(source) WHERE kind = 'article' AND due_why IS NULL;;
CREATE TRIGGER visits_undecide
AFTER UPDATE OF article_id, status, first_fetched, fetched_at, changed_at, failures, retry_at ON visits
WHEN new.due_why IS NOT NULL BEGIN
    UPDATE visits SET due_at = NULL, due_why = NULL WHERE rowid = new.rowid;
END;;
CREATE TRIGGER articles_undecide
AFTER UPDATE OF published, version_count, comment_count, last_comment, comments_open ON articles BEGIN
    UPDATE visits SET due_at = NULL, due_why = NULL WHERE article_id = new.id AND due_why IS NOT NULL;
END
"""
