"""Which page is fetched next, and when a page is due again."""
