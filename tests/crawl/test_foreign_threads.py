"""Threads of comment systems elsewhere: kept, followed and never lost, whatever their APIs answer."""

import gzip
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from archive.core.records import Article, Comment, Extract, PageKind, Site, Surface
from archive.core.thread_address import ThreadAddress
from archive.queries.fetch_history import FetchHistory
from archive.storage.archive import Archive
from archive.tables.observations import ForeignLook, ThreadLook, Window
from crawler.fetch.offsite import may_be_server
from tests.builders.comment_systems import SYSTEMS as OPEN
from tests.builders.comment_systems import DiscourseByUrl, Disqus, Remark42, Voice, Waline
from tests.builders.crawling import SOON, Crawls
from tests.builders.keyed_comment_systems import KEYED, Coral, Giscus
from tests.builders.life import Life
from tests.builders.pages import made_page
from tests.builders.static_site import StaticSite

NOON, HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC), timedelta(hours=1)
KEY = "7f3a-the-operators-own"
SYSTEMS = (*OPEN, *KEYED)


def voices():
    """Seven comments on three pages of top-level ones; 13 and 16 answer 11, 17 answers 12."""
    found = [
        Voice(str(11 + number), f"Comment {number} on the lamp.", f"Reader {number}") for number in range(5)
    ]
    found += [Voice("16", "The tide was late.", "Bo", parent="11"), Voice("17", "Not so.", "Cy", parent="12")]
    found[2].parent = "11"
    return found


