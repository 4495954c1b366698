"""Proof of what the archive holds: a log of digests, seals over it, checks and evidence folders."""
