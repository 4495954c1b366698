"""The other files of one archive: raw pages, hidden words, media, and their paths."""
