"""The files of one archive beside archive.db: raw pages, what is hidden, and their paths."""
