"""Changes that wait for a second look, places that are noise, and what happened to a source as a whole."""

SQL = """
ALTER TABLE visits ADD COLUMN previous_good_at TEXT;;
CREATE TABLE pending_changes (
    kind TEXT NOT NULL CHECK (kind IN ('article', 'comment')),
    item_id INTEGER NOT NULL,
    field TEXT NOT NULL,
    place TEXT NOT NULL,
    source TEXT NOT NULL REFERENCES sources(name),
    bucket TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT NOT NULL CHECK (why IN ('flip', 'suspect')),
    looks INTEGER NOT NULL DEFAULT 1,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL,
    PRIMARY KEY (kind, item_id, field, place)
) WITHOUT ROWID;;
CREATE INDEX pending_changes_source ON pending_changes(source, kind, last_at);;
CREATE TABLE noise_places (
    kind TEXT NOT NULL CHECK (kind IN ('article', 'comment')),
    item_id INTEGER NOT NULL,
    place TEXT NOT NULL,
    source TEXT NOT NULL REFERENCES sources(name),
    bucket TEXT NOT NULL,
    first_at TEXT NOT NULL,
    PRIMARY KEY (kind, item_id, place)
) WITHOUT ROWID;;
CREATE INDEX noise_places_bucket ON noise_places(source, kind, bucket, item_id);;
CREATE TABLE source_events (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    source TEXT NOT NULL REFERENCES sources(name),
    kind TEXT NOT NULL CHECK (kind IN ('dates-shifted', 'redesign')),
    detail TEXT NOT NULL,
    articles INTEGER NOT NULL DEFAULT 0,
    comments INTEGER NOT NULL DEFAULT 0
);;
CREATE INDEX source_events_at ON source_events(at);;
CREATE INDEX source_events_source ON source_events(source, kind, at);;
CREATE TABLE unlisted (
    article_id INTEGER PRIMARY KEY REFERENCES articles(id),
    source TEXT NOT NULL REFERENCES sources(name),
    since TEXT NOT NULL,
    shown_at TEXT
);;
CREATE INDEX unlisted_source ON unlisted(source);;
CREATE INDEX articles_missed ON articles(source, missed_at) WHERE missed_at IS NOT NULL AND gone_at IS NULL
"""
