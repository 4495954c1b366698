"""Events and captures are logged too: those that are there still have to be."""

SQL = """
INSERT OR IGNORE INTO proof_pending SELECT 'event', id FROM events;;
INSERT OR IGNORE INTO proof_pending SELECT 'capture', id FROM captures
"""
