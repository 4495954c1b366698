"""Content types: pages and a site's own types beside posts, their taxonomies, and how many the site has."""

SQL = """
ALTER TABLE articles ADD COLUMN type TEXT NOT NULL DEFAULT 'post';;
CREATE INDEX articles_type ON articles(type) WHERE type <> 'post';;
ALTER TABLE article_versions ADD COLUMN terms TEXT;;
PRAGMA defer_foreign_keys = ON;;
CREATE TABLE tags_before AS SELECT id, kind, name FROM tags;;
DROP TABLE tags;;
CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (kind, name)
);;
INSERT INTO tags (id, kind, name) SELECT id, kind, name FROM tags_before ORDER BY id;;
DROP TABLE tags_before;;
CREATE INDEX tags_name ON tags(name);;
CREATE TABLE coverage_types (
    source TEXT NOT NULL REFERENCES sources(name),
    type TEXT NOT NULL,
    stated INTEGER,
    surface TEXT NOT NULL,
    looked_at TEXT NOT NULL,
    unproved TEXT,
    PRIMARY KEY (source, type)
)
"""
