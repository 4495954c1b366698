"""An HTML page of an article.

The article, its thread, and what is wrong with either.

Defines the order of the work.
Invariant: identity first, then the thread, taken out of the tree, and only then facts and text, so that no
reader's text or name can become the article's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lxml.html import HtmlElement

from archive.core import urls
from archive.core.records import Article, Comment, Extract, Page, Problem, Site, Surface
from pipeline.article import body, fields, other_articles
from pipeline.article.body import Prose
from pipeline.article.fields import Facts
from pipeline.article.witness import PieceVerdict
from pipeline.comments import extract, stated_count, systems
from pipeline.comments.stated_count import Survey
from pipeline.html import marks, metadata, not_an_article
from pipeline.html.document import Document, parse
from pipeline.html.dom import fold, one_line, text_of
from pipeline.html.metadata import Head
from pipeline.markdown import emphasis, links
from pipeline.threads.readers import find_thread

_THREAD_FEED = re.compile(r"""<link[^>]{1,200}/feeds/\d{1,20}/comments/default["'?]""")
"""Blogger's feed of a thread, from which the crawl reads it."""


def extract_page(page: Page, site: Site) -> Extract:
    """Return the article and the thread of a page."""
    document = parse(page)
    if document is None:
        return _none(Problem(code="empty-page", detail=f"{page.url} holds no HTML."))
    head = metadata.read_head(document)
    refusal = not_an_article.refusal_reason(document, head)
    if refusal is not None:
        return _none(refusal)
    result, _, _ = _read(document, head, site)
    return result


def verdicts(page: Page, site: Site) -> tuple[PieceVerdict, ...]:
    """Return what became of each block in the page's box of text.

    Empty without a box. Cards of other articles come last.

    A block that the edges of the text lost after it was taken has the fate "dropped". So have the boxes that
    were cut before: shares, the author's life, terms, comments.
    """
    document = parse(page)
    if document is None:
        return ()
    head = metadata.read_head(document)
    if not_an_article.refusal_reason(document, head) is not None:
        return ()
    result, prose, cut = _read(document, head, site)
    text = fold("".join(article.text or "" for article in result.articles))
    own = tuple(_settled(verdict, text) for verdict in prose.verdicts)
    others = [*prose.cut, *((node, "another article of the page") for node in cut)]
    told = ((_spaced_words(node), rule) for node, rule in others)
    return own + tuple(PieceVerdict(words, "dropped", rule) for words, rule in told if words)


def _spaced_words(node: HtmlElement) -> str:
    """Return the text of a removed element on one line."""
    words = links.without_numbers(" ".join(node.itertext()))
    return one_line(emphasis.without_marks(words))


def _settled(verdict: PieceVerdict, text: str) -> PieceVerdict:
    """Return the verdict on a block of the page."""
    if verdict.fate == "dropped" or _is_in(verdict.words, text):
        return verdict
    return _lost(verdict)


def _is_in(words: str, text: str) -> bool:
    return all(fold(line) in text for line in words.split("\n"))


def _lost(verdict: PieceVerdict) -> PieceVerdict:
    return PieceVerdict(verdict.words, "dropped", "the title, byline, terms or links at the edge of the text")


def _none(problem: Problem) -> Extract:
    return Extract(surface=Surface.PAGE, problems=(problem,))


def _read(document: Document, head: Head, site: Site) -> tuple[Extract, Prose, list[HtmlElement]]:
    """Return a page's extract, with the prose and its verdicts."""
    titles = [head.meta("og:title") or ""]
    titles += map(text_of, document.index.tagged("title")[:1])
    cut = other_articles.cut_cards(document.index, head.post_id)
    declared = "\n".join(titles)
    cut += other_articles.cut_other_articles(document.index, declared, body.BOXES)
    cut += other_articles.cut_linked_cards(document.index, declared, head.url, document.base)
    survey = stated_count.survey(document, head)
    opening_day = fields.opening_day(document, head, site)
    thread = extract.take_thread(document, site, head, opening_day)
    document = replace(document, index=thread.index)
    system = None
    if not thread.comments:
        system = _unread_system(document, site)
    known = fields.extract_fields(document, head, site, thread.opener)
    authors = known.values.get("authors", ())
    prose = body.extract_body(document, site, known.values.get("title"), authors)
    problems = [
        *document.problems,
        *thread.problems,
        *marks.metered(document, head),
        *prose.problems,
        *_count_problems(document, survey, thread.comments, system),
    ]
    if prose.text is None and not known.values.get("title"):
        detail = f"{document.page.url} holds neither a title nor text."
        return _none(Problem(code="empty-page", detail=detail)), prose, cut
    wall = None
    bare = not thread.comments and not marks.declares(document, head, known.rules)
    if bare:
        wall = not_an_article.name_wall(document)
    result = Extract(
        surface=Surface.PAGE,
        articles=(_article(document, head, known, prose, survey, bare=bare),),
        comments=thread.comments,
        problems=tuple(problems),
        wall=wall,
    )
    return result, prose, cut


def _count_problems(
    document: Document, survey: Survey, comments: tuple[Comment, ...], system: str | None
) -> tuple[Problem, ...]:
    """Return the problems of a thread shorter than stated, unless it has its own feed."""
    if not comments and _THREAD_FEED.search(document.source):
        return ()
    is_whole = not urls.is_comment_page(document.page.final_url)
    return tuple(stated_count.count_problems(survey, comments, system, whole=is_whole))


def _unread_system(document: Document, site: Site) -> str | None:
    """Return the name of the comment system that a page embeds, if no reader of ours supports it."""
    address, _, _ = document.page.final_url.partition("#")
    if find_thread(document.index, address, site) is not None:
        return None
    return systems.foreign_system(document.index)


def _article(
    document: Document, head: Head, known: Facts, prose: Prose, survey: Survey, *, bare: bool
) -> Article:
    values: dict[str, Any] = dict(known.values)
    values["bare"] = bare
    values["part"] = head.part
    values["parts"] = max(head.part, head.parts)
    values["further"] = head.part > 1 or urls.is_comment_page(document.page.final_url)
    rules = dict(known.rules)
    for name, value, rule in (
        ("text", prose.text, prose.rule),
        ("markdown", prose.markdown, prose.rule),
        ("links", prose.links, prose.rule),
        ("comments_stated", survey.stated, survey.stated_rule),
        ("comments_open", survey.open, "page:comment-form"),
    ):
        if value not in (None, ()):
            values[name] = value
            rules[name] = rule
    if prose.text is not None:
        values |= {"embeds": prose.embeds, "files": prose.files}
        rules |= {"embeds": prose.rule, "files": prose.rule}
    return Article(url=head.url, origins=tuple(sorted(rules.items())), **values)
