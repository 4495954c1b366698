"""Spider of an audit: compares site and archive, fetches missing items.

Month by month, the earliest audited first, until all were audited or the budget of requests is spent; the
next audit continues there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from archive.queries.coverage_state import Holdings
from archive.storage.coverage_records import AuditKind
from crawler.audit.api_entries import ApiEntries
from crawler.audit.audit_session import AuditSession, BudgetSpentError
from crawler.audit.findings import Findings
from crawler.audit.month_spans import spans
from crawler.audit.page_audit import PageAudit
from crawler.audit.rest_audit import RestAudit
from crawler.audit.sitemap_audit import SitemapAudit
from crawler.audit.types_audit import TypesAudit, type_counts
from crawler.config.config import Source
from crawler.crawl import Crawl
from crawler.discovery.front_page import FrontPage
from crawler.discovery.listings import NoListingError
from crawler.fetch import backoff
from crawler.fetch.session import Session
from crawler.frontier.frontier import Frontier
from crawler.spiders.source import SourceSpider

SILENT_SPANS = 3  # spans in a row without a listing end the audit


class VerifySpider(SourceSpider):
    """Audit of one source: `scrapy crawl verify -a source=NAME`."""

    name = "verify"
    kind = "verify"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.findings = Findings(self.site.name, self.started_at)

    def make_session(self, source: Source) -> Session:
        """Return the session with the site of a source, within a budget."""
        return AuditSession(source.site.url, source=source.site.name, hosts=source.hosts)

    async def start(self) -> AsyncIterator[Any]:
        """Yield every request of an audit, and a proof of each month."""
        with Holdings(self.archive, self.site.name) as holdings:
            if seconds := backoff.seconds_left(holdings.state, self.started_at, by_hand=True):
                self.report.pause_seconds = seconds
                return
            self.findings.holdings = holdings
            self.findings.until = holdings.state.crawled_at or self.started_at
            self.crawl = self.make_crawl(holdings)
            try:
                async for item in self.handoff.through(self._verify(self.crawl)):
                    yield item
            except BudgetSpentError:
                self.findings.stopped_short = True
            except NoListingError as refusal:
                self.report.missing_lists.append(str(refusal))
            self.crawl.note(page_sizes=self.crawl.page_sizes)
        await asyncio.sleep(0.1)  # the last items end first; otherwise Scrapy notices the end only 5 s later

    async def _verify(self, crawl: Crawl) -> AsyncIterator[Any]:
        frontier = Frontier(crawl)
        findings = self.findings
        front = FrontPage(crawl)
        audit = RestAudit(crawl, findings, front)
        due = []
        sitemaps = SitemapAudit(crawl, findings, frontier, ApiEntries(crawl, front))
        is_open, _ = await audit.oldest(AuditKind.ARTICLE)
        if is_open:
            types = TypesAudit(crawl, findings, sitemaps)
            first = await types.by_rest()
            await types.by_sitemap()
            due += audit.months(AuditKind.ARTICLE, first)
        else:
            async for proof in sitemaps.articles_by_lists():
                yield proof
        for number in type_counts(findings, "rest" if is_open else "sitemap"):
            yield number
        if crawl.wants_comments:
            is_open, first = await audit.oldest(AuditKind.COMMENT)
            if is_open:
                due += audit.months(AuditKind.COMMENT, first)
            else:
                async for item in PageAudit(crawl, findings).comments_by_pages():
                    yield item
        async for item in self._spans(audit, [(kind, month) for _, kind, month in sorted(due)]):
            yield item

    async def _spans(self, audit: RestAudit, due: list[tuple[AuditKind, str]]) -> AsyncIterator[Any]:
        """Yield the items and proofs of each span.

        A span without a listing does not end the audit; SILENT_SPANS in a row do, since then the site is in
        trouble.
        """
        numbers = {kind: self.findings.holdings.numbers(kind) for kind in AuditKind}
        held = {(kind, month): number for kind in AuditKind for month, number in numbers[kind].items()}
        self.findings.expected = len(due)
        silent = 0
        for span in spans(due, held):
            try:
                async for item in audit.prove(span):
                    yield item
                silent = 0
            except NoListingError as refusal:
                self.report.missing_lists.append(str(refusal))
                silent += 1
                if silent == SILENT_SPANS:
                    return
