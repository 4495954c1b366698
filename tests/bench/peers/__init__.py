"""Other extractors on the same made pages, each in an environment of its own.

A program here is run by the Python of its peer, so it imports nothing of ours: it reads `pages.json`, a
list of objects with `url` and `file`, and writes a line of JSON with `url`, `text` and `comments` for each.
"""
