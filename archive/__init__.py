"""The archive: records, SQLite schema, history, search, export and publication.

It is independent of fetching and of HTML, and imports neither `crawler` nor `pipeline`.
"""
