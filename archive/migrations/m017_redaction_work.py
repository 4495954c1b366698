"""What the archive knows of its redactions without their words: a seal for each, and the work still to do."""

SQL = """
CREATE TABLE redaction_seals (
    redaction_id INTEGER PRIMARY KEY REFERENCES redactions(id),
    things INTEGER NOT NULL,
    seal TEXT NOT NULL
);;
CREATE TABLE redaction_work (
    id INTEGER PRIMARY KEY,
    step TEXT NOT NULL CHECK (step IN ('seal', 'scrub', 'fold', 'forget')),
    redaction INTEGER NOT NULL,
    since TEXT NOT NULL
);;
INSERT INTO redaction_work (step, redaction, since) SELECT 'seal', id, at FROM redactions;;
INSERT INTO redaction_work (step, redaction, since) SELECT 'scrub', id, at FROM redactions
"""
