"""The one door: what kind of answer a page is, and who reads it.

Knows the kinds of pages. Its law: pure, deterministic, and never raising for what a site sends.
"""

from __future__ import annotations

from archive.records import Extract, Page, PageKind, Problem, Site, Surface
from pipeline import article, feeds, rest

_READERS = {
    PageKind.ARTICLE: (article.read, Surface.PAGE),
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
    if refusal := _refusal(page):
        return Extract(surface=surface, problems=(refusal,))
    return reader(page, site)


def _refusal(page: Page) -> Problem | None:
    """No answer at all, or one whose status says that it is not the page."""
    if page.status == 0:
        return Problem(
            code="no-answer", detail=f"No answer for {page.url}: {page.error or 'no reason known'}."
        )
    if page.status >= 400:
        return Problem(code=f"http-{page.status}", detail=f"The site answered {page.status} for {page.url}.")
    return None
