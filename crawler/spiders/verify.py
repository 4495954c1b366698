"""The spider that proves an archive: it asks what a site says it has, and reads in what is lacking.

Month by month, those that were looked at longest ago first, until all were looked at or the budget of
requests is spent; the next verification goes on from there.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from archive.core.records import PageKind
from archive.queries.coverage_state import Holdings
from archive.storage.coverage_records import WITHHELD, Kind
from crawler import settings
from crawler.audit.month_spans import spans
from crawler.audit.page_audit import PageVerification
from crawler.audit.rest_audit import BudgetSpentError
from crawler.discovery import rest
from crawler.fetch import backoff
from crawler.fetch.session import NoListingError
from crawler.spiders.news import PAGE_SIZES

PATIENCE = 3  # spans in a row that a site may fail to tell of


class VerifySpider(PageVerification):
    """Verifies one source: `scrapy crawl verify -a source=NAME`."""

    name = "verify"
    custom_settings = {  # noqa: RUF012  (as Scrapy reads it)
        "EXTENSIONS": {
            **settings.EXTENSIONS,
            "crawler.runs.crawl_log.RunLog": None,
            "crawler.runs.progress.Progress": None,
            "crawler.runs.audit_log.VerifyLog": 100,
        }
    }
    stopped_short = False  # whether the budget was spent before all was looked at

    async def start(self) -> AsyncIterator[Any]:
        """Everything a verification asks for, and a proof of each month."""
        with Holdings(self.archive, self.source_name) as self.holdings:
            self.facts = self.holdings
            if seconds := backoff.left(self.facts.mark, self.started_at, by_hand=True):
                self.crawler.stats.set_value("backissue/left_alone", seconds)
                return
            self.page_sizes.update(json.loads(self.facts.mark(PAGE_SIZES) or "{}"))
            self.until = self.facts.cursor("crawl") or self.started_at
            try:
                async for item in self.handing_on(self._verify()):
                    yield item
            except BudgetSpentError:
                self.stopped_short = True
            except NoListingError as refusal:
                self.refusals.append(str(refusal))
        self.marks[PAGE_SIZES] = json.dumps(self.page_sizes)
        await asyncio.sleep(0.1)  # the last items end first, else Scrapy sees only 5 s later that all is done

    @property
    def missing(self) -> Counter[Kind]:
        """How many articles and comments were found missing, whether or not they were read in since."""
        found = Counter[Kind]()
        for (kind, _), gap in self.gaps.items():
            found[kind] += 0 if gap.reason in WITHHELD else gap.number
        return found

    async def _verify(self) -> AsyncIterator[Any]:
        due = []
        is_open, first = await self.oldest(Kind.ARTICLE)
        if is_open:
            types = await self.ask(PageKind.LISTING, rest.route_url(self.rest_root or "", "types"))
            self.kinds += rest.read_article_types(types)
            self.left_out.update(dict.fromkeys(rest.read_other_types(types, self.kinds), 0))
            due += self.months(Kind.ARTICLE, first)
        else:
            async for proof in self.articles_by_sitemap():
                yield proof
        if self.wants_comments:
            is_open, first = await self.oldest(Kind.COMMENT)
            if is_open:
                due += self.months(Kind.COMMENT, first)
            else:
                async for item in self.comments_by_pages():
                    yield item
        async for item in self._spans([(kind, month) for _, kind, month in sorted(due)]):
            yield item

    async def _spans(self, due: list[tuple[Kind, str]]) -> AsyncIterator[Any]:
        """Look at each span. One that is not told leaves the others; where none is, the site is not well."""
        held = {
            (kind, month): number for kind in Kind for month, number in self.holdings.numbers(kind).items()
        }
        self.expected, untold = len(due), 0
        for span in spans(due, held):
            try:
                async for item in self.prove(span):
                    yield item
                untold = 0
            except NoListingError as refusal:
                self.refusals.append(str(refusal))
                untold += 1
                if untold == PATIENCE:
                    return
