"""Folders of ArchiveBox: of each snapshot the best form of its page alone.

A snapshot is a folder with the `index.json` of one URL. Beside the page as it was received there are pages
that programs made of it: ArchiveBox' own page about the snapshot, and texts taken out of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from archive.core.urls import absolute
from pipeline.imports.warc import WARCS

_INDEX = "index.json"
_OWN = "index.html"
_FORMS = ("singlefile.html", "output.html", "dom.html")
_TEXTS = {"readability", "mercury", "htmltotext", "media", "git"}
_LEVELS = 8
"""How deep below its snapshot a page may be, as its host and path make folders."""


def best_forms(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files in their order: of each snapshot its WARC files, or else one form of the page."""
    below: dict[Path, list[Path]] = {}
    order: list[Path] = []
    for path in paths:
        snapshot = snapshot_of(path)
        if snapshot is None:
            order.append(path)
            continue
        if snapshot not in below:
            order.append(snapshot)
        below.setdefault(snapshot, []).append(path)
    indexes = {snapshot.parent.parent / _OWN for snapshot in below}
    for path in order:
        if path in below:
            yield from _best(path, below[path])
        elif path not in indexes:
            yield path


def snapshot_of(path: Path) -> Path | None:
    """Return the folder of the snapshot that a file belongs to, if any."""
    folders = list(path.parents)[:_LEVELS]
    return next((folder for folder in folders if all(stated(folder))), None)


def stated(folder: Path) -> tuple[str | None, datetime | None]:
    """Return the URL and time of a snapshot; nothing for another folder."""
    try:
        said = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        url, stamp = said.get("url"), said.get("timestamp")
        at = datetime.fromtimestamp(int(float(stamp)), UTC) if stamp else None
    except (OSError, ValueError, AttributeError, TypeError, OverflowError):
        return None, None
    return (absolute(url, "") if isinstance(url, str) else None), at


def _best(snapshot: Path, paths: list[Path]) -> list[Path]:
    warcs = [path for path in paths if path.name.lower().endswith(WARCS)]
    if warcs:
        return warcs
    for form in _FORMS:
        if snapshot / form in paths:
            return [snapshot / form]
    return [
        path
        for path in paths
        if path != snapshot / _OWN and path.relative_to(snapshot).parts[0] not in _TEXTS
    ]
