"""What helps a reader to work: saved items, an about page, and a search plug-in for browsers.

Saved items stay in the reader's own browser; nothing of them is sent to the server, except where a reader
has a desk (`archive/public/desk`) or asks for citations.
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from datasette.utils.asgi import NotFound, Response

from archive.public.render.markup import article_html
from archive.public.served_archives import room_of
from archive.public.web import enter, render_page, site_url

_OPENSEARCH = """<?xml version="1.0" encoding="utf-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>{short}</ShortName><Description>Search articles and comments of {name}</Description>
<InputEncoding>UTF-8</InputEncoding>
<Url type="text/html" template="{search}?q={{searchTerms}}"/>
<Url type="application/atom+xml" template="{search}.atom?q={{searchTerms}}"/>
</OpenSearchDescription>
"""
_SHORT_NAME_CHARACTERS = 16  # OpenSearch 1.1 allows no more


async def saved_in_browser(datasette: Any, request: Any, *, has_desks: bool, forms: Any) -> Any:
    """Return the page of saved items, which the browser fills.

    `has_desks` is whether named readers keep theirs on a desk, `forms` the forms of files.
    """
    return await render_page(datasette, request, "saved.html", {"has_desks": has_desks, "forms": forms})


async def about(datasette: Any, request: Any) -> Any:
    """Return the operator's about page.

    Raises NotFound where the operator wrote no text.
    """
    await enter(datasette, request)
    return await about_text(datasette, request)


async def about_text(datasette: Any, request: Any) -> Any:
    """Return the page of the operator's text. Raises NotFound."""
    text = room_of(datasette).about
    if not text:
        raise NotFound("The operator of this archive has not written an about page.")
    return await render_page(datasette, request, "about.html", {"body": article_html(text, text)})


async def opensearch(datasette: Any, request: Any) -> Any:
    """Return the descriptor by which a browser adds the archive's search."""
    await enter(datasette, request)
    name = room_of(datasette).title
    search = site_url(datasette, request, datasette.urls.path("search"))
    short_name = escape(name[:_SHORT_NAME_CHARACTERS])
    text = _OPENSEARCH.format(short=short_name, name=escape(name), search=escape(search))
    return Response(text, content_type="application/opensearchdescription+xml; charset=utf-8")
