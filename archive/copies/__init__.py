"""Copies: the same words in several articles and comments, and the index that finds them."""
