"""The one door: what kind of answer a page is, and who reads it.

Knows the kinds of pages. Its law: pure, deterministic, and never raising for what a site sends.
"""

from __future__ import annotations

from archive.core.records import Extract, Page, PageKind, Site, Surface
from pipeline.article import extract
from pipeline.html import error_responses
from pipeline.platforms.wordpress import feeds, rest

_READERS = {
    PageKind.ARTICLE: (extract.read, Surface.PAGE),
    PageKind.POSTS: (rest.posts, Surface.REST),
    PageKind.COMMENTS: (rest.comments, Surface.REST),
    PageKind.POSTS_FEED: (feeds.posts, Surface.FEED),
    PageKind.COMMENTS_FEED: (feeds.comments, Surface.FEED),
}


def process(page: Page, site: Site) -> Extract:
    """Everything that can be read out of one answer of a site."""
    if page.kind not in _READERS:  # kept for the crawler's sake, and holding nothing to be archived
        return Extract(surface=Surface.PAGE)
    reader, surface = _READERS[page.kind]
    if page.status == 304:
        return Extract(surface=surface)
    if problem := error_responses.refusal(page):
        return Extract(surface=surface, problems=(problem,))
    return reader(page, site)
