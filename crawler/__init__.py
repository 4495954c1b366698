"""The crawler: HTTP, Scrapy, the surfaces of a WordPress site, politeness, and when a page is due again.

It knows no SQL and reads no prose: what a page says is the pipeline's work.
"""
