"""WARC files of an invented newspaper, and the command that imports them."""

# ruff: noqa: E501  (invented markup reads better in one line)

import json
from io import BytesIO

from click.testing import CliRunner
from sqlite_utils import Database
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

import scheduler

HOST = "gazette.example"
ICE = f"https://{HOST}/2009/07/ice.php"
READ = f"https://{HOST}/2009/08/lamp.php"
CONFIG = f"""contact = "desk@{HOST}"
[sources.gazette]
url = "https://{HOST}"
"""
FIRST = ("11", "E", "Bring skates, and mind the ferry lane.")
SECOND = ("12", "Wren", "And tea for the pilots, who walked all night.")


def html(url=ICE, title="Ice in the harbour", comments=(FIRST,), word="lower"):
    said = "".join(
        f'<li id="comment-{number}" class="comment depth-1"><div class="comment-author vcard"><cite class="fn">'
        f'{author}</cite></div><div class="comment-meta"><a href="{url}#comment-{number}">July {number}, 2009 at'
        f" 4:05 pm</a></div><p>{text}</p></li>"
        for number, author, text in comments
    )
    return f"""<!doctype html><html lang="en"><head><title>{title} - Gazette</title>
    <link rel="canonical" href="{url}"><meta property="article:published_time" content="2009-07-01T09:00:00Z"></head>
    <body class="single single-post"><article id="post-7" class="post hentry">
    <h1 class="entry-title">{title}</h1><div class="entry-content">
    <p>{title}: it closed the {word} quay on Sunday, and the pilots walked home across the water.</p>
    <p>Nobody had seen the like since the winter in which the bell tower froze, they said.</p></div></article>
    <div id="comments"><h3>{len(comments)} comments</h3><ol class="commentlist">{said}</ol></div></body></html>""".encode()


def warc(path, *records):
    """Write a WARC file of records, each a URL, a year and a body; a repeated body becomes a revisit."""
    with path.open("wb") as out:
        writer, firsts = WARCWriter(out, gzip=path.name.endswith(".gz")), {}
        for url, year, body in records:
            headers = StatusAndHeaders(
                "200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1"
            )
            stamp = {"WARC-Date": f"{year}-03-01T00:00:00Z"}
            record = writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(body),
                length=len(body),
                http_headers=headers,
                warc_headers_dict=stamp,
            )
            digest = record.rec_headers.get_header("WARC-Payload-Digest")
            if digest in firsts:
                record = writer.create_revisit_record(
                    url,
                    digest,
                    *firsts[digest],
                    http_headers=headers,
                    warc_headers_dict=stamp,
                )
            firsts.setdefault(digest, (url, stamp["WARC-Date"]))
            writer.write_record(record)
    return path


def run(*words, expect=0):
    done = CliRunner().invoke(scheduler.main, ["import", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == expect, done.output
    return done.output


def said(*words, expect=0):
    return json.loads(run("--json", *words, expect=expect))


def rows(desk, sql):
    with Database(desk / "archive.db").conn as connection:
        return connection.execute(sql).fetchall()


THREAD = "SELECT author, witness, first_seen, seen_at, gone_at FROM comments ORDER BY published"
