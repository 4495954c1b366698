"""Extraction: `process(page, site) -> Extract`, pure, and nothing else to call.

Knows trafilatura, comment markup, dates and prose; no network, no clock, no Scrapy (one glue file aside).
"""

from pipeline.process import process

__all__ = ["process"]
