"""The identity of each URL beside its spelling, so that no page has two rows; where an article has moved."""

SQL = """
ALTER TABLE visits ADD COLUMN url_key TEXT;;
ALTER TABLE visits ADD COLUMN leads_to TEXT;;
CREATE UNIQUE INDEX visits_key ON visits(source, url_key);;
CREATE INDEX visits_unkeyed ON visits(source) WHERE url_key IS NULL;;
ALTER TABLE addresses ADD COLUMN url_key TEXT;;
CREATE UNIQUE INDEX addresses_key ON addresses(source, url_key);;
CREATE INDEX addresses_unkeyed ON addresses(source) WHERE url_key IS NULL;;
UPDATE visits SET due_at = NULL, due_why = NULL WHERE kind = 'article'
"""
