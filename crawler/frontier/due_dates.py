"""Due dates of pages, cached next to each visit.

So a run reads the due ones by an index. A cache of `revisit_policy.decide` and never more: the archive
empties it when a fact changes, this module fills it again, and all of it where the rules or their premise
changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.core.records import Site
from archive.queries.fetch_history import FetchHistory
from crawler.frontier import revisit_policy

if TYPE_CHECKING:
    from archive.storage.archive import Archive
    from archive.storage.open_archive import OpenArchive


def facts_of(archive: OpenArchive, site: Site) -> FetchHistory:
    """Return the facts of a source, for its decisions."""
    return FetchHistory(archive.path, site.name, comments=site.comments != "none")


def decide_due(archive: Archive, site: Site) -> None:
    """Decide when each undecided page of a source is due."""
    with facts_of(archive, site) as facts:
        archive.forget_due(site.name, f"{revisit_policy.RULES_VERSION} {facts.premise}")
        while some := facts.undecided_visits():
            decided = {seen.url: revisit_policy.decide(seen) for seen in some}
            archive.note_due(site.name, decided)
