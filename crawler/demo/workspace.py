"""Files of the demo in a folder: `demo.toml`, `demo.db` and `demo-pages.db`.

A file with one of these names that is not the demo's stays as it is, and so does every other archive.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from archive.core import file_kinds
from archive.core.database import read_only, transaction
from archive.core.errors import ArchiveError, ConfigError
from archive.core.timestamps import instant, to_text
from archive.sources import addresses
from crawler.config.config import Config, load_config
from crawler.config.site_url import is_loopback_url
from crawler.demo import ARCHIVE, FILE, PORT, SOURCE

_MARK = "# Written by `backissue demo`"
_TEXT = """{mark}: the sample newspaper. Remove it with demo.db and demo-pages.db when you are done.
archive = "{archive}"

[sources.{source}]
url = "http://127.0.0.1:{port}"
title = "The Averil Packet"
language = "en"
schedule = "* * * * *"
delay = 0
"""


def port_in(folder: Path, wanted: int | None) -> int:
    """Return the port of the demo newspaper.

    The wanted one, else the one it had before, else 8002. Raises ConfigError or ArchiveError where a file
    with one of the demo's names is not the demo's.
    """
    before = _before(folder / FILE)
    _must_be_demo(folder / ARCHIVE)
    return wanted or before or PORT


def prepare(folder: Path, port: int) -> Config:
    """Write the demo's configuration into a folder and return it. Raises ConfigError."""
    file = folder / FILE
    text = _TEXT.format(mark=_MARK, archive=ARCHIVE, source=SOURCE, port=port)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}.", hint="Run the demo in a folder of your own."
        ) from error
    return load_config(file)


@contextmanager
def newspaper(config: Config) -> Iterator[None]:
    """Serve the demo newspaper meanwhile.

    Its life began when the archive first saw it, so that each start continues the same newspaper.
    """
    from crawler.demo.site import DemoSite  # noqa: PLC0415  (only a running demo needs Jinja)

    with DemoSite(_port_of(config), start_of(config)):
        yield


def _before(file: Path) -> int | None:
    """Return the port in an earlier demo's configuration, or None."""
    if not file.exists():
        return None
    try:
        is_demo = file.read_text(encoding="utf-8").startswith(_MARK)
    except (OSError, ValueError):
        is_demo = False
    if not is_demo:
        raise ConfigError(
            f"{file} is there, and `backissue demo` has not written it.",
            hint="Run the demo in another folder, an empty one for instance.",
        )
    return _port_of(load_config(file))


def _port_of(config: Config) -> int:
    return urlsplit(config.sources[0].site.url).port or 80


def _must_be_demo(path: Path) -> None:
    if not path.exists():
        return
    try:
        with closing(read_only(path)) as db:
            file_kinds.must_be(db, path, file_kinds.ARCHIVE, blank=False)
            found = db.execute("SELECT name, url FROM sources ORDER BY name").fetchall()
    except (sqlite3.DatabaseError, ArchiveError) as error:
        raise ArchiveError(
            f"{path} is not the demo's: {error}",
            hint="Run the demo in another folder, an empty one for instance.",
        ) from error
    others = [name for name, url in found if name != SOURCE or not is_loopback_url(url)]
    if others:
        raise ArchiveError(
            f"{path} holds another source ({', '.join(others)}), so the demo is not written into it.",
            hint="Run the demo in another folder, an empty one for instance.",
        )


def start_of(config: Config) -> datetime:
    """Return when the archive first saw the newspaper (aware UTC): now, for a new archive."""
    from archive.storage.archive import Archive  # noqa: PLC0415  (slow to import)

    site, now = config.sources[0].site, datetime.now(UTC)
    with Archive.open(config.archive) as archive:
        known = {row["name"]: row["first_seen"] for row in archive.db["sources"].rows}
        if site.name not in known:
            archive.add_source(site, str(to_text(now)))
            return now
        with transaction(archive.db):  # another --sample-port is another address of the newspaper
            addresses.move(archive.db, archive.path, site.name, site.url, str(to_text(now)))
    return instant(known[site.name])
