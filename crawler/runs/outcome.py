"""How a crawl ended, in a word and a sentence, and how far the next one may trust it.

Pure: facts of the crawl come in. A crawl that brought nothing where something was expected has failed, and
one whose pages give less than they used to is no more than partial, however smoothly it went.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.core.records import Quality, Saved

_UNREAD = {
    "unreadable": "could not be read",
    "gave-up": "took too long to read",
    "reader-fault": "could not be read because of a fault of ours (see the log)",
}
FEW = 3  # pages that may all fail and still say nothing of the site


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The facts of a crawl that has ended.

    `reason` is why the spider closed, `rung` the surface that named the articles, `refusals` the listings
    that were not given, `stats` Scrapy's counts; `relisted` whether the whole list of articles was asked
    for, `drift` what is odd about the pages compared with earlier ones, `upheaval` what happened to the
    source as a whole. `obstacle` is what keeps us away from the whole site, as sentences.
    """

    reason: str
    rung: str | None = None
    refusals: tuple[str, ...] = ()
    saved: Saved = field(default_factory=Saved)
    stats: Mapping[str, Any] = field(default_factory=dict)
    quality: Quality = field(default_factory=Quality)
    relisted: bool = False
    drift: str | None = None
    upheaval: str | None = None
    obstacle: str | None = None

    @property
    def pages_good(self) -> int:
        """Pages of articles that were given."""
        return int(self.stats.get("backissue/pages/article/good", 0))

    @property
    def pages_failed(self) -> int:
        """Pages of articles that were asked for and not given."""
        return int(self.stats.get("backissue/pages/article/failed", 0))


def outcome_of(ended: Ended) -> tuple[str, str]:
    """One of ok, partial, failed, blocked, interrupted, and a sentence for people."""
    news, stats = _news(ended.saved), ended.stats
    if seconds := stats.get("backissue/left_alone"):
        return "blocked", f"Nothing was asked: the site is to be left alone for another {seconds:.0f} s."
    if wait := stats.get("backissue/retry_after"):
        return "blocked", f"The site asked us to wait {wait:.0f} s, so the crawl ended. {news}"
    if refusals := stats.get("backissue/refused"):
        why = f"{ended.obstacle} " if ended.obstacle else ""
        return "blocked", f"{why}The site refused {refusals} requests in a row, so the crawl ended. {news}"
    if fault := stats.get("backissue/fault"):
        return "failed", f"{fault} So the crawl ended. {news}"
    faults = stats.get("spider_exceptions/count", 0) + stats.get("backissue/lost", 0)
    if ended.reason not in {"finished", "shutdown"} or faults:
        return "failed", f"The crawl ended because of a fault of ours ({ended.reason}); see the log. {news}"
    late = "backissue/limit" in stats
    if late and not ended.saved and not ended.pages_good:
        return "failed", "The time limit was over before the site gave anything that was wanted."
    if late:
        return "interrupted", f"The time limit was over before all was read; the next crawl goes on. {news}"
    if ended.reason == "shutdown":
        return "interrupted", f"The crawl was ended before it was done; the next one goes on. {news}"
    if nothing := nothing_came(ended):
        return "failed", nothing
    missing = [*_lost(ended), *ended.refusals]
    told = f" Missing: {'; '.join(missing)}." if missing else ""
    sentence = " ".join(filter(None, [f"{news}{told}", ended.upheaval, ended.drift]))
    return ("partial" if told or ended.drift else "ok"), sentence


def _lost(ended: Ended) -> Iterator[str]:
    """Yield what was asked for and did not come, or came and could not be read."""
    if ended.pages_failed:
        yield f"{_count(ended.pages_failed, 'page')} could not be fetched"
    for code, why in _UNREAD.items():
        if number := int(ended.stats.get(f"backissue/unread/{code}", 0)):
            yield f"{_count(number, 'answer')} {why}"


def nothing_came(ended: Ended) -> str | None:
    """Why a crawl that went to its end has brought nothing that it should have, or None."""
    if ended.rung is None and ended.obstacle:
        return ended.obstacle
    if ended.rung is None:
        asked = "; ".join(ended.refusals) or "neither REST nor sitemap nor feed gave a list"
        return f"No list of articles could be read: {asked}."
    if ended.rung == "rest" and ended.relisted and not ended.stats.get("backissue/listed", 0):
        return "The site answered, but its list of articles is empty."
    if ended.pages_failed >= FEW and not ended.pages_good:
        return f"None of the {ended.pages_failed:,} pages that were asked for was given."
    if ended.quality.pages_read >= FEW and ended.quality.texts_missing == ended.quality.pages_read:
        return f"All {ended.quality.pages_read:,} pages that were read came without a text."
    return None


def kept_cursors(ended: Ended, outcome: str, cursors: Mapping[str, datetime]) -> dict[str, datetime]:
    """How far the next run may trust this one: not at all if nothing came, or a listing was lost here.

    What an interrupted run had listed was not all fetched, so it is listed again; comments are whole
    in their listing.
    """
    if nothing_came(ended) or ended.stats.get("backissue/listings_lost"):
        return {}
    if outcome in {"interrupted", "blocked"}:
        return {name: moment for name, moment in cursors.items() if name == "comments"}
    return dict(cursors)


def _news(saved: Saved) -> str:
    parts = [
        _count(saved.articles_new, "new article"),
        _count(saved.comments_new, "new comment"),
        _count(saved.articles_changed, "edited article"),
        _count(saved.comments_changed, "edited comment"),
        _count(saved.gone, "removal"),
    ]
    told = [part for part in parts if not part.startswith("0 ")]
    return (", ".join(told) or "Nothing new") + "."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
