"""Entry point of the readers.

What kind of response a page is, and its reader.

Contains the kinds of pages.
Invariant: pure, deterministic, and never raising for any response of a site.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from importlib import import_module

from archive.core import rendered
from archive.core.answers.reader_guard import problem_of
from archive.core.records import Extract, Page, PageKind, Problem, Site, Surface
from pipeline.html import error_responses, word_breaks

_READERS = {
    PageKind.ARTICLE: ("pipeline.article.extract:extract_page", Surface.PAGE),
    PageKind.POSTS: ("pipeline.platforms.listings:parse_listing", Surface.REST),
    PageKind.COMMENTS: ("pipeline.platforms.wordpress.rest:parse_comments", Surface.REST),
    PageKind.POSTS_FEED: ("pipeline.platforms.wordpress.feeds:parse_post_feed", Surface.FEED),
    PageKind.COMMENTS_FEED: ("pipeline.platforms.wordpress.feeds:parse_comment_feed", Surface.FEED),
    PageKind.THREAD: ("pipeline.threads.extract:extract_thread", Surface.THREAD),
}
"""Where the reader of each kind is, as "module:name", and of which surface it tells."""


def prepare(page: Page) -> None:
    """Load what reads a page, so that its bound is for the reading alone.

    Nothing is loaded for an answer without a body, such as 304, or for a refusal: most crawls find nothing
    new, and trafilatura is slow to import.
    """
    if page.kind in _READERS and page.body and page.status < HTTPStatus.BAD_REQUEST:
        _load(_READERS[page.kind][0])


def process(page: Page, site: Site) -> Extract:
    """Return everything that can be read out of one answer of a site.

    A reader that fails gives an Extract with nothing but the problem. Raises only readers.TooLongError, where
    the caller has set a bound.
    """
    if page.kind not in _READERS:  # kept for the crawler's sake, and holding nothing to be archived
        return Extract(surface=Surface.PAGE)
    place, surface = _READERS[page.kind]
    if page.status == 304:
        return Extract(surface=surface)
    try:
        problem = None if page.kind is PageKind.THREAD else error_responses.refusal(page)
        if problem:
            return Extract(surface=surface, problems=(problem,))
        extract = _load(place)(page, site)
    except Exception as error:  # noqa: BLE001 - one page never ends a crawl
        return Extract(surface=surface, problems=(problem_of(error, page),))
    return _with_lacks(word_breaks.closed(extract), page)


def _with_lacks(extract: Extract, page: Page) -> Extract:
    """Return an extract with a problem where the page lacks what its scripts should have filled in."""
    lacks = rendered.lacks(page)
    if not lacks:
        return extract
    detail = f"A browser opened this page, and something was missing there: {'; '.join(lacks)}."
    return replace(
        extract, problems=(*extract.problems, Problem(code=rendered.INCOMPLETE_CODE, detail=detail))
    )


def _load(place: str) -> Callable[[Page, Site], Extract]:
    module, _, name = place.partition(":")
    reader: Callable[[Page, Site], Extract] = getattr(import_module(module), name)
    return reader
