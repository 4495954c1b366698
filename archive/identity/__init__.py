"""Identity before content: whether a page is the article that it was requested as."""
