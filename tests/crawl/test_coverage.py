"""The coverage ledger: what a site says it has, proved month by month, and what is lacking named."""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from archive.core import urls
from archive.storage.archive import Archive
from archive.storage.coverage_records import AuditKind
from crawler.audit.month_spans import Span, calendar, spans
from tests.builders.crawling import Crawls
from tests.fakesite import Challenge, Empty, Fault, RestClosed, SampleSite, Status, TooMany
from tests.fakesite.wire import Response

REST = "/wp-json/wp/v2/"

STATIC_PAGES = 2  # of the newspaper


READ_AT = ("first_fetched", "fetched_at", "good_at")


@dataclass(slots=True, kw_only=True)
class Changed(Fault):
    """An answer with its body or headers changed by a function."""

    change: object = None

    def answer(self, _request, ordinary):
        return self.change(ordinary())


@dataclass(slots=True, kw_only=True)
class Lists(Fault):
    """A cache that gives an empty list for everything."""

    def answer(self, _request, _ordinary):
        return Response(200, b"[]", [("Content-Type", "application/json")])


def told(name, number):
    """A change that tells another number in a header."""
    return lambda answer: replace(
        answer, headers=[(key, str(number) if key == name else value) for key, value in answer.headers]
    )


@pytest.fixture(scope="module")
def paper():
    with SampleSite(articles=30, comments=260) as site:
        yield site


@pytest.fixture(scope="module")
def crawled(paper, tmp_path_factory):
    crawls = Crawls(tmp_path_factory.mktemp("crawled"), paper.url)
    crawls.crawl()
    return crawls


@pytest.fixture(scope="module")
def verified(paper, crawled, tmp_path_factory):
    """A copy that was verified, the report, and how many requests the site had for it."""
    crawls, before = copied(crawled, tmp_path_factory.mktemp("verified")), len(paper.requests)
    return crawls, verify(crawls), len(paper.requests) - before


def copied(crawls, folder):
    for file in crawls.folder.iterdir():
        shutil.copy(file, folder)
    return Crawls(folder, crawls.url)


@pytest.fixture
def site(paper):
    yield paper
    paper.faults.clear()


@pytest.fixture
def crawls(crawled, site, tmp_path):
    """A copy of the archive of the whole newspaper."""
    return copied(crawled, tmp_path)


def verify(crawls, *words, expect=0):
    done = crawls.program("verify", *words, "--json")
    assert done.returncode == expect, done.stdout[:2000] + done.stderr
    return json.loads(done.stdout)


def named(report, *, withheld=False):
    """What a report names, as (kind, id, why, how it ended)."""
    why = {"protected", "not shown"}
    return {
        (gap["kind"], gap["key"], gap["reason"], gap["ended_how"])
        for gap in report["gaps"]
        if (gap["reason"] in why) is withheld
    }


def forget(crawls, *, articles=(), comments=()):
    """Delete rows behind the archive's back."""
    with Archive.open(crawls.path) as archive:
        archive.db.execute("PRAGMA foreign_keys = OFF")
        for key in comments:
            archive.db.execute("DELETE FROM comments WHERE key = ?", [key])
        for row in articles:
            for table in ("addresses", "article_authors", "article_tags", "links", "visits", "comments"):
                archive.db.execute(f"DELETE FROM {table} WHERE article_id = ?", [row])
            archive.db.execute("DELETE FROM articles WHERE id = ?", [row])
        count = "SELECT count(*) FROM comments WHERE article_id = articles.id"
        archive.db.execute(f"UPDATE articles SET comment_count = ({count})")


def some_article(crawls):
    """The row id and the site's own id of an article without comments, so that only itself is missed."""
    [row] = crawls.rows("SELECT id, post_id, url FROM articles WHERE comment_count = 0 ORDER BY id LIMIT 1")
    return row


