"""One reading room over many published archives."""
