"""Synchronisation of feeds and comments."""
