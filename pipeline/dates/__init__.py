"""Parsing of dates."""
