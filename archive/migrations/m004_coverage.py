"""The coverage ledger: what a site says it has of each month beside what is held, and each gap between."""

SQL = """
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'crawl';;
CREATE TABLE coverage (
    source TEXT NOT NULL REFERENCES sources(name),
    month TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('article', 'comment')),
    stated INTEGER,
    held INTEGER,
    missing INTEGER,
    withheld INTEGER,
    surface TEXT,
    proved_at TEXT,
    looked_at TEXT NOT NULL,
    unproved TEXT,
    PRIMARY KEY (source, month, kind)
);;
CREATE TABLE coverage_gaps (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(name),
    kind TEXT NOT NULL CHECK (kind IN ('article', 'comment')),
    key TEXT NOT NULL,
    month TEXT NOT NULL,
    number INTEGER NOT NULL,
    url TEXT,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    ended_at TEXT,
    ended_how TEXT,
    UNIQUE (source, kind, key)
);;
CREATE INDEX coverage_gaps_open ON coverage_gaps(source, month, kind) WHERE ended_at IS NULL
"""
