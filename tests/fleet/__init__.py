"""Fleets for tests: PostgreSQL, an S3 and workers, all on the loopback."""
