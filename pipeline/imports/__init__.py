"""Readers of what others have kept: web archives, exports, saved pages; and what is done with each page."""
