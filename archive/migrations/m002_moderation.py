"""The ledger of comment ids that were never seen between ids that were; listings found by their kind."""

SQL = """
CREATE INDEX comments_number ON comments(source, CAST(site_id AS INTEGER))
WHERE site_id NOT GLOB '*[^0-9]*' AND length(site_id) < 19;;
DELETE FROM visits WHERE kind IN ('posts', 'comments');;
CREATE INDEX visits_listings ON visits(source, kind, fetched_at) WHERE kind <> 'article';;
CREATE TABLE moderation_gaps (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(name),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    opened_at TEXT NOT NULL,
    looked_at TEXT,
    looks INTEGER NOT NULL DEFAULT 0,
    ended_at TEXT,
    ended_how TEXT CHECK (ended_how IN ('shown', 'never shown')),
    UNIQUE (source, first)
);;
INSERT INTO moderation_gaps (source, first, last, opened_at)
SELECT source, before + 1, number - 1, (SELECT first_seen FROM sources WHERE name = source)
FROM (
    SELECT source, number, lag(number) OVER (PARTITION BY source ORDER BY number) AS before
    FROM (SELECT source, CAST(site_id AS INTEGER) AS number FROM comments
        WHERE site_id NOT GLOB '*[^0-9]*' AND length(site_id) < 19)
)
WHERE number - before > 1
"""
