"""Two states of a text, compared block by block: what differs, and whether it is probably an edit. Pure.

A block is a line of the text: a paragraph, an item of a list, a row of a table. A hunk is a run of blocks
that differs while the blocks around it are the same.
Does not: compare with other articles or earlier visits; `flux` does.
Invariant: a change within a sentence is an edit, whatever surrounds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from archive.changes.variable_text import (
    COUNTED,
    DRESS,
    END,
    LEAD,
    LINK,
    MAIL,
    RULE,
    WHITE_SPACE,
    WORD,
    skeleton,
    without_spans,
)
from archive.core import letters
from archive.core.link_identity import identities

LONGEST_COMPARED = 1500  # differing blocks on one side; beyond, the whole is one hunk
LONGEST_SUSPECT_WORDS = 60  # of both sides of a hunk; a longer one is no widget
LONGEST_ROTATED_WORDS = 40  # of a paragraph that may be an advertisement which another one replaces
_PROSE_WORDS = 20  # terms that are prose even without a full stop
SHARED = 3  # other articles that must have a block for it to be the site's
PAIRED = 2  # the same, where one such block replaces another
CONTEXT = 2  # unchanged paragraphs that make a hunk a small part of its text
MOST_BOXED = 6  # paragraphs of a box that the site puts on many pages
MOST_PAIRS = 64  # of blocks of a hunk that are compared with one another
DISSIMILAR = 0.5  # a replaced paragraph that shares less than this is another paragraph


class HunkKind(StrEnum):
    """Shape of a hunk: `ROTATED` replaces a block, `WORDS` is for an edited one."""

    INSERTED = "inserted"
    REMOVED = "removed"
    ROTATED = "rotated"
    WORDS = "words"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """One line of a text.

    `key` is its comparable form, `links` the identities of its links.
    """

    words: str
    key: str
    skeleton: str
    prose: bool
    linked: int
    links: frozenset[str]

    @property
    def size(self) -> int:
        """Return the size in terms."""
        return len(WORD.findall(self.words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Run of differing blocks.

    `place` is a digest of its position, `bucket` a coarse one.
    """

    kind: HunkKind
    old: tuple[TextBlock, ...]
    new: tuple[TextBlock, ...]
    place: str
    bucket: str
    suspect: bool

    @property
    def box(self) -> str:
        """Return a digest of the change, without numbers.

        It is the same for one widget on each page.
        """
        gone = [block.skeleton for block in self.old]
        come = [block.skeleton for block in self.new]
        return digest_texts(*gone, "\0", *come)

    @property
    def state(self) -> str:
        """Return a digest of the new blocks."""
        described = [f"{block.key} {' '.join(sorted(block.links))}" for block in self.new]
        return digest_texts(*described)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Hunks between two texts, and their shared paragraphs of prose."""

    hunks: tuple[Hunk, ...] = ()
    shared: int = 0


def digest_texts(*parts: str) -> str:
    """Return a short digest of some texts."""
    data = "\0".join(parts).encode("utf-8", "replace")
    return hashlib.sha256(data).hexdigest()[:20]


def blocks(text: str | None, markdown: str | None = None) -> tuple[TextBlock, ...]:
    """Return a text's blocks; with Markdown they have links."""
    source = markdown or text or ""
    lines = (line for line in source.split("\n") if not RULE.match(line))
    found = (_block(line, marked=bool(markdown)) for line in lines)
    return tuple(block for block in found if block is not None)


def compare(
    old: Sequence[TextBlock],
    new: Sequence[TextBlock],
    is_furniture: Callable[[TextBlock, int], bool] = lambda _, __: False,
) -> Comparison:
    """Compare two states of a text.

    `is_furniture` is True for blocks that the site puts on many pages: so many others at least.
    """
    head = _common(old, new)
    old_rest = old[head:]
    new_rest = new[head:]
    tail = _common(old_rest[::-1], new_rest[::-1])
    left = old[head : len(old) - tail]
    right = new[head : len(new) - tail]
    same = list(zip(old[:head], new[:head], strict=True))
    if tail:
        same += zip(old[-tail:], new[-tail:], strict=True)
    runs = list(_runs(left, right, same))
    shared = sum(a.prose for a, _ in same)
    found = (_hunk(old, head + i, before, after, shared, is_furniture) for i, j, before, after in runs)
    hunks = [hunk for hunk in found if hunk is not None]
    hunks += [_relinked(a, b, shared) for a, b in same if a.links != b.links]
    return Comparison(hunks=tuple(hunks), shared=shared)


