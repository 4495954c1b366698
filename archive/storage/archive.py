"""The only writer of the archive: everything read out of one page is saved in one transaction.

Saving is idempotent: the same page saved again changes no row of an article or comment. What an edit replaces
is kept as a version. Text that the source no longer shows is never deleted here. It uses no network and no
clock: the time of a save is the time its page was fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.core import urls
from archive.core.connection import Database
from archive.core.crawl_state import CrawlState
from archive.core.database import LogFolder, transaction
from archive.core.errors import ArchiveError
from archive.core.link_identity import one_site
from archive.core.records import Extract, Page, PageKind, Problem, Saved, Site
from archive.core.timestamps import to_text
from archive.files.redaction_store import known
from archive.proof.watch import watch
from archive.sources import addresses
from archive.storage.open_archive import OpenArchive
from archive.tables import crawl_states, rows, visits
from archive.tables.visits import Due

if TYPE_CHECKING:
    from archive.storage.page_writer import PageWriter
    from archive.tables.observations import Look

_KEPT_PAGES = {PageKind.ARTICLE, PageKind.THREAD}


class Archive(OpenArchive):
    """One archive.db, open for saving pages."""

    def __init__(self, db: Database, path: Path) -> None:
        super().__init__(db, path)
        self._log = LogFolder(path)

    @classmethod
    def _prepare(cls, db: Database) -> None:
        """Have the proof log note what this connection changes."""
        watch(db)
        super()._prepare(db)

    def add_source(self, site: Site, at: str) -> None:
        """Insert or update a source. `at` is ISO 8601 UTC.

        Raises ArchiveError where the same site has another name, since all of it would be stored twice, and
        where a source with articles has another URL: `sources move` records that a site moved.
        """
        with transaction(self.db):
            self._check_source(site)
            self.db.execute(
                "INSERT INTO sources (name, url, title, first_seen) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET"
                " url = excluded.url, title = coalesce(excluded.title, title)"
                " WHERE url IS NOT excluded.url OR title IS NOT coalesce(excluded.title, title)",
                [site.name, site.url, site.title, at],
            )
            if not crawl_states.value(self.db, site.name, "has_text_digests"):
                from archive.identity import walls  # noqa: PLC0415  (once for each source)

                walls.fill_digests(self.db, site.name)

    def _check_source(self, site: Site) -> None:
        """Raise ArchiveError for a site under a second name.

        Also for a recorded one at another URL.
        """
        stored = self.db.query("SELECT name, url FROM sources")
        known = {row["name"]: str(row["url"]) for row in stored}
        owner = addresses.owner_of(self.db, site.url)
        if owner not in {None, site.name}:
            today = known.get(str(owner), site.url)
            if urls.page_key(today) != urls.page_key(site.url):
                raise ArchiveError(
                    f"{self.path} holds {site.url} already: source “{owner}” was there before it moved to"
                    f" {today}.",
                    hint=f"Remove [sources.{site.name}] from backissue.toml. If “{owner}” has moved back:"
                    f" `backissue sources move {owner} {site.url}`.",
                )
            hint = (
                f"Call it [sources.{owner}] in backissue.toml, or it would be there twice;"
                f" `backissue sources rename {owner} {site.name}` renames it."
            )
            raise ArchiveError(
                f"{self.path} holds {site.url} already, as source “{owner}”.",
                hint=hint,
            )
        before = known.get(site.name, site.url)
        is_same = urls.page_key(before) == urls.page_key(site.url)
        if not is_same and addresses.has_articles(self.db, site.name):
            hint = (
                f"If the site has moved there: `backissue sources move {site.name} {site.url}`."
                " If that is a slip, put the old URL back. Nothing was fetched."
            )
            raise ArchiveError(
                f"Source “{site.name}” was archived from {before}, and backissue.toml now says {site.url}.",
                hint=hint,
            )

    def save(self, page: Page, extract: Extract, *, again_at: datetime | None = None) -> Saved:
        """Save a page's extract in one transaction.

        `again_at` (aware) is for a page that was saved before and is read again by newer rules: what
        changes then is kept as re-extracted from that moment on, and no visit is noted. What was edited
        after the page had been received stays as it is.
        """
        self._log.step(self.db)
        is_empty = not extract.articles and not extract.comments
        if again_at is None and is_empty and page.kind not in _KEPT_PAGES:
            return self._note_answer(page, extract)
        with one_site(self._homes(page.source)):
            return self._writer().save(page, extract, again_at)

    def _writer(self) -> PageWriter:
        from archive.storage.page_writer import PageWriter  # noqa: PLC0415  (slow to import)

        return PageWriter(self.db, self.path)

    def _note_answer(self, page: Page, extract: Extract) -> Saved:
        """Note the visit and the problems of an answer that lists nothing new, as most do."""
        at = rows.must(to_text(page.fetched_at))
        with transaction(self.db):
            hidden = known(self.db.conn, self.path)
            found = extract.problems
            problems = [each for each in found if not (each.url and hidden.at(page.source, each.url))]
            saved = visits.note_problems(self.db, page, problems, None, at)
            visits.note_visit(self.db, page, None, at, changed=bool(saved), is_read=True)
        return saved

    def _homes(self, source: str) -> list[str]:
        """Return a source's addresses, if it has several."""
        before = addresses.earlier(self.db, source)
        if not before:
            return []
        return [*before, addresses.must_exist(self.db, source)]

    def save_capture(self, page: Page, extract: Extract, witness: str) -> Saved:
        """Record a page that another witness received, in one transaction.

        Its text is kept in addition to the raw page (`captured_pages`) before. A page that is no proven
        article is stored as a problem only.
        """
        self._log.step(self.db)
        return self._writer().save_capture(page, extract, witness)

    def knows(self, source: str, url: str) -> bool:
        """True if an article of a source is recorded at a URL."""
        sql = "SELECT 1 FROM addresses WHERE source = ? AND url_key = ?"
        return rows.one(self.db, sql, source, urls.key(url)) is not None

    def note_problem(self, source: str, url: str, problem: Problem, at: datetime) -> None:
        """Note a problem of a URL that no visit of ours has met. `at` is aware."""
        with transaction(self.db):
            observed_at = rows.must(to_text(at))
            visits.note_problem(self.db, source, url, problem, None, observed_at)

    def note_look(self, look: Look) -> Saved:
        """Record a second observation of stored items, and what it missed."""
        from archive.storage import reconciliation  # noqa: PLC0415  (slow to import, as is the page writer)

        with transaction(self.db):
            saved = reconciliation.record_observation(self.db, look)
            if saved.missed or saved.gone:
                self._writer().claim_missed(look)
            return saved

    def note_due(self, source: str, due: Mapping[str, Due]) -> None:
        """Store when URLs of a source are due again."""
        with transaction(self.db):
            visits.note_due(self.db, source, due)

    def forget_due(self, source: str, rules: str) -> None:
        """Clear due dates that other rules have decided."""
        with transaction(self.db):
            visits.forget_due(self.db, source, rules)

    def note_state(self, source: str, **known: Any) -> None:
        """Store some fields of a source's CrawlState at once."""
        with transaction(self.db):
            crawl_states.update_state(self.db, source, **known)

    def keep_state(self, source: str, before: CrawlState, after: CrawlState) -> None:
        """Store the fields of a source's state that a crawl has changed."""
        with transaction(self.db):
            crawl_states.save_state(self.db, source, before, after)
