"""The page of terms over time, and its numbers as CSV and JSON. `word_trends` decides what is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from datasette.utils.asgi import Response

from archive.core.formatting import disarmed, file_name
from archive.public.render.chart import Chart, lines
from archive.public.render.word_trends import MAX_WORDS, Asked, Counted, asked, count_words
from archive.public.sql.downloads import csv_text
from archive.public.web import Row, TooSlow, enter, page_link, read, render_page

SLOW = "This took too long. Ask for fewer or rarer words."


async def words_page(datasette: Any, request: Any) -> Any:
    """Return how often terms occur over time, as a chart with its table."""
    name = await enter(datasette, request)
    wanted = _asked(request)
    found, slow = None, False
    if wanted.terms:
        try:
            found = await _count(datasette, name, wanted)
        except TooSlow:
            slow = True
    if found and not found.totals:
        found = None
    chart = None
    if found and len(found.totals) > 1:
        chart = _chart(wanted, found)
    context = {
        "asked": wanted,
        "typed": request.args.get("q") or "",
        "most": MAX_WORDS,
        "slow": slow,
        "found": found,
        "chart": chart,
        "link": lambda **to: _link(datasette, wanted, **to),
        "searches": {term: _search(datasette, term, wanted.kind) for term in wanted.terms},
    }
    return await render_page(datasette, request, "words.html", context)


async def words_csv(datasette: Any, request: Any) -> Any:
    """Return the numbers.

    A row for each span of time, a column for each term.
    """
    name = await enter(datasette, request)
    wanted = _asked(request)
    try:
        found = await _count(datasette, name, wanted)
    except TooSlow:
        return Response.text(SLOW, status=503)
    rows = [[wanted.by, wanted.kind, *map(disarmed, wanted.terms)]]
    for span, total in found.totals.items():
        counts = [found.terms[term].get(span, 0) for term in wanted.terms]
        rows.append([span, total, *counts])
    file = file_name("words", wanted.terms, "csv", datetime.now(UTC))
    headers = {"content-disposition": f'attachment; filename="{file}"'}
    return Response(csv_text(rows), headers=headers, content_type="text/csv; charset=utf-8")


async def words_json(datasette: Any, request: Any) -> Any:
    """Return the same for programs."""
    name = await enter(datasette, request)
    wanted = _asked(request)
    try:
        found = await _count(datasette, name, wanted)
    except TooSlow:
        return Response.json({"ok": False, "error": SLOW}, status=503)
    counts = []
    for span, total in found.totals.items():
        of_terms = {term: found.terms[term].get(span, 0) for term in wanted.terms}
        counts.append({"span": span, "total": total, "terms": of_terms})
    return Response.json(
        {"ok": True, "terms": list(wanted.terms), "kind": wanted.kind, "by": wanted.by, "counts": counts}
    )


async def _count(datasette: Any, name: str, wanted: Asked) -> Counted:
    return await read(datasette, name, count_words, wanted)


def _asked(request: Any) -> Asked:
    parts = (request.args.get(name) or "" for name in ("q", "kind", "by"))
    return asked(*parts)


def _link(datasette: Any, wanted: Asked, *, form: str = "", **to: str) -> str:
    pairs: Row = {"q": ", ".join(wanted.terms), "kind": wanted.kind, "by": wanted.by, **to}
    return page_link(datasette, "words", pairs, form=form)


def _search(datasette: Any, term: str, kind: str) -> str:
    """Return the search for a term, to which a span of time is added."""
    return page_link(datasette, "search", {"q": term, "kind": kind})


def _chart(wanted: Asked, found: Counted) -> Chart:
    spans = list(found.totals)
    series = {}
    for term in wanted.terms:
        if found.peak(term):
            series[term] = {span: found.share(term, span) for span in spans}
    return lines(f"Share of {wanted.kind} with each word", spans, series)
