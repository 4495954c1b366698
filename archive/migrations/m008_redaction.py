"""What an operator has hidden from publication: the tombstones. What they stand for is in another file."""

SQL = """
CREATE TABLE redactions (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('article', 'comment', 'commenter')),
    article_id INTEGER REFERENCES articles(id),
    comment_id INTEGER REFERENCES comments(id),
    at TEXT NOT NULL,
    reason TEXT NOT NULL
);;
ALTER TABLE articles ADD COLUMN redaction_id INTEGER REFERENCES redactions(id);;
ALTER TABLE comments ADD COLUMN redaction_id INTEGER REFERENCES redactions(id);;
ALTER TABLE comments ADD COLUMN name_redaction_id INTEGER REFERENCES redactions(id);;
CREATE INDEX articles_redacted ON articles(redaction_id) WHERE redaction_id IS NOT NULL;;
CREATE INDEX comments_redacted ON comments(redaction_id) WHERE redaction_id IS NOT NULL;;
CREATE INDEX comments_name_redacted ON comments(name_redaction_id) WHERE name_redaction_id IS NOT NULL
"""
