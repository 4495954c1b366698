"""Golden pages: digests of what the extractor reads from each fixture, and the version that read it.

`python -m tests.golden` records them again, but only after `EXTRACTOR_VERSION` was raised: archives read
their kept pages again by that number alone, so a change of output without a new number would pass for an
edit by the publisher.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.core.records import Page, PageKind, Site
from pipeline import process
from pipeline.extractor_version import EXTRACTOR_VERSION
from tests.builders.pages import made_page
from tests.paths import FIXTURES

RECORDED = FIXTURES / "golden" / "outputs.json"
SITE = Site(name="gull", url="https://gazette.example/")
NOT_KEPT = {"bare"}  # fields that only help to decide whose page it is
ONLY_LISTED = {"written"}  # fields that pages never have
LISTINGS = {
    "posts.json": PageKind.POSTS,
    "comments.json": PageKind.COMMENTS,
    "posts-feed.xml": PageKind.POSTS_FEED,
    "comments-feed.xml": PageKind.COMMENTS_FEED,
}


def inputs() -> dict[str, Page]:
    """Return every golden page by its name: fixtures of articles, and one listing of each kind."""
    found = {
        str(file.relative_to(FIXTURES)): _page(file, PageKind.ARTICLE)
        for folder in ("pages", "threads", "bylines")
        for file in sorted((FIXTURES / folder).glob("*.html"))
    }
    return found | {
        f"golden/{name}": _page(FIXTURES / "golden" / name, kind) for name, kind in LISTINGS.items()
    }


def outputs() -> dict[str, dict[str, str]]:
    """Return what is read from each golden page now, as a digest of each field of each record."""
    return {name: _digests(page) for name, page in inputs().items()}


def _page(file: Path, kind: PageKind) -> Page:
    url = f"https://gazette.example/archives/2026/03/{file.stem}.php"
    return made_page(
        url, file.read_bytes(), source="gull", kind=kind, fetched_at=datetime(2026, 1, 5, 12, tzinfo=UTC)
    )


def _digests(page: Page) -> dict[str, str]:
    extract = process(page, SITE)
    found = {"article": extract.articles, "comment": extract.comments, "problem": extract.problems}
    return {
        f"{name}.{field.name}": _digest([getattr(record, field.name) for record in records])
        for name, records in found.items()
        if records
        for field in dataclasses.fields(records[0])
        if field.name not in NOT_KEPT
        and (
            field.name not in ONLY_LISTED
            or any(getattr(record, field.name) is not None for record in records)
        )
    }


def _digest(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:10]


def main() -> int:
    """Write the golden digests; return 1, with a sentence, where the version was not raised."""
    before = (
        json.loads(RECORDED.read_text(encoding="utf-8"))
        if RECORDED.exists()
        else {"version": 0, "outputs": {}}
    )
    now = outputs()
    known = before["outputs"]
    changed = sorted(name for name in known if name in now and known[name] != now[name])
    if changed and before["version"] == EXTRACTOR_VERSION:
        print(f"Raise EXTRACTOR_VERSION first: {len(changed)} golden pages differ: {', '.join(changed[:9])}")
        return 1
    text = json.dumps({"version": EXTRACTOR_VERSION, "outputs": now}, indent=0, sort_keys=True)
    RECORDED.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
