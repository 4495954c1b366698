"""The keys of an index of web archives; each of these was compared with what replay software expects."""

from __future__ import annotations

import pytest

from archive.files.sort_key import sort_key

KEYS = {
    "http://www.example.org/a/b?x=1&a=2": "org,example)/a/b?a=2&x=1",
    "https://www.example.org": "org,example)/",
    "https://example.org/": "org,example)/",
    "http://EXAMPLE.org:80/Path/To/Page.HTML": "org,example)/path/to/page.html",
    "https://example.org:443/a": "org,example)/a",
    "http://example.org:8080/a/": "org,example:8080)/a",
    "https://user:pw@example.org/a": "org,example)/a",
    "https://example.org/a/?": "org,example)/a",
    "https://example.org/a?b=C&a=D&c": "org,example)/a?a=d&b=c&c",
    "https://example.org/a?PHPSESSID=0123456789abcdef0123456789abcdef&x=1": "org,example)/a?x=1",
    "https://example.org/a;jsessionid=0123": "org,example)/a;jsessionid=0123",
    "https://example.org/a#frag": "org,example)/a",
    "https://example.org/a/../b/./c//d": "org,example)/b/c/d",
    "https://example.org/%7Euser/%C3%A9t%c3%a9": "org,example)/~user/%c3%a9t%c3%a9",
    "https://example.org/été/ü": "org,example)/%c3%a9t%c3%a9/%c3%bc",
    "https://bücher.example/x": "example,xn--bcher-kva)/x",
    "https://www2.example.org/x": "org,example)/x",
    "https://www42.example.org/": "org,example)/",
    "http://127.0.0.1:8002/archives/2026/x.php": "1,0,0,127:8002)/archives/2026/x.php",
    "http://[::1]:8002/a": "::1:8002)/a",
    "https://example.org/a b?c d=e f": "org,example)/a%20b?c%20d=e%20f",
    "https://example.org/a%20b": "org,example)/a%20b",
    "https://example.org/?p=12": "org,example)/?p=12",
    "https://example.org?p=12": "org,example)/?p=12",
    "https://example.org/v2?per_page=9&after=2026-01-01T00:00&_fields[]=id": (
        "org,example)/v2?_fields[]=id&after=2026-01-01t00:00&per_page=9"
    ),
    "https://example.org/a?b=1&b=0&&c=": "org,example)/a?&b=0&b=1&c=",
    "https://example.org/a?x=%41%2F%2f%26": "org,example)/a?&x=a//",
    "https://example.org./a": "org,example)/a",
    "https://example.org/a%2Fb%3Fc": "org,example)/a/b?c",
    "https://example.org/A?SID=0123456789abcdef0123456789abcdef": "org,example)/a",
    "https://example.org/a?sessid=1&x": "org,example)/a?sessid=1&x",
    "https://example.org/a?cfid=1&cftoken=2": "org,example)/a",
    "https://example.org/a/b//": "org,example)/a/b",
    "https://example.org//a": "org,example)/a",
    "https://example.org/a?utm_source=x&a=1": "org,example)/a?a=1&utm_source=x",
    "https://0x7f.1/": "1,0x7f)/",
    "https://2130706433/": "1,0,0,127)/",
    "https://example.org/a%25b": "org,example)/a%25b",
    "https://example.org/a%": "org,example)/a%25",
    "https://example.org/a%zz": "org,example)/a%25zz",
    "https://sub.www.example.org/": "org,example,www,sub)/",
    "https://example.org/(S(xxxxxxxxxxxxxxxxxxxxxxxx))/a.aspx": "org,example)/a.aspx",
    "https://example.org/a?aspsessionidabcdefgh=abcdefghijklmnopqrstuvwx&z=1": "org,example)/a?z=1",
    "https://example.org/a\\b": "org,example)/a\\b",
    "https://example.org/%00": "org,example)/%00",
    "https://example.org/é?é=ü": "org,example)/%c3%a9?%c3%a9=%c3%bc",
    "https://example.org:/a": "org,example)/a",
    "HTTPS://Example.ORG/A?B=C": "org,example)/a?b=c",
    "https://example.org/a?a=b?c": "org,example)/a?a=b?c",
    "https://example.org/..": "org,example)/..",
    "https://example.org/a/.": "org,example)/a",
    "https://example.org/a/..": "org,example)/",
    "https://example.org/?": "org,example)/",
    "https://example.org/a?&": "org,example)/a?&",
    "https://example.org/a?=b": "org,example)/a?=b",
    "https://example.org/~u/'x'/(y)/*!$,;:@": "org,example)/~u/'x'/(y)/*!$,;:@",
}


@pytest.mark.parametrize("url", KEYS)
def test_key_is_what_replay_software_expects(url: str) -> None:
    assert sort_key(url) == KEYS[url]


@pytest.mark.parametrize("url", ["http://[bad", "https://example.org:99999/a b", ""])
def test_key_of_no_url_is_ascii_without_spaces(url: str) -> None:
    key = sort_key(url)
    assert key.isascii()
    assert " " not in key
