"""The Gull Gazette: a site of three articles, whose pages and listings tests twist."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.core.records import Page, PageKind, Saved, Site
from archive.storage.archive import Archive
from pipeline import process
from tests.builders.pages import made_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = Site(name="gull", url="https://gull.example", title="The Gull Gazette")
LIGHTS, NETS, TAR = (f"https://gull.example/2026/02/{slug}/" for slug in ("lights", "nets", "tar"))
REST = "https://gull.example/wp-json/wp/v2/posts"
TEXTS = {
    LIGHTS: (
        "The harbour council met on Tuesday evening to settle the long question of the eastern lights.",
        "Three keepers spoke first, and described winters in which the lamps went dark for nights together.",
        "The treasurer answered with figures: eleven thousand for the masts, four thousand for the cable.",
    ),
    NETS: (
        "The nets of the northern fleet are mended by night, since the day belongs to the tide and to the men.",
        "Nobody pays for it, says the oldest of them, and nobody ever did in all the years that he remembers.",
    ),
    TAR: (
        "Tar is dear this spring, and the yards have begun to stretch it with resin from the upper valley.",
        "Whether a hull so dressed will hold through autumn is a matter on which the masters do not agree.",
    ),
}
LONG = tuple(words for url in (LIGHTS, NETS, TAR) for words in TEXTS[url])
TITLES = {LIGHTS: "Harbour lights", NETS: "Nets are mended by night", TAR: "Tar is dear this spring"}
DATES = {LIGHTS: "2026-02-09T10:00:00", NETS: "2026-02-12T08:30:00", TAR: "2026-02-20T17:45:00"}
NEW = (
    "All of it was otherwise, as the paper has learned since: the lights were never settled by anybody.",
    "A clerk had written the minutes before the meeting, and the keepers were asked to sign them unread.",
    "The council will hear the matter once more in April, with the doors open and a witness at the table.",
)
IDS = {LIGHTS: 10, NETS: 11, TAR: 12}


def page(url: str, body: str, hours: float = 0, **more: Any) -> Page:
    facts: dict[str, Any] = {
        "kind": PageKind.ARTICLE,
        "final_url": url,
        "status": 200,
        "headers": (("content-type", "text/html; charset=utf-8"),),
    }
    fetched_at = NOON + timedelta(hours=hours)
    return made_page(url, body, source="gull", fetched_at=fetched_at, **{**facts, **more})


def story(
    url: str,
    *,
    title: str | None = None,
    text: tuple[str, ...] | None = None,
    canonical: str | None = "",
    post_id: int | None = None,
    date: str | None = "",
    plain: bool = False,
) -> str:
    """Return the page of an article; `plain` has nothing but a heading and paragraphs."""
    title, text = title or TITLES[url], text or TEXTS[url]
    paragraphs = "".join(f"<p>{words}</p>" for words in text)
    if plain:
        return f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{paragraphs}</body></html>"
    link = f'<link rel="canonical" href="{canonical or url}">' if canonical is not None else ""
    number = f" postid-{post_id}" if post_id else ""
    when = (
        "" if date is None else f'<time class="entry-date" datetime="{date or DATES[url]}+00:00">then</time>'
    )
    return (
        f'<html lang="en"><head><title>{title}</title>{link}</head><body class="single single-post{number}">'
        f'<article class="post"><h1 class="entry-title">{title}</h1>{when}'
        f'<div class="entry-content">{paragraphs}</div></article></body></html>'
    )


def listing(entries: dict[str, int], hours: float = 0, titles: dict[str, str] | None = None) -> Page:
    """Return a listing of REST: addresses with their ids."""
    items = [
        {
            "id": number,
            "link": url,
            "date_gmt": DATES[url],
            "modified_gmt": DATES[url],
            "title": {"rendered": (titles or TITLES)[url]},
            "content": {"protected": False},
        }
        for url, number in entries.items()
    ]
    return page(REST, json.dumps(items), hours, kind=PageKind.POSTS)


def open_archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        yield archive


def save(archive: Archive, *pages: Page) -> list[Saved]:
    return [archive.save(each, process(each, SITE)) for each in pages]


def rows(archive: Archive, sql: str) -> list[dict[str, Any]]:
    return list(archive.db.query(sql))


def without_doubt(archive: Archive) -> list[dict[str, Any]]:
    """Return the articles, but not whether they were missed: a page without a name may be that of a removed one."""
    return [row | {"missed_at": None} for row in rows(archive, "SELECT * FROM articles")]


def events(archive: Archive) -> list[tuple[str, int]]:
    return [(row["kind"], row["article_id"]) for row in rows(archive, "SELECT kind, article_id FROM events")]


def texts(archive: Archive) -> dict[str, str | None]:
    return {row["url"]: row["text"] for row in rows(archive, "SELECT url, text FROM articles ORDER BY id")}


def problems(archive: Archive, url: str) -> set[str]:
    found = rows(archive, "SELECT url, code FROM problems WHERE ended_at IS NULL")
    return {row["code"] for row in found if row["url"] == url}
