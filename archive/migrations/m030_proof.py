"""Proof: a log of salted digests of all states, seals over it, and which items are still to be logged."""

SQL = """
CREATE TABLE proof_leaves (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    item_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    salt BLOB,
    leaf BLOB NOT NULL
);;
CREATE INDEX proof_leaves_item ON proof_leaves(kind, item_id, version);;
CREATE TABLE proof_seals (
    number INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    at TEXT NOT NULL,
    root BLOB NOT NULL,
    previous BLOB NOT NULL,
    head BLOB NOT NULL,
    public_key TEXT,
    signature BLOB,
    authority TEXT,
    stamp BLOB
);;
CREATE TABLE proof_pending (
    kind TEXT NOT NULL,
    item_id INTEGER NOT NULL,
    PRIMARY KEY (kind, item_id)
) WITHOUT ROWID;;
INSERT INTO proof_pending SELECT 'article', id FROM articles;;
INSERT INTO proof_pending SELECT 'comment', id FROM comments
"""
