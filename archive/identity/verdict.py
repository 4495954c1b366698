"""Identity before content: decide whether a response is about a recorded article or comment.

One decision for pages, listings, feeds and imports, with its reasons. Pure: no SQL, no HTTP, no clock. The
input is a Claim and the Known articles, the result a Verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from archive.core.records import Surface
from archive.core.urls import page_key
from archive.identity.claims import Claim, Evidence, Held, Known, Reason, Remark, Verdict
from archive.identity.likeness import digest_numbers, same_date, same_text, same_title, split_words

_PROSE_WORDS = 150  # a page without any sign of an article is believed from this length on
BOILERPLATE_WORDS = 8  # a text that several proven articles may share, as "Watch the video below."
COLLAPSE_WORDS = 40  # a stored text of this length that shrinks to a third is believed at the second check
COLLAPSE_FACTOR = 3
REPLACED_WORDS = 20  # a known text of this length that becomes another one is believed at the second look
TELLING_WORDS = 5  # from which on the text of a comment is hardly that of another reader, too


def judge_claim(claim: Claim, known: Known, surface: Surface) -> Verdict:
    """Return the verdict on an answer, and its article.

    A page has to prove itself. An entry of a listing or feed names an article, and is never refused.
    """
    if surface is Surface.PAGE:
        return _judge_page(claim, known)
    return _judge_entry(claim, known, surface)


def _judge_page(claim: Claim, known: Known) -> Verdict:
    """Return whether, and for which article, an HTML page may be saved."""
    id_reused = known.by_id is not None and not _believes_id(claim, known)
    own_url = _has_foreign_canonical(claim, known)
    held = _article_of_page(claim, known, id_reused=id_reused, own_url=own_url)
    copied = None
    evidence = frozenset[Evidence]()
    if held:
        evidence = _agreements(claim, held)
    if own_url:
        evidence -= {Evidence.CANONICAL}
    if held is None and (copied := _copied(claim, known)) is not None:
        held = copied
        evidence = frozenset({Evidence.TITLE, Evidence.DATE, Evidence.TEXT})
    refused = _page_refusal(claim, known, held, evidence)
    if refused is None and not evidence & _PROOFS:
        evidence |= {Evidence.FIRST}
    doubted = None
    if refused is Reason.ALIKE and _is_doubtful(known):
        doubted = known.alike
    return Verdict(
        held=held,
        evidence=evidence,
        refused=refused,
        id_reused=id_reused,
        own_url=own_url,
        copy=copied is not None,
        doubted=doubted,
    )


def _judge_entry(claim: Claim, known: Known, surface: Surface) -> Verdict:
    """Return the article of a listing's entry; never a refusal.

    An id is believed only if address, date or title agrees; otherwise the entry is identified by its URL. A
    feed often has no ids, and may list another post at the address.
    """
    if known.by_id is not None and _believes_id(claim, known):
        return Verdict(held=known.by_id, evidence=_agreements(claim, known.by_id))
    id_reused = known.by_id is not None
    there = known.at_url
    if there is not None:
        evidence = _agreements(claim, there)
        same_ids = claim.post_id is None or there.post_id is None
        agrees = same_ids or evidence & {Evidence.TITLE, Evidence.DATE}
        has_told = surface is Surface.FEED or not same_ids
        if agrees and not (has_told and _is_another_post(claim, there)):
            return Verdict(held=there, evidence=evidence, id_reused=id_reused)
    twin = known.twin
    if twin is not None and (id_reused or known.rebuilt or not _shares_host(claim, twin)):
        return Verdict(held=twin, evidence=_agreements(claim, twin), id_reused=id_reused)
    return Verdict(id_reused=id_reused)


def is_same_comment(one: Remark, other: Remark) -> bool:
    """True if comments of one id are one, perhaps edited.

    An edit keeps the author or the date. Under another article the author has to agree, and the date or the
    text with it.
    """
    text = _share_words(one.text, other.text)
    words = split_words(one.text or "")
    telling = text and len(words) >= TELLING_WORDS
    dated = one.published is not None and other.published is not None
    authors = _equal(one.author, other.author)
    dates = same_date(one.published, other.published, zones=authors)
    if one.article != other.article:
        return authors and (dates or telling)
    if telling or dates:
        return True
    if text or not (one.text and other.text):
        return authors or not dated
    return authors and not dated


def is_same_utterance(one: Remark, other: Remark) -> bool:
    """True if two comments of different ids are one.

    Their article, instant and text agree.
    """
    same_instant = isinstance(one.published, datetime) and one.published == other.published
    if one.article != other.article or not same_instant:
        return False
    if _equal(one.text, other.text):
        return True
    return _equal(one.author, other.author) and _share_words(one.text, other.text)


_PROOFS = frozenset(
    {Evidence.ID, Evidence.CANONICAL, Evidence.TITLE, Evidence.DATE, Evidence.TEXT},
)
_WITNESSES = frozenset({Evidence.ID, Evidence.TITLE, Evidence.DATE})
"""Evidence that a wall, which only echoes the address, does not give."""


def _page_refusal(
    claim: Claim, known: Known, held: Held | None, evidence: frozenset[Evidence]
) -> Reason | None:
    if _is_wall(claim, known, held, evidence):
        return Reason.ALIKE
    if held is None or held.is_empty:
        if _is_bare(claim) and Evidence.ID not in evidence:
            return Reason.BARE
        return None
    if not evidence & _PROOFS:
        return Reason.UNPROVEN
    if evidence <= {Evidence.ADDRESS, Evidence.CANONICAL, Evidence.ID}:
        strong = Evidence.ID in evidence
        is_expected = held.listed and held.title and not held.common
        if is_expected and claim.title and (held.text or not strong):
            return Reason.CONTRADICTED
        if claim.bare and not strong:
            return Reason.UNPROVEN
        titled = strong and same_title(claim.title, held.title)  # a title that others have, too
        if held.text and claim.text and claim.whole and not claim.repeated and not titled:
            return Reason.REPLACED
    is_proven = Evidence.ID in evidence and not known.mixed_up
    is_replaced = not is_proven and _is_replaced(claim, held)
    shrinkage = _shrinkage(claim, held)
    if shrinkage is None and is_replaced:
        return Reason.REPLACED
    return shrinkage


def _is_replaced(claim: Claim, held: Held) -> bool:
    """True if a text has nothing of the stored one, at first sight.

    A wall that repeats title and address, or the date, shows such a text; so does an article that was
    rewritten, for which a later look or the publisher's own copy speaks.
    """
    is_believed = claim.repeated or claim.confirmed or claim.reread
    if is_believed or not claim.whole or not claim.text or not held.text:
        return False
    is_long = len(split_words(held.text)) >= REPLACED_WORDS
    return is_long and not same_text(held.text, claim.text)


def _shrinkage(claim: Claim, held: Held) -> Reason | None:
    """Return why a much shorter text is refused, if it is."""
    if not claim.whole or not held.text or claim.text in {None, held.text}:
        return None
    before = len(split_words(held.text))
    after = len(split_words(claim.text or ""))
    if before < COLLAPSE_WORDS or after * COLLAPSE_FACTOR > before:
        return None
    if claim.metered:
        return Reason.METERED
    believed = claim.repeated or claim.confirmed or same_text(held.text, claim.text)
    if believed:
        return None
    return Reason.COLLAPSED


def _is_wall(claim: Claim, known: Known, held: Held | None, evidence: frozenset[Evidence]) -> bool:
    """True if another URL shows the same text, and no copy."""
    other = known.alike
    if other is None and not known.wall:
        return False
    if other is not None and held is not None and other.id == held.id:
        return False
    if other is None and held is not None and claim.text == held.text:
        return False
    proven = bool(evidence & _WITNESSES)
    words = split_words(claim.text or "")
    if proven and len(words) < BOILERPLATE_WORDS:
        return False
    if _is_of_a_series(claim, known, evidence):
        return False
    if other is None:
        return True
    own_id = claim.post_id is not None and claim.post_id != other.post_id
    return not (own_id and same_title(claim.title, other.title))


def _is_of_a_series(claim: Claim, known: Known, evidence: frozenset[Evidence]) -> bool:
    """True if a proven page differs in numbers from similar ones.

    Daily figures, obituaries and open threads repeat the same text in article after article.
    """
    other = known.alike
    own = claim.post_id is not None and claim.published is not None
    if other is not None:
        differs = claim.post_id != other.post_id and claim.published != other.published
        own = own and differs
    has_proof = own or evidence & {Evidence.TITLE, Evidence.DATE}
    if claim.named or claim.metered or not has_proof:
        return False
    if other is None:
        return not known.wall_numbers
    if known.wall_numbers:
        return False
    return digest_numbers(claim.text or "") != digest_numbers(other.text or "")


def _is_doubtful(known: Known) -> bool:
    """True if the similar article's text has no other witness."""
    return known.alike is not None and not known.alike.proof & _WITNESSES


