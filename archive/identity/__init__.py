"""Identity: whether a page is the article that was requested."""
