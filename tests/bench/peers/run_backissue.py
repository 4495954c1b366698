"""Backissue's reader on the pages of a folder: `run_backissue.py PAGES OUTPUT`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from archive.core.records import Page, PageKind, Site
from pipeline.process import process

_SITE = Site(name="gazette", url="https://gazette.example")


def main() -> None:
    """Read each page with its thread."""
    with Path(sys.argv[2]).open("w") as output:
        for page in json.loads(Path(sys.argv[1]).read_text()):
            extract = process(_page(page["url"], Path(page["file"]).read_bytes()), _SITE)
            [article] = extract.articles
            comments = "\n".join(comment.text or "" for comment in extract.comments)
            output.write(json.dumps({"url": page["url"], "text": article.text, "comments": comments}) + "\n")


def _page(url: str, body: bytes) -> Page:
    return Page(
        source="gazette",
        kind=PageKind.ARTICLE,
        url=url,
        final_url=url,
        status=200,
        headers=(("content-type", "text/html; charset=UTF-8"),),
        fetched_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        body=body,
    )


if __name__ == "__main__":
    main()
