"""State of the crawler by the names of the fields of one type; what is kept for a day only is dropped."""

SQL = """
CREATE TABLE crawl_state (
    source TEXT NOT NULL REFERENCES sources(name),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (source, name)
);;
INSERT INTO crawl_state SELECT source, CASE name
        WHEN 'crawl' THEN 'crawled_at' WHEN 'feeds' THEN 'feeds_read_at' WHEN 'posts' THEN 'posts_read_at'
        WHEN 'posts-all' THEN 'posts_listed_at' WHEN 'comments' THEN 'comments_read_at'
        WHEN 'sweep' THEN 'swept_at' WHEN 'spared' THEN 'feed_spared_at'
        WHEN 'no-posts-feed' THEN 'posts_feed_missing_at'
        WHEN 'no-comments-feed' THEN 'comments_feed_missing_at'
        WHEN 'surface-rest' THEN 'rest_read_at' WHEN 'surface-sitemap' THEN 'sitemap_read_at'
        WHEN 'surface-feed' THEN 'feed_read_at' WHEN 'surface-listing' THEN 'listing_read_at'
        WHEN 'rung' THEN 'surface' WHEN 'rest-root' THEN 'rest_root'
        WHEN 'place-posts-feed' THEN 'posts_feed_url' WHEN 'place-comments-feed' THEN 'comments_feed_url'
        WHEN 'said-posts-feed' THEN 'posts_feed_digest' WHEN 'said-comments-feed' THEN 'comments_feed_digest'
        WHEN 'page-sizes' THEN 'page_sizes' WHEN 'sweep-place' THEN 'sweep_offset'
        WHEN 'search-place' THEN 'search_offset' WHEN 'comments-hidden' THEN 'hidden_comments'
        WHEN 'overlap-lost' THEN 'overlap_lost_at' WHEN 'asked-to-wait-until' THEN 'wait_until'
        WHEN 'left-alone-until' THEN 'pause_until' WHEN 'refused' THEN 'refusals'
        WHEN 'stale-copies' THEN 'stale_copy_at' WHEN 'rules' THEN 'extractor_version'
        WHEN 'text-digests' THEN 'has_text_digests' END AS field, value
    FROM cursors WHERE field IS NOT NULL AND value != '';;
INSERT INTO crawl_state
    SELECT source, 'rest_lists_comments', CASE value WHEN 'closed' THEN 'no' ELSE 'yes' END
    FROM cursors WHERE name = 'rest-comments';;
INSERT INTO crawl_state SELECT source, 'rest_content_read', 'yes' FROM cursors WHERE name = 'rest-content';;
INSERT INTO crawl_state SELECT source, 'verifies_tls', CASE value WHEN 'unverified' THEN 'no' ELSE 'yes' END
    FROM cursors WHERE name = 'tls';;
INSERT INTO crawl_state SELECT source, 'lastmod_trust', '[' || replace(value, ' ', ', ') || ']'
    FROM cursors WHERE name = 'mark-trust';;
DROP TABLE cursors
"""
