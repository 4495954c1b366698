"""Memento (RFC 7089): raw pages over time, shown as they were received and never run.

Off unless the operator sets `replay` in `plugins.backissue` of the metadata, since it publishes other
people's pages.
Invariant: a raw page is untrusted. It is sent sandboxed, so that no script of it runs, nothing is loaded from
elsewhere, and it can request nothing of ours.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datasette.utils.asgi import Response

from archive.core.errors import BackissueError
from archive.core.records import Page
from archive.core.rendered import HOW
from archive.files.mementos import Memento, closest_memento, memento_page, mementos
from archive.public.headers import STRICT
from archive.public.render import memento_links as links
from archive.public.sql.pool import CrowdedError
from archive.public.views.article_view import missing
from archive.public.web import TooSlow, enter, first_row, read, render_page

SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_RAW = {
    "content-security-policy": SANDBOX,
    "x-frame-options": "SAMEORIGIN",
    "cache-control": "no-store",  # what is hidden later must not be shown from a cache
}
_SLASHES = re.compile(r"^(https?):/+", re.IGNORECASE)  # some proxies merge two into one
_ARTICLE = "SELECT id, title, url FROM articles WHERE id = ? AND redaction_id IS NULL"
MOST_LISTED = 500  # mementos that are listed with an article
WACZ_SECONDS = 60.0  # for the raw pages of one article
_WACZ_PROGRAM = "archive.exports.article_wacz"
_writing = asyncio.Semaphore(1)
_log = logging.getLogger("backissue.pages")


async def timegate(datasette: Any, request: Any) -> Any:
    """Redirect to the memento closest to Accept-Datetime, the newest without one."""
    url, found = await _found(datasette, request)
    if not found:
        return _none()
    wanted = request.headers.get("accept-datetime")
    moment: datetime | None = found[-1].at
    if wanted:
        moment = _moment(wanted)
    if moment is None:
        return Response.text(
            "Accept-Datetime is no date of HTTP, as Sun, 06 Nov 1994 08:49:37 GMT.", status=400
        )
    chosen = closest_memento(found, moment) or found[-1]
    locate = links.locator(datasette, request)
    place = found.index(chosen)
    told = [*links.general_links(locate, url), *links.neighbour_links(locate, found, place)]
    headers = {"vary": "accept-datetime", "link": ", ".join(told), "cache-control": "no-store"}
    return Response.redirect(locate(links.memento_path(chosen)), headers=headers)


async def timemap(datasette: Any, request: Any) -> Any:
    """Return all mementos of a URL, in link-format."""
    url, found = await _found(datasette, request)
    if not found:
        return _none()
    locate = links.locator(datasette, request)
    body = "".join(links.time_map(locate, url, found))
    return Response(body, headers={"cache-control": "no-store"}, content_type="application/link-format")


async def memento(datasette: Any, request: Any) -> Any:
    """Return a raw page in a sandbox, or redirect to the one closest to the time."""
    url, found = await _found(datasette, request)
    moment = _digits(request.url_vars["stamp"])
    chosen = None
    if moment:
        chosen = closest_memento(found, moment)
    if chosen is None:
        return _none()
    locate = links.locator(datasette, request)
    if chosen.stamp != request.url_vars["stamp"]:
        return Response.redirect(locate(links.memento_path(chosen)), headers={"cache-control": "no-store"})
    path = await _path(datasette, request)
    page = await asyncio.to_thread(memento_page, path, chosen)
    if page is None:
        return Response.text("This raw page is not as it was received, and is not shown.", status=410)
    place = found.index(chosen)
    told = [*links.general_links(locate, url), *links.neighbour_links(locate, found, place)]
    digest = base64.b64encode(bytes.fromhex(chosen.digest)).decode()
    headers = {
        **_RAW,
        "memento-datetime": links.date_header(chosen),
        "link": ", ".join(told),
        "repr-digest": f"sha-256=:{digest}:",  # RFC 9530
    }
    if chosen.rendered:
        headers[HOW] = chosen.rendered
    return _raw(page, headers)


async def cdx(datasette: Any, request: Any) -> Any:
    """Return an index of the mementos of `url`, as lines or as JSON (`output=json`)."""
    first = request.args.get("from") or ""
    last = (request.args.get("to") or "9") + "9" * 14
    every = await _of(datasette, request, request.args.get("url") or "")
    found = [each for each in every if first <= each.stamp <= last]
    rows = links.cdx_rows(found)
    headers = {"cache-control": "no-store"}
    if request.args.get("output") == "json":
        return Response(links.cdx_json(rows), headers=headers, content_type="application/json; charset=utf-8")
    return Response(links.cdx_text(rows), headers=headers, content_type="text/plain; charset=utf-8")


async def beside_article(datasette: Any, request: Any) -> Any:
    """Return an article's raw pages, with one of them in a frame."""
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])
    article = await read(datasette, name, first_row, _ARTICLE, wanted)
    found = []
    if article:
        found = await _of(datasette, request, article["url"])
    if not found:
        return await missing(datasette, request, "raw page")
    moment = _digits(request.args.get("at") or "") or found[-1].at
    shown = closest_memento(found, moment) or found[-1]
    place = found.index(shown)
    earlier = None
    if place:
        earlier = found[place - 1]
    later = None
    if place + 1 < len(found):
        later = found[place + 1]
    time_map = ""
    if article:
        time_map = datasette.urls.path(links.map_path(article["url"]))
    context = {
        "article": article,
        "shown": shown,
        "frame": datasette.urls.path(links.memento_path(shown)),
        "earlier": earlier,
        "later": later,
        "listed": found[-MOST_LISTED:],
        "count": len(found),
        "map": time_map,
    }
    headers = {"content-security-policy": f"{STRICT}; frame-src 'self'", "cache-control": "no-store"}
    return await render_page(datasette, request, "kept.html", context, headers=headers)