def is_cut_short(old: Sequence[TextBlock], new: Sequence[TextBlock]) -> bool:
    """True if a text ends within a sentence of an earlier one, as a page that was cut off on its way."""
    if not new or len(new) > len(old):
        return False
    *whole, last = new
    before = old[len(whole)]
    is_part = before.words != last.words and before.words.startswith(last.words)
    if not is_part or not before.prose or END.search(last.words):
        return False
    return all(a.key == b.key for a, b in zip(old, whole, strict=False))


def stars_words(hunk: Hunk) -> bool:
    """True if words of a hunk were replaced by stars, as by a plugin for some visitors."""
    return _is_pairwise(letters.is_starred, hunk.old, hunk.new)


def shows_starred_words(hunk: Hunk) -> bool:
    """True if a hunk shows words replaced by stars."""
    return _is_pairwise(letters.is_starred, hunk.new, hunk.old)


def _is_pairwise(
    is_like: Callable[[str, str], bool], old: Sequence[TextBlock], new: Sequence[TextBlock]
) -> bool:
    pairs = zip(old, new, strict=False)
    return len(old) == len(new) and all(is_like(a.words, b.words) for a, b in pairs)


def is_counted(block: TextBlock) -> bool:
    """True if a block counts what readers do."""
    return "#" in block.skeleton and bool(COUNTED.search(block.words))


def _block(line: str, *, marked: bool) -> TextBlock | None:
    links: list[str] = []
    linked = 0
    if marked:
        for found in LINK.finditer(line):
            links.append(found[2])
            linked += len(WORD.findall(found[1]))
        plain_line = LINK.sub(lambda found: found[1], line)
        line = DRESS.sub("", plain_line)
    unmarked = LEAD.sub("", line)
    words = WHITE_SPACE.sub(" ", letters.plain_letters(unmarked)).strip()
    if not words:
        return None
    size = len(WORD.findall(words))
    is_sentence = size > 1 and bool(END.search(words)) and linked < size
    prose = size >= _PROSE_WORDS or is_sentence
    plain = without_spans(words)
    masked = skeleton(words)
    counted = not prose and "#" in masked and COUNTED.search(words)
    key = plain
    if counted:
        key = masked
    return TextBlock(
        words=words, key=key, skeleton=masked, prose=prose, linked=linked, links=identities(links)
    )


def _common(old: Sequence[TextBlock], new: Sequence[TextBlock]) -> int:
    count = 0
    for a, b in zip(old, new, strict=False):
        if a.key != b.key:
            break
        count += 1
    return count


