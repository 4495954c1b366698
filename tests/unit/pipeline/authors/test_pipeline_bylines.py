"""One article in the byline of many themes and page builders: its authors are read, and nobody else's.

The people are invented; only the shapes are those of the themes. Shapes of a turn of phrase stand in
test_pipeline_facts.py.
"""

from __future__ import annotations

import pytest

from tests.paths import FIXTURES
from tests.unit.pipeline.article.test_pipeline_facts import H1, LD, PROSE, TITLE, read

AUTHORS = {"author": "Ida Marsh", "second": "Tove Reed", "third": "Ann Lind"}
DATE = '<time class="entry-date published" datetime="2021-05-03T10:00:00+00:00">May 3, 2021</time>'
SHAPES = {path.stem: path for path in sorted((FIXTURES / "bylines").glob("*.html"))}
"""An article in the markup of each theme, with names in braces for what changes."""
RELATED = (
    '<div class="related-posts"><article class="post"><h3><a href="/tides/">All about tides</a></h3>'
    '<span class="author vcard"><a class="url fn n" rel="author" href="/author/wren/">Wren Alder</a></span>'
    "</article></div>"
)


@pytest.mark.parametrize("theme", SHAPES)
def test_the_byline_of_a_theme(theme: str) -> None:
    shape = SHAPES[theme].read_text(encoding="utf-8")
    page = shape.format(
        title=TITLE,
        prose=PROSE,
        date=DATE,
        url="https://gazette.example/author/ida/",
        second_url="https://gazette.example/author/tove/",
        **AUTHORS,
    )
    wanted = tuple(name for place, name in AUTHORS.items() if f"{{{place}}}" in shape)
    assert read(page + RELATED).authors == wanted


def by(said: str) -> str:
    """Return a page whose marked byline says this."""
    return f'{H1}<p class="byline">{said}</p>{PROSE}'


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("By Ida Marsh is a reporter at the Gull", ("Ida Marsh",)),
        ("Ida Marsh covers the harbour for the Gull", ("Ida Marsh",)),
        ("Ida Marsh @idamarsh", ("Ida Marsh",)),
        ("Ida Marsh ida@gull.example", ("Ida Marsh",)),
        ("Von Hafen-Redakteurin Ida Marsh", ("Ida Marsh",)),
        ("Ida Marsh im Gespräch mit Tove Reed", ("Ida Marsh", "Tove Reed")),
        ("Ida Marsh, Tove Reed", ("Ida Marsh", "Tove Reed")),
        (
            '<a href="/author/ida-marsh/">Ida Marsh</a>, <a href="/author/tove-reed/">Tove Reed</a>',
            ("Ida Marsh", "Tove Reed"),
        ),
        ("潮見 發表在 海辺 留言 (42) 人氣 (7)", ("潮見",)),
        # an office, a rubric, a place, a desk, and who helped
        ("<span>Ida Marsh</span><span>CEO</span>", ("Ida Marsh",)),
        ("<span>Ida Marsh</span> <span>Founder and CEO</span>", ("Ida Marsh",)),
        (
            'Written by <a href="https://ida.example/">Ida Marsh</a> in <a href="/r/">Boats</a>',
            ("Ida Marsh",),
        ),
        ("Ida Marsh in Port Town", ("Ida Marsh",)),
        ('Ida Marsh <a rel="author" href="/author/ida">More stories by Ida Marsh</a>', ("Ida Marsh",)),
        ("red, Gull.example/Agenturen", ("Gull.example",)),
        ("Ida Marsh with agencies", ("Ida Marsh",)),
        ("Ida Marsh and Harbour Media", ("Ida Marsh", "Harbour Media")),
        ("Illustration by Tove Reed", ()),
        ("Translated by Tove Reed", ()),
        ("@idamarsh", ()),
        ("Getty Images", ()),
        ("Shutterstock", ()),
        ("Photo: Ida Marsh", ()),
        ("News", ()),
        ("Nachrichten", ()),
        ("Press release", ()),
        ("Staff", ()),
        ("Staff Writer", ()),
        ("12 Comments", ()),
    ],
)
def test_marked_byline_gives_names_and_nothing_else(said: str, wanted: tuple[str, ...]) -> None:
    assert read(by(said)).authors == wanted


