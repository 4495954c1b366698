"""Observations of a thread: when a comment was shown, and when it was not, by any witness.

A capture that lacks a comment proves that only where it shows the whole thread, or what surrounds it, and
never within a day of one that shows it: copies out of a cache are that old. WordPress still counts the
replies below a comment that was removed, and shows none of them: they are not what a thread lacks. It only
reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from archive.core.connection import Database
from archive.core.records import CommentKind
from archive.core.timestamps import instant, to_text
from archive.files import captured_pages
from archive.storage.past.versions import Row
from archive.storage.past.voices import CapturedComment, Voice
from archive.storage.reconciliation import STALE_APART
from archive.tables.captured import Capture, is_ours, own_since
from archive.tables.events import Event

_OWN_THREAD = (
    "SELECT count(*) AS n FROM comments WHERE article_id = ? AND kind = 'comment'"
    " AND (witness IS NULL OR seen_at IS NOT NULL)"
)
_OWN_ABSENCES = (
    "SELECT kind, at, since FROM events WHERE comment_id = ? AND witness IS NULL"
    " AND kind IN ('removed', 'returned') ORDER BY at, id"
)


_FEW_HIDDEN = 0.1
"""The part of a thread that may be counted and never shown: replies to what was removed before captures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One observation of a thread, at `at` (ISO 8601 UTC); `witness` is None for one of ours."""

    at: str
    shows: bool
    witness: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A comment that was last seen by `witness` at `since`, and no more at `at`, ISO 8601 UTC.

    `returned_at` is when it was seen again, if it was; `returned_by` whose observation proves it.
    """

    since: str
    witness: str
    at: str
    returned_at: str | None = None
    returned_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """Comments of a thread in one observation, by identities of voices.

    `tops` are the times of the top-level ones, in order. `stated` is the number that the page states, and
    `lacking` how many of them neither appear nor answer one that does not; None without a stated number.
    """

    shown: set[int]
    tops: list[str]
    stated: int | None
    lacking: int | None
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class KnownThread:
    """Known history of a thread: all captures by time, and all comments."""

    captures: Sequence[Capture]
    voices: Sequence[Voice]


class Looks:
    """Observations of one thread."""

    def __init__(self, db: Database, archive: Path, article: Row, told: KnownThread) -> None:
        self._captures = told.captures
        self._voices = {
            (claim.capture.id, claim.place): voice for voice in told.voices for claim in voice.claims
        }
        places = self._voices.items()
        self._claims = {(capture, id(voice)) for (capture, _), voice in places}
        self._parents = {id(voice): self._parent_of(voice) for voice in told.voices}
        self._views = {each.id: self._view(each, told.voices) for each in told.captures}
        self._own = _own_looks(db, archive, article)
        self._own_view = self._view_of_ours(db, article, told.voices)

    def absences(self, db: Database, voice: Voice, row: Row) -> list[Absence]:
        """Return when a comment was not shown according to other witnesses, the earliest first.

        One of ours has returned from each of them: only our own observations state that it is removed now.
        """
        ours = voice.row is not None
        presence = None
        if ours:
            presence = self._own_presence(db, row)
        looks = self._of(voice, presence)
        found = list(_absences(looks))
        if not ours:
            return found
        told = _own_spans(db, row)
        ended = [each for each in found if each.returned_at is not None]
        return [each for each in ended if not _is_told(each, told)]

    def parent(self, claim: CapturedComment) -> Voice | None:
        """Return the comment that a captured one answers, where the same capture shows it."""
        if claim.comment.parent is None:
            return None
        for place, other in enumerate(claim.capture.comments):
            if other.id == claim.comment.parent and place != claim.place:
                return self._voices.get((claim.capture.id, place))
        return None

    def _parent_of(self, voice: Voice) -> Voice | None:
        """Return the comment that another one answers, by its newest capture that shows both."""
        parents = map(self.parent, voice.claims)
        return next((parent for parent in parents if parent is not None), None)

    def _view(self, capture: Capture, voices: Sequence[Voice]) -> _View:
        shown = set()
        for place, each in enumerate(capture.comments):
            if each.kind is CommentKind.COMMENT:
                shown.add(id(self._voices[capture.id, place]))
        tops = [each for each in capture.comments if each.published and not each.parent]
        known = [each for each in voices if each.claims and each.first.capture.at < capture.at]
        stated = capture.article.comments_stated
        lacking = None
        if stated is not None:
            lacking = stated - len(shown) - self._orphans(known, shown)
        published = [to_text(each.published) for each in tops if each.kind is CommentKind.COMMENT]
        return _View(
            shown=shown,
            tops=sorted(map(str, published)),
            stated=stated,
            lacking=lacking,
            is_part=capture.article.further,
        )

    def _view_of_ours(self, db: Database, article: Row, voices: Sequence[Voice]) -> _View:
        shown = {id(voice) for voice in voices if voice.row is not None}
        tops = [voice.row for voice in voices if voice.row and voice.row["parent_id"] is None]
        stated = article["comments_stated"]
        [thread] = db.query(_OWN_THREAD, [article["id"]])
        lacking = 0
        if stated is not None:
            lacking = int(stated) - int(thread["n"]) - self._orphans(voices, shown)
        published = sorted(str(row["published"]) for row in tops if row["published"] and not row["gone_at"])
        return _View(shown=shown, tops=published, stated=int(stated or 0), lacking=lacking)

    def _orphans(self, known: Sequence[Voice], shown: set[int]) -> int:
        """Return how many comments that are not shown answer one that is not shown either."""
        absent = {id(voice) for voice in known} - shown
        return sum(id(self._parents[each]) in absent for each in absent)

    def _of(self, voice: Voice, present: Sequence[str] | None) -> list[_Look]:
        """Return the observations of one comment by time; `present` are ours that show it."""
        if present is None:
            is_lacking = bool(self._own) and self._lacks(self._own_view, voice)
            looks = [_Look(at=at, shows=False, witness=None) for at in self._own if is_lacking]
        else:
            looks = [_Look(at=at, shows=True, witness=None) for at in present]
        for capture in self._captures:
            view = self._views[capture.id]
            if (capture.id, id(voice)) in self._claims:
                looks.append(_Look(at=capture.at, shows=True, witness=capture.witness))
            elif self._lacks(view, voice):
                looks.append(_Look(at=capture.at, shows=False, witness=capture.witness))
        return sorted(looks, key=lambda look: (look.at, not look.shows, look.witness or ""))

    def _own_presence(self, db: Database, row: Row) -> list[str]:
        """Return our own observations of the thread that showed a comment of ours."""
        since = own_since(row)
        gone = _own_spans(db, row)
        if row["missed_at"] is not None and row["gone_at"] is None:
            gone = [*gone, (str(row["missed_at"]), "~")]
        looks = [since, *(at for at in self._own if at > since)]
        return [at for at in looks if not any(begin <= at < end for begin, end in gone)]

    def _lacks(self, view: _View, voice: Voice) -> bool:
        """True if an observation lacks a comment, but shows the whole thread or what surrounds it."""
        if not voice.claims:
            return False
        if voice.newest.comment.kind is not CommentKind.COMMENT:
            return False  # many themes show no pings
        answered = self._parents[id(voice)]
        is_orphan = answered is not None and id(answered) not in view.shown
        if voice.row is not None and is_orphan:
            return False  # it is hidden with what it answers, and was not removed
        if view.lacking is not None:
            if view.lacking <= 0 and not view.is_part:
                return True
            newest_view = self._views[voice.newest.capture.id]
            usual = newest_view.lacking or 0
            hidden_at_most = _FEW_HIDDEN * (view.stated or 0)
            if view.is_part or view.lacking > min(usual, hidden_at_most):
                return False  # a part of the thread, as of one that is divided into pages
        top = self._highest_lacking(view, voice)
        answered = self._parents[id(top)]
        if answered is not None and id(answered) in view.shown:
            return True
        own = to_text(top.newest.comment.published)
        if own is None or len(view.tops) < 2:
            return False
        return view.tops[0] < own < view.tops[-1]

    def _highest_lacking(self, view: _View, voice: Voice) -> Voice:
        """Return the first of a comment and its ancestors that an observation lacks."""
        passed = {id(voice)}
        while (up := self._parents[id(voice)]) is not None and id(up) not in view.shown | passed:
            passed.add(id(up))
            voice = up
        return voice


