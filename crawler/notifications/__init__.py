"""Sending of notifications."""
