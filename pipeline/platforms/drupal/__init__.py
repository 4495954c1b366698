"""Drupal: how it is recognised, and where its lists are."""
