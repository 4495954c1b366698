"""Outcome of a crawl, with its sentence and trusted state.

Pure: it depends on the facts of the crawl alone. A crawl without a result where one was expected has failed.
One whose pages contain less than earlier ones is partial, even without errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from archive.core.crawl_report import CrawlReport
from archive.core.crawl_state import PROGRESS, CrawlState
from archive.core.formatting import count
from archive.core.records import Saved

_UNREAD = {
    "unreadable": "could not be read",
    "gave-up": "took too long to read",
    "reader-fault": "could not be read because of an error in Backissue (see the log)",
}
MIN_FAILED_PAGES = 3  # fewer pages prove nothing about the site
CLOSED_WELL = {"finished", "shutdown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Facts of a crawl that has ended.

    `reason` is Scrapy's reason for the close; `exceptions` is the number of exceptions in callbacks.
    `relisted`: the whole list of articles was requested. `drift` is what is odd about the pages compared with
    earlier ones, `upheaval` an event of the whole source, `reopened` the end of a wall, each a sentence.
    """

    reason: str
    report: CrawlReport = field(default_factory=CrawlReport)
    exceptions: int = 0
    relisted: bool = False
    drift: str | None = None
    upheaval: str | None = None
    reopened: str | None = None


def outcome_of(ended: Ended) -> tuple[str, str]:
    """Return outcome and sentence of a crawl.

    Outcomes are ok, partial, failed, blocked and interrupted.
    """
    report = ended.report
    news = _news(ended.report.saved)
    if away := kept_away(report, "crawl", news, obstacle=report.obstacle):
        return "blocked", away
    if report.fault is not None:
        return "failed", f"{report.fault} So the crawl ended. {news}"
    if ended.reason not in CLOSED_WELL or ended.exceptions or report.faults or report.lost:
        return "failed", f"An error in Backissue ended the crawl ({ended.reason}); see the log. {news}"
    is_late = report.limit_seconds is not None
    if is_late and not report.saved and not report.pages_good:
        return "failed", "The time limit ended the crawl before the site returned anything to save."
    if is_late:
        return "interrupted", f"The time limit ended the crawl early; the next crawl continues. {news}"
    if ended.reason == "shutdown":
        return "interrupted", f"The crawl was stopped early; the next one continues. {news}"
    if nothing := nothing_came(ended):
        return "failed", nothing
    missing = [*_lost(report), *report.missing_lists, *report.cut_off, *report.refused_keys]
    if missing:
        news += f" Missing: {'; '.join(missing)}."
    sentences = [ended.reopened, news, ended.upheaval, ended.drift]
    sentence = " ".join(filter(None, sentences))
    if missing or ended.drift:
        return "partial", sentence
    return "ok", sentence


def kept_away(report: CrawlReport, run: str, news: str, *, obstacle: str | None = None) -> str | None:
    """Return why the site ended or prevented a run, as sentences, if it did.

    `run` is the run's noun, `news` its results, `obstacle` the reason of a refusal.
    """
    if report.pause_seconds:
        return f"No request was sent: the site is left alone for another {report.pause_seconds:.0f} s."
    if report.retry_after_seconds:
        reason = f"The site asked us to wait {report.retry_after_seconds:.0f} s"
    elif report.refused_requests:
        reason = f"The site refused {report.refused_requests} requests in a row"
    else:
        return None
    sentences = [obstacle, f"{reason}, so the {run} ended.", news]
    return " ".join(filter(None, sentences))


def _lost(report: CrawlReport) -> Iterator[str]:
    """Yield a clause for each kind of failed or unreadable response."""
    if lost := report.pages_failed - report.pages_unproven:
        yield f"{count(lost, 'page')} could not be fetched"
    if report.pages_unproven:
        yield f"{count(report.pages_unproven, 'page')} did not prove to be the article, to be read again"
    for code, why in _UNREAD.items():
        if report.unread[code]:
            yield f"{count(report.unread[code], 'answer')} {why}"


def nothing_came(ended: Ended) -> str | None:
    """Return why a complete crawl has no result, if so.

    No reason either where no result was expected.
    """
    report = ended.report
    if report.surface is None and report.obstacle:
        return report.obstacle
    if report.surface is None:
        reasons = "; ".join([*report.missing_lists, *report.cut_off, *report.refused_keys])
        reasons = reasons or "neither REST nor a sitemap nor a feed has one"
        return f"No list of articles could be read: {reasons}."
    if report.surface == "rest" and ended.relisted and not report.posts_listed:
        return "The site answered, but its list of articles is empty."
    if report.pages_failed >= MIN_FAILED_PAGES and not report.pages_good:
        return report.obstacle or f"None of the {report.pages_failed:,} requested pages could be fetched."
    quality = report.quality
    if quality.pages_read >= MIN_FAILED_PAGES and quality.texts_missing == quality.pages_read:
        return report.obstacle or f"None of the {quality.pages_read:,} pages that were read has a text."
    return None


def trusted_state(ended: Ended, outcome: str, before: CrawlState, after: CrawlState) -> CrawlState:
    """Return the state that a crawl may leave.

    Without its progress if there was no result, or a listing was lost. The articles that an interrupted run
    listed were not all fetched, so they are listed again; comments are complete in their listing.
    """
    revoked = set[str]()
    if nothing_came(ended) or ended.report.listings_lost:
        revoked = set(PROGRESS)
    elif outcome in {"interrupted", "blocked"}:
        revoked = set(PROGRESS) - {"comments_read_at"}
    values = {name: getattr(before, name) for name in revoked}
    return replace(after, **values)


def _news(saved: Saved) -> str:
    counts = {
        "new article": saved.articles_new,
        "new comment": saved.comments_new,
        "edited article": saved.articles_changed,
        "edited comment": saved.comments_changed,
        "removal": saved.gone,
    }
    named = [count(number, noun) for noun, number in counts.items() if number]
    return f"{', '.join(named) or 'Nothing new'}."