def some_comments(crawls):
    rows = crawls.rows(
        "SELECT key FROM comments WHERE kind = 'comment' AND parent_id IS NULL ORDER BY id LIMIT 3"
    )
    return [row["key"] for row in rows]


def ledger(crawls):
    return crawls.rows("SELECT * FROM coverage ORDER BY month, kind")


def doubted(crawls):
    return {row["key"] for row in crawls.rows("SELECT key FROM comments WHERE missed_at IS NOT NULL")}


# -- a whole archive --------------------------------------------------------------------------------


def test_a_whole_archive_is_proved_month_by_month(verified, paper):
    crawls, report, _ = verified
    rows = ledger(crawls)
    assert {(row["surface"], row["unproved"], row["missing"]) for row in rows} == {("rest", None, 0)}
    assert all(row["stated"] == row["held"] + row["withheld"] for row in rows)
    sums = {kind: sum(row["held"] for row in rows if row["kind"] == kind) for kind in ("article", "comment")}
    locked = [article for article in paper.articles if article.protected]
    assert sums == {
        "article": len(paper.articles) - len(locked) + STATIC_PAGES,
        "comment": len(paper.comments),
    }
    types = {row["type"]: row["stated"] for row in crawls.rows("SELECT * FROM coverage_types")}
    assert types == {"post": len(paper.articles), "page": STATIC_PAGES}
    assert {("article", str(a.id), "protected", None) for a in locked} <= named(report, withheld=True)
    [first] = crawls.rows("SELECT min(published) AS at FROM articles")  # a page, older than all articles
    assert {row["month"] for row in rows} == set(calendar(first["at"][:7], report["run"]["started_at"][:7]))


def test_a_verification_is_no_crawl_and_asks_little(verified):
    crawls, report, asked = verified
    assert (report["run"]["kind"], report["run"]["outcome"]) == ("verify", "complete")
    assert report["run"]["requests"] == asked < 30
    with Archive.open(crawls.path) as archive:
        newest = archive.runs.newest("site")
    assert newest.kind == "crawl", "the clock and the health of the source go by crawls alone"


# -- what is lacking --------------------------------------------------------------------------------


def test_what_is_lacking_is_named_and_read_in(crawls):
    article, comments = some_article(crawls), some_comments(crawls)
    held = crawls.content()["comments"]
    forget(crawls, articles=[article["id"]], comments=comments)
    report = verify(crawls, expect=3)
    post = str(article["post_id"])
    assert named(report) == {
        ("article", post, "never listed", None),
        *(("comment", key, "never listed", "read in") for key in comments),
    }
    assert report["coverage"]["missing"] == 1, "its listing is read, its page is not yet"
    crawls.crawl()
    assert crawls.rows("SELECT ended_how FROM coverage_gaps WHERE key = ?", post) == [
        {"ended_how": "read in"}
    ]
    assert verify(crawls)["coverage"]["missing"] == 0
    assert {row["key"] for row in crawls.content()["comments"]} == {row["key"] for row in held}


def test_a_page_that_was_refused_is_missing_and_says_why(site, tmp_path):
    article = [article for article in site.articles if not article.protected][5]
    site.faults.add(Status(status=403, match=article.url.removeprefix(site.url)))
    site.faults.add(Status(status=404, match="*sitemap*"))  # without it, what is protected is never visited
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl(expect=3)
    report = verify(crawls, expect=3)
    assert named(report) == {("article", str(article.id), "refused", None)}
    locked = next(article for article in site.articles if article.protected)
    assert ("article", str(locked.id), "protected", None) in named(report, withheld=True)
    assert "403" in next(gap["detail"] for gap in report["gaps"] if gap["reason"] == "refused")
    assert "Missing: 1 article." in report["run"]["sentence"]


