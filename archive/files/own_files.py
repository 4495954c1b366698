"""Which files are the archive's own, however they are spelled: nothing else may take their place.

They are the archive, its raw pages, what is hidden, readers' collections, the index of copies, the
configuration, and all that lies
beside them under their names: write-ahead logs, locks and what a restore has set aside. It writes nothing.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from archive.core.errors import ArchiveError
from archive.files import media, raw_pages, redaction_store

CONFIG = "backissue.toml"
SET_ASIDE_SUFFIX = ".before-restore"
CONFIG_ASIDE = ".before-init"
"""Ending of a configuration that `init --force` has replaced."""
_LOGS = ("-wal", "-shm", "-journal")


def refuse(target: Path, archive: Path, config: Path | None = None) -> None:
    """Raise ArchiveError where `target` is the archive's own file."""
    for path, name in _files(archive, config):
        if _is_same(target, path):
            raise ArchiveError(
                f"{target} is {name} of this archive, so it is never replaced.", hint="Name another place."
            )
        if path.exists() and path.resolve().is_relative_to(target.resolve()):
            raise ArchiveError(
                f"{target} holds {name} of this archive, so it is never replaced.", hint="Name another place."
            )


def beside_bytes(archive: Path) -> int:
    """Return the bytes of raw pages, pictures and documents next to an archive."""
    files = (raw_pages.raw_pages_path(archive), media.beside(archive))
    return sum(path.stat().st_size for path in files if path.exists())


def _files(archive: Path, config: Path | None) -> Iterator[tuple[Path, str]]:
    from archive.files import desk_store, fingerprints  # noqa: PLC0415  (a crawl needs neither)

    main = archive.resolve()
    databases = {
        main: "the database",
        raw_pages.raw_pages_path(main): "the file of raw pages",
        media.beside(main): "the file of pictures and documents",
        redaction_store.redaction_store_path(main): "the file of what is hidden",
        desk_store.desk_path(main): "the file of readers' collections",
        fingerprints.fingerprints_path(main): "the index of copies",
    }
    yield from databases.items()
    for path in databases:
        yield from ((path.with_name(path.name + ending), "a log") for ending in _LOGS)
        yield from ((each, "a lock") for each in path.parent.glob(f"{glob.escape(path.name)}.*.lock"))
        aside = path.parent.glob(f"{glob.escape(path.name)}{SET_ASIDE_SUFFIX}*")
        yield from ((each, "an earlier state") for each in aside)
    yield main.with_name(CONFIG), "the configuration"
    yield from ((each, "an earlier configuration") for each in main.parent.glob(f"{CONFIG}{CONFIG_ASIDE}*"))
    if config is not None:
        yield config, "the configuration"


def _is_same(target: Path, path: Path) -> bool:
    """True if two paths name one file, existing or not."""
    try:
        return target.samefile(path)
    except OSError:
        return _folded(target) == _folded(path)


def _folded(path: Path) -> str:
    """Return a path resolved, without links and capital letters."""
    return os.path.realpath(path).casefold()
