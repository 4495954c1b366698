"""Charsets: every label of the WHATWG list is text, a bad byte costs one character, and losses are said."""

from __future__ import annotations

import pytest

from archive.core.answers.charsets import CODECS, codec_of, decode
from archive.core.records import PageKind, Problem, Site
from pipeline import process
from tests.builders.hostile import page

SAMPLES = {
    "utf-8": "Zürich, Łódź, 北京", "cp866": "Паром", "iso8859-2": "Łódź",
    "iso8859-3": "Ħobż", "iso8859-4": "Šķēde", "iso8859-5": "Паром",
    "iso8859-6": "مرفأ", "iso8859-7": "Λιμάνι", "iso8859-8": "נמל",
    "iso8859-10": "Þór ŋ", "iso8859-13": "Žvejų", "iso8859-14": "Ŵyth",
    "iso8859-15": "Œuvre à 5 €", "iso8859-16": "Știri", "koi8-r": "Паром",
    "koi8-u": "Київ", "mac-roman": "café “quay”", "cp874": "ท่าเรือ",
    "cp1250": "Łódź „tak”", "cp1251": "Паром «да»", "cp1252": "café “quay” €",
    "cp1253": "Λιμάνι", "cp1254": "İstanbul’da", "cp1255": "נמל",
    "cp1256": "مرفأ پ", "cp1257": "Žvejų", "cp1258": "đà ê",
    "mac-cyrillic": "Паром", "gb18030": "港口委员会 镕 €", "big5hkscs": "碼頭委員會",
    "euc_jp": "港湾委員会", "iso2022_jp_ext": "港湾委員会", "cp932": "港湾①㈱～",
    "cp949": "항구 똠방", "hz": "港口", "iso2022_kr": "항구",
    "utf-16-le": "Łódź", "utf-16-be": "Łódź",
}  # fmt: skip


@pytest.mark.parametrize("label", sorted(CODECS))
def test_every_label_of_browsers_is_text(label: str) -> None:
    codec = codec_of(label.upper())
    assert codec is not None
    body = f"<p>{SAMPLES[codec]}</p>".encode(codec)
    found = decode(body, f"text/html; charset={label}")
    assert (found.text, found.guessed, found.lost) == (f"<p>{SAMPLES[codec]}</p>", False, 0)
    if not codec.startswith("utf-16"):
        assert decode(f'<meta charset="{label}"><p>'.encode() + body).text.endswith(found.text)


@pytest.mark.parametrize(
    ("label", "raw", "text"),
    [
        ("euc-jp", b"\xad\xa1\xad\xea", "①㈱"),
        ("gbk", b"5 \x80 \xb8\xdb\xbf\xda\xce\xaf\xd4\xb1", "5 € 港口委员"),
        ("iso-8859-1", b"\x93quay\x94", "“quay”"),
        ("iso-8859-9", b"\xddstanbul\x92da", "İstanbul’da"),
        ("x-user-defined", b"quay", "quay"),
    ],
)
def test_characters_beside_the_standard_are_read(label: str, raw: bytes, text: str) -> None:
    assert decode(raw, f"text/html; charset={label}").text == text


@pytest.mark.parametrize("codec", ["utf-8", "cp1251", "cp932", "gb18030", "big5hkscs", "euc_jp", "cp949"])
def test_one_bad_byte_costs_one_character(codec: str) -> None:
    label = next(label for label, known in CODECS.items() if known == codec)
    words = SAMPLES[codec].split()[0] * 30 + " "
    found = decode(words.encode(codec) + b"\xff \x98 " + words.encode(codec), f"charset={label}")
    assert found.text.startswith(words)
    assert found.text.endswith(words)
    assert len(found.text) <= 2 * len(words) + 4


@pytest.mark.parametrize(
    ("body", "header", "charset", "guessed"),
    [
        (b"\xef\xbb\xbf" + "é".encode(), "charset=windows-1251", "utf-8", False),
        ("Паром".encode("cp1251"), "text/html; charset=windows-1251", "cp1251", False),
        (b"<meta charset=koi8-r>" + "Паром".encode("koi8-r"), "text/html", "koi8-r", False),
        (b"<meta charset=koi8-r>" + "Паром".encode("cp1251"), "charset=windows-1251", "cp1251", False),
        (b"<meta charset=windows-1251>" + "Паром".encode("cp1251"), "charset=utf-8", "cp1251", True),
        ("Паром".encode(), "charset=rot13", "utf-8", True),
        ("Паром".encode(), None, "utf-8", False),
        (b'<html lang="ru">' + "Паром".encode("cp1251"), None, "cp1251", True),
        (b'<html lang="zh-TW">' + "碼頭委員會".encode("big5"), None, "big5hkscs", True),
        ("café “quay”".encode("cp1252"), None, "cp1252", True),
        (b"plain words", "charset=undefined", "utf-8", False),
        ("Ein Möwenpaar".encode(), "text/html; charset=iso-8859-1", "cp1252", False),
        ("Ein Möwenpaar. ".encode() * 10, "text/html; charset=iso-8859-1", "utf-8", True),
        (b"<meta charset=gb2312>" + "码头委员会开会到很晚".encode(), None, "utf-8", True),
        (b"<meta charset=utf-16>" + "é".encode(), None, "utf-8", False),
    ],
)
def test_mark_header_meta_and_guess_come_in_order(
    body: bytes, header: str | None, charset: str, guessed: bool
) -> None:
    found = decode(body, header)
    assert (found.charset, found.guessed) == (charset, guessed)


def problems(body: bytes, content_type: str) -> list[Problem]:
    words = b"<title>Ice</title><article><h1>Ice</h1><p>" + b"The ferry waits at the quay. " * 20
    answer = page(PageKind.ARTICLE, words + body, content_type)
    return list(process(answer, Site(name="gazette", url="https://gazette.example")).problems)


@pytest.mark.parametrize(
    ("body", "content_type", "codes"),
    [
        ("Паром ждёт".encode("cp1251"), "text/html; charset=windows-1251", []),
        ("Паром ждёт".encode("cp1251") + b"\x98", "text/html; charset=windows-1251", ["characters-lost"]),
        ("Паром ждёт".encode("cp1251"), "text/html; charset=utf-8", ["charset-guessed"]),
        ("Паром".encode() + b"\x93", "text/html; charset=utf-8", ["charset-guessed"]),
        ("Паром".encode(), "text/html; charset=hex", ["charset-guessed"]),
    ],
)
def test_guesses_and_losses_are_problems(body: bytes, content_type: str, codes: list[str]) -> None:
    assert [problem.code for problem in problems(body, content_type)] == codes
