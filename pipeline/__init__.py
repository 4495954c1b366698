"""Extraction: `process(page, site) -> Extract`, pure, and the only function to call.

Uses trafilatura, comment markup, dates and prose; no network, no clock, no Scrapy (one glue file aside).
"""

from pipeline.process import process

__all__ = ["process"]
