"""OpenTimestamps of seals: the proof file of each, and whether its calendars still owe the block."""

SQL = """
ALTER TABLE proof_seals ADD COLUMN ots BLOB;;
ALTER TABLE proof_seals ADD COLUMN ots_pending INTEGER NOT NULL DEFAULT 0
"""
