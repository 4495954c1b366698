"""Commands that fetch."""
