"""Embeds of articles: maps, charts, players, posts of other sites, Flash."""

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
CREATE INDEX embeds_kind ON embeds(kind)
"""
