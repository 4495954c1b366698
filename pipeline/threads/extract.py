"""Reader of a comment system's responses: remarks become comments as those of native threads are.

Converts ids, links, HTML and times of all systems into one record.
Invariant: an id begins with the short name of its system, so that it never meets an id of the site's own; a
response that cannot be read is a problem of the article, and has no effect on its comments.
"""

from __future__ import annotations

import html
from datetime import datetime
from urllib.parse import urlsplit

from archive.core import urls
from archive.core.records import Comment, Extract, Moment, Page, Problem, Site, Surface
from archive.core.thread_address import ThreadAddress, answer_number, thread_of
from pipeline.dates import parse as dates
from pipeline.html.sanitize import markup_to_line, render
from pipeline.threads.adapter import ForeignRemark, ThreadReader, UnreadableThreadError
from pipeline.threads.readers import READERS, read_part

EXTERNAL_COMMENTS = "external-comments"
_DEEPEST = 64  # levels of nesting that are counted
_PLACES = 10_000  # positions of one answer, so that those of the next are behind them


def extract_thread(page: Page, site: Site) -> Extract:
    """Return the comments of one answer of a comment system."""
    try:
        part = read_part(page)
    except UnreadableThreadError as error:
        problem = _unread(page, str(error))
        return Extract(surface=Surface.THREAD, problems=(problem,))
    thread, reader = _whose(page)
    parents = {remark.id: remark.parent for remark in part.remarks}
    first = (answer_number(page.url) - 1) * _PLACES
    comments = (
        _comment(remark, thread, reader, site, position, _depth(remark.id, parents))
        for position, remark in enumerate(part.remarks, start=first)
        if remark.is_shown
    )
    return Extract(surface=Surface.THREAD, comments=tuple(comments))


def comment_id(slug: str, remark_id: str) -> str:
    """Return the id under which a system's comment is kept."""
    return f"{slug}:{remark_id}"


def _whose(page: Page) -> tuple[ThreadAddress, ThreadReader]:
    thread = thread_of(page.url)
    if thread is None:
        raise UnreadableThreadError("it names no thread")
    return thread, READERS[thread.system]


def _unread(page: Page, why: str) -> Problem:
    name, host = "another system", "its server"
    if thread := thread_of(page.url):
        host = urlsplit(thread.server).netloc
        if reader := READERS.get(thread.system):
            name = reader.system
    detail = f"The comments are kept by {name} at {host} and could not be read: {why}. Those held stay."
    return Problem(code=EXTERNAL_COMMENTS, detail=detail, field="comments")


def _comment(
    remark: ForeignRemark, thread: ThreadAddress, reader: ThreadReader, site: Site, position: int, depth: int
) -> Comment:
    origin = f"{Surface.THREAD.value}:{reader.slug}"
    markup = remark.markup or _paragraphs(remark.plain)
    said = render(markup, thread.article)
    parent = raw_time = None
    if remark.parent:
        parent = comment_id(reader.slug, remark.parent)
    if isinstance(remark.created, str):
        raw_time = remark.created
    anchor = reader.anchor.format(remark.number or remark.id)
    return Comment(
        id=comment_id(reader.slug, remark.id),
        parent=parent,
        author=markup_to_line(remark.author) or "Anonymous",
        author_url=urls.absolute(remark.author_url, ""),
        published=_moment(remark.created, site),
        published_raw=raw_time,
        text=said.text,
        html=said.html,
        permalink=remark.link or f"{thread.article}#{anchor}",
        depth=depth,
        position=position,
        origins=tuple((name, origin) for name in ("parent", "author", "published", "text")),
    )


def _paragraphs(plain: str | None) -> str | None:
    if plain is None:
        return None
    escaped = html.escape(plain, quote=False)
    paragraphs = [f"<p>{paragraph}</p>" for paragraph in escaped.split("\n\n")]
    return "".join(paragraphs).replace("\n", "<br>")


def _moment(created: datetime | str | None, site: Site) -> Moment | None:
    if isinstance(created, str):
        return dates.iso(created, site.timezone)
    return created


def _depth(remark_id: str, parents: dict[str, str | None]) -> int:
    depth, above = 1, parents.get(remark_id)
    while above is not None and depth < _DEEPEST:
        depth, above = depth + 1, parents.get(above)
    return depth
