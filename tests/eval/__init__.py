"""Measures extraction over pages with a known truth. Run as `python -m tests.eval`."""
