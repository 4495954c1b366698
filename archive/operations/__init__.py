"""Backup, integrity checks and serving."""
