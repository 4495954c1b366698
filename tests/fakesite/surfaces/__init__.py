"""What a visitor may ask the newspaper for: pages, feeds, sitemaps, REST."""
