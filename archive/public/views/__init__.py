"""Pages: one module for each subject, from the request to the response."""
