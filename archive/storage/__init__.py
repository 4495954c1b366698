"""Writing an archive: articles, comments, versions, events, raw pages, redaction."""
