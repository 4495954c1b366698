"""The reading room: a Datasette plugin that makes an archive readable for people without SQL.

    /                     what this archive is             /article/ID   an article and its thread
    /search?q=…           articles and comments, ranked    /comment/ID   to a comment in its thread
    /search.csv .json .atom   exactly these results        /article/ID?version=N   as it once stood
    /changes, /changes.atom   silent edits and removals    /article/ID/versions    word by word
    /words?q=ferry,harbour  words over time, .csv .json    /sites, /sites?host=…  which sites are cited
    /author/ID, /tag/ID, /commenter?name=…                 /comment/ID/versions
    /coverage             months, gaps, crawls             /-/data       Datasette's own index
    /-/results.csv?sql=… .json                             all rows of a query
    /lookup?url=…         is this URL archived?            /saved        kept by a browser, or on a desk
    /people               authors, tags, commenters        /about        the operator's words
    /desk                 a reader's key                   /shared/KEY   a list that a reader shares
    /article/ID/comments.atom, /author/ID.atom, /tag/ID.atom, /commenter.atom?name=… .csv   /comment/ID/cite

IDs are the archive's own (`articles.id`, `comments.id`, …) and never change; `/article/ID?page=N` is a page
of its thread, `#comment-ID` a place on it, and `/article/ID/versions?as-of=2015-05-04` leads to a state.

Found by its entry point, so that a plain `datasette serve archive.db` shows the same pages as
`backissue serve`. Where no Backissue archive is being served, every hook here stands aside.
"""

from __future__ import annotations

from archive.public.hooks import (
    actor_from_request,
    asgi_wrapper,
    get_metadata,
    handle_exception,
    permission_allowed,
    prepare_connection,
    prepare_jinja2_environment,
    register_mcp_tools,
    register_routes,
    render_cell,
)

__all__ = [
    "actor_from_request",
    "asgi_wrapper",
    "get_metadata",
    "handle_exception",
    "permission_allowed",
    "prepare_connection",
    "prepare_jinja2_environment",
    "register_mcp_tools",
    "register_routes",
    "render_cell",
]
