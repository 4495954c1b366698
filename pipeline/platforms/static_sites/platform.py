"""Generators of static sites: they write feeds and sitemaps, and have no comments of their own."""

from __future__ import annotations

from functools import partial

from pipeline.platforms.adapter import Platform

_generated = partial(
    Platform,
    comments="It is a static site: it has no comments of its own, and a foreign comment system is named.",
    lists=r"^(?:[a-z]{2}/)?(?:posts?|blog|news|articles?|archives?|tags?|categories|series|authors?)$"
    r"|^(?:[a-z]{2}/)?(?:tags?|categories|series|authors?)/[^/]+$",
)

STATIC_SITES = (
    _generated(name="Hugo", generator=r"hugo\b", posts_feeds=("index.xml",)),
    _generated(name="Jekyll", generator=r"jekyll", posts_feeds=("feed.xml", "atom.xml")),
    _generated(
        name="Eleventy", generator=r"eleventy", posts_feeds=("feed/feed.xml", "feed.xml", "feed/feed.json")
    ),
    _generated(name="Hexo", generator=r"hexo\b", posts_feeds=("atom.xml", "rss2.xml")),
    _generated(
        name="Gatsby",
        generator=r"gatsby",
        marks=(rb"""id=["']___gatsby["']""",),
        posts_feeds=("rss.xml",),
        is_front=True,
    ),
)
"""Gatsby shows what another system keeps, often WordPress."""
