"""The article's own text.

Trafilatura on the rest of the tree, and the edges cleaned.

Covers trafilatura and the additions of WordPress and its plugins below an article.
Invariant: cut before extraction only what is structurally no prose (the thread, term lists, share bars of
known plugins, the author's box), since pruning by general class names costs real text on other sites.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import urlsplit

from cssselect import HTMLTranslator, SelectorError
from lxml.etree import XPath, _Element
from lxml.html import HtmlElement, document_fromstring
from trafilatura import bare_extraction

from archive.core.records import Problem, Site, Written
from pipeline.article import attachments, boilerplate, embeds, layout_tables, pieces, running_text, witness
from pipeline.article.embeds import Embed
from pipeline.article.witness import PieceVerdict
from pipeline.html import frames
from pipeline.html.document import Document
from pipeline.html.dom import Index, drop, elsewhere, fold, has_class, raw_text, text_of, tokens, words
from pipeline.markdown import captions, emphasis
from pipeline.markdown import links as prose_links
from pipeline.markdown.writer import Block, Writer, links_within

SHORT = 1000
"""Below this many characters trafilatura is asked again, for precision."""
SPARSE = 200
"""Above this many, a precise answer of less than half is taken for a loss."""
_WORDPRESS = (
    "wp-json",
    "wp-caption",
    "wp-block-",
    "entry-content",
    "hentry",
    "postid-",
    'id="post-',
)
_THEMED = re.compile(r"/wp-content/(?!uploads/)")
"""What pages of WordPress load; its pictures alone may stand on pages of another system."""
FALLBACK_BLOCKS = 1500
"""From so many blocks on trafilatura's fallbacks are left aside: jusText compares each with all others."""
_PARAGRAPHS = tuple(
    words(
        "address article aside blockquote br center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 "
        "h6 header hr li ol option p pre section table td th tr ul"
    )
)
_DEAD = (
    "script",
    "style",
    "svg",
    "template",
    "link",
    "meta",
    "button",
    "select",
    "input",
    "canvas",
    "map",
    "textarea",
)
_THREAD_IDS = ("comments", "respond", "disqus_thread", "wpdcom", "commentform", "reply-title")
_THREAD_CLASSES = ("comment-respond", "comments-area", "comments-title", "wp-block-comments")
_PLUGINS = words(
    "sharedaddy sd-sharing-enabled jp-relatedposts addtoany_share_save_container "
    "addtoany_content heateor_sss_sharing_container "
    "essb_links ssba ssba-wrap yarpp yarpp-related crp_related "
    "wp-block-post-navigation-link post-navigation nav-links "
    "wp-block-post-comments-form wp-block-post-terms author-box authorbox "
    "saboxplugin-wrap abh_box m-a-box author-info "
    "about-author author-bio entry-author-box td-author-name-vcard-description "
    "tdb-author-box td-author-box pp-author-boxes-wrapper "
    "pp-multiple-authors-boxes-wrapper wp-block-post-author "
    "wp-block-post-author-biography simplesocialbuttons swp_social_panel "
    "post-nav-links page-link page-links post-page-numbers wp-link-pages pagelink "
    "entry-tags post-tags tags-links cat-links tagcloud wp-block-tag-cloud "
    "the_champ_sharing_container mashsb-container "
    "wp-block-latest-posts wp-block-latest-comments elementor-widget-posts wp-block-jetpack-related-posts "
    "rp4wp-related-posts wp_rp_wrap zem_rp_wrap yuzo_related_post addthis_toolbox "
    "addthis_inline_share_toolbox "
    "post-share post-sharing share-buttons related-posts relatedposts akismet_comment_form_privacy_notice"
)
BOXES = words(
    "entry-content wp-block-post-content post-content article-content td-post-content entry__content "
    "post__content single-content the-content post-entry elementor-widget-theme-post-content gh-content"
)
_OLD_BOXES = words(
    "entry entry-inner entry-body entrybody entry-text entrytext entry_content entrycontent postcontent "
    "post_content post-body postbody post-text posttext storycontent format_text post-inner-content "
    "post-single-content"
)
"""What older themes call the box of the text; some of them call the whole post so, title and all."""
_TITLES = words("entry-title post-title posttitle entry_title post_title")
_BUILT = "data-elementor-type"
_NO_BOX = words("related widget sidebar comments comment-respond jp-relatedposts yarpp-related recent-posts")
_TERM = re.compile(r"(?:^|\s)(?:category\s+)?tag(?:\s|$)")
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


