"""The publisher's own copies of texts, which complete the text of pages.

A difference of the shown text is the publisher's edit only where the surface that is read now differs from
its own earlier text. Every other difference is a better reading, without an event: the first use of a copy,
one of another surface, and one that differs while the site states no modification. It runs inside a
transaction of its caller.

Does not: compare texts; `completion` does.
Invariant: the page's text is kept next to the shown text, so that a copy never becomes the page's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive.changes.completion import Completion, PageBlocks, complete_text, links_of, to_blocks
from archive.core.connection import Database
from archive.core.lastmod import lastmod_moment
from archive.core.records import Article, Page, PageKind, Problem, Surface, Written
from archive.core.timestamps import instant, to_text
from archive.storage import multipart
from archive.tables import rows
from archive.tables.merge import REST_OF_THEM, Value, compact, rank
from archive.tables.publisher_copies import is_unmodified, load_row, pack_blocks, unpack_blocks
from archive.tables.versions import EDITED, Reading

Row = dict[str, Value]

ONE_STATE = timedelta(hours=1)
"""Within which a copy and a page read after it are of one state, where neither states its modification."""
SETTLED_BY_COPY = frozenset({"blocks-missing", "no-text"})
"""Problems of a page's text that its copy answers, or finds anew."""
_RULE = "page:text"
_FIELDS = ("text", "markdown", "links")
_READ = "SELECT max(good_at) AS at FROM visits WHERE article_id = ? AND kind = 'article'"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """Page's own text of an article."""

    text: str | None
    markdown: str | None
    links: tuple[str, ...]
    ends: frozenset[int] = frozenset()
    """Numbers of the blocks that end the parts of a divided article."""

    @property
    def blocks(self) -> Written | None:
        """Its blocks, if text and Markdown agree."""
        return to_blocks(self.text, self.markdown)


