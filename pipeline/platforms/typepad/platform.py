"""TypePad: a hosted Movable Type, with pages of older posts and a feed of the newest."""

from __future__ import annotations

from pipeline.platforms.adapter import THREADS_ON_PAGES, Platform

TYPEPAD = Platform(
    name="TypePad",
    generator=r"https?://www\.typepad\.com|typepad",
    marks=(rb"static\.typepad\.com",),
    posts_feeds=("atom.xml", "rss.xml", "index.rdf"),
    lists=r"(?:^|/)(?:archives|(?:19|20)\d\d(?:/\d\d)?(?:/index)?)(?:\.html)?$",
    comments=THREADS_ON_PAGES,
)
