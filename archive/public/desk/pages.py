"""Pages of a desk: the key, the saved items, what is done with them, and lists that others may see.

Reading needs no more than a reader's cookie; every change is a form of ours, sent by POST and answered by a
redirect to a page, or by JSON where a script has sent it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from datasette.utils.asgi import NotFound, Response
from datasette.views.base import DatasetteError

from archive.core.errors import ArchiveError, BusyError
from archive.core.timestamps import to_text
from archive.files.desk_records import (
    ITEM_KINDS,
    LONGEST_TAG,
    DeskReader,
    EditedElsewhereError,
    FullError,
    Item,
    NoteTooLongError,
    Share,
    UnreadableError,
    item_within_bounds,
    must_fit_item,
    tags_of,
)
from archive.files.desk_store import Desk
from archive.public.desk.files import browser_file, file_of_items
from archive.public.desk.forms import FORMS
from archive.public.desk.selection import described_items, given_items, kept_of, seen_now
from archive.public.desk.session import (
    TooManyError,
    cookie_header,
    is_open,
    must_be_from_here,
    read_desk,
    reader_of,
    reader_of_key,
    trouble_of,
    write_desk,
)
from archive.public.views import desk_view
from archive.public.web import Row, enter, number_of, page_link, read, render_page, site_url

ITEMS_PER_PAGE = 50

_PRIVATE = {"cache-control": "no-store"}
_STATUS: list[tuple[type[ArchiveError], int]] = [
    (EditedElsewhereError, 409),
    (FullError, 413),
    (NoteTooLongError, 413),
    (UnreadableError, 400),
    (TooManyError, 429),
    (BusyError, 503),  # type: ignore[list-item]
]

Form = dict[str, str]


async def saved_items(datasette: Any, request: Any) -> Any:
    """Return the saved items: a reader's desk, or what the browser keeps."""
    name, reader = await enter(datasette, request), await reader_of(datasette, request)
    if reader is None and (trouble := trouble_of(request)):
        return await _key_page(datasette, request, trouble, status=503)
    if reader is None:
        return await desk_view.saved_in_browser(datasette, request, has_desks=is_open(datasette), forms=FORMS)
    return await _desk_page(datasette, request, name, reader)


async def saved_file(datasette: Any, request: Any) -> Any:
    """Return a reader's selection as a file, or with a POST the list that a browser keeps.

    Raises NotFound for nobody's.
    """
    name = await enter(datasette, request)
    if request.method == "POST":
        must_be_from_here(request)
        return await browser_file(datasette, request, name, await _form(request))
    reader = await reader_of(datasette, request)
    if reader is None:
        if trouble := trouble_of(request):
            raise DatasetteError(trouble, status=503)
        raise NotFound("Open your desk first, by the link that the operator gave you.")
    kind, tag = _selected(request.args.get("show"))
    items = await read_desk(datasette, Desk.items, reader.id, kind=kind, tag=tag)
    return await file_of_items(datasette, request, name, items, tag or kind)


async def key_page(datasette: Any, request: Any) -> Any:
    """Return the page that takes a reader's key; with a POST, open the desk."""
    if not is_open(datasette):
        raise NotFound("There are no desks of readers in this archive.")
    if request.method != "POST":
        return await _key_page(datasette, request)
    must_be_from_here(request)
    form = await _form(request)
    key = "".join(form.get("key", "").split()).rpartition("key=")[2]
    try:
        reader = await reader_of_key(datasette, key)
    except (ArchiveError, sqlite3.Error) as error:
        return await _key_page(datasette, request, f"The desks cannot be opened now: {error}", status=503)
    if reader is None:
        wrong = "This key opens no desk. Perhaps it was cut, or the operator has made a new one."
        return await _key_page(datasette, request, wrong, status=403)
    headers = {**_PRIVATE, **cookie_header(datasette, request, key)}
    return _redirect(datasette.urls.path("saved"), headers)