class PublisherText:
    """The copy of one article's text, with one reading of the article.

    `old` is the article's row, None for a new one; `late` a reading that is older than the stored one.
    """

    def __init__(
        self, db: Database, old: Row | None, article: Article, page: Page, reading: Reading, *, late: bool
    ) -> None:
        self.db = db
        self.article = article
        self.page = page
        self.reading = reading
        self._old = old
        self._held: Row | None = None
        if old is not None:
            self._held = load_row(db, old["id"])
        self._own: PageText | None = None  # the page's own text, where it is completed below
        self._shown: PageText | None = None
        self._completion: Completion | None = None
        self._is_of_rest = _is_of_rest(old)
        is_own = page.kind is PageKind.ARTICLE and not self._is_of_rest
        is_text = is_own and article.text is not None
        is_exact = reading.surface is Surface.REST
        is_of_feed = reading.surface is Surface.FEED and not self._is_of_rest
        is_copy = is_exact or is_of_feed
        self._is_text = not late and is_text and (article.part > 1 or not article.further)
        has_copy = is_copy and article.written is not None
        self._is_copy = has_copy and not late and self._is_news()

    def page_row(self) -> Row | None:
        """Return the article's row with the page's text."""
        if self._old is None:
            return None
        return _as_page(self._old, self._held)

    def held_origins(self) -> dict[str, str]:
        """Return the origins of the stored text.

        Former versions kept REST's own text of a divided article; it counts as the page's from now on.
        """
        origins: dict[str, str] = {}
        if self._old:
            origins = json.loads(str(self._old["origins"]))
        if self._is_of_rest and self._is_copy:
            origins |= dict.fromkeys(_FIELDS, _RULE)
        return origins

    def told(self, joined: multipart.Whole) -> Article:
        """Return what the reading says of the article.

        The text is completed where a copy was used before. `joined` is the article with all of its parts.
        """
        whole = joined.article
        used = self._held is not None and self._held["used_at"] is not None
        if self._is_text:
            ends = multipart.ends_of(joined.parts)
            self._own = PageText(text=whole.text, markdown=whole.markdown, links=whole.links, ends=ends)
            if self._held is not None and used:
                earlier = None
                if not self._is_of_one_state(self._held):
                    earlier = self._page_text()
                blocks = unpack_blocks(self._held["blocks"])
                self._complete(self._own, blocks, earlier)
        elif self._is_copy and (self._is_of_rest or self._tells_of_edit()):
            self._own = self._page_text()
            if self._is_of_rest:
                self._own = PageText(text="", markdown=None, links=())
            self._complete(self._own, self.article.written or (), None)
        if self._shown is None or self._own is None:
            return whole
        if self._is_copy and not self._is_of_rest and self._shown == self._own:
            return whole  # the page's text stays the page's
        shown_origins = self._origins(dict(whole.origins))
        return replace(
            whole,
            text=self._shown.text,
            markdown=self._shown.markdown,
            links=self._shown.links,
            origins=tuple(shown_origins.items()),
        )

    def settle(self, article_id: int) -> tuple[Problem, ...] | None:
        """Store what was read, and return the text's problems.

        No result without a copy of it. To be called once the article's row is written: a copy that is used
        for the first time completes the text here.
        """
        if self._is_copy:
            self._keep_copy(article_id)
        held = load_row(self.db, article_id)
        row = rows.one(self.db, "SELECT * FROM articles WHERE id = ?", article_id)
        if row is None or held is None:
            return None
        if self._shown is not None and self._own is not None:
            if row["text"] == self._shown.text:
                self._note_use(held, self._own, self._shown)
        elif self._may_use(held):
            self._use(row, held)
        if self._completion is None:
            return None
        return tuple(replace(problem, url=self.article.url) for problem in self._completion.problems)

    # -- the copy --------------------------------------------------------------------------------------

    def _is_news(self) -> bool:
        """True unless the stored copy is newer or more exact."""
        held = self._held
        if held is None:
            return True
        is_weaker = self.reading.surface is Surface.FEED and held["surface"] == Surface.REST
        return not is_weaker and self.reading.received >= str(held["read_at"])

    def _is_same_state(self) -> bool:
        """True if the site states no modification since the stored copy."""
        held = self._held
        modified = to_text(self.article.modified)
        if held is None or held["surface"] != self.reading.surface:
            return False
        return modified is not None and held["modified"] == modified

    def _tells_of_edit(self) -> bool:
        """True if a copy contains a modification already read."""
        used = None
        if self._held is not None:
            used = self._held["used_surface"]
        is_next = self.reading.surface is Surface.REST and used == Surface.REST
        if not is_next or self.reading.cause != EDITED or self._is_same_state():
            return False
        return self._is_read_since(to_text(self.article.modified))

    def _is_read_since(self, modified: Value) -> bool:
        """True if the article's page was read after a modification."""
        if self._old is None or modified is None:
            return False
        read = rows.one(self.db, _READ, self._old["id"])
        if read is None:
            return False
        return str(read["at"] or "") >= str(modified)

    def _keep_copy(self, article_id: int) -> None:
        """Store the copy.

        Of one that differs without a modification only that it was seen.
        """
        values: dict[str, Value] = {"read_at": self.reading.received}
        if not self._is_same_state() or self.reading.cause != EDITED:
            modified = None
            if self.reading.surface is Surface.REST:
                modified = to_text(self.article.modified)
            values["surface"] = self.reading.surface.value
            values["modified"] = modified
            values["blocks"] = pack_blocks(self.article.written or ())
        if self._held is None:
            rows.insert(self.db, "publisher_texts", {"article_id": article_id, **values})
        else:
            _update(self.db, article_id, values)

    # -- its use ---------------------------------------------------------------------------------------

    def _is_of_one_state(self, held: Row) -> bool:
        """True if the page and the stored copy are of one state."""
        received = instant(self.reading.received)
        read_at = instant(str(held["read_at"]))
        if held["modified"] is not None:
            modified = instant(str(held["modified"]))
            stated = self.article.modified
            listed = None
            if self.page.lastmod:
                listed = lastmod_moment(self.page.lastmod)
            if isinstance(stated, datetime):
                return to_text(stated) == held["modified"]
            if listed == modified or modified <= received <= read_at:
                return True
        return timedelta() <= received - read_at <= ONE_STATE

    @property
    def _is_current(self) -> bool:
        """True if the site has just listed what was modified, and the article is as the held copy has it."""
        held = self._held
        stated = to_text(self.article.modified)
        at = self.reading.received
        if held is None or not self._is_text:
            return False
        if not is_unmodified(self.db, self.page.source, held, at):
            return False
        return stated is None or stated <= str(held["modified"])

    def _may_use(self, held: Row) -> bool:
        """True if a copy is to complete the text without an event."""
        if self._is_text:
            return held["used_at"] is None and self._is_of_one_state(held)
        if not self._is_copy or held["surface"] != Surface.REST:
            return False
        is_used = held["used_surface"] == Surface.REST and self.reading.cause == EDITED
        return not is_used and self._is_read_since(held["modified"])

    def _use(self, row: Row, held: Row) -> None:
        """Complete an article's text, without an event."""
        article_id = int(row["id"] or 0)
        page = _as_page(row, held)
        own = self._own = _page_text(self.db, page, held)
        shown = self._complete(own, unpack_blocks(held["blocks"]), None)
        origins = json.loads(str(row["origins"]))
        common = origins.get(REST_OF_THEM)
        known = {name: str(origins.get(name, common)) for name in _FIELDS}
        origins |= self._origins(known)
        new = {"text": shown.text, "markdown": shown.markdown}
        changed: dict[str, Value] = {name: value for name, value in new.items() if row[name] != value}
        if changed:
            packed = json.dumps(compact(origins))
            rows.update(self.db, "articles", article_id, {**changed, "origins": packed})
            rows.LIST_WRITERS["links"](self.db, article_id, shown.links)
        self._note_use(held, own, shown)

    def _page_text(self) -> PageText:
        row = self.page_row()
        return _page_text(self.db, row or {}, self._held)

    def _complete(self, own: PageText, written: Written, before: PageText | None) -> PageText:
        """Return a page's text completed by a copy.

        `before` is the page's text to which the copy belongs; null for that of today.
        """
        self._shown = own
        blocks = own.blocks
        past = None
        if before is not None:
            past = before.blocks
        earlier = None
        if past is not None and before is not None:
            earlier = PageBlocks(past, before.ends)
        if blocks is None:
            plain = to_blocks(own.text, None) or ()
            verdicts = complete_text(plain, written, earlier, drops=False).verdicts
            lost = [replace(verdict, fate="missing") for verdict in verdicts if verdict.fate == "added"]
            self._completion = Completion(plain, tuple(lost))
            return own
        is_divided = self.article.part > 1 or self.article.parts > 1
        is_of_feed = (
            self._held is not None and self._held["surface"] == Surface.FEED
        )  # a feed has the first part
        drops = not (is_divided and is_of_feed)
        done = self._completion = complete_text(
            blocks, written, earlier, drops=drops, ends=own.ends, is_current=self._is_current
        )
        if done.blocks == blocks:
            return own
        kept_links = set(links_of(done.blocks))
        gone = set(links_of(done.dropped)) - kept_links
        kept = [link for link in own.links if link not in gone]
        links = tuple(dict.fromkeys([*kept, *links_of(done.blocks)]))
        self._shown = PageText(text=done.text, markdown=done.markdown, links=links)
        return self._shown

    def _origins(self, origins: dict[str, str]) -> dict[str, str]:
        """Return origins with the copy's surface where it matters.

        It follows the page's rule, as in "page:trafilatura+rest".
        """
        if self._shown == self._own:
            return origins
        surface = str((self._held or {}).get("surface"))
        if self._is_copy:
            surface = self.reading.surface.value
        rules = {name: origins.get(name, _RULE).partition("+")[0] for name in _FIELDS}
        return origins | {name: f"{rule}+{surface}" for name, rule in rules.items()}

    def _note_use(self, held: Row, own: PageText, shown: PageText) -> None:
        """Record that the copy is used, and the page's own text."""
        differs = own != shown
        values: dict[str, Value] = {
            "used_at": self.reading.received,
            "used_surface": held["surface"],
            "page_text": None,
            "page_markdown": None,
            "page_links": None,
        }
        if differs:
            values |= {
                "page_text": own.text or "",
                "page_markdown": own.markdown,
                "page_links": json.dumps(own.links),
            }
        _update(self.db, held["article_id"], values)