def test_what_moderators_do_unseen_is_found(tmp_path):
    with SampleSite(articles=12, comments=60) as site:
        crawls = Crawls(tmp_path, site.url)
        late, gone = [c.id for c in site.comments if not any(o.parent == c.id for o in site.comments)][:2]
        site.hold_comment(late)
        crawls.crawl()
        site.approve_comment(late)
        site.trash_comment(gone)
        assert named(verify(crawls, expect=3)) == {("comment", str(late), "never listed", "read in")}
        assert doubted(crawls) == {str(gone)}, "one look proves no removal"
        with Archive.open(crawls.path) as archive:
            archive.db.execute(
                "UPDATE comments SET missed_at = '2026-01-01T00:00:00Z' WHERE missed_at NOTNULL"
            )
        verify(crawls)
        assert crawls.rows("SELECT key FROM comments WHERE gone_at NOTNULL") == [{"key": str(gone)}]


# -- where REST is closed ---------------------------------------------------------------------------


def test_without_rest_the_sitemap_and_the_pages_prove_it(crawls, site):
    site.faults.add(RestClosed())
    verify(crawls)
    assert {row["surface"] for row in ledger(crawls)} == {"sitemap", "page"}
    article, comments = some_article(crawls), some_comments(crawls)
    below = crawls.rows(
        "SELECT url FROM articles JOIN comments ON article_id = articles.id WHERE key = ?", comments[0]
    )
    forget(crawls, articles=[article["id"]], comments=comments[:1])
    report = verify(crawls, expect=3)
    assert named(report) == {
        ("article", urls.page_key(article["url"]), "never listed", None),
        ("comment", urls.page_key(below[0]["url"]), "never listed", "read in"),
    }
    crawls.crawl()
    assert verify(crawls)["coverage"]["missing"] == 0


def test_a_sitemap_that_names_only_the_newest_proves_no_more_than_their_months(crawls, site):
    def newest(answer):
        entries = answer.body.split(b"<url>")
        return replace(answer, body=entries[0] + b"<url>" + entries[-1])

    site.faults.add(RestClosed())
    site.faults.add(Changed(match="/wp-sitemap-posts-post-1.xml", change=newest))
    verify(crawls, expect=3)
    told = [row for row in ledger(crawls) if row["kind"] == "article" and row["unproved"] is None]
    assert [(row["stated"], row["held"]) for row in told] == [(STATIC_PAGES, STATIC_PAGES), (1, 1)]


def test_an_article_that_only_the_feed_names_is_missing(crawls, site):
    """A sitemap that names a part proves nothing, though all that it names is held."""
    newest = crawls.rows("SELECT id, url, published FROM articles ORDER BY published DESC LIMIT 1")[0]
    forget(crawls, articles=[newest["id"]])

    def without(answer):
        entries = answer.body.split(b"<url>")
        return replace(answer, body=b"<url>".join(e for e in entries if newest["url"].encode() not in e))

    site.faults.add(RestClosed())
    site.faults.add(Changed(match="/wp-sitemap-posts-post-1.xml", change=without))
    report = verify(crawls, expect=3)
    assert ("article", urls.page_key(newest["url"]), "never listed", None) in named(report)
    assert report["run"]["outcome"] == "incomplete"


def test_a_sitemap_file_that_cannot_be_read_leaves_it_unproved(crawls, site):
    site.faults.add(RestClosed())
    site.faults.add(Status(match="/wp-sitemap-posts-post-1.xml", status=404))
    run = verify(crawls, expect=3)["run"]
    assert run["outcome"] == "unproved"
    assert "/wp-sitemap-posts-post-1.xml could not be read (404)" in run["sentence"]


def test_number_of_an_old_copy_proves_nothing(crawls, site):
    """A cache gave a page of before a burst, of whose comments the archive has only some."""
    site.faults.add(RestClosed())
    [row] = crawls.rows("SELECT id FROM articles WHERE comments_stated > 5 ORDER BY id LIMIT 1")
    latest = "SELECT key FROM comments WHERE article_id = ? AND parent_id IS NOT NULL"
    latest += " AND id NOT IN (SELECT parent_id FROM comments WHERE parent_id IS NOT NULL)"
    keys = [found["key"] for found in crawls.rows(f"{latest} ORDER BY published DESC LIMIT 2", row["id"])]
    forget(crawls, comments=keys)
    with Archive.open(crawls.path) as archive:
        archive.db.execute("UPDATE articles SET comments_stated = 1 WHERE id = ?", [row["id"]])
    crawls.program("verify")
    held = {found["key"] for found in crawls.rows("SELECT key FROM comments")}
    assert set(keys) <= held


