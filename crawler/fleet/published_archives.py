"""Archives of a fleet as origins of a publication.

The files of a source are kept in a folder next to the published ones, so that a round fetches the blocks that
are new, and no others. Reading needs no lease.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from archive.core import atomic_files
from archive.operations.backup import copy_published
from archive.operations.publish import Origin
from crawler.fleet.fence import Fence, FencedState
from crawler.fleet.shared_store import SharedStore
from crawler.fleet.source_slice import ARCHIVE_NAME
from crawler.fleet.travelling_files import bring_files


def fleet_origins(store: SharedStore, sources: list[str], cache: Path) -> list[Origin]:
    """Return the origins of sources with a published state.

    `cache` is a folder of this machine. Raises StoreError.
    """
    origins = []
    for source in sources:
        state = Fence(store, source).newest()
        if state.files:
            copy = partial(_copy, store, source, state, cache / source)
            origins.append(Origin(name=source, state=f"fleet:{state.published}", copy=copy))
    return origins


def _copy(store: SharedStore, source: str, state: FencedState, cache: Path, target: Path) -> None:
    """Update the cache, and copy what readers may see."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    with atomic_files.replaced(cache, lambda: None) as new:
        bring_files(store, source, state, new, cache if cache.exists() else None)
    copy_published(cache / ARCHIVE_NAME, target)
