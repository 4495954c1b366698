"""Claims about identity: what a response states, what is recorded, and the decision between them.

Frozen types without SQL, HTTP or HTML; `identity` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from archive.core.records import Moment


class Evidence(StrEnum):
    """Proof that a response is about a recorded article."""

    ID = "post id"
    ADDRESS = "address"
    CANONICAL = "canonical address"
    TITLE = "title"
    DATE = "date"
    TEXT = "text"
    FIRST = "first contact"  # nothing to compare with, and it is labelled as an article


class Reason(StrEnum):
    """Reason for the refusal of a response, as a stable code."""

    UNPROVEN = "unproven"  # nothing on the page belongs to the recorded article
    CONTRADICTED = "contradicted"  # a second surface still has the old text
    BARE = "bare"  # the page has no sign of an article
    ALIKE = "alike"  # several addresses show the same
    METERED = "metered"  # the page shows less, and reports a withheld part
    REPLACED = "replaced"  # another title, date and text under its id or URL; a second check decides
    COLLAPSED = "collapsed"  # nearly all of a stored text is missing; a second check decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Recorded facts of one article.

    `listed` is True where a listing, not its page, states the title.

    `common` is True where the title is that of the site or of several articles, so that it proves nothing.
    `url` is its present URL, `urls` are all URLs of the article, `read` those at which its page was read;
    `proof` is the evidence with which its text was accepted. `gone` is True for a removed one.
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
    gone: bool = False

    @property
    def is_empty(self) -> bool:
        """True if nothing of the article's page is stored yet."""
        return self.text is None and self.title is None and self.published is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Facts that an answer states of itself.

    `published` is None unless the answer itself states the date.

    `url` is the address that it states or, where `stated` is False, that it was given at; `asked` and
    `final` are the addresses of the request and of the answer. `whole` is False for a further page of an
    article. `named` is True for a page that calls itself a wall, `metered` for one that says that it keeps a
    part back. `repeated` is True where an earlier look, long enough ago, was refused for the same text.
    `confirmed` is True where REST or a feed has just said the same words, `reread` for a kept page that is
    read by other rules. `written` is the text of a listing's entry, as the publisher wrote it.
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
    written: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Recorded articles that a claim may refer to, if any.

    `by_id` has the claimed post id; `at_url`, `at_asked` and `at_final` have the claim's URLs; `twin` has the
    same title and date; `alike` has the same text but for numbers. `wall` is True where such a text was
    refused for another URL, `wall_numbers` where one with the same numbers was. `rebuilt` is True where the
    site lately gave ids of recorded articles to others, as after an import; `mixed_up` where the text is that
    of another article, its address included.
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
    mixed_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Decision on a claim.

    `held` is the article it refers to, None for a new one; accepted without `refused`.

    `id_reused` is True where the claimed post id belonged to another article; `own_url` is True where the
    stated URL belongs to another article and is not believed; `copy` where it is another copy of a recorded
    article, at a URL of its own; `doubted` is an article whose text shows itself to be a wall, and is to be
    taken back.
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
