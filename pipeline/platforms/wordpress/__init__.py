"""Readers of WordPress' REST answers and feeds."""
