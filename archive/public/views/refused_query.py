"""The page of a query that was refused or took too long: what was typed stays in the box."""

from __future__ import annotations

from typing import Any

from archive.public.served_archives import room_of
from archive.public.web import render_page


def is_query_page(datasette: Any, request: Any) -> bool:
    """True if a request is for the HTML page of a typed query on an archive."""
    if request.method != "GET" or not request.args.get("sql"):
        return False
    page = request.path.rstrip("/").rpartition("/")[2]
    return page in room_of(datasette).archives


async def show_again(datasette: Any, request: Any, error: Any) -> Any:
    """Return the query in its form, with the reason why it has no answer."""
    hidden = {name: request.args.get(name) for name in request.args if name != "sql"}
    reason = str(error.message)
    if error.message_is_html:
        reason = "It took too long and was stopped."
    context = {"sql": request.args.get("sql"), "reason": reason, "action": request.path, "values": hidden}
    return await render_page(datasette, request, "refused_query.html", context, status=error.status or 400)
