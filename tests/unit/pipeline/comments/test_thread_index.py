"""What a thread costs those who read the page after it: nothing, since none of its elements is left."""

from __future__ import annotations

from archive.core.records import Site
from pipeline.comments.extract import take_thread
from pipeline.html import metadata
from pipeline.html.document import parse
from tests.bench.reading import made_pages
from tests.builders.theme import Theme

SITE = Site(name="gazette", url="https://gazette.example")


def test_readers_after_the_thread_meet_as_many_elements_as_without_one() -> None:
    theme = Theme()
    busy = max(range(40), key=theme.comments)
    document = parse(made_pages(theme, busy + 1)[-1])
    assert document is not None
    thread = take_thread(document, SITE, metadata.read_head(document), None)
    assert len(thread.comments) == theme.comments(busy) > 30
    left = thread.index
    assert left.tree is document.tree
    assert not left.having({"comment", "comment-body", "comment-reply-link"})
    for tag in ("li", "p", "a", "time", "img", "footer"):
        assert left.tagged(tag) == list(document.tree.iter(tag)), tag
