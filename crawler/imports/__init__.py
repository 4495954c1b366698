"""Import of web archives over HTTP."""
