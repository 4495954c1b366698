"""Read-only models of an archive."""
