"""Proof of the content: a log of digests, seals over it, checks and evidence folders."""
