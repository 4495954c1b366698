"""Kept pages read again by many machines, on an existing engine (datatrove)."""
