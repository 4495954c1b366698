"""Exports of articles as JSON lines and Markdown, read back and compared."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

from archive.queries import articles as reading
from archive.storage.archive import Archive
from tests.builders.export_town import export, exported, is_whole, rows


def test_json_lines_give_back_every_article_and_comment(town: Path) -> None:
    articles = [json.loads(line) for line in export(town, "jsonl").stdout.split("\n")[:-1]]
    with closing(sqlite3.connect(town / "archive.db")) as db:
        held = db.execute("SELECT url, title, text FROM articles ORDER BY id").fetchall()
        below = Counter(db.execute("SELECT author, text FROM comments").fetchall())
    assert [(line["url"], line["title"], line["text"]) for line in articles] == held
    found = [(comment["author"], comment["text"]) for line in articles for comment in line["comments"]]
    assert Counter(found) == below


def test_markdown_files_have_names_that_every_file_system_takes(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "markdown", tmp_path / "markdown")
    manifest = is_whole(folder)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.md")]
    assert len(names) == manifest["counts"]["articles"] == len(rows(town / "archive.db", "articles"))
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert re.fullmatch(r"(\d{4}/\d\d|undated)/[\w-]+\.md", name), name
        assert name == name.lower()
        assert len(name.encode()) < 255
        assert not re.search(r"/(con|nul)\.md$", name)
    assert {"2019/05/harbour.md", "2019/05/harbour-3.md", "2019/05/con-.md"} <= set(names)


def rendered(text: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).render(text)


def shown(text: str) -> str:
    """The words of a text as a reader of Markdown sees them: runs of blanks are one."""
    return " ".join(text.replace("\0", "\ufffd").split())


def test_markdown_gives_back_facts_text_and_thread(town: Path, tmp_path: Path) -> None:
    import lxml.html

    folder = exported(town, "markdown", tmp_path / "markdown")
    held = {}
    with Archive.open(town / "archive.db") as archive:
        for article in reading.iterate_articles(archive.db):
            held[article.id] = article
    by_url = {article.article.url: article for article in held.values()}
    for path in folder.rglob("*.md"):
        if path.name == "README.md":
            continue
        _, front, body = path.read_bytes().decode().split("---\n", 2)
        facts = yaml.safe_load(front)
        article = by_url.pop(facts["url"])
        assert (facts["title"], facts["authors"]) == (article.article.title, list(article.article.authors))
        assert facts["tags"] == list(article.article.tags)
        assert facts["comments"] == len(article.comments)
        assert (article.article.markdown or "") in body
        if not article.comments:
            continue
        thread = lxml.html.fromstring(rendered(body.split("\n## Comments ")[1]))
        assert not thread.xpath(
            "//script | //img | //a[not(starts-with(@href, 'http'))] | //h1 | //h3 | //ul"
        )
        words = shown(thread.text_content())
        for comment in article.comments:
            assert shown(comment.comment.text or "") in words
            assert shown(comment.comment.author or "No name") in words
    assert not by_url


def test_markdown_nests_answers_as_quotes_up_to_a_depth(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "markdown", tmp_path / "markdown", "--query", '"Level 29"')
    (page,) = folder.rglob("2019/**/*.md")
    text = page.read_text()
    assert "\n> Level 0.\n>\n> > **" in text
    assert re.search(r"\n(> ){12}\*\*[^\n]+ · to \w[^\n]+\n(> ){11}>\n(> ){12}Level 29\.\n", text)
