"""Crawls of sites that misbehave in ways a real one does: nothing is lost, nothing asked for ever."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from crawling import Crawls

from archive.store import Archive
from archive.times import to_text
from crawler.sample import Fault, Redirect, RestClosed, SampleSite, TooMany


@pytest.fixture
def site():
    with SampleSite(articles=12, comments=40) as site:
        yield site


@pytest.fixture
def crawls(tmp_path, site):
    return Crawls(tmp_path, site.url)


@dataclass(slots=True, kw_only=True)
class Changed(Fault):
    """An answer with its body or headers changed by a function."""

    change: object = None

    def answer(self, _request, ordinary):
        return self.change(ordinary())


def replaced(old, new):
    return lambda response: replace(response, body=response.body.replace(old.encode(), new.encode()))


def path_of(site, url):
    return url.removeprefix(site.url)


def an_article(site):
    return [article for article in site.articles if not article.protected][3]


def age(crawls, sql, *values):
    """Let time pass, as far as the archive knows."""
    with Archive.open(crawls.path) as archive:
        archive.db.execute(sql, list(values))
        archive.db.conn.commit()


def a_day_passes(crawls):
    yesterday = to_text(datetime.now(UTC) - timedelta(days=2))
    age(crawls, "UPDATE cursors SET value = ? WHERE name = 'posts-all'", yesterday)


def asked(site, since=0):
    """How often each path was asked for."""
    return Counter(request.path for request in site.requests[since:])


# -- nothing is fetched again without need --------------------------------------------------------------


def test_what_was_read_is_not_read_again_when_another_listing_names_it(tmp_path):
    with SampleSite(articles=130, comments=60) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        for prepare in (
            lambda: a_day_passes(crawls),
            lambda: site.faults.add(RestClosed()),
            lambda: (site.faults.clear(), a_day_passes(crawls)),
        ):
            prepare()
            before = len(site.requests)
            crawls.crawl()
            again = [path for path in asked(site, before) if path.startswith("/archives/")]
            assert len(again) <= 3


def test_what_only_the_sitemap_names_and_does_not_answer_is_left_alone_for_longer_each_time(site, crawls):
    wrong = "".join(f"<url><loc>{site.url}/shop/{number}</loc></url>" for number in range(9))
    site.faults.add(
        Changed(match="/wp-sitemap-posts-post-1.xml", change=replaced("</urlset>", wrong + "</urlset>"))
    )
    crawls.crawl(expect=3)
    age(crawls, "UPDATE visits SET failures = 9 WHERE status = 404")
    a_day_passes(crawls)
    before = len(site.requests)
    crawls.crawl()
    assert not [path for path in asked(site, before) if path.startswith("/shop/")]


# -- manners --------------------------------------------------------------------------------------------


def test_while_one_request_waits_nothing_else_is_asked(site, crawls):
    site.faults.add(TooMany(match="/archives/*", times=1, retry_after=3))
    crawls.crawl()
    refused = next(number for number, request in enumerate(site.requests) if request.status == 429)
    at = site.requests[refused].at
    hasty = [r for r in site.requests[refused + 1 :] if (r.at - at).total_seconds() < 2.9]
    assert len(hasty) <= 3, "only what was on its way already"


# -- nothing is lost unseen -----------------------------------------------------------------------------


def test_an_article_that_leads_to_itself_is_a_recorded_problem(site, crawls):
    article = an_article(site)
    site.faults.add(Redirect(match=path_of(site, article.url), to=article.url))
    run = crawls.crawl(expect=3)
    assert run.outcome == "partial"
    assert crawls.rows("SELECT failures FROM visits WHERE url = ?", article.url) == [{"failures": 1}]