def test_thread_whose_count_leaves_out_pings_is_not_read_again(crawls, site):
    site.faults.add(RestClosed())
    pings = "SELECT count(*) FROM comments WHERE article_id = articles.id AND kind != 'comment'"
    with Archive.open(crawls.path) as archive:
        sql = f"UPDATE articles SET comments_stated = comment_count - ({pings}) WHERE ({pings}) > 0"
        sql += " RETURNING url"
        [url, *_] = [found for (found,) in archive.db.execute(sql).fetchall()]
        archive.db.conn.commit()
    before = len(site.requests)
    crawls.program("verify")
    assert urls.path_of(url) not in {request.path for request in site.requests[before:]}


def test_sitemap_file_that_was_cut_off_leaves_it_unproved(crawls, site):
    def cut(answer):
        return replace(answer, body=answer.body[: len(answer.body) * 2 // 3])

    site.faults.add(RestClosed())
    site.faults.add(Changed(match="/wp-sitemap-posts-post-1.xml", change=cut))
    run = verify(crawls, expect=3)["run"]
    assert run["outcome"] == "unproved"
    assert "/wp-sitemap-posts-post-1.xml ends in the middle of its list" in run["sentence"]


def test_what_a_walk_did_not_reach_is_missing_and_not_withheld(crawls, site):
    """Only a thread that was read to its end can show that the site counts more than it shows."""
    site.faults.add(RestClosed())
    site.faults.add(Status(match="*/comment-page-1*", status=404))
    paged = "SELECT id, url FROM articles WHERE url || '/comment-page-1' IN (SELECT url FROM visits)"
    row = crawls.rows(paged)[0]
    sql = "SELECT key FROM comments WHERE article_id = ? AND parent_id IS NULL ORDER BY published LIMIT 2"
    forget(crawls, comments=[found["key"] for found in crawls.rows(sql, row["id"])])
    report = verify(crawls, expect=3)
    [gap] = [gap for gap in report["gaps"] if gap["url"] == row["url"]]
    assert gap["reason"] == "not yet read"
    assert "/comment-page-1" in gap["detail"]
    assert "answered 404" in gap["detail"]
    assert report["coverage"]["missing"] >= 2


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        ("", "not shown"),
        ("<script>'<div id=\"comment-{}\">'</script>", "unreadable"),
        ('<button class="wpd-load-more-submit">Load More Comments</button>', "not yet read"),
        ('<a href="#" id="comments-load-more">More</a>', "not yet read"),
        ("<p>Most of them are nowhere.</p>", "not yet read"),
    ],
)
def test_comments_that_a_page_marks_and_nobody_read_are_not_withheld(crawls, site, marks, reason):
    """The site withholds only what its own markup does not have."""
    sql = (
        "SELECT url, comments_stated AS n FROM articles"
        " WHERE comments_stated > 1 AND url || '/comment-page-1' NOT IN (SELECT url FROM visits) LIMIT 1"
    )
    [row] = crawls.rows(sql)
    count = 500 if "nowhere" in marks else 2
    more = "".join(marks.format(990_000 + number) for number in range(2)).encode()

    def change(answer):
        said = b"%d Responses" % row["n"]
        body = answer.body.replace(said, b"%d Responses" % (row["n"] + count))
        assert body != answer.body
        return replace(answer, body=body.replace(b"</body>", more + b"</body>"))

    site.faults.add(RestClosed())
    site.faults.add(Changed(match=urlsplit(row["url"]).path, change=change))
    with Archive.open(crawls.path) as archive:
        archive.db.execute(
            "UPDATE articles SET comments_stated = comments_stated + ? WHERE url = ?", [count, row["url"]]
        )
    report = verify(crawls, expect=0 if reason == "not shown" else 3)
    [gap] = [gap for gap in report["gaps"] if gap["url"] == row["url"]]
    assert (gap["reason"], gap["number"]) == (reason, count)


