"""The ledger of every planned time: also those at which no crawl was made; and what a run read, in counts."""

SQL = """
ALTER TABLE runs ADD COLUMN planned_at TEXT;;
ALTER TABLE runs ADD COLUMN ticks INTEGER NOT NULL DEFAULT 0;;
ALTER TABLE runs ADD COLUMN pages_read INTEGER NOT NULL DEFAULT 0;;
ALTER TABLE runs ADD COLUMN texts_missing INTEGER NOT NULL DEFAULT 0;;
ALTER TABLE runs ADD COLUMN dates_missing INTEGER NOT NULL DEFAULT 0;;
ALTER TABLE runs ADD COLUMN authors_missing INTEGER NOT NULL DEFAULT 0;;
ALTER TABLE runs ADD COLUMN threads_short INTEGER NOT NULL DEFAULT 0;;
CREATE UNIQUE INDEX runs_planned ON runs(source, planned_at) WHERE planned_at IS NOT NULL
"""
