"""How complete one source is, in a sentence that anybody understands. Pure.

Home page and coverage page show the same sentence, so that they cannot contradict each other.
"""

from __future__ import annotations

from archive.core.formatting import count
from archive.public.render.text import plain_day
from archive.storage.coverage import Summary


def completeness_sentence(summary: Summary) -> str:
    """Return how much of the site's stated content is archived."""
    if not summary.months:
        return "Not compared with the site yet; `backissue verify` does it."
    checked = ""
    if summary.oldest_proof:
        checked = f" (oldest check: {plain_day(summary.oldest_proof)})"
    if summary.proved == summary.months:
        months = count(summary.months, "month")
        whole = f"Complete: everything the site listed for {months} is archived{checked}."
        return whole + _withheld(summary.withheld)
    parts = [f"{summary.proved:,} of {count(summary.months, 'month')} complete{checked}"]
    if summary.missing:
        verb = "are"
        if summary.missing == 1:
            verb = "is"
        parts.append(f"{count(summary.missing, 'item')} {verb} missing")
    else:
        parts.append("the others could not be checked")
    return f"{'; '.join(parts)}.{_withheld(summary.withheld)}"


def _withheld(number: int) -> str:
    """Return a sentence on what the site counts but does not show; "" for zero."""
    if not number:
        return ""
    verb = "are"
    if number == 1:
        verb = "is"
    return f" {number:,} more {verb} counted by the site but not public."
