"""Commands that explain and repeat extraction."""
