"""How the comments of one article are saved: found again by the site's own id, merged, versioned.

A ping that a theme shows without any id is identified by its text. A parent that is not stored yet is
recorded by its site's id and joined as soon as it arrives. This file writes only `comments` and the counts in
`articles`; versions and the ledger are written for it. All of it happens inside a transaction of its caller.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from archive.changes import unsettled
from archive.changes.flux import Flux
from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Comment, Page, Problem, Saved, Surface
from archive.core.timestamps import to_text
from archive.files.redaction_store import HIDDEN, Kept, RedactionSet
from archive.identity import comment_ids
from archive.identity.witnesses import is_rebuilt
from archive.storage import id_gaps, tombstones
from archive.storage.past import comments as past_comments
from archive.tables import events, rows, versions
from archive.tables.change_detection import COMMENT_WATCHED, drop_no_changes
from archive.tables.events import Event
from archive.tables.merge import REST_OF_THEM, Merged, Value, compact, merge, stored_origins
from archive.tables.printed_times import offset_problems, prefer_exact
from archive.tables.versions import Reading

# Where a page shows a comment: kept as first seen, since it moves as threads grow.
_PLACE = ("depth", "position")
_FILLED = ("published", "published_raw", "text", "html")


def key_of(comment: Comment, article_id: int) -> str:
    """Return a comment's key: the site's id, or a digest without one."""
    if comment.id is not None:
        return comment.id
    published = to_text(comment.published)
    said = [
        str(article_id),
        comment.kind.value,
        comment.author,
        comment.author_url,
        published,
        comment.text,
    ]
    data = json.dumps(said).encode()
    return "~" + hashlib.sha256(data).hexdigest()[:24]


def by_article(
    db: Database, comments: Iterable[Comment], page: Page, own: int | None
) -> dict[int | None, list[Comment]]:
    """Return a page's comments grouped by article id; None for unknown articles.

    `own` is the article whose page shows them, None for a listing or feed.
    """
    found: dict[tuple[int | None, str], int | None] = {}
    groups: dict[int | None, list[Comment]] = {}
    for comment in comments:
        link = ""
        if own is None and comment.permalink:
            link = urls.page_key(urls.clean(comment.permalink))
        place: tuple[int | None, str] = (None, link)
        if own is None:
            place = (comment.post_id, link)
        if place not in found:
            article_id = own
            if own is None:
                article_id = _article_of(db, page, *place)
            found[place] = article_id
        groups.setdefault(found[place], []).append(comment)
    return groups


def _article_of(db: Database, page: Page, post_id: int | None, link: str) -> int | None:
    """Return the id of a listed comment's article, if it is recorded.

    Its own URL takes precedence over the id of its post. Where a rebuilt site has other permalinks, too, the
    name of the post in them is used; the comments of an unrecorded one wait until it is recorded.
    """
    there = article_at(db, page.source, link)
    if there is not None or post_id is None:
        return there
    if link and is_rebuilt(db, page):
        return _article_named(db, page.source, link)
    row = rows.one(db, "SELECT id FROM articles WHERE source = ? AND post_id = ?", page.source, post_id)
    if not row:
        return None
    return int(row["id"] or 0)


def _article_named(db: Database, source: str, link: str) -> int | None:
    """Return the id of the only article with a URL's slug."""
    name = link.rstrip("/").rpartition("/")[2]
    sql = (
        "SELECT DISTINCT article_id FROM addresses WHERE source = ? AND substr(url_key, ?) = ?"
        " AND article_id IS NOT NULL LIMIT 2"
    )
    if not name:
        return None
    found = db.execute(sql, [source, -len(name) - 1, f"/{name}"]).fetchall()
    if len(found) != 1:
        return None
    return int(found[0][0])


def article_at(db: Database, source: str, link: str) -> int | None:
    """Return the id of the article at a key of a URL, if any."""
    sql = "SELECT article_id AS id FROM addresses WHERE source = ? AND url_key = ?"
    row = rows.one(db, sql, source, link) if link else None
    if not row:
        return None
    return int(row["id"] or 0)


