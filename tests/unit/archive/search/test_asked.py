"""Mistyped filters, names and dates: an error with the near name, never all hits or none with exit code 0."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli import log_format
from archive.core.errors import ArchiveError
from archive.search.typed_filters import moment
from scheduler import main
from tests.builders.fixtures_archive import START, Filler

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    fill = Filler(folder / "archive.db")
    fill.article(1, START, title="Ferry stops", byline="Ida Quill")
    fill.insert(
        "addresses", source="quayside", url="https://quayside.example/a", article_id=1, first_seen="2019"
    )
    fill.comment(1, START, author="Barnaby Thrupp", text="The ferry was late.")
    tag = fill.conn.execute("SELECT name FROM tags LIMIT 1").fetchone()[0]
    fill.finish()
    (folder / "tag").write_text(tag, encoding="utf-8")
    (folder / "backissue.toml").write_text(
        "[sources.quayside]\nurl = 'https://quayside.example'\n"
        "[searches.harbour]\nquery = 'ferry'\nsource = 'quayside'\n",
        encoding="utf-8",
    )
    return folder


def run(town: Path, *words: str) -> Result:
    command = ["--config", str(town / "backissue.toml"), *words]
    return CliRunner().invoke(main, command, prog_name="backissue")


WRONG = (
    ("search ferry --since yesterdy", "is not a date for --since"),
    ("search ferry --since 2024-13", "is not a date for --since"),
    ("search ferry --until 2024-02-30", "is not a date for --until"),
    ("search ferry --since 12/31/2024", "is not a date for --since"),
    ("search ferry --since 24", "is not a date for --since"),
    ("search ferry --since 2025 --until 2024", "is after --until 2024"),
    ("search ferry --since 2999", "is in the future"),
    ("search ferry --since 2999-01", "is in the future"),
    ("export jsonl --since 2999-01-01T00:00:00Z", "is in the future"),
    ("search ferry --source quaysid", "did you mean “quayside”?"),
    ("search ferry --source nosuch", "It has: quayside, uplands"),
    ("search ferry --author Thrup", "did you mean “Barnaby Thrupp”?"),
    ("search ferry --author nosuch", "Nobody named “nosuch”"),
    ("search ferry --author !!!", "no letters or digits"),
    ("search ferry --tag nosuchtag", "No article has the tag or category"),
    ("search ferry --in comment", "“comments”"),
    ("search ferry --limit 0", "--limit"),
    ("search ferry --sinse 2024", "--since"),
    ("search author:Thrup", "did you mean “Barnaby Thrupp”?"),
    ("search ferry OR author:Thrup", "did you mean “Barnaby Thrupp”?"),
    ("search -- ferry -author:Thrup", "did you mean “Barnaby Thrupp”?"),
    ("search -- -source:quayside", "can be searched for"),
    ("search source:quaysid ferry", "did you mean “quayside”?"),
    ("search tag:nosuchtag", "No article has the tag or category"),
    ("search autor:Thrupp", "did you mean “author:”?".replace(":”", "”")),
    ("search !!!", "can be searched for"),
    ("search a*", "can be searched for"),
    ("search --saved harbur", "did you mean “harbour”?"),
    ("serach ferry", "did you mean “search”?"),
    ("export jsonl --source quaysid", "did you mean “quayside”?"),
    ("export jsonl --since yesterdy", "is not a date for --since"),
    ("export jsonl --until 2019-02-30T00:00:00Z", "is not a date for --until"),
    ("export jsonl --tag nosuchtag", "No article has the tag or category"),
    ("export jsonl --query autor:Thrupp", "did you mean “author”?"),
    ("export jsonl --query author:Thrup", "did you mean “Barnaby Thrupp”?"),
    ("export jsnol", "“jsonl”"),
    ("show 99", "has no article 99"),
    ("show comment 99", "has no comment 99"),
    ("show coment 1", "did you mean “comment”?"),
    ("show ferry", "neither a number nor the URL"),
    ("show https://quayside.example/nosuch", "has nothing from"),
    ("explain-schedule nosuch", "No page of “nosuch”"),
    ("crawl quaysid", "did you mean “quayside”?"),
    ("verify quaysid", "did you mean “quayside”?"),
    ("verify --budget 5", "--budget"),
    ("replay quaysid", "did you mean “quayside”?"),
    ("unredact 99", "There is no redaction 99"),
    ("redact commenter barnaby", "did you mean “Barnaby Thrupp”?"),
    ("status quayside", "unexpected extra argument"),
    ("explain page.html --source quaysid", "page.html"),
    ("init nosuch", "neither a URL nor a known site"),
    ("init longwarjurnal", "did you mean “longwarjournal”?"),
    ("init https://quayside.example --contact nonsense", "--contact: expected an e-mail address"),
    ("init https://quayside.example --name Bad!", "--name: expected a name"),
    ("serve --host nosuch.invalid", "is not an address of this machine"),
    ("serve --host 203.0.113.7", "is not an address of this machine"),
)


@pytest.mark.parametrize(("line", "said"), WRONG, ids=[line for line, _ in WRONG])
def test_a_wrong_call_is_an_error_with_the_way_on(town: Path, line: str, said: str) -> None:
    words = line.split()
    if words[0] == "redact":
        words += ["--yes", "--reason", "x"]
    done = run(town, *words)
    assert done.exit_code in (1, 2), done.output
    assert said in re.sub(r"\s+", " ", done.stderr), done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_text_is_not_explained(town: Path) -> None:
    done = run(town, "explain", str(town / "archive.db"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is not a saved page" in done.stderr


RIGHT = (
    "--since 2009",
    "--since 2009-07",
    "--until today",
    "--since yesterday --until today",
    "--since today --until 2999",
    "--author thrupp",
    "--author Barnaby",
    "--author quill",
    "--source quayside",
)


@pytest.mark.parametrize("line", RIGHT)
def test_a_right_filter_is_taken_as_before(town: Path, line: str) -> None:
    assert run(town, "search", "ferry", *line.split()).exit_code == 0


def test_words_that_only_look_like_filters_are_words(town: Path) -> None:
    for words in ("10:30", "https://quayside.example", "note:this", '"autor:Thrupp"'):
        assert run(town, "search", words).exit_code == 0
    tag = (town / "tag").read_text(encoding="utf-8")
    done = run(town, "search", f"tag:{tag.upper()}")
    assert (done.exit_code, "Ferry stops" in done.stdout) == (0, True), done.output


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2024", "2024"),
        ("2024-05", "2024-05"),
        ("2024-05-03", "2024-05-03"),
        ("today", "2026-03-15"),
        ("yesterday", "2026-03-14"),
        ("Yesterday", "2026-03-14"),
        ("3 days ago", "2026-03-12"),
        ("last week", "2026-03-08"),
        ("a month ago", "2026-02-15"),
        ("2 years ago", "2024-03-15"),
        ("July 2009", "2009-07"),
        ("15 July 2009", "2009-07-15"),
        ("July 15, 2009", "2009-07-15"),
        ("", ""),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, meant: str) -> None:
    assert moment(typed, "since", NOW) == meant


NO_TIMES = (
    "2024-5",
    "05/06/2024",
    "24",
    "Smarch 2009",
    "tomorrow",
    "ferry 2009",
    "1",
    "2024-05-03T10:00:00Z",
)


@pytest.mark.parametrize("typed", NO_TIMES)
def test_a_time_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(ArchiveError, match="is not a date for --since"):
        moment(typed, "since", NOW)


def test_the_mask_leaves_our_own_words_alone(town: Path) -> None:
    """An example without a secret in it is advice, and has to be readable."""
    done = run(town, "notify")
    assert (done.exit_code, "mailtos://…" in done.stderr) == (1, True), done.output
    assert log_format.masked("mailtos://ida:word@quayside.example") == "mailtos://***"
    assert log_format.masked("slack://…token") == "slack://***"
