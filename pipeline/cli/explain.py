"""Command `explain`: one page, every extracted field, each block of its text, and the rules behind them.

Its input is a page and a site, and it stores nothing. It reads files, and uses no network; the URL of a saved
page is the given one, or the page's own, or an invented one, and it states which.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill, indent
from typing import Any
from urllib.parse import urlsplit

import click

from archive.changes.completion import BlockVerdict, complete_text, to_blocks
from archive.cli.console import emit, say
from archive.core.errors import BackissueError
from archive.core.formatting import count, plain, when
from archive.core.records import Article, Comment, Extract, Page, PageKind, Problem, Site, Surface
from archive.core.timestamps import to_text
from archive.core.urls import absolute, key
from archive.queries.json_schema import ARTICLE_FIELDS, article_json, extract_json
from archive.tables.publisher_copies import PublisherCopy
from pipeline import process
from pipeline.article.extract import verdicts
from pipeline.article.witness import PieceVerdict
from pipeline.html.document import parse
from pipeline.threads import readers

_LARGEST = 64 * 2**20  # bytes of one page; more is no news article
_BEGINNING = 1024  # bytes in which a text has no NUL
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")  # but in UTF-16 and UTF-32
_WIDTH = 100
_QUOTE = 70  # characters of a block that are shown
_FATES = {"taken": "=", "added": "+", "kept": "?", "missing": "!", "dropped": "-"}


@dataclass(frozen=True, slots=True)
class _Compared:
    """Publisher's own copy compared with the page, and the fate of each block of either."""

    copy: PublisherCopy
    blocks: tuple[BlockVerdict, ...]


@dataclass(frozen=True, slots=True)
class _Thread:
    """Thread that a comment system keeps for a page."""

    system: str
    server: str
    key: str
    is_read: bool


def explain(
    page: Page,
    site_for: Callable[[str], Site],
    copy_of: Callable[[Article, Site], PublisherCopy | None],
    *,
    as_json: bool,
) -> None:
    """Read a page as the site of its URL would be read, and show it: JSON, or text for people.

    `copy_of` gives the publisher's own copy of an article's text, if there is one.
    """
    site = site_for(page.final_url)
    extract = process(page, site)
    blocks: tuple[PieceVerdict, ...] = ()
    compared = None
    if extract.articles:
        article = extract.articles[0]
        blocks = verdicts(page, site)
        compared = _compare(article, copy_of(article, site))
    thread = _thread_in(page, site)
    if as_json:
        told = {
            "thread": thread and asdict(thread),
            "blocks": [asdict(block) for block in blocks],
            "copy": _json(compared),
        }
        emit({**extract_json(extract), **told})
        return
    sections = [_render(page, extract)]
    if thread is not None:
        sections.append(_elsewhere(thread))
    sections += [_witness(blocks), *_copy(compared)]
    click.echo("\n\n".join(sections))


def _thread_in(page: Page, site: Site) -> _Thread | None:
    """Return the foreign thread of a page, if it has one."""
    all_read = replace(site, foreign_comments=True, thread_keys=tuple(readers.READERS))
    found = readers.thread_in(page, all_read)
    if found is None:
        return None
    is_read = readers.thread_in(page, site) is not None
    return _Thread(system=found.system, server=found.server, key=found.key, is_read=is_read)


def read_saved_copy(path: str, article: Article, site: Site) -> PublisherCopy:
    """Return an article's copy out of a saved response of REST or a feed.

    Raises BackissueError if the response lacks it.
    """
    body = _unpack(_read(path), path)
    kind, surface = PageKind.POSTS_FEED, Surface.FEED
    if body.lstrip()[:1] in (b"[", b"{"):
        kind, surface = PageKind.POSTS, Surface.REST
    page = replace(_page(site.url, body, _saved_at(path)), kind=kind)
    for found in process(page, replace(site, article_pattern=None)).articles:
        if found.written is not None and _is_same(found, article):
            read_at = to_text(page.fetched_at) or ""
            return PublisherCopy(surface=surface.value, read_at=read_at, blocks=found.written)
    raise BackissueError(
        f"{path} does not contain the text of {article.url}.",
        hint="Give the post's JSON from REST, or a feed with the whole text of the article.",
    )


def _is_same(found: Article, article: Article) -> bool:
    """True if two articles are one by WordPress' number or by their URLs."""
    if found.post_id and found.post_id == article.post_id:
        return True
    return key(found.url) == key(article.url)


def read_file(path: str, url: str | None) -> Page:
    """Return a saved page, packed by gzip or not.

    "-" is standard input. Raises BackissueError.
    """
    body = _unpack(_read(path), path)
    if b"\0" in body[:_BEGINNING] and not body.startswith(_WIDE):
        raise BackissueError(
            f"{path} is not a saved page: it is not text.",
            hint="Save the page in a browser, as HTML, and give that file.",
        )
    page = _page(url or "http://localhost/", body, _saved_at(path))
    if url is not None:
        return page
    own = own_address(page)
    if own is None:
        own = f"http://localhost/{Path(path).name}"
        say(f"The page does not contain its URL, so it is read as {own}; give the right one with --url.")
    else:
        say(f"Read as {own}, the URL in the page. Use --url to give another.")
    return _page(plain(own), body, page.fetched_at)


def own_address(page: Page) -> str | None:
    """Return the page's canonical link, or og:url, if it has either."""
    document = parse(page)
    if document is None:
        return None
    links = document.tree.xpath("//link[@rel='canonical']/@href")
    names = document.tree.xpath("//meta[@property='og:url']/@content")
    for value in (*links, *names):
        url = absolute(str(value), "")
        if url and urlsplit(url).hostname:
            return url
    return None


