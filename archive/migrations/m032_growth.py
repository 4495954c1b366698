"""How large the files of the archive were at the end of each run, so that growth can be told."""

SQL = """
ALTER TABLE runs ADD COLUMN file_bytes INTEGER;;
CREATE INDEX runs_file_bytes ON runs(ended_at) WHERE file_bytes IS NOT NULL
"""
