"""Which starts of a spider are a crawl, and which look at one page."""

from __future__ import annotations

import pytest
from scrapy.commands import parse

from crawler.spiders.news import NewsSpider
from crawler.spiders.source import SourceSpider
from crawler.spiders.verify import VerifySpider


class OwnSpider(NewsSpider):
    """A spider of somebody else's, in a module of its own."""

    name = "own"


@pytest.mark.parametrize("spider", [NewsSpider, VerifySpider, OwnSpider])
def test_a_spider_with_our_start_is_a_crawl(spider: type[SourceSpider]) -> None:
    assert spider.is_crawl()


def test_a_start_that_scrapy_has_put_in_is_no_crawl(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start(self: NewsSpider) -> None: ...

    monkeypatch.setattr(start, "__module__", parse.__name__)
    monkeypatch.setattr(NewsSpider, "start", start)
    assert not NewsSpider.is_crawl()
