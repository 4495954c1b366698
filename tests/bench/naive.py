"""The crawler that one writes in an hour: trafilatura in the callback, one transaction an item, full text.

`python -m tests.bench.naive URL DATABASE` reads the pages of a site's sitemap with their threads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import scrapy
import trafilatura
from scrapy.crawler import CrawlerProcess
from sqlite_utils import Database


class NaiveSpider(scrapy.Spider):
    """Reads and saves each page as it comes."""

    name = "naive"

    def __init__(self, *, url: str, file: str) -> None:
        super().__init__()
        self.start_urls = [f"{url}/sitemap.xml"]
        self.db = Database(file)
        self.db["articles"].create({"url": str, "title": str, "date": str, "text": str}, pk="url")
        self.db["comments"].create({"id": str, "url": str, "author": str, "date": str, "text": str}, pk="id")
        self.db["articles"].enable_fts(["title", "text"], create_triggers=True)
        self.db["comments"].enable_fts(["text"], create_triggers=True)

    def parse(self, response: Any) -> Iterator[scrapy.Request]:
        """Ask for each page of the sitemap."""
        response.selector.remove_namespaces()
        for url in response.xpath("//loc/text()").getall():
            yield scrapy.Request(url, callback=self.read)

    def read(self, response: Any) -> None:
        """Read a page and save it."""
        found = trafilatura.bare_extraction(response.text, with_metadata=True, include_comments=False)
        if found is None:
            return
        row = {"url": response.url, "title": found.title, "date": found.date, "text": found.text}
        self.db["articles"].upsert(row, pk="url")
        comments = [
            {
                "id": comment.attrib["id"],
                "url": response.url,
                "author": comment.css(".fn::text").get(),
                "date": comment.css("time::attr(datetime)").get(),
                "text": "\n".join(comment.css(".comment-content p::text").getall()),
            }
            for comment in response.css("li.comment")
        ]
        self.db["comments"].upsert_all(comments, pk="id")


if __name__ == "__main__":
    process = CrawlerProcess(
        {"LOG_LEVEL": "ERROR", "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "ROBOTSTXT_OBEY": True}
    )
    process.crawl(NaiveSpider, url=sys.argv[1], file=sys.argv[2])
    process.start()
