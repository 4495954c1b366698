"""Keeps beside each visit when its page is due again, so that a run reads the due ones by an index.

What is kept is a cache of `revisit.decide` and never more: the archive empties it when a fact changes,
this module fills it again, and where the rules or their premise changed, all of it anew.
"""

from __future__ import annotations

from archive.core.records import Site
from archive.queries.fetch_history import Facts
from archive.storage.archive import Archive
from crawler.frontier import revisit_policy


def facts_of(archive: Archive, site: Site) -> Facts:
    """The facts of a source, as its decisions are made from them."""
    return Facts(archive.path, site.name, comments=site.comments != "none")


def decide_due(archive: Archive, site: Site) -> None:
    """Decide for every page of a source's articles when it is due, where that is not decided yet."""
    with facts_of(archive, site) as facts:
        premise = "told" if facts.comments_told else "polled"
        archive.forget_due(site.name, f"{revisit_policy.RULES_VERSION} {premise}")
        while some := facts.undecided_visits():
            archive.note_due(site.name, {seen.url: revisit_policy.decide(seen) for seen in some})
