"""Commands that read, export and redact an archive."""