def _render(page: Page, extract: Extract) -> str:
    """Return everything read out of a page, as text for people, each field with the rule that produced it."""
    size = count(len(page.body), "byte")
    parts = [f"{page.final_url}\n{size}, status {page.status}"]
    if not extract.articles:
        parts.append("No article.")
    parts += map(_article, extract.articles)
    parts.append(f"{count(len(extract.comments), 'comment')}, in the order of the page")
    parts += map(_comment, extract.comments)
    parts.append(count(len(extract.problems), "problem"))
    parts += map(_problem, extract.problems)
    return plain("\n\n".join(parts))


def _problem(problem: Problem) -> str:
    where = ""
    if problem.field:
        where = f" ({problem.field})"
    return f"  {problem.code}{where}: {problem.detail}"


def _elsewhere(thread: _Thread) -> str:
    """Return where the thread of a page is kept, and what a crawl does with it."""
    system = readers.READERS[thread.system].system
    does = "It is not read: see foreign_comments and comment_keys."
    if thread.is_read:
        does = "A crawl reads it there."
    return plain(f"Thread kept by {system} at {thread.server}, under {thread.key}. {does}")


def _witness(blocks: tuple[PieceVerdict, ...]) -> str:
    """Return each block of the page's box of text, with what became of it and by which rule."""
    if not blocks:
        return "The page has no recognisable container of the text, so missing parts cannot be found."
    return _listed(f"{count(len(blocks), 'block')} in the page's text", blocks)


def _listed(head: str, blocks: Sequence[PieceVerdict | BlockVerdict]) -> str:
    """Return a list of blocks with fate and rule."""
    counts = Counter(block.fate for block in blocks)
    totals = [f"{counts[fate]} {fate}" for fate in _FATES if counts[fate]]
    lines = [f"{head}: {', '.join(totals) or 'no words'}"]
    for block in blocks:
        quoted = plain(_quoted(block.words))
        lines.append(f"  {_FATES[block.fate]} {block.fate:<8} {quoted}  [{block.rule}]")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Return the beginning of a text on one line."""
    words = " ".join(text.split())
    if len(words) <= _QUOTE:
        return words
    return words[: _QUOTE - 1] + "…"


def _compare(article: Article, copy: PublisherCopy | None) -> _Compared | None:
    """Return the verdicts on the blocks of a page and copy."""
    if copy is None:
        return None
    own = to_blocks(article.text, article.markdown)
    if own is None:
        own = to_blocks(article.text, None) or ()
    return _Compared(copy, complete_text(own, copy.blocks).verdicts)


def _json(compared: _Compared | None) -> dict[str, Any] | None:
    if compared is None:
        return None
    blocks = [asdict(block) for block in compared.blocks]
    return {"surface": compared.copy.surface, "read_at": compared.copy.read_at, "blocks": blocks}


def _copy(compared: _Compared | None) -> Iterable[str]:
    """Yield the section on the publisher's own copy."""
    if compared is None:
        return
    names = {Surface.REST.value: "REST", Surface.FEED.value: "a feed"}
    told = f"The publisher's own copy, from {names[compared.copy.surface]} at {compared.copy.read_at}"
    yield _listed(told, compared.blocks)


def _article(article: Article) -> str:
    origins = dict(article.origins)
    values = article_json(article)
    lines = ["Article"]
    for name in ARTICLE_FIELDS:
        if name == "text":
            continue
        value = values[name]
        if isinstance(value, list):
            value = "; ".join(value)
        lines.append(f"  {name:<12} {value or '–'}{_by(origins.get(name))}")
    lines.append(f"  {'text':<12}{_by(origins.get('text'))}")
    text = indent(article.text or "–", "  ")
    return "\n".join([*lines, "", text])


def _comment(comment: Comment) -> str:
    facts = [comment.author or "–", when(comment.published)]
    if comment.kind != "comment":
        facts.append(comment.kind)
    facts.append(f"id {comment.id or '–'}")
    if comment.parent:
        facts.append(f"answers {comment.parent}")
    lines = [" · ".join(facts)]
    if rules := [f"{field} {_rule(rule)}" for field, rule in comment.origins]:
        lines.append(f"[{', '.join(rules)}]")
    paragraphs = (comment.text or "–").split("\n")
    lines += [fill(paragraph, _WIDTH) for paragraph in paragraphs]
    level = min(comment.depth or 1, 12)
    return indent("\n".join(lines), "  " * max(1, level))


def _by(origin: str | None) -> str:
    if not origin:
        return ""
    return f"  [{_rule(origin)}]"


def _rule(origin: str) -> str:
    return origin.removeprefix("page:")


def _page(url: str, body: bytes, at: datetime) -> Page:
    return Page(
        source="explain",
        kind=PageKind.ARTICLE,
        url=url,
        final_url=url,
        status=200,
        headers=(),
        fetched_at=at,
        body=body,
    )


def _read(path: str) -> bytes:
    try:
        with click.open_file(path, "rb") as file:
            body: bytes = file.read(_LARGEST + 1)
    except OSError as error:
        raise BackissueError(
            f"{path} cannot be read: {error.strerror}.",
            hint="Give the file of a saved page, or a URL that begins with https://.",
        ) from error
    if len(body) > _LARGEST:
        raise BackissueError(f"{path} is larger than {_LARGEST >> 20} MiB, more than any article's page.")
    return body


def _unpack(body: bytes, path: str) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16)
        page = unpacked.decompress(body, _LARGEST)
    except zlib.error as error:
        raise BackissueError(f"{path} cannot be unpacked: {error}.") from error
    if unpacked.unconsumed_tail:
        raise BackissueError(f"{path} is larger than {_LARGEST >> 20} MiB when unpacked.")
    return page


def _saved_at(path: str) -> datetime:
    if path == "-":
        return datetime.now(UTC)
    return datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
