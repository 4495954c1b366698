"""Extraction of authors."""
