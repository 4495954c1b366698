"""Which box of the site a waiting change may be: the same one waits in other articles, too."""

SQL = """
ALTER TABLE pending_changes ADD COLUMN box TEXT NOT NULL DEFAULT '';;
CREATE INDEX pending_changes_box ON pending_changes(source, kind, box)
"""
