"""Saving what was read out of one page: articles, their comments, problems and the visit, in one transaction.

The part of `Archive` that decides what is new, an edit or somebody else's. A crawl of an unchanged site never
loads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from archive.changes import unsettled
from archive.changes.flux import Flux, Settled
from archive.changes.stated_lists import stated_lists
from archive.core import urls
from archive.core.connection import Database
from archive.core.database import transaction
from archive.core.records import Article, Extract, Page, PageKind, Problem, Saved, Surface
from archive.core.thread_address import article_key, thread_of
from archive.core.timestamps import to_text
from archive.files.redaction_store import Kept, RedactionSet, known
from archive.identity import clashes, walls, witnesses
from archive.identity.claims import Verdict
from archive.identity.witnesses import Witnesses, is_late
from archive.storage import multipart, tombstones
from archive.storage.comment_writer import CommentWriter, article_at, by_article
from archive.storage.past import captures
from archive.storage.publisher_texts import SETTLED_BY_COPY, PublisherText
from archive.tables import change_detection, events, rows, versions, visits
from archive.tables.events import Event
from archive.tables.merge import Value, compact, merge
from archive.tables.observations import Look
from archive.tables.versions import Reading


def _origins_of(told: Article) -> dict[str, str]:
    """Return the origins of an article's fields; its byline has that of its authors."""
    origins = dict(told.origins)
    if "authors" in origins:
        origins["byline"] = origins["authors"]
    return origins


def _watched(whole: multipart.Whole, verdict: Verdict) -> frozenset[str]:
    """Return the fields of an article whose changes are edits.

    A further part of a text is none, nor is the page's own URL where it states another one.
    """
    watched = frozenset(change_detection.ARTICLE_WATCHED)
    if whole.grew:
        watched -= {"text"}
    if verdict.own_url:
        watched -= {"url"}
    return watched


