"""Search: query parser, SQL and engine."""
