"""Edits of a configuration's text, and what is refused in one."""

from __future__ import annotations

import tomllib

import pytest

from archive.core.errors import ConfigError
from crawler.config import edit, writer
from crawler.config.config import load_config

TEXT = """\
# Ours.
contact = "you@example.org"

[sources.gazette]
# Its old address.
url = "https://gazette.example"  # since 2011
delay = 2

[sources.gazette.comment_keys]
disqus = "x"

# The other paper.
[sources."ledger"]
profile = "longwarjournal"

[notify]
urls = []
"""


def test_url_is_replaced_or_added_and_nothing_else():
    text = edit.with_url(TEXT, "gazette", "https://new.example")
    assert tomllib.loads(text)["sources"]["gazette"]["url"] == "https://new.example"
    assert text.splitlines()[:5] == TEXT.splitlines()[:5]
    assert text.splitlines()[6:] == TEXT.splitlines()[6:]
    added = tomllib.loads(edit.with_url(TEXT, "ledger", "https://new.example"))["sources"]["ledger"]
    assert added == {"profile": "longwarjournal", "url": "https://new.example"}


@pytest.mark.parametrize("old", ["gazette", "ledger"])
def test_name_is_replaced_in_all_its_tables(old):
    before, after = tomllib.loads(TEXT), tomllib.loads(edit.renamed(TEXT, old, "new"))
    assert after["sources"].pop("new") == before["sources"].pop(old)
    assert after == before


def test_removed_source_leaves_the_comments_of_others():
    text = edit.without(TEXT, "gazette")
    assert "# The other paper.\n" in text
    assert "disqus" not in text
    assert list(tomllib.loads(text)["sources"]) == ["ledger"]
    assert tomllib.loads(edit.without(TEXT, "ledger"))["notify"] == {"urls": []}


def test_inline_source_is_not_edited():
    with pytest.raises(ConfigError, match=r"no block \[sources.gazette\]"):
        edit.without('sources = {gazette = {url = "https://gazette.example"}}', "gazette")


def test_one_site_under_two_names_is_refused(tmp_path):
    file = tmp_path / "backissue.toml"
    text = '[sources.gazette]\nurl = "https://gazette.example"\n'
    file.write_text(text)
    block = writer.site_block("other", "http://www.gazette.example/")
    with pytest.raises(ConfigError, match="already, as source “gazette”"):
        writer.extended_config_text(file, block, "other", None)
    file.write_text(f'{text}[sources.other]\nurl = "http://www.gazette.example"\n')
    with pytest.raises(ConfigError, match=r"is the site of sources\.gazette"):
        load_config(file, fetching=False)


def test_file_that_would_not_parse_is_left_as_it_is(tmp_path):
    file = tmp_path / "backissue.toml"
    file.write_text('[sources.gazette]\nurl = "https://gazette.example"\n')
    with pytest.raises(ConfigError, match="could not be changed, so nothing was"):
        writer.rewrite_config(file, "archive = 1", None)
    assert "gazette" in file.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["backissue.toml"]