class Elsewhere:
    """A site with one system below its articles, and its archive."""

    def __init__(self, folder, site, talk, **options):
        bound = f"{site.url}{talk.server} " if talk.server else ""
        keyed = {f"comment_keys.{talk.slug}": bound + "${TALK_KEY}"} if bound or talk.module else {}
        values = {**SOON, **({talk.module: site.url + talk.api} if talk.module else {})}
        self.site, self.talk = site, talk
        self.crawls = Crawls(folder, site.url, {**keyed, **options}, values)
        self.life = Life(SimpleNamespace(permalinks="/%postname%/"), self.crawls, {"rest"})

    def look(self, times=2):
        for _ in range(times):
            self.life.look_again()
            self.life.tick(hours=2)

    def held(self):
        rows = self.crawls.rows("SELECT * FROM comments WHERE gone_at IS NULL AND missed_at IS NULL")
        return {
            row["key"]: (row["author"], row["text"], row["site_parent"], row["published"]) for row in rows
        }

    def truth(self):
        """What visitors are shown, as the archive should have it."""
        talk, slug = self.talk, self.talk.slug
        named = {
            (key, voice.id): f"{slug}:{talk.key_of(key, voice)}"
            for key, found in talk.threads.items()
            for voice in found
        }
        return {
            named[key, voice.id]: (voice.author, voice.text, named.get((key, voice.parent)), f"{voice.at}Z")
            for key in talk.threads
            for voice in talk.shown(key)
        }

    def problems(self):
        sql = "SELECT code FROM problems WHERE ended_at IS NULL AND field = 'comments' AND article_id > 0"
        return Counter(row["code"] for row in self.crawls.rows(sql))

    def events(self):
        return Counter(row["kind"] for row in self.crawls.rows("SELECT kind FROM events"))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Make a site with a system below each article."""
    monkeypatch.setenv("TALK_KEY", KEY)
    sites = []

    def make(system, names=("mole",), **options):
        talk = system({"/2026/mole/": voices()})
        site = StaticSite(names, routes=talk.routes())
        sites.append(site.__enter__())
        site.widget = talk.widget.format(url=site.url)
        return Elsewhere(tmp_path, site, talk, **options)

    yield make
    for site in sites:
        site.__exit__()


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.slug)
def test_thread_is_kept_and_its_changes_are_told(elsewhere, system):
    one = elsewhere(system)
    one.crawls.crawl()
    assert one.held() == one.truth()
    assert not one.problems()
    thread = one.talk.threads["/2026/mole/"]
    thread[3].text, thread[4].removed = "Another word on it.", True
    thread.append(Voice("18", "A late word.", "Di", parent="14"))
    one.look()
    assert one.held() == one.truth()
    assert one.events() == {"edited": 1, "removed": 1}
    assert not one.problems()


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.slug)
def test_failing_api_is_a_problem_and_removes_nothing(elsewhere, system):
    one = elsewhere(system)
    one.crawls.crawl()
    one.talk.status = 503
    one.look(3)
    assert one.held() == one.truth()
    assert one.problems() == {"external-comments": 1}
    assert one.events() == {}
    one.talk.status = 200
    one.look(1)
    assert not one.problems()


COUNTING = [system for system in SYSTEMS if system.slug not in {"commento", "disqus", "substack", "waline"}]


@pytest.mark.parametrize("system", COUNTING, ids=lambda system: system.slug)
def test_fewer_comments_than_stated_are_a_problem_and_no_removal(elsewhere, system):
    one = elsewhere(system)
    one.crawls.crawl()
    left = one.talk.threads["/2026/mole/"][4]
    left.removed, one.talk.hidden = True, 1
    one.look(3)
    assert one.problems() == {"comments-missing": 1}
    assert one.events() == {}
    assert len(one.held()) == 7
    left.removed, one.talk.hidden = False, 0
    one.look(1)
    assert not one.problems()


def asked(one, piece):
    return [line for line in one.site.asked if piece in line]


@pytest.mark.parametrize("system", [Remark42, Waline, Disqus], ids=lambda system: system.slug)
def test_quiet_crawl_asks_for_numbers_alone(elsewhere, system):
    """One question for the numbers of all threads takes the place of one for each thread and page."""
    one = elsewhere(system, names=("mole", "quay", "weir"))
    one.talk.threads |= {"/2026/quay/": [Voice("21", "A rope.", "Eli")], "/2026/weir/": []}
    one.crawls.crawl()
    one.life.tick(minutes=30)  # from here on the numbers tell of new comments
    one.site.asked.clear()
    one.life.tick(minutes=30)
    talk = asked(one, one.talk.path)
    assert len(talk) == 1
    assert not asked(one, "/2026/mole/ ") + asked(one, "GET /2026/mole/")[1:]
    one.talk.threads["/2026/quay/"].append(Voice("22", "Another rope.", "Fay", parent="21"))
    one.site.asked.clear()
    one.life.tick(minutes=30)
    assert len(asked(one, one.talk.path)) == 2
    assert not [line for line in one.site.asked if line == "GET /2026/quay/"]
    assert one.held() == one.truth()


def test_no_topic_is_begun_for_an_article_without_one(elsewhere):
    one = elsewhere(DiscourseByUrl, names=("mole", "quay"))
    one.crawls.crawl()
    assert one.held() == one.truth()
    assert not one.problems()
    assert len(asked(one, "/embed/count")) == 2
    assert len(asked(one, "/embed/comments")) == 1


def test_number_that_stays_wrong_is_followed_once(elsewhere):
    one = elsewhere(Remark42)
    one.crawls.crawl()
    one.life.tick(minutes=30)
    one.talk.hidden = 2
    one.life.tick(minutes=30)
    assert one.problems() == {"comments-missing": 1}
    one.site.asked.clear()
    one.life.tick(minutes=30)
    assert not asked(one, "/find?")


def test_missed_comments_are_looked_for_without_their_page(elsewhere):
    one = elsewhere(Remark42)
    one.crawls.crawl()
    one.life.tick(minutes=30)
    one.talk.threads["/2026/mole/"][4].removed = True
    one.life.tick(minutes=30)
    assert one.events() == {}
    one.site.asked.clear()
    one.life.tick(minutes=70)
    assert one.events() == {"removed": 1}
    assert not [line for line in one.site.asked if line == "GET /2026/mole/"]
    assert one.held() == one.truth()


def test_thread_that_is_emptied_alone_is_doubted_only(elsewhere):
    """A key that leads nowhere any more empties every thread, and removes nothing."""
    one = elsewhere(Remark42)
    one.crawls.crawl()
    one.talk.threads.clear()
    one.look(3)
    assert one.events() == {}
    assert one.crawls.rows("SELECT count(*) AS n FROM comments WHERE gone_at IS NULL") == [{"n": 7}]


def test_switched_off_system_is_named_and_not_asked(elsewhere):
    one = elsewhere(Remark42, foreign_comments=False)
    one.crawls.crawl()
    assert one.problems() == {"external-comments": 1}
    assert not asked(one, one.talk.path)
    one.crawls.options["foreign_comments"] = True
    one.life.tick(minutes=90)
    assert one.held() == one.truth()
    assert not one.problems()


def test_disqus_without_a_key_is_named_and_not_asked(elsewhere):
    one = elsewhere(Disqus)
    del one.crawls.options["comment_keys.disqus"]
    one.crawls.crawl()
    assert one.problems() == {"external-comments": 1}
    assert not asked(one, one.talk.path)


def test_key_of_the_operator_is_sent_and_kept_nowhere(elsewhere):
    one = elsewhere(Disqus)
    said = one.crawls.program("--log-level", "debug", "crawl")
    one.talk.status = 500
    one.life.look_again()
    said_again = one.crawls.program("--log-level", "debug", "crawl")
    assert all(f"api_key={KEY}" in line for line in asked(one, one.talk.path))
    assert asked(one, one.talk.path)
    for done in (said, said_again):
        assert KEY not in done.stdout + done.stderr
    for file in one.crawls.folder.iterdir():
        if file.is_file():
            assert KEY.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("system", [Giscus, Coral], ids=lambda system: system.slug)
def test_token_is_sent_in_a_header_and_kept_nowhere(elsewhere, system):
    one = elsewhere(system)
    said = one.crawls.program("--log-level", "debug", "crawl")
    assert one.held() == one.truth()
    for line, sent in zip(one.site.asked, one.site.headers, strict=True):
        assert sent.get("Authorization") == (f"Bearer {KEY}" if one.talk.path in line else None), line
    assert KEY not in said.stdout + said.stderr
    for file in one.crawls.folder.iterdir():
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


def test_key_that_is_bound_to_a_server_is_sent_to_no_other(elsewhere):
    one = elsewhere(Coral)
    one.crawls.options["comment_keys.coral"] = f"{one.site.url}/talk2 ${{TALK_KEY}}"
    one.crawls.crawl()
    assert asked(one, one.talk.path)
    assert not [sent for sent in one.site.headers if KEY in str(sent)]


def test_robots_of_the_server_are_obeyed(elsewhere):
    one = elsewhere(Remark42)
    one.site.answers["/robots.txt"] = lambda *_: (200, "text/plain", "User-agent: *\nDisallow: /talk/")
    one.crawls.crawl()
    assert not asked(one, one.talk.path)
    assert one.problems() == {"external-comments": 1}


def test_failing_server_is_left_alone_after_three_threads(elsewhere):
    names = ("mole", "quay", "weir", "lock", "dike", "ford", "pier", "cove", "reef")
    one = elsewhere(Remark42, names=names)
    one.talk.status = 404
    one.crawls.crawl()
    assert 3 <= len(asked(one, "/find?")) <= 4  # the fourth may be on its way when the third fails
    assert one.problems() == {"external-comments": len(names)}


def test_comments_survive_a_replay_of_their_answers(elsewhere):
    one = elsewhere(Remark42)
    one.crawls.crawl()
    before = one.held()
    done = one.crawls.program("replay", "--apply")
    assert done.returncode == 0, done.stderr
    assert one.held() == before
    assert one.events() == {}


def test_redacted_comment_stays_hidden_and_its_answer_at_home(elsewhere, tmp_path):
    one = elsewhere(Remark42)
    one.crawls.crawl()
    [row] = one.crawls.rows("SELECT id FROM comments WHERE key = 'remark42:17'")
    done = one.crawls.program("redact", "comment", str(row["id"]), "--reason", "asked", "--yes")
    assert done.returncode == 0, done.stderr + done.stdout
    one.look(2)
    assert one.crawls.rows("SELECT id FROM comments WHERE text LIKE 'Not so%'") == []
    file = tmp_path / "out.warc.gz"
    done = one.crawls.program("export", "warc", "--output", str(file))
    assert done.returncode == 0, done.stderr + done.stdout
    told = gzip.decompress(file.read_bytes())
    assert b"Not so." not in told
    assert b"The lamp of mole" in told


def test_status_explain_and_init_tell_where_threads_are(elsewhere, tmp_path):
    one = elsewhere(Remark42)
    one.crawls.crawl()
    said = one.crawls.program("status").stdout
    assert "Comments of 1 article are kept by Remark42, last read on" in said
    one.talk.status = 500
    one.look(1)
    assert "; 1 could not be read." in one.crawls.program("status").stdout
    file = tmp_path / "page.html"
    file.write_text(one.site.page("mole"), encoding="utf-8")
    said = one.crawls.program("explain", str(file)).stdout
    assert f"Thread kept by Remark42 at {one.site.url}/talk" in said
    said = one.crawls.program("init", one.site.url, "--dry-run", "--force").stdout
    assert f"kept by Remark42 at {one.site.url}/talk, and are archived from there" in said
    assert "foreign_comments = true" in said


@pytest.mark.parametrize(
    ("server", "home", "may_be"),
    [
        ("https://talk.example.org", "https://gazette.example", True),
        ("http://127.0.0.1:6379", "https://gazette.example", False),
        ("http://localhost:6379", "https://gazette.example", False),
        ("http://10.0.0.7", "https://gazette.example", False),
        ("http://169.254.169.254", "https://gazette.example", False),
        ("http://[::1]:80", "https://gazette.example", False),
        ("http://intranet", "https://gazette.example", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8001", True),
    ],
)
def test_server_that_a_page_names_is_a_public_one(server, home, may_be):
    assert may_be_server(server, home) is may_be


def test_page_that_names_a_private_server_makes_no_request(elsewhere):
    one = elsewhere(Remark42)
    one.site.widget = one.site.widget.replace(f"{one.site.url}/talk", "http://10.0.0.7/talk")
    one.crawls.crawl()
    assert one.problems() == {"external-comments": 1}
    [row] = one.crawls.rows("SELECT detail FROM problems WHERE code = 'external-comments'")
    assert "its server is not on a public host" in row["detail"]


def test_ids_of_a_system_never_meet_those_of_the_site(tmp_path):
    """Comment 11 of WordPress and comment 11 of a system, below one article, are two."""
    article = Article(url="https://gazette.example/ice/", post_id=7, title="Ice", text="Ice.")
    native = Comment(id="11", author="E", text="Bring skates.", published=NOON)
    foreign = Comment(id="isso:11", author="F", text="No ice left.", published=NOON)
    address = ThreadAddress(system="isso", server="https://talk.example", key="/ice/", article=article.url)
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gull", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        shown = Extract(surface=Surface.PAGE, articles=(article,), comments=(native,))
        archive.save(answer(PageKind.ARTICLE, article.url), shown)
        archive.save(
            answer(PageKind.THREAD, address.part(1)), Extract(surface=Surface.THREAD, comments=(foreign,))
        )
        rows = list(archive.db.query("SELECT key, article_id FROM comments ORDER BY key"))
        assert rows == [{"key": "11", "article_id": 1}, {"key": "isso:11", "article_id": 1}]
        window = Window(
            source="gull", first=0, last=99, shown=frozenset({"11"}), looked_at=NOON + HOUR, total=1
        )
        archive.note_look(window)
        page = ThreadLook(source="gull", url=article.url, shown=frozenset({"11"}), looked_at=NOON + HOUR)
        archive.note_look(page)
        look = ForeignLook(
            source="gull", thread=str(address), shown=frozenset({"isso:11"}), looked_at=NOON + HOUR
        )
        archive.note_look(look)
        assert list(archive.db.query("SELECT key FROM comments WHERE missed_at IS NOT NULL")) == []
        with FetchHistory(archive.path, "gull") as facts:
            assert facts.count_visible() == 1


def answer(kind, url):
    return made_page(
        url,
        source="gull",
        kind=kind,
        final_url=url if kind is PageKind.ARTICLE else "https://talk.example/?uri=%2Fice%2F",
        fetched_at=NOON,
    )


def test_redacted_article_takes_the_address_of_its_thread_with_it(elsewhere, tmp_path):
    """Also where the first answer of the API failed."""
    one = elsewhere(Remark42, names=("mole", "quay"))
    one.talk.status = 404
    one.crawls.crawl()
    url = f"{one.site.url}/2026/mole/"
    done = one.crawls.program("redact", "article", url, "--reason", "asked", "--yes")
    assert done.returncode == 0, done.stderr + done.stdout
    one.talk.status = 200
    one.look(2)
    told = one.crawls.rows("SELECT url FROM visits") + one.crawls.rows("SELECT url FROM problems")
    assert not [row for row in told if "mole" in row["url"]]
    file = tmp_path / "out.warc.gz"
    done = one.crawls.program("export", "warc", "--output", str(file))
    assert done.returncode == 0, done.stderr + done.stdout
    kept = gzip.decompress(file.read_bytes())
    assert b"2026/mole" not in kept
    assert b"2026%2Fmole" not in kept
    assert b"2026%2Fquay" in kept


def test_thread_whose_first_answer_failed_is_asked_for_again(elsewhere):
    one = elsewhere(Remark42)
    one.talk.status = 404
    one.crawls.crawl()
    one.talk.status = 200
    one.site.asked.clear()
    one.life.tick(minutes=70)
    assert one.held() == one.truth()
    assert not [line for line in one.site.asked if line == "GET /2026/mole/"]
