"""What articles show besides words: embeds of other pages, and files such as pictures and documents."""

SQL = """
CREATE TABLE embeds (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles(id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    url TEXT,
    first_seen TEXT NOT NULL,
    ended_at TEXT
);;
CREATE INDEX embeds_article ON embeds(article_id, position);;
CREATE INDEX embeds_kind ON embeds(kind);;
CREATE TABLE article_files (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles(id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    alt TEXT,
    first_seen TEXT NOT NULL,
    ended_at TEXT
);;
CREATE INDEX article_files_article ON article_files(article_id, position);;
CREATE INDEX article_files_url ON article_files(url)
"""
