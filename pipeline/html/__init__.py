"""Documents, elements, metadata and text of HTML."""
