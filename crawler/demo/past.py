"""What an invented library has kept of the demo newspaper's past, as a WARC file for `backissue import`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.demo import pages
from crawler.demo.paper import Paper
from crawler.demo.story import story


def witness() -> str:
    """Return the name of the library."""
    return str(story()["past"]["witness"])


def write(file: Path, base: str, start: datetime) -> None:
    """Write the pages that the library received of the newspaper at `base`, begun at `start` (aware)."""
    with file.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        for capture in story()["past"]["captures"]:
            url, moment, body = _received(Paper(start), base, capture)
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=UTF-8")], "HTTP/1.1")
            stamp = {"WARC-Date": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
            record = writer.create_warc_record(
                url, "response", payload=BytesIO(body), http_headers=headers, warc_headers_dict=stamp
            )
            writer.write_record(record)


def _received(paper: Paper, base: str, capture: dict[str, Any]) -> tuple[str, datetime, bytes]:
    """Return the URL of a page, the moment at which it was received, and its bytes."""
    paper.base = base
    moment = paper.moment(capture["at"]).astimezone(UTC)
    article = paper.articles[capture["article"]]
    html = article.html.replace(*capture.get("instead", ("", "")))
    earlier = replace(article, title=capture.get("title", article.title), html=html)
    paper.articles[article.id] = earlier
    defaults = {"article": article.id, "parent": 0, "kind": "comment", "url": ""}
    lost = [paper.comment(defaults | row) for row in capture["comments"]]
    said = [*paper.comments.values(), *lost]
    paper.comments = {each.id: each for each in said if each.published <= moment}
    return base + article.path, moment, pages.render_article(paper, earlier).body
