"""The type of each item (post, page, a site's own), terms of custom taxonomies, and coverage by type."""

SQL = """
ALTER TABLE articles ADD COLUMN type TEXT;;
CREATE INDEX articles_type ON articles(type) WHERE type <> 'post';;
CREATE TABLE article_terms (
    article_id INTEGER NOT NULL REFERENCES articles(id),
    taxonomy TEXT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    ended_at TEXT,
    PRIMARY KEY (article_id, taxonomy, name)
) WITHOUT ROWID;;
CREATE INDEX article_terms_name ON article_terms(name COLLATE NOCASE);;
ALTER TABLE coverage_gaps ADD COLUMN type TEXT;;
CREATE TABLE coverage_types (
    source TEXT NOT NULL REFERENCES sources(name),
    month TEXT NOT NULL,
    type TEXT NOT NULL,
    stated INTEGER NOT NULL,
    PRIMARY KEY (source, month, type)
) WITHOUT ROWID
"""
