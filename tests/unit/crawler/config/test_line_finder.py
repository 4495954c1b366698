"""Line of a key in the configuration: the right one or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.config.line_finder import line_of

TEXT = '''\
contact = "a@example.org"

[sources.town]
url = "https://town.example"
title = """
delay = 5
"""
delay = 2
["sources"."city"]
url = "https://city.example"  # a remark
comment_keys.disqus = "x"
[sources.city.extra]
delay = 3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("contact",), 1),
        (("sources", "town", "url"), 4),
        (("sources", "town", "delay"), 8),
        (("sources", "city"), 9),
        (("sources", "city", "url"), 10),
        (("sources", "city", "comment_keys"), 11),
        (("sources", "city", "comment_keys", "disqus"), 11),
        (("sources", "city", "delay"), None),
        (("sources",), 3),
        (("notify",), None),
    ],
)
def test_key_is_found_at_its_own_line(tmp_path: Path, path: tuple[str, ...], line: int | None) -> None:
    file = tmp_path / "backissue.toml"
    file.write_text(TEXT)
    assert line_of(file, path) == line


def test_missing_file_and_inline_tables_have_no_line(tmp_path: Path) -> None:
    file = tmp_path / "backissue.toml"
    assert line_of(file, ("contact",)) is None
    file.write_text("sources = { town = { url = 'x' } }")
    assert line_of(file, ("sources", "town", "url")) is None
