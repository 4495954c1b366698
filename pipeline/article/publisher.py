"""The publisher's own text of an article, as REST and feeds give it.

Defines how such markup becomes a document, and that text can be furniture there as in a page.
Does not: compare it with the page's; the archive does, which stores both.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archive.core.records import Page, Site, Written
from pipeline.html.document import Document, parse

logger = logging.getLogger(__name__)


def _to_document(markup: str, page: Page) -> Document | None:
    """Return the markup of a text as a document.

    `page` is the answer, with the article's URL as its final one.
    """
    source = f'<html><body><article><div class="entry-content">{markup}</div></article></body></html>'
    return parse(replace(page, url=page.final_url, headers=(), body=source.encode("utf-8", "replace")))


def read_written(
    markup: str, page: Page, site: Site, facts: Mapping[str, Any]
) -> tuple[Written | None, tuple[str, ...]]:
    """Return the blocks of a text, and its embeds.

    () where it has no text; no result if it cannot be read. `facts` has the article's title and authors.
    """
    from pipeline.article import body  # noqa: PLC0415  (it loads trafilatura, which an idle crawl does without)

    if not markup.strip():
        return (), ()
    document = _to_document(markup, page)
    if document is None:
        return None, ()
    try:
        return body.read_copy_blocks(document, site, facts["title"], facts["authors"])
    except Exception:  # one copy that cannot be read does not affect the other articles of its listing
        logger.exception(
            "The publisher's text of %s cannot be read; its page is read as it is.", page.final_url
        )
        return None, ()
