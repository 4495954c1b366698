"""Rows of articles, comments and visits: merging by provenance, versions and events."""