Cut = tuple[HtmlElement, str]
"""An element that was taken out before extraction, and the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Text of an article, twice, and the targets of its links."""

    text: str | None = None
    markdown: str | None = None
    links: tuple[str, ...] = ()
    rule: str = "page:trafilatura"
    problems: tuple[Problem, ...] = ()
    verdicts: tuple[PieceVerdict, ...] = ()
    embeds: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    cut: tuple[Cut, ...] = ()


def extract_body(document: Document, site: Site, title: str | None, authors: tuple[str, ...]) -> Prose:
    """Return the body of an article.

    The tree is used up; the thread must be out of it.
    """
    tree = document.tree
    problems = list(_select(tree, site))
    shown = attachments.read_attachments(document.index, _marked_boxes(document.index), document.base)
    cut = [(node, "in an embed") for node in document.index.tagged("object")]
    embedded = embeds.place_embeds(document.index, _marked_boxes(document.index), document.base)
    cut += _cut(document.index)
    cut += _cut_menus(_marked_boxes(document.index))
    layout_tables.open_layout_tables(document.index, _marked_boxes(document.index))
    if frames.is_without_text(document.index, _marked_boxes(document.index)):
        return Prose(text="", markdown="", rule="page:without-text", problems=tuple(problems))
    links, emphasised = _mark(document)
    boxes = [node for node in _marked_boxes(document.index) if text_of(node)]
    box = boxes[0] if len(boxes) == 1 else None
    found_pieces = pieces.read_pieces(_body(tree), links)
    try:
        extracted, rule = _extract(document)
    except Exception as error:  # noqa: BLE001  # a third party's fault on one page, and a problem of that page
        detail = f"trafilatura stopped: {type(error).__name__}."
        problems.append(Problem(code="extraction-failed", detail=detail, field="text"))
        return Prose(problems=tuple(problems))
    writer = Writer(links, document.base, lambda: raw_text(tree), emphasised=emphasised)
    raw = writer.document(extracted) if extracted is not None else []
    if box is not None and rule == "page:trafilatura-in-box" and _is_run_together(raw):
        raw = witness.write_box(found_pieces, box, writer.document, (title, authors)) or raw
    source = document.source
    wordpress = any(mark in source for mark in _WORDPRESS) or _THEMED.search(source) is not None
    whole = witness.complete(raw, found_pieces, box, writer.document, (title, authors), wordpress=wordpress)
    problems += whole.problems
    host = urlsplit(document.page.final_url).hostname
    sure = wordpress and bool(whole.verdicts) and box is not None
    found = boilerplate.remove_boilerplate(whole.blocks, title, authors, host, sure=sure)
    found += _lost_lines(embedded, found)
    if not found:
        detail = "No article text was found in the page."
        problems.append(Problem(code="no-text", detail=detail, field="text"))
        return Prose(problems=tuple(problems))
    markdown = "\n\n".join(block.markdown for block in found)
    return Prose(
        text="\n\n".join(block.text for block in found),
        markdown=markdown,
        links=links_within(writer.used, markdown),
        rule=rule,
        problems=tuple(problems),
        verdicts=whole.verdicts,
        embeds=tuple(embed.entry for embed in embedded),
        files=shown,
        cut=tuple(cut),
    )


def _body(tree: HtmlElement) -> HtmlElement:
    body = tree.find("body")
    if body is None:
        return tree
    return body


def _is_run_together(blocks: list[Block]) -> bool:
    """True if what was extracted is one run of words: trafilatura's last resort in a short text."""
    return len(blocks) == 1 and blocks[0].kind == "p" and "\n" not in blocks[0].text


