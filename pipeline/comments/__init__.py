"""Extraction of comments and their threads."""
