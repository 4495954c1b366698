"""Dates of modification that move without a change are found out, and no longer followed."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.crawl_state import CrawlState, rows_from_state, state_from_rows
from archive.core.lastmod import LastmodTrust
from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.fakesite import Fault, SampleSite


@pytest.mark.parametrize(
    ("same", "changed", "is_lost"),
    [(0, 0, False), (9, 0, False), (10, 0, True), (18, 2, False), (40, 2, True), (0, 50, False)],
)
def test_trust_is_lost_by_what_came(same, changed, is_lost):
    assert LastmodTrust().after(same, changed).is_lost is is_lost


def test_trust_comes_back_by_changes():
    trust = state_from_rows(rows_from_state(CrawlState(lastmod_trust=LastmodTrust(150, 0)))).lastmod_trust
    for _ in range(40):
        trust = trust.after(0, 2)
    assert not trust.is_lost
    assert state_from_rows({}).lastmod_trust == LastmodTrust()


@dataclass(slots=True, kw_only=True)
class Touched(Fault):
    """A plugin that counts views moves each article's date of modification at each look."""

    match: str = "/wp-json/wp/v2/posts*"
    looks: int = 0

    def answer(self, request, ordinary):
        response = ordinary()
        posts = json.loads(response.body)
        self.looks += 1
        moment = datetime.now(UTC) - timedelta(days=1) + timedelta(minutes=self.looks)
        for post in posts:
            post["modified_gmt"] = f"{moment:%Y-%m-%dT%H:%M:%S}"
        return replace(response, body=json.dumps(posts).encode())


def test_views_that_move_dates_cost_few_requests(tmp_path):
    with SampleSite(articles=14, comments=20) as site:
        touched = site.faults.add(Touched())
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        counts = []
        for _ in range(4):
            with Archive.open(crawls.path) as archive:
                sql = "UPDATE crawl_state SET value = '2020-01-01T00:00:00Z' WHERE name = 'posts_listed_at'"
                archive.db.execute(sql)
                archive.db.conn.commit()
            before = len(site.requests)
            crawls.crawl()
            counts.append(sum(r.path.startswith("/archives/") for r in site.requests[before:]))
        assert touched.looks == 9, "the list, and before it what has changed, in each crawl but the first"
        assert counts[0] >= 10
        assert max(counts[1:]) <= 2, counts
        assert "move without a change" in " ".join(crawls.program("status").stdout.split())
        assert crawls.rows("SELECT count(*) AS n FROM events") == [{"n": 0}]