async def close_desk(datasette: Any, request: Any) -> Any:
    """Close the desk in this browser; all that is on it stays."""
    must_be_from_here(request)
    return _redirect(datasette.urls.path("saved"), {**_PRIVATE, **cookie_header(datasette, request, "")})


async def keep(datasette: Any, request: Any) -> Any:
    """Keep or remove one find, at the button of an article, a comment or a search."""

    async def work(name: str, reader: DeskReader, form: Form) -> Row:
        kept = kept_of(form.get("item") or form.get("drop", ""))
        if kept is None:
            raise NotFound("Only an article, a comment or a search can be saved.")
        item = _new(*kept)
        if form.get("drop"):
            await write_desk(datasette, reader, Desk.remove, reader.id, item.name)
            return {"saved": False}
        [seen] = await read(datasette, name, seen_now, [item])
        if seen.kind != "search" and not seen.first_seen:
            raise NotFound(f"This archive has no {seen.kind} {seen.reference}.")
        await write_desk(datasette, reader, Desk.keep, reader.id, [seen])
        return {"saved": True}

    return await _changed(datasette, request, work)


async def change(datasette: Any, request: Any) -> Any:
    """Save the note and the tags of an item, or remove it."""

    async def work(_name: str, reader: DeskReader, form: Form) -> Row:
        number = number_of(form.get("id"), least=0)
        item = await read_desk(datasette, Desk.item, reader.id, number)
        if item is None:
            raise _removed_elsewhere()
        if form.get("do") == "remove":
            await write_desk(datasette, reader, Desk.remove, reader.id, item.name)
            return {"saved": False}
        revision = number_of(form.get("revision"), least=0)
        note, tags = form.get("note", "").replace("\r\n", "\n"), tags_of(form.get("tags", ""))
        must_fit_item(note, form.get("tags", ""))
        is_changed = await write_desk(
            datasette,
            reader,
            Desk.change,
            reader.id,
            number,
            note=note,
            tags=tags,
            revision=revision,
        )
        if not is_changed:
            raise _removed_elsewhere()
        return {"saved": True}

    return await _changed(datasette, request, work)


async def take_in(datasette: Any, request: Any) -> Any:
    """Add what a browser, a file or a shared list holds to the desk."""

    async def work(name: str, reader: DeskReader, form: Form) -> Row:
        unread = 0
        if form.get("shared"):
            share = await _share(datasette, form["shared"])
            seen = items = [replace(item, saved_at=_now()) for item in await _shared_items(datasette, share)]
        else:
            try:
                base = str(datasette.setting("base_url"))
                items, unread = given_items(form.get("items", ""), base, datetime.now(UTC))
            except (ValueError, RecursionError) as error:
                raise UnreadableError(
                    "This is no list of saved items.", hint="A list is exported as JSON, by a page “Saved”."
                ) from error
            seen = await read(datasette, name, seen_now, items)
        added = await write_desk(datasette, reader, Desk.keep, reader.id, reversed(seen))
        lost = sum(1 for item in seen if item.kind != "search" and not item.first_seen)
        cut = sum(1 for item in items if item_within_bounds(item) != item)
        return {"added": added, "known": len(items) - added, "unread": unread, "lost": lost, "cut": cut}

    return await _changed(datasette, request, work)


async def share_list(datasette: Any, request: Any) -> Any:
    """Make a read-only link to a selection, or end one."""

    async def work(_name: str, reader: DeskReader, form: Form) -> Row:
        if form.get("end"):
            number = number_of(form["end"], least=0)
            await write_desk(datasette, reader, Desk.end_share, reader.id, number)
            return {"ended": 1}
        kind, tag = _selected(form.get("show"))
        if form.get("show") and not _is_selection(form["show"]):
            raise UnreadableError("There is no such selection.", hint="Choose one in the list “Show”.")
        title, now = " ".join(form.get("title", "").split()), datetime.now(UTC)
        await write_desk(datasette, reader, Desk.share, reader.id, title=title, kind=kind, tag=tag, now=now)
        return {"shared": 1}

    return await _changed(datasette, request, work)