def _update(db: Database, article_id: Value, values: Row) -> None:
    names = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE publisher_texts SET {names} WHERE article_id = ?", [*values.values(), article_id])


def _is_of_rest(old: Mapping[str, Value] | None) -> bool:
    """True if the stored text is REST's own.

    Former versions kept it of divided articles.
    """
    origins = {}
    if old is not None and old["text"] is not None:
        origins = json.loads(str(old["origins"]))
    origin = origins.get("text", origins.get(REST_OF_THEM))
    return rank(origin) >= rank(Surface.REST)


def _as_page(row: Row, held: Row | None) -> Row:
    """Return an article's row with the page's text."""
    if held is None or held["page_text"] is None:
        return row
    return row | {"text": held["page_text"], "markdown": held["page_markdown"]}


def _page_text(db: Database, row: Row, held: Row | None) -> PageText:
    """Return the page's text of an article's row that `_as_page` has given."""
    text = row.get("text")
    markdown = row.get("markdown")
    article_id = int(row.get("id") or 0)
    if held is not None and held["page_links"] is not None:
        links = tuple(json.loads(str(held["page_links"])))
    else:
        links = rows.held_list(db, "links", article_id)
    return PageText(
        text=rows.optional_text(text),
        markdown=rows.optional_text(markdown),
        links=links,
        ends=multipart.stored_ends(db, article_id),
    )
