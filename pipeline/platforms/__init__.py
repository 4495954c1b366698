"""Readers of one kind of site each."""
