"""The reading room: a Datasette plugin that makes an archive readable for people without SQL.

    /                     what this archive is             /article/ID   an article and its thread
    /search?q=…           articles and comments, ranked    /comment/ID   to a comment in its thread
    /search.csv  .json    exactly these results            /-/data       Datasette's own index

Found by its entry point, so that a plain `datasette serve archive.db` shows the same pages as
`backissue serve`. Where no Backissue archive is being served, every hook here stands aside.
"""

from __future__ import annotations

from archive.public.hooks import (
    asgi_wrapper,
    get_metadata,
    prepare_connection,
    prepare_jinja2_environment,
    register_routes,
    render_cell,
)

__all__ = [
    "asgi_wrapper",
    "get_metadata",
    "prepare_connection",
    "prepare_jinja2_environment",
    "register_routes",
    "render_cell",
]
