"""Joomla: a feed for each list, with the newest only, and no sitemap of its own."""

from __future__ import annotations

from pipeline.platforms.adapter import THREADS_ON_PAGES, Platform

JOOMLA = Platform(
    name="Joomla",
    generator=r"joomla",
    marks=(rb"/media/(?:jui|system)/js/", rb"joomla-script-options"),
    posts_feeds=("?format=feed&type=rss", "index.php?format=feed&type=rss"),
    lists=r"(?:^|/)component/(?:tags|users|search|finder|contact)(?:/.*)?$",
    comments=THREADS_ON_PAGES,
)
