"""Every block that a real WordPress renders is in the text of its page, without a look at REST or a feed."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from archive.core.records import Article, Site
from pipeline import process
from pipeline.html.dom import fold
from tests.builders.pages import HTML, made_page
from tests.wordpress import WordPress, require
from tests.wordpress.truth import paragraphs

pytestmark = pytest.mark.wordpress

LINE = "The clerk of the harbour said on {} that the ferry would leave ten minutes late, as it always has."
PICTURE = '<img src="/wp-content/uploads/tower.png" alt="A tower" width="300" height="200" />'
POSTS = {
    "classic": (
        LINE.format("Monday")
        + f'\n\n[caption id="a" width="300"]{PICTURE} The tower before the rain.[/caption]\n\n'
        + "<div>A loose division of its own.</div>\n\n"
        + "<blockquote>It left.<footer>The mayor</footer></blockquote>\n\n"
        + "<aside>The fee is four pennies.</aside>\n\n"
        + '<ul><li><a href="/a">Where the lamps are</a></li>'
        + '<li><a href="/b">Where the goats are</a></li></ul>\n\n'
        + 'Read more: <a href="/d">our report on the bridge</a>\n\nSee also the notes.\n\nYes.\n\n'
        + "Posted in 1904, the letter came <time>yesterday</time> and <q>late</q>.\n\n"
        + "<table><tr><th>Fish</th><td>212</td></tr></table>\n\n"
        + "<pre>Roses are late\n and the ferry too</pre>\n\n"
        + LINE.format("Friday")
    ),
    "blocks": (
        f"<!-- wp:paragraph --><p>{LINE.format('Tuesday')}</p><!-- /wp:paragraph -->"
        '<!-- wp:pullquote --><figure class="wp-block-pullquote"><blockquote><p>Planks change.</p>'
        "<cite>The inspector</cite></blockquote></figure><!-- /wp:pullquote -->"
        '<!-- wp:verse --><pre class="wp-block-verse">The tide comes in\nthe clerk is out</pre>'
        "<!-- /wp:verse -->"
        f'<!-- wp:image --><figure class="wp-block-image">{PICTURE}'
        '<figcaption class="wp-element-caption">From the north.</figcaption></figure><!-- /wp:image -->'
        '<!-- wp:details --><details class="wp-block-details"><summary>What was found</summary>'
        "<!-- wp:paragraph --><p>Eleven planks.</p><!-- /wp:paragraph --></details><!-- /wp:details -->"
        '<!-- wp:buttons --><div class="wp-block-buttons"><!-- wp:button --><div class="wp-block-button">'
        '<a class="wp-block-button__link wp-element-button" href="/form">Write to the office</a></div>'
        "<!-- /wp:button --></div><!-- /wp:buttons -->"
        f"<!-- wp:paragraph --><p>{LINE.format('Sunday')}</p><!-- /wp:paragraph -->"
    ),
    "list": '<ul><li><a href="/a">The first lamp</a></li><li><a href="/b">The second lamp</a></li></ul>',
    "picture": f"<figure>{PICTURE}<figcaption>A goat on the pier.</figcaption></figure>",
    "line": "Back on Monday.",
    "breaks": f"{LINE.format('one')}<br><br>{LINE.format('two')}<br><br><b>Lamps</b><br>The end of it.",
}
WRITE = """
kses_remove_filters(); $made = [];
foreach ($posts as $name => $content) {
    $made[$name] = wp_insert_post(wp_slash(['post_title' => "On $name", 'post_content' => $content,
        'post_status' => 'publish', 'post_author' => 2]));
}
echo json_encode(array_map(fn($id) => ['url' => get_permalink($id),
    'html' => apply_filters('the_content', get_post($id)->post_content)], $made));
"""


def _read(url: str) -> Article:
    """Return the article of a page as the site answers with it."""
    with urllib.request.urlopen(url) as answer:
        body = answer.read()
    page = made_page(url, body, headers=HTML)
    return process(page, Site(name="gazette", url=url)).articles[0]


@pytest.mark.parametrize(("theme", "version"), [("classic", "6.5"), ("block", "6.5"), ("block", "6.2")])
def test_each_rendered_block_is_in_the_text_of_its_page(theme: str, version: str, tmp_path: Path) -> None:
    """The themes are ours, Twenty Twenty-Four and Twenty Twenty-Three."""
    require()
    with WordPress(workdir=tmp_path, version=version, theme=theme, permalinks="/%year%/%postname%/") as site:
        made = json.loads(site.run(WRITE, posts=POSTS))
        read = {name: _read(post["url"]) for name, post in made.items()}
    wanted = {
        name: [words for words in paragraphs(post["html"]) if fold(words)] for name, post in made.items()
    }
    lost = {
        (name, words)
        for name, said in wanted.items()
        for words in said
        if fold(words) not in fold(read[name].text or "")
    }
    assert lost == set()
    assert all(len(said) > 0 for name, said in wanted.items())
    assert read["line"].text == "Back on Monday."
    assert read["list"].text == "The first lamp\nThe second lamp"
