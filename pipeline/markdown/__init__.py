"""Markdown and plain text of an element."""