def _runs(
    left: Sequence[TextBlock], right: Sequence[TextBlock], same: list[tuple[TextBlock, TextBlock]]
) -> Iterator[tuple[int, int, Sequence[TextBlock], Sequence[TextBlock]]]:
    """Yield differing runs, and fill `same`.

    As (place left, place right, blocks left, blocks right).
    """
    if max(len(left), len(right)) > LONGEST_COMPARED:
        yield 0, 0, left, right
        return
    left_keys = [block.key for block in left]
    right_keys = [block.key for block in right]
    matcher = SequenceMatcher(None, left_keys, right_keys, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            same.extend(zip(left[i1:i2], right[j1:j2], strict=True))
        else:
            yield i1, j1, left[i1:i2], right[j1:j2]


def _hunk(
    old: Sequence[TextBlock],
    at: int,
    before: Sequence[TextBlock],
    after: Sequence[TextBlock],
    shared: int,
    is_furniture: Callable[[TextBlock, int], bool],
) -> Hunk | None:
    """Return a run's hunk without furniture, if any is left.

    A sentence that is on many pages may be a box's, or an editor's note: it has to wait. Without any sentence
    a hunk of a short text may be a widget's too.
    """
    pairs = zip(before, after, strict=False)
    alike = all(_alike(a, b) for a, b in pairs)
    if alike and len(before) == len(after):
        return None

    def is_text(block: TextBlock) -> bool:
        return block.prose or not is_furniture(block, SHARED)

    gone = tuple(block for block in before if is_text(block))
    come = tuple(block for block in after if is_text(block))
    if not gone and not come:
        return None
    every = (*gone, *come)
    others = PAIRED if gone and come else SHARED
    is_side = all(not block.prose or is_furniture(block, others) for block in every)
    boxed = len(every) <= MOST_BOXED and is_side
    bare = not any(block.prose for block in every)
    enough = shared >= CONTEXT
    if bare and not enough:
        enough = shared > 0 or all(map(is_counted, every))
    kind = _kind(gone, come)
    anchor = ""
    if at:
        anchor = old[at - 1].key
    bucket = _bucket(old, at, len(before))
    suspect = enough and (boxed or _is_suspect(kind, gone, come))
    return Hunk(
        kind=kind,
        old=gone,
        new=come,
        place=digest_texts(anchor),
        bucket=bucket,
        suspect=suspect,
    )


def _relinked(old: TextBlock, new: TextBlock, shared: int) -> Hunk:
    """Return the hunk of an equal block with other links."""
    bucket = "link other"
    if old.prose:
        bucket = "link prose"
    return Hunk(
        kind=HunkKind.LINK,
        old=(old,),
        new=(new,),
        place=digest_texts("link", old.key),
        bucket=bucket,
        suspect=shared >= CONTEXT and not old.prose,
    )


def _kind(gone: Sequence[TextBlock], come: Sequence[TextBlock]) -> HunkKind:
    if not gone:
        return HunkKind.INSERTED
    if not come:
        return HunkKind.REMOVED
    if len(gone) * len(come) > MOST_PAIRS:
        return HunkKind.WORDS
    if any(_similar(a, b) for a in gone for b in come):
        return HunkKind.WORDS
    return HunkKind.ROTATED


def _similar(a: TextBlock, b: TextBlock) -> bool:
    if a.skeleton == b.skeleton:
        return True
    one = WORD.findall(a.words.lower())
    other = WORD.findall(b.words.lower())
    matcher = SequenceMatcher(None, one[:200], other[:200], autojunk=False)
    return matcher.ratio() >= DISSIMILAR


def _alike(a: TextBlock, b: TextBlock) -> bool:
    """True if two blocks differ in a protected mail address alone, or one was garbled on its way."""
    if letters.is_garbled(a.words, b.words):
        return True
    protected = "[email" in a.words.lower() or "[email" in b.words.lower()
    if a.key == b.key:
        return True
    return protected and MAIL.sub("@", a.words) == MAIL.sub("@", b.words)


def _is_suspect(kind: HunkKind, gone: Sequence[TextBlock], come: Sequence[TextBlock]) -> bool:
    """True if a hunk may be a widget's and must wait."""
    every = (*gone, *come)
    longest = LONGEST_SUSPECT_WORDS
    if kind is HunkKind.ROTATED:
        longest *= 2
    if sum(block.size for block in every) > longest:
        return False
    if not any(block.prose for block in every):
        return True
    if kind is HunkKind.ROTATED:
        largest = max(block.size for block in every)
        return max(len(gone), len(come)) <= 2 and largest <= LONGEST_ROTATED_WORDS
    if len(gone) == len(come) == 1:
        return gone[0].skeleton == come[0].skeleton and is_counted(gone[0])
    return False


def _bucket(old: Sequence[TextBlock], at: int, length: int) -> str:
    """Return a hunk's coarse position: head, tail, or paragraph number."""
    before = sum(block.prose for block in old[:at])
    following = old[at + length :]
    after = sum(block.prose for block in following)
    if not after:
        return "tail"
    if not before:
        return "head"
    return f"after {before}"
