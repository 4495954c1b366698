"""Readers of web archives, exports and saved pages, and the import of each page."""
