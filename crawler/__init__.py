"""Crawler of WordPress sites: HTTP, Scrapy, surfaces, politeness and revisits.

Does not: use SQL, or parse an article. What a page contains is read by the pipeline.
"""
