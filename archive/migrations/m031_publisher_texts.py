"""The publisher's own copy of a text, as REST or a feed gives it, and the page's text that it completes."""

SQL = """
CREATE TABLE publisher_texts (
    article_id INTEGER PRIMARY KEY REFERENCES articles(id),
    surface TEXT NOT NULL,
    modified TEXT,
    read_at TEXT NOT NULL,
    blocks TEXT NOT NULL,
    used_at TEXT,
    used_surface TEXT,
    page_text TEXT,
    page_markdown TEXT,
    page_links TEXT
)
"""