def _copied(claim: Claim, known: Known) -> Held | None:
    """Return the recorded article that a page copies, if any."""
    for other in (known.alike, known.twin):
        if other is None or claim.bare or claim.text is None or other.text is None:
            continue
        have_ids = None not in (claim.post_id, other.post_id)
        if have_ids and _shares_host(claim, other):
            continue  # two posts of one site
        alike = same_title(claim.title, other.title) and same_date(claim.published, other.published)
        if alike and same_text(claim.text, other.text):
            return other
    return None


def _is_bare(claim: Claim) -> bool:
    if not claim.bare:
        return False
    return claim.named or len(split_words(claim.text or "")) < _PROSE_WORDS


def _article_of_page(claim: Claim, known: Known, *, id_reused: bool, own_url: bool) -> Held | None:
    """Return the recorded article of a page, if any."""
    if known.by_id is not None and not id_reused:
        return known.by_id
    for held, url in _candidates(claim, known, own_url=own_url):
        evidence = _agreements(claim, held)
        telling = {Evidence.TITLE, Evidence.DATE, Evidence.TEXT}
        told = bool(evidence & telling)
        have_ids = None not in (claim.post_id, held.post_id)
        ids_differ = have_ids and claim.post_id != held.post_id
        final = page_key(claim.final)
        here = final in set(map(page_key, held.urls))
        same_article = id_reused and {Evidence.TITLE, Evidence.DATE} <= evidence
        whole = same_article or ((id_reused or known.rebuilt) and _is_twin(claim, held))
        is_another = ids_differ and _is_another_post(claim, held)
        if is_another or (ids_differ and not (told and here) and not whole):
            continue  # another post has taken the address
        is_elsewhere = page_key(url) != final and url != claim.url
        if is_elsewhere and not told:
            continue  # the requested URL leads elsewhere
        if not told and held.read and final not in set(map(page_key, held.read)):
            continue  # it was read elsewhere, and only stated to be here
        return held
    twin = known.twin
    if known.rebuilt and twin is not None and _is_twin(claim, twin):
        return known.twin
    return None


