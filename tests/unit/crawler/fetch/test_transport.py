"""A response that is still compressed: nobody guesses at the charset of its bytes."""

from __future__ import annotations

import gzip

import pytest
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import HtmlResponse, Request, TextResponse
from scrapy.utils.test import get_crawler

from crawler.fetch.transport import _without_guess

PAGE = "<html><p>The café opened late, and the ferry came early.</p></html>".encode()
URL = "https://gazette.example/2026/ferry/"


def compressed(content_type: str, body: bytes = PAGE) -> HtmlResponse:
    headers = {"Content-Type": content_type, "Content-Encoding": "gzip"}
    return HtmlResponse(URL, headers=headers, body=gzip.compress(body))


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/html", PAGE, PAGE.decode()),
        ("text/html; charset=utf-8", PAGE, PAGE.decode()),
        ("text/html; charset=iso-8859-1", "café".encode("latin-1"), "café"),
        ("text/html", b'<meta charset="windows-1251">' + "Паром".encode("cp1251"), "Паром"),
    ],
)
def test_charset_is_found_once_the_body_is_read(
    content_type: str, body: bytes, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guessed = list[bytes]()
    plain = TextResponse._auto_detect_fun

    def noted(self: TextResponse, said: bytes) -> str | None:
        guessed.append(said)
        return plain(self, said)

    monkeypatch.setattr(TextResponse, "_auto_detect_fun", noted)
    response = _without_guess(compressed(content_type, body))
    request = Request(URL)
    shown = HttpCompressionMiddleware(crawler=get_crawler()).process_response(request, response)
    assert isinstance(shown, HtmlResponse)
    assert text in shown.text
    assert all(said == body for said in guessed)
