"""Observations by others: which pages a web archive or an export file has shown, and what follows."""

SQL = """
CREATE TABLE captures (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(name),
    article_id INTEGER NOT NULL REFERENCES articles(id),
    witness TEXT NOT NULL,
    at TEXT NOT NULL,
    url TEXT NOT NULL,
    url_key TEXT NOT NULL,
    title_key TEXT,
    comments INTEGER NOT NULL,
    UNIQUE (source, witness, url, at)
);;
CREATE INDEX captures_at ON captures(at);;
CREATE INDEX captures_article ON captures(article_id, at);;
CREATE INDEX captures_url_key ON captures(source, url_key);;
CREATE INDEX captures_title_key ON captures(source, title_key) WHERE title_key IS NOT NULL;;
CREATE TABLE captured_comments (
    capture_id INTEGER NOT NULL REFERENCES captures(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    comment_id INTEGER NOT NULL REFERENCES comments(id),
    PRIMARY KEY (capture_id, position)
) WITHOUT ROWID;;
CREATE INDEX captured_comments_comment ON captured_comments(comment_id);;
ALTER TABLE articles ADD COLUMN witness TEXT;;
ALTER TABLE articles ADD COLUMN seen_at TEXT;;
ALTER TABLE comments ADD COLUMN witness TEXT;;
ALTER TABLE comments ADD COLUMN seen_at TEXT;;
CREATE INDEX comments_witness ON comments(article_id) WHERE witness IS NOT NULL;;
ALTER TABLE article_versions ADD COLUMN witness TEXT;;
ALTER TABLE comment_versions ADD COLUMN witness TEXT;;
ALTER TABLE events ADD COLUMN witness TEXT
"""
