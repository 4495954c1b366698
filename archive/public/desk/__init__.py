"""Readers' desks: collections of named readers, kept in desk.db and never in the archive."""