GULL = '{"@type": "Organization", "name": "The Gull"}'
ADMIN = '<p class="byline">By <a href="/author/admin/">Gull D</a></p>'
ACCOUNT = '{"@type": "Person", "name": "Gull D"}'
OWNER = '{"@type": ["Person", "Organization"], "name": "Ida Marsh"}'
AGENCY = '{"@type": "NewsMediaOrganization", "name": "Reuters"}'
CITED = "".join(f'<meta name="citation_author" content="{name}">' for name in ("Ida Marsh", "Tove Reed"))
OFFICE = '{"@type": "Person", "name": "Ida Marsh, Professor of Tides at the Harbour School, Gull.example"}'
PAPERS_NAME = '{"@type": "Person", "name": "La Gazette"}'
PAPERS_BYLINE = '<div class="autor"><h6>Ida Marsh | 3 hours ago</h6></div>'
PUBLISHED = (
    '{"@type": "Person", "name": "Port Post"}, "publisher": {"@type": "Organization", "name": "Port Post"}'
)
PAPER = (
    '<div class="authors"><span class="author">Ida Marsh</span>'
    '<span class="author">Ida Marsh Port Town Times</span></div>'
)
MENU = '<ul><li><a href="/authors/tove/">Tove Reed</a></li></ul>'
TEASER = "Fog closed the harbour for the third day in a row"
SIGNED = '<a rel="author" href="/profile/ida">Ida Marsh</a>'
BOLD = "<p><strong>%s</strong></p>"


