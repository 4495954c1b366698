"""Plays the rule of revisits through on threads that grow as those of readers do."""
