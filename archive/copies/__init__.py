"""Copies: the same text in several articles and comments, and the index that finds it."""