class PageWriter:
    """Writer of pages into one archive."""

    def __init__(self, db: Database, path: Path) -> None:
        self.db = db
        self.path = path
        self._hidden = RedactionSet(archive=path)  # read again for each page

    def save(self, page: Page, extract: Extract, again_at: datetime | None) -> Saved:
        """Save a page's extract, as `Archive.save` does."""
        at = rows.must(to_text(again_at or page.fetched_at))
        cause = versions.EDITED if again_at is None else versions.RE_EXTRACTED
        received = rows.must(to_text(page.fetched_at))
        reading = Reading(surface=extract.surface, at=at, received=received, cause=cause)
        with transaction(self.db):
            self._hidden = known(self.db.conn, self.path)
            if page.kind is PageKind.ARTICLE and again_at is None and witnesses.is_overtaken(self.db, page):
                return Saved()  # the archive has a later answer of this address; the raw page is kept
            saved, ids, extract = self._save_articles(page, extract, reading)
            own = ids[0] if page.kind is PageKind.ARTICLE and len(ids) == 1 else None
            if page.kind is PageKind.THREAD:
                own = article_at(self.db, page.source, article_key(page) or "")
            said, clashing, threads = self._save_comments(extract, page, own, reading)
            saved += said
            if page.kind in {PageKind.ARTICLE, PageKind.THREAD} and self._is_hidden(page, own):
                return saved  # a visit would reveal its URL
            if page.kind is PageKind.ARTICLE and again_at is None:
                saved += (
                    tombstones.note_absent_page(self.db, page, extract)
                    if own is None
                    else tombstones.note_redirect(self.db, page, own)
                )
            found = (*extract.problems, *clashing)
            problems = [p for p in found if not (p.url and self._hidden.at(page.source, p.url))]
            saved += visits.note_problems(self.db, page, problems, own, at)
            if again_at is None:
                is_read = page.kind is not PageKind.THREAD or not extract.problems
                visits.note_visit(self.db, page, own, at, changed=bool(saved), is_read=is_read)
            captures.claim(self.db, self.path, page.source, [*ids, *threads], self._hidden)
        return saved

    def save_capture(self, page: Page, extract: Extract, witness: str) -> Saved:
        """Save what another witness received, as `Archive.save_capture` does."""
        with transaction(self.db):
            self._hidden = known(self.db.conn, self.path)
            article = next(iter(extract.articles), None)
            if article is None:
                return Saved(unproven=1)
            number = len(extract.comments)
            return captures.save_capture(self.db, self.path, page, witness, article, number, self._hidden)

    def claim_missed(self, look: Look) -> None:
        """Bring the past up to date of the comments that a look has missed, in the open transaction."""
        hidden = known(self.db.conn, self.path)
        captures.claim_missed(self.db, self.path, look.source, look.looked_at, hidden)

    # -- articles ---------------------------------------------------------------------------------

    def _save_articles(
        self, page: Page, extract: Extract, reading: Reading
    ) -> tuple[Saved, list[int], Extract]:
        """Save accepted articles; return their ids and the remaining extract."""
        saved = Saved()
        ids = list[int]()
        reused = list[Verdict]()
        problems = list(extract.problems)
        reread = reading.cause != versions.EDITED
        judge = Witnesses(self.db, page, extract, self._hidden, reread=reread).judge
        for article in extract.articles:
            verdict, old = judge(article)
            if old is None and extract.surface is Surface.FEED:
                continue  # a feed names protected articles too, so it alone never makes one
            if not verdict.accepted:
                walls.note_refused(self.db, page, article, verdict)
                why = walls.refusal_problems(verdict, article, extract)
                return Saved(unproven=1), [], Extract(surface=extract.surface, problems=why)
            problems += clashes.of_article(verdict, article, page)
            reused += [verdict] * verdict.id_reused
            article = clashes.at_its_address(verdict, article, page)
            listed = extract.articles
            article_id, change, faults = self._save_article(article, page, reading, old, verdict, listed)
            ids.append(article_id)
            saved += change
            if faults is not None:
                problems = [each for each in problems if each.code not in SETTLED_BY_COPY] + list(faults)
        problems += clashes.of_listing(reused, extract)
        return saved, ids, replace(extract, problems=tuple(problems))

    def _save_article(
        self,
        article: Article,
        page: Page,
        reading: Reading,
        old: dict[str, Value] | None,
        verdict: Verdict,
        listed: Sequence[Article],
    ) -> tuple[int, Saved, tuple[Problem, ...] | None]:
        if old and old["redaction_id"] is not None:
            return self._pass_over(old, page, article), Saved(), None
        if old and versions.is_outdated(self.db, "article", old["id"], reading):
            return int(old["id"] or 0), Saved(), None
        article = clashes.settle_id(self.db, page, reading.surface, article, old)
        late = old is not None and is_late(self.db, old, reading)
        copy = PublisherText(self.db, old, article, page, reading, late=late)
        whole = multipart.join(self.db, copy.page_row(), article)
        told = copy.told(whole)
        held = copy.held_origins()
        fill_only = rows.fill_only(told, again=reading.cause != versions.EDITED, late=late)
        merged = merge(
            old or {},
            held,
            rows.article_values(told),
            _origins_of(told),
            surface=reading.surface,
            watched=_watched(whole, verdict),
            fill_only=fill_only,
        )
        lists = rows.lists_to_write(told, reading.surface, held)
        if old and (article.further or late):  # they only fill what is missing
            is_filling = late and not article.further
            lists = {n: said for n, said in lists.items() if is_filling and n not in held and said[1]}
        taken = {**held, **merged.origins, **{name: origin for name, (origin, _) in lists.items()}}
        changed = False
        settled = Settled(merged=merged)
        if old is None:
            article_id = self._insert_article(page, article, merged.values, taken, reading.at)
        else:
            article_id = int(old["id"] or 0)
            stated = stated_lists(self.db, article_id, held, lists)
            settled = Settled(merged=merged, edited_lists=stated.edited)
            if reading.cause == versions.EDITED:
                said = rows.article_values(told) | dict.fromkeys(fill_only)
                flux = Flux(self.db, page.source, "article", reading, followed=whole.followed)
                meaningful = change_detection.drop_no_changes(old, held, merged)
                settled = flux.settle(old, held, meaningful, said, stated)
                lists = {name: both for name, both in lists.items() if name not in settled.kept_lists}
            edited = (*settled.merged.edited, *settled.edited_lists)
            edit = clashes.reading_of(old, article, reading, listed)
            changed = self._update_article(old, settled.merged.values, taken, edited, edit)
        if not late:
            multipart.store_parts(self.db, article_id, whole)
        self._save_addresses(page, article, article_id, reading.at)
        for name, (_, values) in lists.items():
            rows.LIST_WRITERS[name](self.db, article_id, values)
        if page.kind is PageKind.ARTICLE and not late:
            walls.note_accepted(self.db, page, article, article_id, verdict)
        return article_id, Saved(articles_new=old is None, articles_changed=changed), copy.settle(article_id)

    def _is_hidden(self, page: Page, own: int | None) -> bool:
        thread = thread_of(page.url)
        url = thread.article if thread else page.url
        return self._hidden.at(page.source, url) is not None or own in self._hidden.addresses.values()

    def _pass_over(self, old: dict[str, Value], page: Page, article: Article) -> int:
        """Skip a hidden article; record its new URLs as hidden."""
        known = {article.url}
        if page.kind is PageKind.ARTICLE:
            known |= {page.url, page.final_url}
        new = sorted(url for url in known if self._hidden.at(page.source, url) is None)
        place = {"source": page.source, "article_id": old["id"], "first_seen": to_text(page.fetched_at)}
        if new:
            kept = [Kept(place="addresses", row={**place, "url": url}) for url in new]
            self._hidden.keep(self.db, int(old["redaction_id"] or 0), kept)
        return int(old["id"] or 0)

    def _insert_article(
        self, page: Page, article: Article, values: dict[str, Value], origins: dict[str, str], at: str
    ) -> int:
        """Insert an article; where others have seen it before us, it keeps its number."""
        packed = json.dumps(compact(origins))
        row = {
            **values,
            "source": page.source,
            "first_seen": at,
            "changed_at": at,
            "origins": packed,
        }
        if (known_to_others := captures.adopt_article(self.db, page, article)) is None:
            return rows.insert(self.db, "articles", row)
        columns = rows.article_values(article)
        fresh: dict[str, Value] = dict.fromkeys(columns)  # not stated yet
        fresh |= {"witness": None, "seen_at": None, "version_count": 1, "gone_at": None, "gone_how": None}
        rows.update(self.db, "articles", known_to_others["id"], fresh | row)
        return int(known_to_others["id"] or 0)

    def _update_article(
        self,
        old: dict[str, Value],
        values: dict[str, Value],
        origins: dict[str, str],
        edited: tuple[str, ...],
        reading: Reading,
    ) -> bool:
        """Update an article's row; return True for a new version.

        Another URL makes no version: it is a move.
        """
        has_moved = "url" in edited and reading.proves
        if has_moved and urls.key(str(old["url"])) != urls.key(str(values["url"])):
            places = {"old_url": old["url"], "new_url": values["url"]}
            events.note(self.db, Event.MOVED, "article", old, reading.at, **places)
        edited = tuple(name for name in edited if name != "url")
        cause = unsettled.unsettled_reading("article", old, values, edited, reading)
        new = bool(edited) and versions.store_version(self.db, old, edited, cause)
        if new:
            number = int(old["version_count"] or 1) + 1
            values = values | {"changed_at": reading.at, "version_count": number}
        if reading.proves:
            values = values | tombstones.seen_again(self.db, "article", old, reading.at)
        if json.loads(str(old["origins"])) != (kept := compact(origins)):
            values = values | {"origins": json.dumps(kept)}
        rows.update(self.db, "articles", old["id"], values)
        return new and reading.cause != versions.REBUILT

    def _save_addresses(self, page: Page, article: Article, article_id: int, at: str) -> None:
        """Store the URLs of an article; others only if nobody has them."""
        columns = "(source, url, url_key, article_id, first_seen)"
        known = f"INSERT INTO addresses {columns} VALUES (?, ?, ?, ?, ?) ON CONFLICT DO"
        key = urls.page_key(article.url)
        self.db.execute(
            f"{known} UPDATE SET article_id = excluded.article_id, url = excluded.url"
            " WHERE article_id IS NOT excluded.article_id OR url IS NOT excluded.url",
            [page.source, article.url, key, article_id, at],
        )
        if page.kind is PageKind.ARTICLE:
            for url in sorted({page.url, page.final_url} - {article.url}):
                self.db.execute(f"{known} NOTHING", [page.source, url, urls.page_key(url), article_id, at])

    # -- comments -------------------------------------------------------------------------------------

    def _save_comments(
        self, extract: Extract, page: Page, own: int | None, reading: Reading
    ) -> tuple[Saved, tuple[Problem, ...], list[int]]:
        writer = CommentWriter(self.db, page.source, reading, self._hidden)
        saved = Saved()
        threads = list[int]()
        for article_id, comments in by_article(self.db, extract.comments, page, own).items():
            if article_id is not None:
                saved += writer.save(article_id, comments)
                threads.append(article_id)
        return saved, writer.problems, threads
