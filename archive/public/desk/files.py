"""Saved items as a file that is downloaded: those of a desk, and those that a browser sends for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from datasette.utils.asgi import Response
from datasette.views.base import DatasetteError

from archive.core.formatting import file_name
from archive.files.desk_records import Item
from archive.public.desk.forms import FORMS
from archive.public.desk.selection import described_items, given_items, seen_now
from archive.public.web import read, site_url


async def file_of_items(
    datasette: Any, request: Any, name: str, items: list[Item], words: str, form: str | None = None
) -> Any:
    """Return items as a file in a form, by default that of the URL; `words` are for its name."""
    _, ending, content_type, write = FORMS[form or request.url_vars["form"]]
    rows = await read(datasette, name, described_items, items)
    text = write(rows, lambda path: site_url(datasette, request, datasette.urls.path(path)))
    disposition = f'attachment; filename="{file_name("saved", [words], ending, datetime.now(UTC))}"'
    return Response(
        text,
        content_type=f"{content_type}; charset=utf-8",
        headers={"cache-control": "no-store", "content-disposition": disposition},
    )


async def browser_file(datasette: Any, request: Any, name: str, form: dict[str, str]) -> Any:
    """Return the list that a browser has sent as a file; nothing of it is kept.

    Raises DatasetteError for what is no such list.
    """
    try:
        items, _ = given_items(form.get("items", ""), str(datasette.setting("base_url")), datetime.now(UTC))
    except (ValueError, RecursionError) as error:
        raise DatasetteError(
            "This is no list of saved items. Reload the page “Saved”.", status=400
        ) from error
    seen = await read(datasette, name, seen_now, items)
    return await file_of_items(datasette, request, name, seen, form.get("show", ""))
