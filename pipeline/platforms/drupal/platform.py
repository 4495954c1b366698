"""Drupal: its feed has the newest only; older articles are found by the pages of its front page."""

from __future__ import annotations

from pipeline.platforms.adapter import THREADS_ON_PAGES, Platform

DRUPAL = Platform(
    name="Drupal",
    generator=r"drupal",
    marks=(
        rb"data-drupal-(?:selector|settings-selector|link)",
        rb"Drupal\.settings",
        rb"/sites/(?:default|all)/",
    ),
    posts_feeds=("rss.xml",),
    lists=r"(?:^|/)(?:node|taxonomy/term/\d+|user(?:/.*)?|comment/(?:reply|\d+).*|search(?:/.*)?|tags)$",
    comments=THREADS_ON_PAGES,
)