def _lost_lines(embedded: tuple[Embed, ...], blocks: list[Block]) -> list[Block]:
    """Return blocks for the embedded objects that are in no block of the text."""
    text = fold("".join(block.text for block in blocks))
    lost = [embed.line for embed in embedded if fold(embed.line) not in text]
    return [Block(line, line, "p") for line in lost]


def read_copy_blocks(
    document: Document, site: Site, title: str | None, authors: tuple[str, ...]
) -> tuple[Written | None, tuple[str, ...]]:
    """Return the blocks of a document that is all text, and its embeds.

    () where it has no text; no result if all of it is furniture, or if it has too many blocks. trafilatura is
    not used. The tree is used up.
    """
    list(_select(document.tree, replace(site, keep=())))
    embedded = embeds.place_embeds(document.index, _marked_boxes(document.index), document.base)
    _cut(document.index)
    links, emphasised = _mark(document)
    tree = document.tree
    box = _body(tree)
    writer = Writer(links, document.base, lambda: raw_text(tree), emphasised=emphasised)
    found = pieces.read_pieces(box, links)
    blocks = witness.write_all(found, box, writer.document, (title, authors))
    host = urlsplit(document.page.final_url).hostname
    blocks = boilerplate.remove_boilerplate(blocks, title, authors, host, sure=True, is_copy=True)
    blocks += _lost_lines(embedded, blocks)
    entries = tuple(embed.entry for embed in embedded)
    if not blocks and text_of(box):
        return None, entries
    return tuple((block.text, block.markdown) for block in blocks), entries


def _mark(document: Document) -> tuple[tuple[prose_links.Link, ...], bool]:
    """Label verse, captions, emphasis and links; return the links, and if emphasis is labelled."""
    running_text.break_verses(document.index)
    running_text.join_running_text(document.index, _marked_boxes(document.index))
    italics = captions.place(document.index, BOXES)
    emphasised = not emphasis.writes_marks(document.source)
    if emphasised:
        emphasis.mark_emphasis([*document.index.tagged(*emphasis.TAGS), *italics])
    return prose_links.mark_links(document.index.tagged("a")), emphasised


def _extract(document: Document) -> tuple[_Element | None, str]:
    """Run trafilatura once, and where it found little again.

    In the theme's own box, or for precision.

    In a short article title, byline and menus weigh as much as the text. Where a theme labels the one box of
    the text, the distinction needs nothing outside of it.
    """
    tree, url = document.tree, document.page.final_url
    first = _run(tree, url, precise=False)
    size = _size(first)
    if size >= SHORT:
        return first, "page:trafilatura"
    box = _box(document.index)
    if box is not None and _size(boxed := _run(box, url, precise=False)):
        return boxed, "page:trafilatura-in-box"
    second = _run(tree, url, precise=True)
    if second is None or (size > SPARSE and _size(second) * 2 < size):
        return first, "page:trafilatura"
    return second, "page:trafilatura-precise"


def _box(index: Index) -> HtmlElement | None:
    """Return the one element labelled by its theme as the text of the article, in a separate document."""
    outer = [node for node in _marked_boxes(index) if text_of(node)]
    if len(outer) != 1:
        return None
    page: HtmlElement = document_fromstring("<html><body><article></article></body></html>")
    page[0][0].append(deepcopy(outer[0]))
    return page


def _marked_boxes(index: Index) -> list[HtmlElement]:
    """Return the outermost elements labelled by a theme as the text of the article."""
    built = [node for node in index.having(("elementor",)) if node.get(_BUILT) in ("wp-page", "wp-post")]
    found = index.ordered((*index.having(BOXES), *built))
    if not found:
        found = [node for node in index.having(_OLD_BOXES) if not _has_title(node)]
    return [node for node in _outermost(found) if not elsewhere(node, _NO_BOX)]


def _outermost(nodes: list[HtmlElement]) -> list[HtmlElement]:
    """Return the elements that are in none of the others."""
    return [node for node in nodes if not any(outer in nodes for outer in node.iterancestors())]


def _has_title(box: HtmlElement) -> bool:
    """True if an element is more than the text of an article, since its title is in it."""
    return any(node.tag == "h1" or has_class(node, _TITLES) for node in box.iter("*"))


