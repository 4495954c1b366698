"""Readers of comment systems on other hosts: one module for each system."""
