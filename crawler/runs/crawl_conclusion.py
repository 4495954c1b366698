"""Conclusion of a crawl: source-wide events, page quality and outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from archive.changes import upheaval
from archive.core.database import transaction
from archive.core.formatting import when
from archive.core.lastmod import LastmodTrust
from archive.core.timestamps import to_text
from archive.identity.witnesses import clashes_since
from archive.queries import quality_drift
from archive.tables import rows
from crawler.fetch import backoff
from crawler.runs.conclusion import Conclusion, RunEnd
from crawler.runs.outcome import Ended, outcome_of, trusted_state
from crawler.spiders.news import NewsSpider

_CHANGED = """
SELECT articles.changed_at > ? AS changed FROM visits JOIN articles ON articles.id = article_id
WHERE visits.source = ? AND visits.url = ? AND good_at >= ?
"""


def conclude_crawl(end: RunEnd, spider: NewsSpider) -> Conclusion:
    """Return the conclusion of a crawl.

    Edits that an event of the whole source caused are subtracted from its counts.
    """
    report = spider.report
    source = spider.site.name
    now = datetime.now(UTC)
    short = end.archive.runs.threads_short(source, end.started_at)
    report.quality = replace(report.quality, threads_short=short)
    earlier = end.archive.runs.qualities(source)
    with transaction(end.archive.db):
        found = upheaval.settle(end.archive.db, source, now)
    saved = report.saved
    report.saved = replace(
        saved,
        articles_changed=max(0, saved.articles_changed - found.articles),
        comments_changed=max(0, saved.comments_changed - found.comments),
    )
    is_relisted = end.state.posts_listed_at != end.before.posts_listed_at
    ended = Ended(
        reason=end.reason,
        report=report,
        exceptions=end.exceptions,
        relisted=is_relisted,
        drift=quality_drift.alarm(report.quality, earlier),
        upheaval=found.sentence,
        reopened=_reopened(end),
    )
    outcome, sentence = outcome_of(ended)
    state = trusted_state(ended, outcome, end.before, end.state)
    if report.refused_requests:
        state = backoff.after(state, now, refused=True)
    state = replace(state, lastmod_trust=_learned(end, spider))
    listed_at = end.before.posts_listed_at
    if listed_at and state.surface == "rest" and clashes_since(end.archive.db, source, listed_at):
        state = replace(state, posts_listed_at=None)  # a complete listing tells which article has which id
    settled = is_relisted and outcome in {"ok", "partial"}
    return Conclusion(
        outcome=outcome, sentence=sentence, state=state, quality=report.quality, is_relisted=settled
    )


def _reopened(end: RunEnd) -> str | None:
    """Return a sentence on the end of a wall, if it ended."""
    before = end.before.closure
    if before is None or end.state.closure is not None:
        return None
    return f"The site is open again; before that, {before.state} since {when(before.since)} UTC."


def _learned(end: RunEnd, spider: NewsSpider) -> LastmodTrust:
    """Return the trust in moved dates of modification after this run."""
    since = to_text(end.started_at) or ""
    trust = end.before.lastmod_trust
    if not spider.frontier:
        return trust
    good = []
    for url, before in spider.frontier.by_lastmod.items():
        row = rows.one(end.archive.db, _CHANGED, to_text(before), spider.site.name, url, since)
        if row:
            good.append(row)
    if not good:
        return trust
    changed = len([row for row in good if row["changed"]])
    return trust.after(len(good) - changed, changed)