def _size(body: _Element | None) -> int:
    return 0 if body is None else len(raw_text(body).strip())


def _run(tree: HtmlElement, url: str, *, precise: bool) -> _Element | None:
    blocks = sum(1 for _ in islice(tree.iter(*_PARAGRAPHS), FALLBACK_BLOCKS))
    found = bare_extraction(
        tree,
        url=url,
        output_format="xml",
        include_comments=False,
        include_tables=True,
        include_formatting=False,
        include_links=False,
        with_metadata=False,
        favor_precision=precise,
        fast=blocks >= FALLBACK_BLOCKS,
    )
    body = getattr(found, "body", None)
    return body if body is not None and raw_text(body).strip() else None


def _select(tree: HtmlElement, site: Site) -> Iterable[Problem]:
    """Honour the profile's selectors: what is dropped, and what alone is kept."""
    for selector in site.drop:
        found, problem = _match(tree, selector)
        if problem is not None:
            yield problem
        for node in found:
            drop(node)
    kept = [node for selector in site.keep for node in _match(tree, selector)[0]]
    body = tree.find("body")
    if kept and body is not None:
        outer = _outermost(kept)
        for child in list(body):
            body.remove(child)
        body.text = None
        for node in dict.fromkeys(outer):
            node.tail = None
            body.append(node)
    elif site.keep:
        detail = f"Nothing on the page matches keep = {', '.join(site.keep)}."
        yield Problem(code="selector-missed", detail=detail, field="text")


def _match(tree: HtmlElement, selector: str) -> tuple[list[HtmlElement], Problem | None]:
    try:
        return XPath(HTMLTranslator().css_to_xpath(selector))(tree), None
    except SelectorError:
        return [], Problem(code="selector-invalid", detail=f"{selector} is no CSS selector.", field="text")


def _cut(index: Index) -> list[Cut]:
    """Take out what is structurally no prose; return what may have words."""
    cut: list[Cut] = []
    frames.cut_skip_links(index)
    for node in index.tagged(*_DEAD):
        if "ld+json" not in (node.get("type") or ""):
            drop(node)
    total = len(raw_text(index.tree))
    for node in [*index.named(*_THREAD_IDS), *index.having(_THREAD_CLASSES)]:
        if len(raw_text(node)) * 2 < total or node.tag in ("form", "h2", "h3"):
            drop(node)
            cut.append((node, "in the box of the comments"))
    for node in index.having(_PLUGINS):
        if node.tag not in ("body", "html", "article", "main"):
            drop(node)
            cut.append((node, f"marked {min(tokens(node) & _PLUGINS)}"))
    verdicts: dict[HtmlElement, bool] = {}
    for link in index.tagged("a"):
        if _TERM.search(link.get("rel") or ""):
            cut += _cut_terms(link, verdicts)
    return cut


def _cut_menus(boxes: Sequence[HtmlElement]) -> list[Cut]:
    """Take out and return the menus in the boxes of the text, such as that of its pages."""
    menus = [menu for box in boxes for menu in box.iter("nav")]
    for menu in menus:
        drop(menu)
    return [(menu, "in a menu") for menu in menus]


def _cut_terms(link: HtmlElement, verdicts: dict[HtmlElement, bool]) -> list[Cut]:
    """Drop and return a paragraph of nothing but tags and categories.

    `verdicts` are on elements looked at before.
    """
    node = link
    while (parent := node.getparent()) is not None and parent.tag not in ("body", "article", "main", "html"):
        if parent not in verdicts:
            verdicts[parent] = _only_terms(parent)
        if not verdicts[parent]:
            break
        node = parent
    if node is link or node.getparent() is None:
        return []
    drop(node)
    return [(node, "tags and categories")]


def _only_terms(element: HtmlElement) -> bool:
    said = len(text_of(element))
    linked = sum(len(text_of(a)) for a in element.iter("a") if _TERM.search(a.get("rel") or ""))
    return said - linked <= 40 + said * 0.2 and said <= 600
