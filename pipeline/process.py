"""Entry point of the readers.

What kind of answer a page is, and who reads it.

Knows the kinds of pages.
Invariant: pure, deterministic, and never raising for what a site sends.
"""

from __future__ import annotations

from archive.core.reader_guard import problem_of
from archive.core.records import Extract, Page, PageKind, Site, Surface
from pipeline.article import extract
from pipeline.html import error_responses
from pipeline.platforms import listings
from pipeline.platforms.wordpress import feeds, rest
from pipeline.threads.extract import extract_thread

_READERS = {
    PageKind.ARTICLE: (extract.extract_page, Surface.PAGE),
    PageKind.POSTS: (listings.parse_listing, Surface.REST),
    PageKind.COMMENTS: (rest.parse_comments, Surface.REST),
    PageKind.POSTS_FEED: (feeds.parse_post_feed, Surface.FEED),
    PageKind.COMMENTS_FEED: (feeds.parse_comment_feed, Surface.FEED),
    PageKind.THREAD: (extract_thread, Surface.THREAD),
}


def process(page: Page, site: Site) -> Extract:
    """Return everything that can be read out of one answer of a site.

    A reader that fails gives an Extract with nothing but the problem. Raises only readers.TooLongError, where
    the caller has set a bound.
    """
    if page.kind not in _READERS:  # kept for the crawler's sake, and holding nothing to be archived
        return Extract(surface=Surface.PAGE)
    reader, surface = _READERS[page.kind]
    if page.status == 304:
        return Extract(surface=surface)
    try:
        problem = None if page.kind is PageKind.THREAD else error_responses.refusal(page)
        if problem:
            return Extract(surface=surface, problems=(problem,))
        return reader(page, site)
    except Exception as error:  # noqa: BLE001 - one page never ends a crawl
        return Extract(surface=surface, problems=(problem_of(error, page),))
