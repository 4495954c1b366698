"""How Datasette is started on an archive. It starts nothing itself: it decides what to start, and how.

Our pages are found by Datasette through the entry point, so a plain `datasette serve archive.db`
shows the same ones; what is added here are limits that suit a large archive. The file is always
opened read-only and live (never with -i, which would break under a running crawl, but where neither the
file nor its folder may be written, and nobody writes).
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archive.core.database import is_still, is_writable
from archive.core.errors import ArchiveError

SETTINGS: Mapping[str, str] = {
    "default_page_size": "50",
    "facet_time_limit_ms": "1000",  # the default of 200 leaves facets of a large table silently empty
    "max_csv_mb": "0",  # a download is all of it, or it is not to be trusted
    "num_sql_threads": "4",
    "suggest_facets": "off",  # it runs a query for every column of every table page
}

SECRET_VARIABLE = "DATASETTE_SECRET"  # noqa: S105  (a name)
HOST, PORT = "127.0.0.1", 8001

_log = logging.getLogger(__name__)


def command(
    archive: Path,
    *,
    host: str = HOST,
    port: int = PORT,
    base_url: str = "/",
    metadata: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the command line that serves an archive.

    `settings` override ours.
    """
    wanted = dict(SETTINGS)
    if base_url != "/":
        wanted["base_url"] = base_url
    wanted |= settings or {}
    line = [sys.executable, "-m", "archive.operations.serve", "serve"]
    if is_still(archive):
        line.append("--immutable")
    line += [str(archive), "--host", host, "--port", str(port)]
    if metadata:
        line += ["--metadata", str(metadata)]
    for name, value in wanted.items():
        line += ["--setting", name, value]
    return line


def publish_raw_pages() -> None:
    """Let the pages of this process, and of its children, show raw pages in a sandbox."""
    from archive.files.mementos import REPLAY_VARIABLE  # noqa: PLC0415  (it loads the raw pages)

    os.environ[REPLAY_VARIABLE] = "1"


def local_url(*, host: str = HOST, port: int = PORT, base_url: str = "/") -> str:
    """Return the local URL of what `command` serves."""
    shown = host
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  (compared, never bound)
        shown = HOST
    if ":" in shown:
        shown = f"[{shown}]"
    return f"http://{shown}:{port}/{base_url.strip('/')}"


def base_path(text: str) -> str:
    """Return a base path for Datasette, as "/news/" or "/"."""
    inner = text.strip().strip("/")
    if inner:
        return f"/{inner}/"
    return "/"


def open_desks(archive: Path, url: str) -> None:
    """Let the pages served by this process take readers.

    Forms are signed by the secret of desk.db, so that a page that was open before a restart of the server can
    still save. The URL is noted there, for links of readers, where the folder may be written.
    """
    from archive.files.desk_records import ENVIRONMENT  # noqa: PLC0415  (all commands load this file)
    from archive.files.desk_store import Desk, desk_path  # noqa: PLC0415

    os.environ[ENVIRONMENT] = "1"
    path = desk_path(archive)
    try:
        if is_writable(path if path.exists() else archive):
            with Desk.open(path, create=True) as desk:
                desk.note_served(url)
        if path.exists() and SECRET_VARIABLE not in os.environ:
            with Desk.open_to_read(path) as desk:
                os.environ[SECRET_VARIABLE] = desk.secret()
    except (ArchiveError, sqlite3.Error) as error:
        _log.warning("Readers' desks cannot be opened now, the other pages can: %s", error)


def run_datasette() -> None:
    """Run Datasette with our plugin, installed or not."""
    import datasette.cli  # noqa: PLC0415  (first: it brings the handlers that answer what is not found)

    _prepare_datasette()
    datasette.cli.cli(prog_name="datasette")


def _prepare_datasette() -> None:
    """Register our plugin where it is not installed, and keep tracebacks short."""
    import datasette.handle_exception  # noqa: PLC0415
    from datasette.plugins import pm  # noqa: PLC0415

    import archive.public as plugin  # noqa: PLC0415

    if not pm.is_registered(plugin):
        pm.register(plugin, "backissue")
    datasette.handle_exception.rich = None  # otherwise a URL that is not found prints a hundred lines


def library_server(
    folder: Path,
    *,
    base_url: str = "/",
    metadata: Path | None = None,
    settings: Mapping[str, str | int] | None = None,
) -> Any:
    """Return a Datasette for the published archives of a folder.

    `settings` override ours. Raises ArchiveError where nothing is published there.
    """
    from datasette.app import Datasette  # noqa: PLC0415  (slow to import)
    from datasette.utils import parse_metadata  # noqa: PLC0415

    from archive.public.library.library import library_of  # noqa: PLC0415

    _prepare_datasette()
    given = {}
    if metadata:
        given = parse_metadata(metadata.read_text(encoding="utf-8"))
    plugins = given.get("plugins") or {}
    ours = {**(plugins.get("backissue") or {}), "published": str(folder.resolve())}
    wanted = {name: _setting(value) for name, value in SETTINGS.items()}
    wanted["base_url"] = base_url
    wanted["default_allow_sql"] = False  # for the library itself, which has no database
    wanted |= settings or {}
    server = Datasette([], metadata={**given, "plugins": {**plugins, "backissue": ours}}, settings=wanted)
    library_of(server)  # its folder is looked at now, and not at the first request
    return server


def _setting(text: str) -> object:
    """Return a setting of the command line for Datasette."""
    if text.isdigit():
        return int(text)
    return text == "on"


def run_library(server: Any, *, host: str, port: int) -> None:
    """Serve published archives until a signal."""
    import uvicorn  # noqa: PLC0415  (Datasette's own server)

    uvicorn.run(server.app(), host=host, port=port, lifespan="on", workers=1)


if __name__ == "__main__":
    run_datasette()
