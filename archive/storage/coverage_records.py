"""Records of an audit: a site's statement of one month, and what was missing.

Values only. What is still lacking, once what could be healed was saved, is computed by the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AuditKind(StrEnum):
    """Kind of item that an audit counts."""

    ARTICLE = "article"
    COMMENT = "comment"


class GapReason(StrEnum):
    """Reason for a gap; the last two are the site's own choice."""

    UNLISTED = "never listed"  # no crawl was shown it
    UNREAD = "not yet read"  # listed, but its page was not requested
    REFUSED = "refused"  # its page answered another status than 200
    NO_ANSWER = "no answer"
    UNREADABLE = "unreadable"  # its page came, and no article was found in it
    CALLED_GONE = "called gone"  # stored as removed, but the site shows it again
    NO_ARTICLE = "no article"  # a comment below something that is not archived
    PROTECTED = "protected"  # it requires a password
    NOT_SHOWN = "not shown"  # counted by the site, and shown to no visitor


SURFACES = {
    "rest": "REST",
    "rest-total": "REST",
    "sitemap": "the sitemap",
    "api": "the site's API",
    "page": "the numbers their pages state",
}
"""Names of the surfaces of proofs, for people."""

WITHHELD = frozenset({GapReason.PROTECTED, GapReason.NOT_SHOWN})


def by_what(surfaces: Iterable[tuple[str, str]]) -> str:
    """Return the surfaces of proofs as a clause; "" without proofs.

    As in " (articles by the sitemap, comments by REST)".

    `surfaces` are pairs of a kind and the surface of a proof.
    """
    found = {(str(kind), SURFACES[surface]) for kind, surface in surfaces}
    named = []
    for kind in map(str, AuditKind):
        names = sorted(name for of, name in found if of == kind)
        if names:
            named.append(f"{kind}s by {' and '.join(names)}")
    if not named:
        return ""
    return f" ({', '.join(named)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Item of the site that the archive lacked at an audit.

    `key` is the site's own id or, without one, a URL; `number` how many items it represents. `month`
    ("2009-07", in UTC) is that of its publication; "" where the site does not state it.
    """

    key: str
    month: str
    reason: GapReason
    detail: str
    url: str | None = None
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCount:
    """Number of items of one content type that a site lists.

    Where no surface lists the type, `stated` is None and `unproved` a sentence. `looked_at` is aware UTC.
    """

    source: str
    type: str
    surface: str
    looked_at: datetime
    stated: int | None = None
    unproved: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Statement of a site about one kind in one month.

    `surface` is what states it: "rest" (every id was compared), "rest-total" (the total agreed),
    "sitemap", "api" (that of another system than WordPress) or "page" (numbers that pages state).
    `proved_at` is when the site stated it. Where that is unknown, `unproved` is a sentence that says why,
    and the rest does not count.
    """

    source: str
    kind: AuditKind
    month: str
    looked_at: datetime
    proved_at: datetime
    surface: str
    stated: int = 0
    gaps: tuple[Gap, ...] = ()
    unproved: str | None = None
