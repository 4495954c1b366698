"""Strategies that find articles: REST, sitemaps, feeds, listing pages."""
