"""Claims about identity: what an answer says, what is known, and the decision between them.

Frozen types without SQL, HTTP or HTML; `identity` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from archive.core.records import Moment


class Evidence(StrEnum):
    """A proof that an answer speaks of a known article."""

    ID = "post id"
    ADDRESS = "address"
    CANONICAL = "canonical address"
    TITLE = "title"
    DATE = "date"
    TEXT = "text"
    FIRST = "first contact"  # nothing is known to compare with, and it is marked as an article


class Reason(StrEnum):
    """Why an answer is refused, in a stable word."""

    UNPROVEN = "unproven"  # nothing on the page belongs to the known article
    CONTRADICTED = "contradicted"  # a second surface still says the old words
    BARE = "bare"  # nothing marks the page as an article
    ALIKE = "alike"  # several addresses show the same
    METERED = "metered"  # the page shows less, and says that it keeps the rest back
    REPLACED = "replaced"  # another title, date and text under its id or address; a second look decides
    COLLAPSED = "collapsed"  # nearly all of a known text is gone; a second look decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Known facts of one article.

    `listed` is True where a listing, not its page, states the title.

    `common` is True where the title is that of the site or of several articles, so that it proves nothing.
    `url` is its present address, `urls` are all addresses of the article, `read` those at which its page was
    read; `proof` is the evidence with which its text was accepted.
    """

    id: int
    url: str | None = None
    post_id: int | None = None
    urls: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    title: str | None = None
    common: bool = False
    listed: bool = False
    published: Moment | None = None
    text: str | None = None
    proof: frozenset[Evidence] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Facts that an answer states of itself.

    `published` is None unless the answer itself states the date.

    `url` is the address that it states or, where `stated` is False, that it was given at; `asked` and
    `final` are the addresses of the request and of the answer. `whole` is False for a further page of an
    article. `named` is True for a page that calls itself a wall, `metered` for one that says that it keeps a
    part back. `repeated` is True where an earlier look, long enough ago, was refused for the same text.
    `confirmed` is True where REST or a feed has just said the same words, `reread` for a kept page that is
    read by other rules.
    """

    url: str
    asked: str
    final: str
    stated: bool = True
    post_id: int | None = None
    title: str | None = None
    published: Moment | None = None
    text: str | None = None
    bare: bool = False
    named: bool = False
    whole: bool = True
    metered: bool = False
    repeated: bool = False
    confirmed: bool = False
    reread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Known articles that a claim may refer to, or None.

    `by_id` has the claimed post id; `at_url`, `at_asked` and `at_final` have the claim's addresses; `twin`
    has the same title and date; `alike` has the same text but for numbers. `wall` is True where such a text
    was refused for another address, `wall_numbers` where one with the same numbers was. `rebuilt` is True
    where the site lately gave ids of known articles to others, as after an import.
    """

    by_id: Held | None = None
    at_url: Held | None = None
    at_asked: Held | None = None
    at_final: Held | None = None
    twin: Held | None = None
    alike: Held | None = None
    wall: bool = False
    wall_numbers: bool = False
    rebuilt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Decision on a claim.

    `held` is the article it refers to, None for a new one; accepted without `refused`.

    `id_reused` is True where the claimed post id belonged to another article; `own_url` is True where the
    stated address belongs to another article and is not believed; `copy` where it is another copy of a known
    article, at an address of its own; `doubted` is an article whose text shows
    itself to be a wall, and is to be taken back.
    """

    held: Held | None = None
    evidence: frozenset[Evidence] = frozenset()
    refused: Reason | None = None
    id_reused: bool = False
    own_url: bool = False
    copy: bool = False
    doubted: Held | None = None

    @property
    def accepted(self) -> bool:
        """True if the answer may be saved."""
        return self.refused is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Facts that identify a comment. `article` is the archive's id."""

    article: int
    author: str | None = None
    published: Moment | None = None
    text: str | None = None
