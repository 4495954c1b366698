"""Movable Type: static pages, monthly archives, and a feed of the newest."""

from __future__ import annotations

from pipeline.platforms.adapter import THREADS_ON_PAGES, Platform

MOVABLE_TYPE = Platform(
    name="Movable Type",
    generator=r"movable ?type",
    marks=(rb"/mt-static/", rb"/mt-comments\.(?:cgi|fcgi)"),
    posts_feeds=("atom.xml", "index.xml", "index.rdf", "rss.xml"),
    lists=r"(?:^|/)(?:archives?(?:\.\w+)?|[\w.-]*\.f?cgi|(?:19|20)\d\d(?:/\d\d)?(?:/index\.\w+)?)$",
    comments=THREADS_ON_PAGES,
)
