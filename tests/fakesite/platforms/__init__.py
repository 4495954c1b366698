"""Imitations of systems that run sites, from their public documentation and default themes."""