def _own_looks(db: Database, archive: Path, article: Row) -> list[str]:
    """Return when we read an article's page, the earliest first."""
    if not is_ours(article):
        return []
    sql = "SELECT url FROM addresses WHERE article_id = ? UNION SELECT url FROM visits WHERE article_id = ?"
    found = db.execute(sql, [article["id"], article["id"]])
    places = [url for (url,) in found.fetchall()]
    if times := captured_pages.own_visits(archive, str(article["source"]), places):
        return times
    sql = (
        "SELECT CASE WHEN failures = 0 AND times = 1 THEN first_fetched ELSE good_at END AS at FROM visits"
        " WHERE article_id = ? AND kind = 'article' AND good_at IS NOT NULL ORDER BY at"
    )
    found = db.execute(sql, [article["id"]])
    return [at for (at,) in found.fetchall()]


def _is_told(absence: Absence, told: Sequence[tuple[str, str]]) -> bool:
    """True if a recorded span covers a part of an absence."""
    return any(absence.since < end and str(absence.returned_at) > begin for begin, end in told)


def _absences(looks: Sequence[_Look]) -> list[Absence]:
    """Return the absences that successive observations prove, the last perhaps without a return."""
    found: list[Absence] = []
    shown: _Look | None = None
    gone: _Look | None = None
    for look in looks:
        if shown is None and not look.shows:
            continue  # it may not have been written yet
        if not look.shows:
            if gone is None and shown is not None and _is_apart(shown.at, look.at):
                gone = look
            continue
        if shown is not None and gone is not None and _is_apart(gone.at, look.at):
            by = look.witness or gone.witness or shown.witness
            absence = _absence(shown, gone)
            found.append(replace(absence, returned_at=look.at, returned_by=by))
        shown, gone = look, None
    if shown is not None and gone is not None:
        found.append(_absence(shown, gone))
    return found


def _absence(shown: _Look, gone: _Look) -> Absence:
    witness = shown.witness or gone.witness or ""
    return Absence(since=shown.at, witness=witness, at=gone.at)


def _is_apart(first: str, second: str) -> bool:
    return instant(second) - instant(first) >= STALE_APART


def _own_spans(db: Database, row: Row) -> list[tuple[str, str]]:
    """Return the spans in which our own rows state a comment as removed; "~" ends a current one."""
    spans: list[tuple[str, str]] = []
    for event in db.query(_OWN_ABSENCES, [row["id"]]):
        if event["kind"] == Event.REMOVED:
            spans.append((event["since"] or event["at"], "~"))
        elif spans:
            spans[-1] = (spans[-1][0], event["at"])
    return spans
