"""The archive: records, SQLite schema, history, search, export and publication.

It knows nothing of fetching or of HTML, and imports neither `crawler` nor `pipeline`.
"""
