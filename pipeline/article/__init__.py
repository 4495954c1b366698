"""Extraction of an article's fields and body."""
