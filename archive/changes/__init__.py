"""Change detection: what of a difference is an edit, noise, or a change of the whole source."""
