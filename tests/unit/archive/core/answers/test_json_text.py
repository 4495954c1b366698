"""Reading JSON with noise around it: what is read, and what is not taken for it."""

import json

import pytest

from archive.core.answers import json_text

POSTS = [{"id": 7, "title": {"rendered": "Ice [on the river] {today}"}}, {"id": 8}]
TEXT = json.dumps(POSTS)
WARNING = "<br />\n<b>Warning</b>: Undefined array key [0] in <b>/srv/plugins/x.php</b> on line <b>7</b>\n"


def read(body):
    answer = json_text.parse_json(body)
    return answer.value, answer.is_clean


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("", ""),
        ("\n\n", "\n"),
    ],
)
def test_clean_json_is_read_as_clean(before, behind):
    assert read((before + TEXT + behind).encode()) == (POSTS, True)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("\ufeff", ""),
        (WARNING, ""),
        (WARNING * 5, WARNING),
        ("", "\n<!-- Served by Speedy Cache, [gzip] -->"),
        ("Notice: {x} is deprecated\n", "<!-- a -->\n<!-- {b} -->\n"),
        ("", "<script>var a = [1];</script>"),
    ],
    ids=["BOM", "warning", "warnings around", "comment", "both", "script"],
)
@pytest.mark.parametrize("value", [POSTS * 20, [], {"code": "rest_no_route"}], ids=["list", "empty", "error"])
def test_json_amid_noise_is_read_as_such(before, behind, value):
    assert read((before + json.dumps(value) + behind).encode()) == (value, False)


@pytest.mark.parametrize(
    "body", ["", "<html>[1] {2}</html>", TEXT[:-2], "[" * 100_000, "{" * 500 + '"a"', WARNING, "<b>[]</b> x"]
)
def test_what_is_no_json_is_refused(body):
    with pytest.raises(ValueError, match=r"JSON|deep"):
        json_text.parse_json(body.encode())


def test_many_comments_behind_are_read_in_one_pass():
    """The pattern for noise has no two ways through the same text."""
    assert read(TEXT.encode() + b"<!--a-->" * 20_000) == (POSTS, False)
    with pytest.raises(ValueError, match=r"JSON|deep"):
        json_text.parse_json(b"x [] " + b"<!--a-->" * 20_000 + b" and more")
