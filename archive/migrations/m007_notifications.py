"""What was told to whom: how far each address of notifications has been told of each thing."""

SQL = """
CREATE TABLE notified (
    service TEXT NOT NULL,
    subject TEXT NOT NULL,
    value TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (service, subject)
)
"""
