"""Readers of comment systems that keep a site's threads elsewhere: one module for each system."""