@pytest.mark.parametrize(
    ("head", "body", "wanted"),
    [
        # what is declared behind a name, or printed behind it again; the end of the block with the names
        (LD % (TITLE, OFFICE), f"{H1}{PROSE}", ("Ida Marsh",)),
        # the name of the paper, with the address or as its publisher
        (LD % (TITLE, PAPERS_NAME), f"{H1}{PAPERS_BYLINE}{PROSE}", ("Ida Marsh",)),
        (LD % (TITLE, PAPERS_NAME), f"{H1}{PROSE}", ("La Gazette",)),
        (LD % (TITLE, PUBLISHED), f"{H1}{PAPERS_BYLINE}{PROSE}", ("Ida Marsh",)),
        (LD % (TITLE, '{"name": "Von Hafen-Experte Ida Marsh"}'), f"{H1}{PROSE}", ("Ida Marsh",)),
        ("", f"{H1}{PAPER}{PROSE}", ("Ida Marsh",)),
        (
            "",
            f"{H1}<div><p>By <a>Ida Marsh</a>, <a>Tove Reed</a></p><div><p>5 Min Read</p></div></div>{PROSE}",
            ("Ida Marsh", "Tove Reed"),
        ),
        # above the first paragraph
        ("", f"{H1}{BOLD % 'Ida Marsh'}{PROSE}", ()),  # as well a heading: "Golden Bay"
        ("", f"{H1}{BOLD % 'By Ida Marsh'}{PROSE}", ("Ida Marsh",)),
        ("", f"{H1}{BOLD % 'IDA MARSH'}{PROSE}", ("IDA MARSH",)),
        (LD % (TITLE, GULL), f"{H1}{BOLD % 'Ida Marsh'}{PROSE}", ("Ida Marsh",)),
        ("", f"{H1}{BOLD % 'Ida Marsh/Tove Reed'}{PROSE}", ("Ida Marsh", "Tove Reed")),
        (LD % (TITLE, ACCOUNT), f"{H1}{ADMIN}{BOLD % 'IDA MARSH'}{PROSE}", ("IDA MARSH",)),
        (LD % (TITLE, ACCOUNT), f"{H1}{ADMIN}{PROSE}", ("Gull D",)),
        ("", f"{H1}{BOLD % 'Port Town'}{PROSE}", ()),
        ("", f"{H1}{BOLD % 'Eastern Marsh'}{PROSE}", ()),
        ("", f"{H1}{PROSE}<p>Evening Marsh</p>", ()),
        ("", f"{H1}{PROSE}<p>Ida Marsh</p>", ("Ida Marsh",)),
        ("", f"{H1}{BOLD % 'What The Board Decided'}{PROSE}", ()),
        ("", f"{H1}<p><b>Ida Marsh</b> is the mayor.</p>{PROSE}", ()),
        # below the last one
        ("", f"{H1}{PROSE}<p>{'It went on to the end of the pier. ' * 4}(Ida Marsh) +++</p>", ("Ida Marsh",)),
        ("", f"{H1}{PROSE}<p>{'It went on to the end of the pier. ' * 4}(see page 4)</p>", ()),
        # a card of another article, a house, a cell of a table
        ("", f'{H1}{PROSE}<ul><li><a href="/fog/"><h6>By Tove Reed and Ann Lind</h6></a></li></ul>', ()),
        ('<meta name="author" content="Gull Media GmbH">', f"{H1}{PROSE}", ()),
        ("", f"{H1}<table><tr><td>Text &amp; Fotos: Ida Marsh</td></tr></table>{PROSE}", ("Ida Marsh",)),
        ("", f"{H1}<p class='line'>Von Ida Marsh und Tove Reed, NDR</p>{PROSE}", ("Ida Marsh", "Tove Reed")),
        ("", f"{H1}<div class='name'>AFP, MANILA</div>{PROSE}", ("AFP",)),
        # declarations
        (
            LD % (TITLE, '[{"@type": "Person", "name": "Ida Marsh"}, {"@type": "Person", "name": "AP"}]'),
            f"{H1}{PROSE}",
            ("Ida Marsh", "AP"),
        ),
        (LD % (TITLE, GULL), f"{H1}{PROSE}", ("The Gull",)),
        (LD % (TITLE, GULL), f"{H1}<p class='byline'>Ida Marsh</p>{PROSE}", ("Ida Marsh",)),
        (LD % (TITLE, OWNER), f"{H1}{PROSE}", ("Ida Marsh",)),
        (LD % (TITLE, f"[{ACCOUNT}, {AGENCY}]"), f"{H1}{PROSE}", ("Gull D", "Reuters")),
        (LD % (TITLE, f"[{ACCOUNT}, {GULL}]"), f"{H1}{PROSE}", ("Gull D",)),
        (CITED, f"{H1}{PROSE}", ("Ida Marsh", "Tove Reed")),
        (LD % (TITLE, '{"@type": "Person", "name": "By Ida Marsh"}'), f"{H1}{PROSE}", ("Ida Marsh",)),
        (LD % (TITLE, '{"@type": "Person", "name": "Von Marsh"}'), f"{H1}{PROSE}", ("Von Marsh",)),
        # labels of other scripts
        ("", f"{H1}<p class='byline'>Του Νίκου Μάρσου</p>{PROSE}", ("Νίκου Μάρσου",)),
        ("", f"{H1}<p>بقلم: أحمد منصور</p>{PROSE}", ("أحمد منصور",)),
        ("", f"{H1}<p class='author'>文：田中宏昌</p>{PROSE}", ("田中宏昌",)),
        # labels of links, a cut name, menus and cards
        ("", f'{H1}<a rel="author" href="/p/7">See full bio</a>{PROSE}', ()),
        ("", f'{H1}<a rel="author" href="/p/7">More by this author</a>{PROSE}', ()),
        ("", f"{H1}<p class='byline'>By: Ida Marsh<br>Photos by Tove Reed</p>{PROSE}", ("Ida Marsh",)),
        ("", f'{H1}<a rel="author" href="/p/7">View ORCID Profile</a>{PROSE}', ()),
        ("", f'{H1}<b class="author-name">Ida Marshall-Re...</b>{PROSE}', ()),
        (
            "",
            f"{H1}{MENU}<p class='c-byline'><a href='/authors/ida/'>Ida Marsh</a></p>{PROSE}",
            ("Ida Marsh",),
        ),
        ("", f'<ul class="nav-list"><li>By Harbour Tides</li></ul>{H1}{PROSE}', ()),
        ("", f'{H1}{PROSE}<a href="/fog/"><div>{TEASER}</div><i class="author-name">Tove Reed</i></a>', ()),
        # the article's own address beside it, a page about an editor
        ("", f"<article>{H1}<aside><address>{SIGNED}</address></aside>{PROSE}</article>", ("Ida Marsh",)),
        ("", f"<article>{H1}<aside>{SIGNED}</aside>{PROSE}</article>", ()),
        ("", f'{H1}<div><a href="/about/editors/ida-marsh/">Ida Marsh</a></div>{PROSE}', ("Ida Marsh",)),
        (
            LD % (TITLE, '{"name": "Ida"}'),
            f"{H1}<p>By</p><p class='byline'>Ida Marsh</p>{PROSE}",
            ("Ida Marsh",),
        ),
        (
            "",
            f'{H1}{PROSE}<div itemprop="author" itemtype="https://schema.org/Organization">'
            '<meta itemprop="name" content="Gull Editorial"></div>',
            (),
        ),
        # the name of an account, found by the place alone
        ("", f'{H1}<span class="username">human</span>{PROSE}', ()),
    ],
)
def test_author_is_who_wrote_it(head: str, body: str, wanted: tuple[str, ...]) -> None:
    assert read(body, head).authors == wanted