class CommentWriter:
    """Saves the comments that one reading of one source shows."""

    def __init__(self, db: Database, source: str, reading: Reading, hidden: RedactionSet) -> None:
        self.db = db
        self.source = source
        self.reading = reading
        self.hidden = hidden
        self.flux = Flux(db, source, "comment", reading)
        self._ahead = Counter[timedelta]()  # of printed times
        self._ids: tuple[Problem, ...] = ()  # problems of those that were met

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return the problems of the comments that were saved."""
        return self._ids + offset_problems(self._ahead)

    def save(self, article_id: int, comments: Sequence[Comment]) -> Saved:
        """Save the comments of one article."""
        given = {key_of(comment, article_id): comment for comment in comments}
        named = comment_ids.name(self.db, self.source, article_id, given, self.reading)
        self._ids += named.problems()
        by_key = named.by_key
        held = named.held
        new: dict[str, tuple[Comment, Merged]] = {}
        changed = 0
        touched = {old["article_id"] for old in held.values() if old["gone_at"]}
        for key, comment in by_key.items():
            old = held.get(key)
            if old and old["redaction_id"] is not None:
                rows.update(self.db, "comments", old["id"], self._seen_again(old))
                continue
            if old and self._is_past(old):
                self._fill(old, self._as_published(comment, article_id))
                continue
            merged = self._merge(old, self._as_published(comment, article_id))
            if old is None:
                new[key] = comment, merged
                continue
            if old["article_id"] != article_id and self._has_moved(old, comment, article_id):
                touched |= {article_id, old["article_id"]}
                old["article_id"] = self._move(old, article_id)
            changed += self._update(old, merged)
        if new:
            self._insert(article_id, new)
        self._join_parents(list(by_key))
        self._note_hidden_names(by_key)
        if new or changed:
            touched.add(article_id)
        for number in touched:
            tombstones.count_comments(self.db, number)
        return Saved(comments_new=len(new), comments_changed=changed)

    def _is_past(self, old: dict[str, Value]) -> bool:
        """True if a comment changed after this answer was received."""
        if self.reading.cause == versions.EDITED:
            return str(old["changed_at"]) > self.reading.received
        return versions.is_outdated(self.db, "comment", old["id"], self.reading)

    def _fill(self, old: dict[str, Value], comment: Comment) -> None:
        """Take text and time from an earlier response, where no other has any.

        Pages show a ping without them; the feed with them may be saved after the page.
        """
        values = rows.comment_values(comment)
        new = {name: value for name, value in values.items() if name in _FILLED}
        held = json.loads(str(old["origins"]))
        merged = merge(
            old,
            held,
            new,
            dict(comment.origins),
            surface=self.reading.surface,
            watched=frozenset(),
            fill_only=frozenset(_FILLED),
        )
        if merged.values:
            origins = json.dumps(compact(held | merged.origins))
            rows.update(self.db, "comments", old["id"], merged.values | {"origins": origins})

    def _merge(self, old: dict[str, Value] | None, comment: Comment) -> Merged:
        new = rows.comment_values(comment)
        origins = dict(comment.origins)
        if "parent" in origins:
            origins["site_parent"] = origins.pop("parent")
        if old:
            new |= dict.fromkeys(name for name in _PLACE if old[name] is not None)
        held = {}
        if old:
            held = json.loads(str(old["origins"]))
        if old:
            held, new, ahead = prefer_exact(old, held, new, origins, self.reading.surface)
            if ahead:
                self._ahead[ahead] += 1
        merged = merge(old or {}, held, new, origins, surface=self.reading.surface, watched=COMMENT_WATCHED)
        if old and self.reading.cause == versions.EDITED:
            meaningful = drop_no_changes(old, held, merged)
            merged = self.flux.settle(old, held, meaningful, new).merged
        if old and old["site_parent"] is not None and self._stands_alone(comment):
            values = merged.values | {"site_parent": None}
            return replace(merged, values=values, edited=(*merged.edited, "site_parent"))
        return merged

    def _stands_alone(self, comment: Comment) -> bool:
        """True if REST states that a comment has no parent.

        Its parent was deleted for good.
        """
        return (
            self.reading.surface is Surface.REST
            and comment.parent is None
            and "parent" in dict(comment.origins)
        )

    def _has_moved(self, old: dict[str, Value], comment: Comment, article_id: int) -> bool:
        """True if REST assigns a comment to another article, by its post and its own URL.

        A page does so for an article that was not found any more.
        """
        is_on_page = self.reading.surface is Surface.PAGE and comment.id is not None
        if is_on_page and self.reading.proves:
            doubted = "SELECT 1 FROM articles WHERE id = ? AND (gone_at IS NOT NULL OR missed_at IS NOT NULL)"
            return rows.one(self.db, doubted, old["article_id"]) is not None
        if not self.reading.proves or comment.post_id is None:
            return False
        if self.reading.surface is not Surface.REST:
            return False
        if comment.permalink is None:
            return True
        link = urls.page_key(urls.clean(comment.permalink))
        return article_at(self.db, self.source, link) == article_id

    def _move(self, old: dict[str, Value], article_id: int) -> int:
        """Move a comment to another article, as merged threads do."""
        old_url = self._url_of(old["article_id"])
        new_url = self._url_of(article_id)
        moved = old | {"article_id": article_id}
        places = {"old_url": old_url, "new_url": new_url}
        rows.update(self.db, "comments", old["id"], {"article_id": article_id})
        events.note(self.db, Event.MOVED, "comment", moved, self.reading.at, **places)
        return article_id

    def _url_of(self, article_id: Value) -> Value:
        row = rows.one(self.db, "SELECT url FROM articles WHERE id = ?", article_id)
        if not row:
            return None
        return row["url"]

    def _insert(self, article_id: int, new: Mapping[str, tuple[Comment, Merged]]) -> None:
        """Insert comments; where others have seen one before us, it keeps its number, and stays hidden."""
        numbered = [key for key, (_, merged) in new.items() if merged.values.get("site_id")]
        id_gaps.note_new(self.db, self.source, numbered, self.reading.at)
        may_adopt = past_comments.has_comments_of_others(self.db, article_id)
        times = {"first_seen": self.reading.at, "changed_at": self.reading.at}
        unknown: list[dict[str, Value]] = []
        for key, (comment, merged) in new.items():
            row = {"article_id": article_id, "source": self.source, "key": key, **merged.values}
            origins = tuple(merged.origins.items())
            row |= times | {"origins": stored_origins(origins)}
            known = None
            if may_adopt:
                known = past_comments.adopt_comment(self.db, article_id, comment)
            if known is None:
                unknown.append(row)
            else:
                self._take_over(known, comment, row)
        rows.insert_all(self.db, "comments", unknown)

    def _take_over(self, known: dict[str, Value], comment: Comment, row: dict[str, Value]) -> None:
        """Update the row of a comment that only others have seen."""
        columns = rows.comment_values(comment)
        fresh: dict[str, Value] = dict.fromkeys(columns)
        fresh |= {"witness": None, "seen_at": None, "version_count": 1}
        fresh |= {"parent_id": None, "gone_at": None, "gone_how": None}
        if known["redaction_id"] is not None:
            row |= {"author": known["author"], "author_url": None, "text": known["text"], "html": None}
        rows.update(self.db, "comments", known["id"], fresh | row)

    def _update(self, old: dict[str, Value], merged: Merged) -> bool:
        values = dict(merged.values)
        if merged.edited:
            reading = self._reading_of_edit(old, values, merged.edited)
            versions.keep_comment(self.db, old, merged.edited, reading)
            number = int(old["version_count"] or 1) + 1
            values |= {"changed_at": self.reading.at, "version_count": number}
        values |= self._seen_again(old)
        if "author" in values:
            values["name_redaction_id"] = None  # set again below
        if "site_parent" in values:
            values["parent_id"] = None  # joined again below
        held = json.loads(str(old["origins"]))
        if any(held.get(name, held.get(REST_OF_THEM)) != origin for name, origin in merged.origins.items()):
            values["origins"] = json.dumps(compact(held | merged.origins))
        rows.update(self.db, "comments", old["id"], values)
        return bool(merged.edited)

    def _reading_of_edit(
        self, old: dict[str, Value], values: dict[str, Value], edited: tuple[str, ...]
    ) -> Reading:
        """Return the reading with the cause of what it changes.

        Where a comment is deleted for good, WordPress makes its replies answer what it answered; a page,
        which nests no deeper than its theme does, then hangs others elsewhere, too.
        """
        if edited == ("site_parent",) and self.reading.cause == versions.EDITED:
            sql = "SELECT site_parent FROM comments WHERE id = ?"
            parent = rows.one(self.db, sql, old["parent_id"]) or {"site_parent": None}
            if self.reading.surface is Surface.PAGE or values["site_parent"] == parent["site_parent"]:
                return replace(self.reading, cause=versions.REARRANGED)
        return unsettled.unsettled_reading("comment", old, values, edited, self.reading)

    def _seen_again(self, old: dict[str, Value]) -> dict[str, Value]:
        if not self.reading.proves:
            return {}
        return tombstones.seen_again(self.db, "comment", old, self.reading.at)

    def _as_published(self, comment: Comment, article_id: int) -> Comment:
        """Return a comment without hidden names and URLs."""
        if comment.author in self.hidden.names:
            comment = replace(comment, author=HIDDEN, author_url=None)
        if article_id not in self.hidden.articles:
            return comment
        return replace(comment, permalink=None)

    def _note_hidden_names(self, comments: Mapping[str, Comment]) -> None:
        """Flag comments by hidden authors, and store the names apart."""
        for key, comment in comments.items():
            redaction = self.hidden.names.get(comment.author or "")
            if redaction is None:
                continue
            unmarked = "source = ? AND key = ? AND author = ? AND name_redaction_id IS NULL"
            sql = f"SELECT id FROM comments WHERE {unmarked}"
            if row := rows.one(self.db, sql, self.source, key, HIDDEN):
                was = {"author": comment.author, "author_url": comment.author_url, "name_redaction_id": None}
                mask = {"author": HIDDEN, "author_url": None, "name_redaction_id": redaction}
                kept = Kept(place="comments", row={**row, "was": was, "mask": mask})
                self.hidden.keep(self.db, redaction, [kept])
                rows.update(self.db, "comments", row["id"], {"name_redaction_id": redaction})

    def _join_parents(self, keys: list[str]) -> None:
        """Link comments to stored parents, and orphans to new ones."""
        for some in comment_ids.chunks(keys):
            marks = ", ".join("?" * len(some))
            self.db.execute(
                "UPDATE comments SET parent_id = (SELECT id FROM comments AS parent"
                " WHERE parent.source = comments.source AND parent.key = comments.site_parent"
                " AND parent.article_id = comments.article_id)"
                " WHERE parent_id IS NULL AND site_parent IS NOT NULL AND source = ?"
                f" AND (key IN ({marks}) OR site_parent IN ({marks}))"
                " AND EXISTS (SELECT 1 FROM comments AS parent"
                " WHERE parent.source = comments.source AND parent.key = comments.site_parent"
                " AND parent.article_id = comments.article_id)",
                [self.source, *some, *some],
            )