async def article_wacz(datasette: Any, request: Any) -> Any:
    """Return the raw pages of one article as WACZ, written by a process of its own."""
    name = await enter(datasette, request)
    wanted = int(request.url_vars["id"])
    article = await read(datasette, name, first_row, _ARTICLE, wanted)
    if article is None or not links.is_published(datasette):
        return await missing(datasette, request, "raw page")
    if _writing.locked():
        raise CrowdedError
    async with _writing:
        with TemporaryDirectory(prefix="backissue-") as folder:
            place = Path(folder) / "article.wacz"
            path = str(await _path(datasette, request))
            command = [sys.executable, "-m", _WACZ_PROGRAM, path]
            code = await _run([*command, str(wanted), str(place)])
            if code:
                return await missing(datasette, request, "raw page")
            body = await asyncio.to_thread(place.read_bytes)
    headers = {
        "content-disposition": f'attachment; filename="article-{wanted}.wacz"',
        "cache-control": "no-store",
    }
    return Response(body, headers=headers, content_type="application/wacz")


async def _run(command: list[str]) -> int:
    """Run a program to its end, and return its exit code. Raises TooSlow; the program is ended then."""
    module_path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": module_path}
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, env=environment)
    try:
        _, errors = await asyncio.wait_for(process.communicate(), WACZ_SECONDS)
    except TimeoutError as error:
        raise TooSlow from error
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode == 1:
        _log.warning("No WACZ could be written: %s", errors.decode(errors="replace").strip())
    return int(process.returncode or 0)


def _raw(page: Page, headers: dict[str, str]) -> Any:
    """Return a raw page. Its bytes are sent as they are, with the charset that the site stated."""
    stated = page.header("content-type") or "text/html"
    kind = "text/html"
    if stated.isascii() and stated.isprintable():
        kind = stated
    status = page.status
    if status in range(300, 400):
        status = 200
    return Response(page.body, status=status, headers=headers, content_type=kind)


async def _found(datasette: Any, request: Any) -> tuple[str, list[Memento]]:
    """Return the URL requested in the path, and its mementos."""
    url = _SLASHES.sub(r"\1://", str(request.url_vars["url"]))
    if "://" not in url.partition("?")[0]:
        url = f"http://{url}"
    if request.query_string:
        url = f"{url}?{request.query_string}"
    return url, await _of(datasette, request, url)


async def _of(datasette: Any, request: Any, url: str) -> list[Memento]:
    path = await _path(datasette, request)
    if not links.is_published(datasette):
        return []
    try:
        return await asyncio.to_thread(mementos, path, url)
    except (BackissueError, UnicodeError):  # hidden text cannot be recognised: nothing is shown
        return []


async def _path(datasette: Any, request: Any) -> Path:
    return Path(datasette.get_database(await enter(datasette, request)).path)


def _none() -> Any:
    return Response.text("This archive shows no raw page of that URL.", status=404)


def _moment(text: str) -> datetime | None:
    """Parse a date of HTTP, if the text is one."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo:
        return moment
    return moment.replace(tzinfo=UTC)


def _digits(text: str) -> datetime | None:
    """Parse 14 digits, or as many as begin a time, if valid."""
    digits = re.sub(r"\D", "", text)[:14]
    if len(digits) < len("2009"):
        return None
    try:
        complete = digits + "00000101000000"[len(digits) :]
        return datetime.strptime(complete, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


ROUTES: list[tuple[str, Callable[..., Any]]] = [
    (r"/memento/timegate/(?P<url>.+)$", timegate),
    (r"/memento/timemap/(?P<url>.+)$", timemap),
    (r"/memento/cdx$", cdx),
    (r"/memento/(?P<stamp>\d{4,14})/(?P<url>.+)$", memento),
    (r"/article/(?P<id>\d{1,18})/kept$", beside_article),
    (r"/article/(?P<id>\d{1,18})\.wacz$", article_wacz),
]