def test_the_sentence_names_what_was_believed_and_what_nobody_asked_for(crawls, site):
    site.faults.add(RestClosed())
    sentence = verify(crawls)["run"]["sentence"]
    assert "articles by the sitemap, comments by the numbers their pages state" in sentence
    assert "Nothing that the site lists is missing" in sentence
    assert "taxonomies" not in sentence, "lists of terms and people hold nothing of their own"
    assert f"{STATIC_PAGES} of type page" in sentence
    assert "all of them in the sitemap" in sentence


def test_the_sentence_tells_how_old_the_pages_are_that_state_the_numbers(crawls, site):
    """An old comment that the site shows again is on no page that was not requested since."""
    site.faults.add(RestClosed())
    with Archive.open(crawls.path) as archive:
        [(one, _)] = archive.db.execute("SELECT article_id, max(url) FROM visits WHERE kind = 'article'")
        archive.db.execute("UPDATE visits SET good_at = '2026-03-04T05:06:07Z' WHERE article_id = ?", [one])
    run = verify(crawls)["run"]
    assert run["outcome"] == "complete"
    assert (
        "Nothing that the site lists is missing; for comments, as of the last visits to their pages,"
        " the earliest at 2026-03-04 05:06." in run["sentence"]
    )


def test_a_sentence_by_rest_needs_no_age(verified):
    _, report, _ = verified
    assert "Nothing that the site lists is missing." in report["run"]["sentence"]


def test_where_nothing_is_told_nothing_is_called_complete(crawls, site):
    site.faults.add(RestClosed())
    site.faults.add(Status(status=404, match="*sitemap*"))
    report = verify(crawls, expect=3)
    assert report["run"]["outcome"] == "unproved"
    untold = [row for row in ledger(crawls) if row["kind"] == "article"]
    assert untold
    assert {(row["stated"], row["proved_at"]) for row in untold} == {(None, None)}
    assert {row["unproved"] for row in untold} == {"REST gives no list, and no sitemap names the articles."}


# -- a site that lies -------------------------------------------------------------------------------


def test_a_total_that_is_too_low_is_not_believed(crawls, site):
    site.faults.add(Changed(match=f"{REST}comments*page=1&*", change=told("X-WP-Total", 1)))
    verify(crawls)
    assert sum(row["held"] for row in ledger(crawls) if row["kind"] == "comment") == len(site.comments)


def test_a_listing_that_leaves_out_what_is_there_proves_nothing(crawls, site):
    site.faults.add(Changed(match=f"{REST}posts*before=*", change=lambda answer: replace(answer, body=b"[]")))
    report = verify(crawls, expect=3)
    assert {row["unproved"] for row in report["months"] if row["kind"] == "article"} == {
        f"REST's listing leaves out {len(site.articles) - 1} that it shows when requested by id."
    }
    assert crawls.rows("SELECT * FROM articles WHERE missed_at NOTNULL") == []


# -- a budget, and trouble --------------------------------------------------------------------------


def test_a_budget_is_kept_and_the_next_verification_goes_on(crawls, site):
    with Archive.open(crawls.path) as archive:  # with a copy of robots.txt 20 requests are enough
        archive.db.execute("DELETE FROM crawl_state WHERE name = 'robots'")
    before = len(site.requests)
    first = verify(crawls, "--budget", "20")
    assert len(site.requests) - before == 20
    assert "The budget is spent" in first["run"]["sentence"]
    done = {(row["month"], row["kind"]) for row in first["months"]}
    second = verify(crawls, "--budget", "20")
    told = {(row["month"], row["kind"]) for row in ledger(crawls)}
    untold = told - done
    assert untold
    assert untold <= {(row["month"], row["kind"]) for row in second["months"]}, (
        "what was never looked at comes first"
    )
    assert second["coverage"]["proved"] == len({month for month, _ in told})


