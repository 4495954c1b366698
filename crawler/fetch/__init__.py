"""Requests and responses: session, retry, robots.txt, limits."""
