"""Substack: how it is known, and where its lists are."""
