"""Earlier addresses of a site that has moved: one source with several addresses."""

SQL = """
CREATE TABLE source_addresses (
    source TEXT NOT NULL REFERENCES sources(name),
    url TEXT NOT NULL,
    until TEXT NOT NULL,
    PRIMARY KEY (source, url)
) WITHOUT ROWID
"""