def _is_twin(claim: Claim, held: Held) -> bool:
    """True if title and instant are the same.

    By these WordPress' importer, too, takes two posts for one; other posts of the title have other times.
    """
    titles = claim.title == held.title or same_title(claim.title, held.title)
    is_exact = isinstance(claim.published, datetime)
    return titles and is_exact and claim.published == held.published


def _is_another_post(claim: Claim, held: Held) -> bool:
    """True if neither id, title nor text is the recorded one.

    A post that was published in the place of another has its address, and often its date. Where the other is
    known to be removed, id and title suffice.
    """
    text = claim.text or claim.written
    if claim.post_id is not None and claim.post_id == held.post_id:
        return False
    if not (claim.title and held.title) or same_title(claim.title, held.title):
        return False
    if held.gone and None not in (claim.post_id, held.post_id):
        return True
    return bool(text and held.text) and not same_text(text or "", held.text or "")


def _candidates(claim: Claim, known: Known, *, own_url: bool) -> Sequence[tuple[Held, str]]:
    at_url = known.at_url
    if own_url:
        at_url = None
    found = [(at_url, claim.url), (known.at_final, claim.final), (known.at_asked, claim.asked)]
    return [(held, url) for held, url in found if held is not None]


def _has_foreign_canonical(claim: Claim, known: Known) -> bool:
    """True if the canonical URL belongs to another article."""
    owner = known.at_url
    if owner is None or not claim.stated or page_key(claim.url) == page_key(claim.final):
        return False
    here = known.at_final or known.at_asked
    if here is not None and here.id == owner.id:
        return False
    if not claim.whole or (known.by_id is not None and known.by_id.id == owner.id):
        return False
    titled = same_title(claim.title, owner.title)
    if titled and same_date(claim.published, owner.published):
        return False
    if owner.text and claim.text:
        return not _share_words(claim.text, owner.text)
    return not titled


def _believes_id(claim: Claim, known: Known) -> bool:
    """True if a post id is confirmed by URL, date, title or text.

    Where more agrees with the article at the claimed URL, the id has moved to that one.
    """
    held = known.by_id
    there = known.at_url
    if held is None:
        return False
    agreed = _agreements(claim, held) - {Evidence.ID}
    if there is not None and there.id != held.id:
        telling = {Evidence.ADDRESS, Evidence.TITLE, Evidence.DATE}
        others = _agreements(claim, there) & telling
        if len(others) > len(agreed & {Evidence.ADDRESS, Evidence.TITLE, Evidence.DATE}):
            return False
    exact = isinstance(claim.published, datetime) and isinstance(held.published, datetime)
    if agreed and (exact or agreed != {Evidence.DATE}):
        return True
    return held.title is None and held.published is None and held.text is None


def _agreements(claim: Claim, held: Held) -> frozenset[Evidence]:
    """Return all in which a claim agrees with an article."""
    places = {page_key(url) for url in held.urls}
    found = set()
    if claim.post_id is not None and claim.post_id == held.post_id:
        found.add(Evidence.ID)
    shown = {page_key(claim.url), page_key(claim.asked), page_key(claim.final)}
    if places & shown:
        found.add(Evidence.ADDRESS)
    if claim.stated and page_key(claim.url) in places:
        found.add(Evidence.CANONICAL)
    if not held.common and same_title(claim.title, held.title):
        found.add(Evidence.TITLE)
    if same_date(claim.published, held.published):
        found.add(Evidence.DATE)
    if not found & {Evidence.TITLE, Evidence.DATE} and _share_words(claim.text, held.text):
        found.add(Evidence.TEXT)
    return frozenset(found)


def _shares_host(claim: Claim, held: Held) -> bool:
    hosts = {page_key(url).partition("/")[0] for url in held.urls}
    own_host = page_key(claim.url).partition("/")[0]
    return own_host in hosts


def _share_words(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return False
    return same_text(one, other)


def _equal(one: str | None, other: str | None) -> bool:
    return one is not None and one == other
