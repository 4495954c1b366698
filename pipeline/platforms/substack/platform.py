"""Substack: a public list of all posts, of which those for payers are named and not read."""

from __future__ import annotations

from pipeline.platforms.adapter import Platform
from pipeline.platforms.substack.archive_api import SubstackArchive

SUBSTACK = Platform(
    name="Substack",
    generator=r"substack",
    marks=(rb"substackcdn\.com", rb"substack\.com/(?:api|embed)"),
    api=SubstackArchive(),
    posts_feeds=("feed",),
    lists=r"^(?:archive|about|recommendations|notes|podcast|chat|s/[^/]+|p/[^/]+/comments?(?:/.*)?)$",
    comments="Its comments are filled in by a script; they are read from its API.",
    limits=("Posts for paying readers are named; their text and comments are not read.",),
)