async def shared(datasette: Any, request: Any) -> Any:
    """Return a list that a reader shares, to whoever has its link."""
    name = await enter(datasette, request)
    try:
        share = await _share(datasette, request.url_vars["key"])
        items = await _shared_items(datasette, share)
    except sqlite3.Error as error:
        raise DatasetteError(f"This list cannot be opened now: {error}.", status=503) from error
    if form := request.url_vars.get("form"):
        return await file_of_items(
            datasette, request, name, items, share.title or share.tag or share.kind, form
        )
    page, shown = _page_of(request, items)
    rows = await read(datasette, name, described_items, shown)
    context = {"share": share, "rows": rows, "total": len(items), "page": page, "pages": _pages(items)}
    return await render_page(datasette, request, "shared.html", {**context, "forms": FORMS}, headers=_PRIVATE)


async def _desk_page(
    datasette: Any, request: Any, name: str, reader: DeskReader, *, status: int = 200, **further: Any
) -> Any:
    """Return the desk; `further` is what went wrong, and what was typed."""
    show = request.args.get("show") or further.get("show") or ""
    kind, tag = _selected(show)
    every, shares = await read_desk(datasette, lambda desk: (desk.items(reader.id), desk.shares(reader.id)))
    items = [item for item in every if kind in ("", item.kind) and (not tag or tag in item.tags)]
    page, shown = _page_of(request, items)
    rows = await read(datasette, name, described_items, shown)
    links = {
        share.id: site_url(datasette, request, datasette.urls.path(f"shared/{share.key}")) for share in shares
    }
    context = {
        "rows": rows,
        "total": len(items),
        "every": len(every),
        "kinds": sorted({item.kind for item in every}),
        "tags": sorted({each for item in every for each in item.tags}, key=str.casefold),
        "show": show if kind or tag else "",
        "page": page,
        "pages": _pages(items),
        "shares": [(share, links[share.id]) for share in shares],
        "forms": FORMS,
        "told": {
            each: number_of(request.args.get(each), least=0)
            for each in ("added", "known", "unread", "lost", "cut", "shared", "ended")
        },
    }
    return await render_page(
        datasette, request, "desk.html", {**context, **further}, status=status, headers=_PRIVATE
    )


async def _changed(
    datasette: Any, request: Any, work: Callable[[str, DeskReader, Form], Awaitable[Row]]
) -> Any:
    """Do what a form wants, and return the answer to it.

    Where it cannot be done, nothing was changed, and the page has what was typed.
    """
    must_be_from_here(request)
    name, reader = await enter(datasette, request), await reader_of(datasette, request)
    is_script = request.headers.get("accept", "").startswith("application/json")
    form = await _form(request)
    if reader is None:
        trouble = trouble_of(request)
        closed = "Your desk is not open in this browser any more. Open it by your link, and save again."
        sentence = trouble or closed
        status = 503 if trouble else 403
        if is_script:
            return Response.json({"ok": False, "error": sentence}, status=status, headers=_PRIVATE)
        return await _key_page(datasette, request, sentence, status=status, typed=form)
    try:
        done = await work(name, reader, form)
    except (ArchiveError, sqlite3.Error) as error:
        status = next((number for kind, number in _STATUS if isinstance(error, kind)), 507)
        sentence = f"{error} {getattr(error, 'hint', None) or ''}".strip()
        if is_script:
            return Response.json({"ok": False, "error": sentence}, status=status, headers=_PRIVATE)
        typed = {"error": sentence, "typed": form, "show": form.get("show", "")}
        return await _desk_page(datasette, request, name, reader, status=status, **typed)
    if is_script:
        return Response.json({"ok": True, **done}, headers=_PRIVATE)
    return _redirect(_back(datasette, form, done), _PRIVATE)


