"""Audit of content types: which ones the site has, and how many items of each.

REST names its types and counts them. A type that REST does not list may still be in a sitemap; then its
entries are compared with the archive. A type that is not listed is named, and never skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from archive.core.records import POST, PageKind, is_publication
from archive.storage.coverage_records import AuditKind, GapReason, TypeCount
from crawler.audit.findings import Findings
from crawler.audit.sitemap_audit import SitemapAudit, month_in
from crawler.crawl import Crawl
from crawler.discovery import rest, rest_ids
from crawler.discovery.listings import is_type_shown
from crawler.discovery.rest import ContentType
from crawler.frontier.addresses import Listed
from pipeline.platforms.wordpress import rest_urls

_CLOSED = {401, 403}


class TypesAudit:
    """Audit of the content types of one site with an open REST API."""

    def __init__(self, crawl: Crawl, findings: Findings, sitemaps: SitemapAudit) -> None:
        self.crawl = crawl
        self.findings = findings
        self.sitemaps = sitemaps

    async def by_rest(self) -> str | None:
        """Find the content types, count their items, and return the month of the oldest item.

        No result without any item.
        """
        root = self.crawl.rest.root or ""
        answer = await self.crawl.session.fetch(PageKind.LISTING, rest_urls.route_url(root, "types"))
        named = rest.read_types(answer)
        if named is None:
            self.crawl.report.missing_lists.append(
                f"the list of content types ({answer.error or answer.status})"
            )
            named = (ContentType(name=POST, route="posts"), rest.PAGE_TYPE)
        months, types = [], []
        for kind in named:
            if not self.crawl.site.wants_type(kind.name):
                if is_publication(kind.name):
                    self.findings.left_out[kind.name] += 0
                continue
            is_listed, month = await self._count(root, kind)
            types += [kind] if is_listed else []
            months += [month] if month else []
        self.findings.types = tuple(types)
        return min(months, default=None)

    async def _count(self, root: str, kind: ContentType) -> tuple[bool, str | None]:
        """Count the items of a type; return True if REST lists it, and the month of the oldest."""
        page = await self.crawl.session.fetch(PageKind.LISTING, rest_urls.oldest_url(root, kind.route))
        if rest.read_array(page) is None:
            reason = page.error or page.status
            if page.status in _CLOSED:
                self.findings.left_out[f"{kind.name} (REST shows it to no visitor)"] += 0
            else:
                self.crawl.report.missing_lists.append(f"the list of type {kind.name} ({reason})")
            self.findings.unlisted_types[kind.name] = f"REST answered {reason}."
            return False, None
        items = rest_ids.read_listed_items(page, kind.route)
        if items and not await is_type_shown(self.crawl, kind, items[0]):
            self.findings.left_out[f"{kind.name} (no visitor sees its pages)"] += 0
            return False, None
        self.findings.by_type[kind.name] = rest.total(page) or len(items)
        return True, next((item.published[:7] for item in items if item.published), None)

    async def by_sitemap(self) -> None:
        """Record the articles that only sitemaps list.

        An entry of a file without a type counts only where no crawl has requested it.
        """
        listed = {kind.name for kind in self.findings.types}
        async for entry in self.sitemaps.entries():
            if entry.type in listed or not self.sitemaps.frontier.is_article(entry):
                continue
            self._compare(entry)

    def _compare(self, entry: Listed) -> None:
        findings = self.findings
        lacking = findings.holdings.lacking_article(entry.url)
        month = findings.holdings.month_of(entry.url) or month_in(entry)
        if entry.type is not None:
            findings.by_type[entry.type] += 1
            findings.unlisted_types.pop(entry.type, None)
            findings.beside[month] += 1
        if lacking and (entry.type is not None or lacking[0] is GapReason.UNLISTED):
            findings.beside[month] += entry.type is None
            findings.note_gap(AuditKind.ARTICLE, entry.url, month, *lacking, entry.url)


def type_counts(findings: Findings, surface: str) -> Iterator[TypeCount]:
    """Yield the number that the site lists of each content type, and the types that nobody lists."""
    now = datetime.now(UTC)
    for name, number in sorted(findings.by_type.items()):
        yield TypeCount(source=findings.source, type=name, stated=number, surface=surface, looked_at=now)
    for name, why in sorted(findings.unlisted_types.items()):
        yield TypeCount(source=findings.source, type=name, surface=surface, looked_at=now, unproved=why)
