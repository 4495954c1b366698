"""Comments that a page counts and does not show, and digests that tell whose text a page shows."""

SQL = """
ALTER TABLE visits ADD COLUMN comments_unseen INTEGER;;
ALTER TABLE text_digests ADD COLUMN words TEXT;;
CREATE INDEX text_digests_words ON text_digests(source, words)
"""
