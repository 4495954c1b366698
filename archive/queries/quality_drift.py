"""Find out whether pages yield less than earlier ones: a new theme, a new plugin, a login wall.

Pure: the input is counts of this run and of earlier ones, the result a sentence for people, if any. An hourly
run reads few pages, so the last runs count together until they make a sample.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from archive.core.records import Quality

SAMPLE = 20  # pages that are compared, at least: of fewer, two bad ones would be much
USUAL = 50  # earlier pages that make a past to compare with, at least
MEMORY = 500  # earlier pages that are enough: a site that changed for good is the usual one after some weeks
_MORE = 0.2  # a fifth of the pages more than usual is a loss worth a check, even if by chance
CHANCE = 3.5  # standard deviations: chance alone exceeds about once in 4,000 samples
_MOST = 0.5  # without a past: a site of which most pages give no text or no date is not read rightly

_WATCHED = {
    "texts_missing": "gave no text",
    "dates_missing": "gave no date",
    "authors_missing": "gave no author",
    "threads_short": "have fewer comments here than the site states",
}
_NEEDED = {"texts_missing", "dates_missing"}  # what every article has, so that no past is needed to judge


def alarm(now: Quality, earlier: Iterable[Quality]) -> str | None:
    """Return a sentence on fields missing more often, if any.

    `earlier` are the runs before this one, the newest first.
    """
    recent = now
    past = Quality()
    for quality in earlier:
        if recent.pages_read < SAMPLE:
            recent += quality
        elif past.pages_read < MEMORY:
            past += quality
        else:
            break
    if recent.pages_read < SAMPLE:
        return None
    compared = (_compare(name, words, recent, past) for name, words in _WATCHED.items())
    found = [sentence for sentence in compared if sentence]
    if not found:
        return None
    return f"Check the newest pages: {'; '.join(found)}."


def _compare(name: str, words: str, recent: Quality, past: Quality) -> str | None:
    pages = recent.pages_read
    missing = getattr(recent, name)
    if past.pages_read < USUAL:
        bound = _MOST if name in _NEEDED else 1.0
        before = ""
    else:
        missed = getattr(past, name)
        usual = min(1.0, (missed + 1) / (past.pages_read + 2))
        spread = sqrt(usual * (1 - usual) / pages)
        bound = usual + max(_MORE, CHANCE * spread)
        missing_before = getattr(past, name)
        before = f" (before: {missing_before:,} of {past.pages_read:,})"
    if missing > bound * pages:
        return f"{missing:,} of the last {pages:,} pages {words}{before}"
    return None
