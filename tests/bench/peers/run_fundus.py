"""fundus, with a parser written for the theme, on the pages of a folder: `run_fundus.py PAGES OUTPUT`."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from fundus.parser import ArticleBody, BaseParser, ParserProxy, attribute
from fundus.parser.utility import extract_article_body_with_selector, generic_author_parsing
from lxml.cssselect import CSSSelector


class Gazette(ParserProxy):
    class V1(BaseParser):
        _paragraphs = CSSSelector("div.entry-content > p")

        @attribute
        def body(self) -> ArticleBody:
            return extract_article_body_with_selector(
                self.precomputed.doc, paragraph_selector=self._paragraphs
            )

        @attribute
        def authors(self) -> list:
            return generic_author_parsing(self.precomputed.meta.get("author"))

        @attribute
        def title(self) -> str:
            return self.precomputed.meta.get("og:title")


parser = Gazette()(datetime.now(UTC).date())
with Path(sys.argv[2]).open("w") as output:
    for page in json.loads(Path(sys.argv[1]).read_text()):
        found = parser.parse(Path(page["file"]).read_text(), "raise")
        text = "\n".join(str(section) for section in found["body"].text(None).split("\n"))
        output.write(json.dumps({"url": page["url"], "text": text, "comments": None}) + "\n")
