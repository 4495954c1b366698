"""Change detection: what of a difference is the publisher's edit, noise, or a change of the whole source."""