def _back(datasette: Any, form: Form, done: Row) -> str:
    """Return the path to which a form leads back: the page of its button, else the desk."""
    back = form.get("back", "")
    root = str(datasette.setting("base_url"))
    if back.startswith(root) and not back.startswith(("//", "/\\")) and back.isprintable() and back.isascii():
        kind, _, reference = (form.get("item") or form.get("drop", "")).partition(":")
        place = f"#comment-{reference}" if kind == "comment" and reference.isdigit() else ""
        return back + place
    told = {name: value for name, value in done.items() if name != "saved" and value}
    query = {"show": form["show"]} if _is_selection(form.get("show", "")) else {}
    query |= {"page": form["page"]} if form.get("page", "").isdigit() else {}
    return page_link(datasette, "saved", {**query, **told})


async def _share(datasette: Any, key: str) -> Share:
    """Return a shared list. Raises NotFound."""
    try:
        share = await read_desk(datasette, Desk.shared, key)
    except ArchiveError:
        share = None
    if share is None:
        raise NotFound("There is no such list. Perhaps its owner shares it no more.")
    return share


async def _shared_items(datasette: Any, share: Share) -> list[Item]:
    return await read_desk(datasette, Desk.items, share.reader_id, kind=share.kind, tag=share.tag)


async def _key_page(
    datasette: Any, request: Any, wrong: str = "", *, status: int = 200, typed: Form | None = None
) -> Any:
    """Return the page of the key; `typed` is the form that could not be kept."""
    reader = await reader_of(datasette, request)
    context = {"wrong": wrong, "open_for": reader.name if reader else "", "typed": typed or {}}
    return await render_page(datasette, request, "key.html", context, status=status, headers=_PRIVATE)


async def _form(request: Any) -> Form:
    return {name: str(value) for name, value in (await request.post_vars()).items()}


def _new(kind: str, reference: str) -> Item:
    return Item(kind=kind, reference=reference, first_seen="", saved_at=_now())


def _now() -> str:
    return str(to_text(datetime.now(UTC)))


def _selected(show: str | None) -> tuple[str, str]:
    """Return the kind and the tag of a selection such as "kind:comment" or "tag:harbour", "" for any."""
    sort, _, name = (show or "").partition(":")
    return (name, "") if sort == "kind" else ("", name) if sort == "tag" else ("", "")


def _is_selection(show: str) -> bool:
    kind, tag = _selected(show)
    return kind in ITEM_KINDS or bool(tag and tags_of(tag) == (tag,) and len(tag) <= LONGEST_TAG)


def _removed_elsewhere() -> EditedElsewhereError:
    return EditedElsewhereError(
        "This item was removed from your desk in another window.",
        hint="Save it again at its page, then add your text.",
    )


def _page_of(request: Any, items: list[Item]) -> tuple[int, list[Item]]:
    """Return the number of the requested page, at most the last one, and its items."""
    page = min(number_of(request.args.get("page"), most=1000), _pages(items))
    return page, items[(page - 1) * ITEMS_PER_PAGE : page * ITEMS_PER_PAGE]


def _pages(items: list[Item]) -> int:
    return max(1, -(-len(items) // ITEMS_PER_PAGE))


def _redirect(path: str, headers: dict[str, str]) -> Any:
    return Response("", status=303, headers={"location": str(path), **headers})


_FORM_NAMES = "|".join(FORMS)
DESK_ROUTES = [
    (rf"/saved\.(?P<form>{_FORM_NAMES})$", saved_file),
    (r"/saved/keep$", keep),
    (r"/saved/change$", change),
    (r"/saved/import$", take_in),
    (r"/saved/share$", share_list),
    (r"/saved/leave$", close_desk),
    (r"/desk$", key_page),
    (rf"/shared/(?P<key>[\w-]{{20,100}})\.(?P<form>{_FORM_NAMES})$", shared),
    (r"/shared/(?P<key>[\w-]{20,100})$", shared),
]
