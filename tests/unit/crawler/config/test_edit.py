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
    assert text.splitlines()[5].endswith("  # since 2011")
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


def test_edits_keep_line_endings_and_remarks_of_sections():
    text = TEXT.replace("[notify]", "# ends the ledger\n\n# ---- Messages ----\n\n[notify]")
    text = text.replace("\n", "\r\n")
    for edited in (
        edit.without(text, "ledger"),
        edit.renamed(text, "ledger", "x"),
        edit.with_url(text, "ledger", "https://x.example"),
    ):
        assert "\n# ---- Messages ----\r\n\r\n[notify]" in edited
        assert edited.count("\n") == edited.count("\r\n")


def test_searches_and_alerts_follow_a_renamed_source():
    text = (
        TEXT
        + '[alerts.edits]\nsource = "ledger" # ours\n[searches.tide]\nquery="tide"\nsource = \'ledger\'\n'
    )
    edited = edit.renamed(text, "ledger", "new")
    assert 'source = "new" # ours' in edited
    assert "ledger" not in edited


def test_url_is_not_written_into_a_table_below(tmp_path):
    text = '[sources.a.comment_keys]\ndisqus = "x"\n[sources.a]\nurl = "https://a.example"\n'
    edited = tomllib.loads(edit.with_url(text, "a", "https://b.example"))["sources"]["a"]
    assert edited == {"comment_keys": {"disqus": "x"}, "url": "https://b.example"}


@pytest.mark.parametrize(
    "edited",
    [
        lambda text: edit.with_url(text, "a", "https://b.example"),
        lambda text: edit.renamed(text, "a", "b"),
        lambda text: edit.without(text, "a"),
    ],
)
def test_edit_that_would_say_something_else_is_refused(edited):
    text = 'note = """\n[sources.a]\n"""\n[sources]\na.url = "https://a.example"\n'
    with pytest.raises(ConfigError, match=r"by hand|by a command|block of its own"):
        edited(text)


def test_rewritten_file_keeps_its_link_and_who_may_read_it(tmp_path):
    """A configuration may have passwords of services, and lie with other dotfiles."""
    file, link = tmp_path / "dotfile.toml", tmp_path / "backissue.toml"
    file.write_text(TEXT)
    file.chmod(0o600)
    link.symlink_to(file)
    writer.rewrite_config(link, edit.renamed(TEXT, "gazette", "new"), "new")
    assert link.is_symlink()
    assert "sources.new" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"dotfile.toml", "backissue.toml"}
