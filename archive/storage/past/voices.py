"""Which comments of several captures, and of our own rows, are one comment.

An id alone proves nothing: other eras of a site number comments again. Author, time and text decide. Two eras
may print all times of a thread in two zones: how far these are apart is known by the comments that agree. A
hidden comment has no text to compare, and is identified by its id or its time. It only reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from archive.core.connection import Database
from archive.core.records import Comment
from archive.core.timestamps import from_text, to_text
from archive.identity.claims import Remark
from archive.identity.likeness import same_date, same_name, same_text, split_words
from archive.identity.verdict import is_same_comment, is_same_utterance
from archive.storage.past.versions import Row
from archive.tables import rows
from archive.tables.captured import SEEN_BY_US, Capture
from archive.tables.change_detection import RELATIVE

_TELLING_PAIRS = 2
"""Comments that agree with others but for the zone of their times, from which on that zone is believed."""


@dataclass(frozen=True, slots=True)
class CapturedComment:
    """One comment as one capture shows it, at its place in what was read out of the capture."""

    capture: Capture
    place: int
    comment: Comment


@dataclass(slots=True)
class Voice:
    """One comment: our own row of it, if we have seen it, and all captures that show it, the newest first."""

    row: Row | None = None
    remarks: list[Remark] = field(default_factory=list)
    claims: list[CapturedComment] = field(default_factory=list)
    hidden: bool = False
    number: int = 0  # of its row, once it has one

    @property
    def first(self) -> CapturedComment:
        """Return the earliest capture of it."""
        return self.claims[-1]

    @property
    def newest(self) -> CapturedComment:
        """Return the latest capture of it."""
        return self.claims[0]


def gather(db: Database, article_id: int, captures: Sequence[Capture]) -> list[Voice]:
    """Return all comments of an article, ours first. The captures are sorted by time."""
    return _Gathering(_own(db, article_id), article_id).of(captures)


def remark_of(comment: Comment, article_id: int) -> Remark:
    """Return the facts that identify a captured comment."""
    is_relative = dict(comment.origins).get("published") == RELATIVE
    published = None if is_relative else comment.published
    return Remark(article=article_id, author=comment.author, published=published, text=comment.text)


def remark_of_row(row: Row, article_id: int) -> Remark:
    """Return the facts that identify the comment of a row or version."""
    said = {name: rows.optional_text(row[name]) for name in ("author", "published", "text")}
    return Remark(
        article=article_id, author=said["author"], published=from_text(said["published"]), text=said["text"]
    )


def is_one(one: Remark, other: Remark) -> bool:
    """True if two comments of one article under different ids are one: author, time and text agree.

    Two eras of a site print one time in different zones, or only its day.
    """
    if is_same_utterance(one, other):
        return True
    if not same_name(one.author, other.author) or one.text is None or other.text is None:
        return False
    if split_words(one.text) != split_words(other.text):
        return False
    return same_date(one.published, other.published, zones=True)


def is_same_number(one: Remark, other: Remark) -> bool:
    """True if comments of one id are one, perhaps edited.

    A day alone proves nothing: systems that number comments anew on each page print no more.
    """
    if not is_same_comment(one, other):
        return False
    if isinstance(one.published, datetime) and one.published == other.published:
        return True
    if None in (one.author, other.author) or same_name(one.author, other.author):
        return True
    return bool(one.text and other.text) and same_text(str(one.text), str(other.text))


Agreement = Callable[[Remark, Remark], bool]


class _Gathering:
    """Voices by the keys of a comment: its id, its time, its text."""

    def __init__(self, own: list[Voice], article_id: int) -> None:
        self.article_id = article_id
        self.voices: list[Voice] = []
        self._found: dict[str, list[Voice]] = {}
        for voice in own:
            self.voices.append(voice)
            for remark in voice.remarks:
                self._index(voice, None, remark)
            if voice.row and voice.row["site_id"] is not None:
                self._index(voice, str(voice.row["site_id"]), None)

    def of(self, captures: Sequence[Capture]) -> list[Voice]:
        """Return the voices of all captures, of which the newest are the nearest to what we saw ourselves."""
        for capture in reversed(captures):
            remarks = [remark_of(comment, self.article_id) for comment in capture.comments]
            known = self._matches(capture.comments, remarks)
            for place, (comment, remark) in enumerate(zip(capture.comments, remarks, strict=True)):
                voice = known.get(place)
                if voice is None:
                    voice = Voice()
                    self.voices.append(voice)
                voice.claims.append(CapturedComment(capture, place, comment))
                voice.remarks.append(remark)
                self._index(voice, comment.id, remark)
        return self.voices

    def _matches(self, comments: Sequence[Comment], remarks: Sequence[Remark]) -> dict[int, Voice]:
        """Return the known voices of a capture's comments by place.

        The surest agreement decides first: an id of another era may be another comment's today.
        """
        found: dict[int, Voice] = {}
        taken: set[int] = set()
        moved = [
            (_is_same_minute, [_at_minute(remark, apart) for remark in remarks])
            for apart in self._zones_apart(remarks)
        ]
        passes: list[tuple[Agreement, Sequence[Remark]]] = [
            (is_same_utterance, remarks),
            *moved,
            (is_one, remarks),
            (is_same_number, remarks),
        ]
        for agrees, said in passes:
            for place, (comment, remark) in enumerate(zip(comments, said, strict=True)):
                if place in found:
                    continue
                voice = self._match(comment, remark, taken, agrees)
                if voice is not None:
                    found[place] = voice
                    taken.add(id(voice))
        return found

    def _zones_apart(self, remarks: Sequence[Remark]) -> list[timedelta]:
        """Return how far the times of a capture are from those of the known voices, the likeliest first.

        Comments of one author and text tell it, where few have that text.
        """
        found: Counter[timedelta] = Counter()
        for remark in remarks:
            voices = self._found.get(f"said {' '.join(split_words(remark.text or ''))}", [])
            if len(voices) <= _TELLING_PAIRS:
                found.update({apart for voice in voices if (apart := _apart(remark, voice)) is not None})
        return [apart for apart, times in found.most_common() if times >= _TELLING_PAIRS]

    def _match(self, comment: Comment, remark: Remark, taken: set[int], agrees: Agreement) -> Voice | None:
        own_id = list(_keys(comment.id, None))
        keys = own_id if agrees is is_same_number else [*own_id, *_keys(None, remark)]
        for key in keys:
            for voice in self._found.get(key, []):
                if id(voice) in taken:
                    continue
                if voice.hidden:
                    if key in own_id or _is_same_instant(voice, remark):
                        return voice
                elif any(agrees(remark, other) for other in voice.remarks):
                    return voice
        return None

    def _index(self, voice: Voice, site_id: str | None, remark: Remark | None) -> None:
        for key in _keys(site_id, remark):
            there = self._found.setdefault(key, [])
            if not any(each is voice for each in there):
                there.append(voice)


def _at_minute(remark: Remark, apart: timedelta = timedelta(0)) -> Remark:
    """Return a comment with its time moved, to the minute; templates print no more."""
    if not isinstance(remark.published, datetime):
        return remark
    return replace(remark, published=(remark.published + apart).replace(second=0, microsecond=0))


def _is_same_minute(one: Remark, other: Remark) -> bool:
    """True if two comments of a minute are one, though a few words or signs of it were changed."""
    other = _at_minute(other)
    if is_same_utterance(one, other):
        return True
    if not isinstance(one.published, datetime) or one.published != other.published:
        return False
    if not same_name(one.author, other.author):
        return False
    return same_text(one.text or "", other.text or "")


def _apart(remark: Remark, voice: Voice) -> timedelta | None:
    """Return how much later a comment was by the newest time of a voice, if they are one."""
    other = voice.remarks[-1]
    one, two = _at_minute(remark).published, _at_minute(other).published
    if voice.hidden or not isinstance(one, datetime) or not isinstance(two, datetime):
        return None
    if is_one(remark, other):
        return two - one
    return None


def _is_same_instant(voice: Voice, remark: Remark) -> bool:
    return remark.published is not None and any(remark.published == each.published for each in voice.remarks)


def _keys(site_id: str | None, remark: Remark | None) -> Iterator[str]:
    if site_id is not None:
        yield f"id {site_id}"
    if remark is not None and remark.published is not None:
        yield f"at {to_text(_at_minute(remark).published)}"
    if remark is not None and remark.text:
        yield f"said {' '.join(split_words(remark.text))}"


def _own(db: Database, article_id: int) -> list[Voice]:
    """Return the comments of an article that we have seen ourselves, with all their texts."""
    sql = f"SELECT * FROM comments WHERE article_id = ? AND {SEEN_BY_US} ORDER BY key"
    voices = []
    for row in db.query(sql, [article_id]):
        remarks = [remark_of_row(row, article_id)]
        if int(row["version_count"]) > 1:
            said = "SELECT * FROM comment_versions WHERE comment_id = ? AND witness IS NULL"
            earlier = db.query(said, [row["id"]])
            remarks += [remark_of_row(each, article_id) for each in earlier]
        if row["name_redaction_id"] is not None:
            remarks = [replace(remark, author=None) for remark in remarks]
        is_hidden = row["redaction_id"] is not None
        voices.append(Voice(row=dict(row), remarks=remarks, hidden=is_hidden))
    return voices
