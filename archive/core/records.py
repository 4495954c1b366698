"""The data objects: one frozen type for each moment on the way from a site to the archive.

The types of a signature show the place in the flow. A missing value is None, never ""; times are aware UTC
datetimes, or a date where the site stated only the day; sequences are tuples. This file uses no SQL, no HTTP
and no HTML, and imports nothing of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

Moment = datetime | date
"""An aware UTC datetime, or a date where the source told only the day."""

Origins = tuple[tuple[str, str], ...]
"""Where each field came from: (field, "surface:rule") pairs such as ("title", "page:entry-title")."""


Written = tuple[tuple[str, str], ...]
"""Blocks of a text, each as plain text and as Markdown."""

POST = "post"
"""The content type of ordinary articles."""
_INTERNAL_TYPE = re.compile(
    r"(?:wp_|attachment$|nav_menu_item$|revision$|custom_css$|customize_changeset$|oembed_cache$|user_request$"
    r"|elementor|e-|jp_|jetpack_|product(?:_variation)?$|shop_|scheduled-action$|acf-|wpcf7_|wpforms$)"
)
"""Content types of WordPress and its plugins that are no publication: parts of pages, and goods of a shop."""


def is_publication(content_type: str) -> bool:
    """False for content types that are parts of pages, files, or goods of a shop."""
    return not _INTERNAL_TYPE.match(content_type)


class Surface(StrEnum):
    """Surface of a site that a statement came from, exactest first."""

    REST = "rest"
    PAGE = "page"
    FEED = "feed"
    THREAD = "thread"  # the API of a comment system that keeps a thread elsewhere


class PageKind(StrEnum):
    """Kind of a request, which decides how its response is parsed."""

    ARTICLE = "article"  # HTML of an article, or of a further part or comment page of it
    POSTS = "posts"  # REST listing of posts (JSON array)
    COMMENTS = "comments"  # REST listing of comments (JSON array)
    POSTS_FEED = "posts-feed"  # RSS or Atom
    COMMENTS_FEED = "comments-feed"  # RSS or Atom, of the site or of one article
    FILE = "file"  # a picture, document, data file or sound of an article
    THREAD = "thread"  # JSON of a comment system elsewhere; its `url` is that of a ThreadAddress
    SERVED = "served"  # HTML of an article as the server sent it, where a browser made the page from it
    LISTING = "listing"  # a sitemap: names addresses and is read by the crawler alone


class CommentKind(StrEnum):
    """WordPress' three kinds of comment."""

    COMMENT = "comment"
    PINGBACK = "pingback"
    TRACKBACK = "trackback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Settings for reading one site, passed to every reader.

    `url` is the origin as the user configured it. `timezone` is an IANA name, for printed dates without a
    zone; `language` (BCP 47) is for printed month names. `article_pattern` is a regular expression searched
    in the path of a URL. `keep` and `drop` are CSS selectors for the body of an article. `comments` names the
    comment style: "auto", "native", "wpdiscuz" or "none". `types` are WordPress' names of the content types
    to archive, all that visitors see where it is empty; those in `exclude_types` are left out. With
    `foreign_comments` threads of supported foreign comment systems are read; `thread_keys` are the short
    names of those for which the operator has a key.
    """

    name: str
    url: str
    title: str | None = None
    timezone: str = "UTC"
    language: str | None = None
    article_pattern: str | None = None
    comments: str = "auto"
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    foreign_comments: bool = False
    thread_keys: tuple[str, ...] = ()

    def wants_type(self, name: str) -> bool:
        """Return True if items of a content type are archived."""
        if name in self.exclude_types:
            return False
        if self.types:
            return name in self.types
        return is_publication(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer as received, enough to extract again offline.

    `url` was asked, `final_url` answered (after redirects). `headers` has lower-case names. `body`
    is the decoded entity (no transfer or content coding). `lastmod` is the site's own mark of change
    for this address as it was listed when the page was asked for (a sitemap's lastmod, REST's
    modified_gmt), verbatim: when a listing shows another one, the page has changed.
    A 304 is a Page with an empty body. `served` is what the server sent, where `body` is what a browser made
    of it, else None. Where there was no answer at all, `status` is 0 and `error`
    says why in a few words.
    """

    source: str
    kind: PageKind
    url: str
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    fetched_at: datetime
    body: bytes = field(repr=False)
    lastmod: str | None = None
    error: str | None = None
    served: Page | None = field(default=None, repr=False)

    def header(self, name: str) -> str | None:
        """Return the first value of a header, in any case."""
        wanted = name.lower()
        values = (value for key, value in self.headers if key == wanted)
        return next(values, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Article as one page or listing states it. None means not stated.

    Identity is the site and `post_id` (WordPress' own id), or the site and `url` (canonical). `text` is plain
    text, paragraphs divided by blank lines; `markdown` the same with its structure. `comments_stated` is the
    number of comments the site claims; `links` are the body's outward links. Where the publisher divided the
    article, `part` counts from 1 and `text` is that part's alone; `parts` is how many there are as far as the
    page names them. `further` is a page that shows the article again for another matter's sake (a later page
    of its thread, a later part): it may fill what is missing, but its differences are no edit. `bare` is True
    where the page has no sign that it is an article. `type` is WordPress' name of the content type; `terms`
    are those of taxonomies other than tags and categories, each as "taxonomy:name"; `embeds` are the embedded
    objects of the text in their order, each as "kind:URL"; `files` its pictures, documents, data files and
    sounds, likewise.
    """

    url: str
    post_id: int | None = None
    type: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    published: Moment | None = None
    modified: Moment | None = None
    text: str | None = None
    markdown: str | None = None
    description: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    embeds: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    image: str | None = None
    comments_stated: int | None = None
    comments_open: bool | None = None
    links: tuple[str, ...] = ()
    part: int = 1
    parts: int = 1
    further: bool = False
    bare: bool = False
    written: Written | None = None
    origins: Origins = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """Comment as one page, listing or feed states it.

    `id` and `parent` are the site's own ids as text; `id` is None for pings a theme shows without one.
    `post_id` is the article's own id where the surface states it (REST, feeds); on an article's page it may
    be None, and the comment belongs to the page's article. `published_raw` is the date as printed. `html` is
    safe: only harmless tags, and links that name no script. `depth` counts from 1 as the page nests it;
    `position` counts from 0 in the order of the page.
    """

    id: str | None
    parent: str | None = None
    post_id: int | None = None
    kind: CommentKind = CommentKind.COMMENT
    author: str | None = None
    author_url: str | None = None
    published: Moment | None = None
    published_raw: str | None = None
    text: str | None = None
    html: str | None = None
    permalink: str | None = None
    depth: int | None = None
    position: int | None = None
    origins: Origins = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Fault of the site, as a value.

    Our own faults raise instead.

    `code` is a short stable identifier ("no-text", "challenge-page"); `detail` a sentence for people with
    what is missing and why; `field` names the field it touches, if one; `url` the address it is about, where
    that is not the page's own.
    """

    code: str
    detail: str
    field: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """All that was read from one Page.

    `surface` ranks its statements against those of other pages.

    `wall` names what the page is in case it does not prove to be the requested article.
    """

    surface: Surface
    articles: tuple[Article, ...] = ()
    comments: tuple[Comment, ...] = ()
    problems: tuple[Problem, ...] = ()
    wall: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Facts of the earlier visits to one URL.

    `changed_at` is when a visit last brought something new; `failures` counts the visits since the last good
    one; `retry_at` is until when the server then required us to wait. The others are of the article that the
    page shows, None or 0 without one: `edits` counts its versions after the first, `comments_day` and so on
    the comments of the day, month (30 days) and year before the last visit. `settled` says that it showed
    what no waiting makes an article, such as a form for a password. `comments_told` is True if a surface of
    the whole site lists new comments. `leads_to` is the URL to which the site has moved the article, where
    that is another one.
    """

    url: str
    status: int
    fetched_at: datetime
    first_fetched: datetime | None = None
    changed_at: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    lastmod: str | None = None
    leads_to: str | None = None
    published: Moment | None = None
    edits: int = 0
    last_comment: Moment | None = None
    comments_day: int = 0
    comments_month: int = 0
    comments_year: int = 0
    comments_open: bool | None = None
    settled: bool = False
    comments_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapLost:
    """A feed that begins with unknown comments only; stored at once, before later items."""

    source: str
    at: datetime


_NO_CHANGE = frozenset({"missed", "problems", "unproven"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Counts of rows that one save changed.

    `missed` were not shown; `unproven` pages were not their article's.
    """

    articles_new: int = 0
    articles_changed: int = 0
    comments_new: int = 0
    comments_changed: int = 0
    missed: int = 0
    gone: int = 0
    problems: int = 0
    unproven: int = 0

    def __add__(self, other: Saved) -> Saved:
        sums = {name: getattr(self, name) + getattr(other, name) for name in Saved.__slots__}
        return Saved(**sums)

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in Saved.__slots__ if name not in _NO_CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Extraction counts of one run, for comparison.

    `pages_read` are first pages of articles that came whole; the next three count those of them that gave no
    text, no date, no author. `threads_short` are articles that were read and of which the archive has fewer
    comments than the site states.
    """

    pages_read: int = 0
    texts_missing: int = 0
    dates_missing: int = 0
    authors_missing: int = 0
    threads_short: int = 0

    def __add__(self, other: Quality) -> Quality:
        sums = {name: getattr(self, name) + getattr(other, name) for name in Quality.__slots__}
        return Quality(**sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a source, or a skipped planned time.

    `id` is given by the archive; `kind` is "crawl" or "verify". `planned_at` is the time of the schedule,
    None for a run by hand; `ticks` how many planned times the row represents. Where no crawl was made,
    `started_at` and `ended_at` are when that was recorded.
    """

    id: int
    source: str
    trigger: str
    started_at: datetime
    ended_at: datetime | None = None
    kind: str = "crawl"
    outcome: str | None = None
    requests: int = 0
    bytes: int = 0
    saved: Saved = field(default_factory=Saved)
    sentence: str | None = None
    planned_at: datetime | None = None
    ticks: int = 0
    quality: Quality = field(default_factory=Quality)