TROUBLE = {
    "challenge": Challenge(),
    "empty": Empty(),
    "empty lists": Lists(match="*wp/v2*"),
    "asks to wait": TooMany(match="*wp/v2*", retry_after=3600),
}


@pytest.mark.parametrize("fault", TROUBLE.values(), ids=list(TROUBLE))
def test_a_site_in_trouble_proves_nothing_and_marks_nothing(crawls, site, fault):
    site.faults.add(replace(fault))
    verify(crawls, expect=3)
    assert not [row for row in ledger(crawls) if row["proved_at"] and row["surface"] == "rest"]
    assert doubted(crawls) == set()
    assert crawls.rows("SELECT * FROM coverage_gaps WHERE ended_at IS NULL AND reason <> 'protected'") == []


def test_what_was_proved_stays_proved_while_less_is_told(verified, site, tmp_path):
    crawls = copied(verified[0], tmp_path)
    earlier = ", ".join(f"{name} = strftime('%Y-%m-%dT%H:%M:%SZ', {name}, '-1 hour')" for name in READ_AT)
    with Archive.open(crawls.path) as archive:
        archive.db.execute(f"UPDATE visits SET {earlier}")
    before = ledger(crawls)
    site.faults.add(Challenge())
    verify(crawls, expect=3)
    assert ledger(crawls) == before
    site.faults.clear()
    site.faults.add(RestClosed())
    verify(crawls)
    told = {(row["month"], row["kind"]) for row in before}
    later = [row for row in ledger(crawls) if (row["month"], row["kind"]) in told]
    assert {row["surface"] for row in later if row["kind"] == "comment"} == {"rest"}, (
        "pages were read before REST told it"
    )


# -- months -----------------------------------------------------------------------------------------


def test_months_follow_one_another_and_have_bounds_in_utc():
    assert list(calendar("2009-11", "2010-02")) == ["2009-11", "2009-12", "2010-01", "2010-02"]
    span = Span(kind=AuditKind.COMMENT, months=("2009-11", "2009-12"))
    assert span.after == datetime(2009, 10, 31, 23, 59, 59, tzinfo=UTC)
    assert span.before == datetime(2010, 1, 1, tzinfo=UTC)
    assert [half.months for half in span.halves] == [("2009-11",), ("2009-12",)]
    assert span.halves[0].halves == ()


def test_what_stands_an_hour_off_belongs_to_the_span_all_the_same():
    span = Span(kind=AuditKind.COMMENT, months=("2009-11", "2009-12"))
    times = ["2009-10-31T23:30:00", "2009-12-31T04:00:00", "2010-01-01T00:30:00", None]
    assert [span.month_of(time) for time in times] == ["2009-11", "2009-12", "2009-12", "2009-11"]


def test_months_that_never_were_are_not_looked_at():
    assert next(calendar("0001-01", "1970-03")) == "1970-01"
    assert list(calendar("9999-12", "2010-02")) == []


def test_months_that_hold_little_are_asked_for_together():
    due = [(AuditKind.COMMENT, month) for month in ("2009-11", "2009-12", "2010-01", "2010-03", "2010-04")]
    held = {
        (AuditKind.COMMENT, "2009-11"): 60,
        (AuditKind.COMMENT, "2009-12"): 30,
        (AuditKind.COMMENT, "2010-01"): 5,
    }
    found = [span.months for span in spans([(AuditKind.ARTICLE, "2009-10"), *due], held)]
    assert found == [("2009-10",), ("2009-11", "2009-12"), ("2010-01",), ("2010-03", "2010-04")]
