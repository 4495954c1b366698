"""Conditions, digests and saved searches that people are notified of."""
