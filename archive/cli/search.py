"""The commands that read: `search` finds articles and comments, `show` prints one with its thread.

Text from a site is printed without control characters; the thread is in the order of the conversation, each
answer below what it answers.
"""

from __future__ import annotations

import sys
from textwrap import fill, indent

import click

from archive.cli.console import Context, NearChoice, WholeNumber, emit, opened, say, typed
from archive.core.connection import Database
from archive.core.errors import NotFoundError
from archive.core.formatting import count, plain, when
from archive.core.nearest_name import nearest
from archive.queries import articles, pointing, url_lookup
from archive.queries.articles import HeldArticle, HeldComment
from archive.search import engine as searching
from archive.search import typed_filters
from archive.search.engine import MARK, UNMARK, Ask
from archive.search.hits import Row
from archive.search.suggestions import Help, find_with_help

WIDTH = 100


@click.command()
@click.argument("words", nargs=-1)
@click.option("--saved", metavar="NAME", help="Run the saved search [searches.NAME]; WORDS narrow it.")
@click.option(
    "--in",
    "kind",
    type=NearChoice(["all", *searching.SEARCHED_KINDS]),
    default="all",
    show_default=True,
    help="Where to search.",
)
@click.option("--since", default="", metavar="DAY", help="Published on or after a day, month or year.")
@click.option("--until", default="", metavar="DAY", help="Published on or before a day, month or year.")
@click.option("--author", default="", help="By this author, in whole words.")
@click.option("--tag", default="", help="With this tag or category.")
@click.option("--source", default="", help="Only this source.")
@click.option("--type", "content_type", default="", help="Only this content type, such as page.")
@click.option("--changed", is_flag=True, help="Only what was edited or removed later.")
@click.option("--newest", is_flag=True, help="Newest first, instead of best match first.")
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=WholeNumber(1, 1000),
    help="Show at most this many results of each kind.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def search(
    context: Context,
    words: tuple[str, ...],
    saved: str | None,
    kind: str,
    since: str,
    until: str,
    author: str,
    tag: str,
    source: str,
    content_type: str,
    changed: bool,
    newest: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Search articles, comments and their earlier versions.

    Removed ones are included, and so are words that were edited out.

    All WORDS must occur. "Quoted words" are a phrase, -word must not occur, word* finds words that begin like
    this, OR between two words allows either, and author:name, title:word and tag:name search those fields.
    Put quotes, and words that begin with a dash, after -- and in single quotes.

    \b
    backissue search harbour ferry --since 2025 --in comments
    backissue search -- '"harbour board" -ferry'
    backissue search --saved harbour
    """
    if not words and not saved:
        raise click.UsageError("Give WORDS to search for, or --saved NAME.")
    known = context.saved(saved) if saved else Ask()
    since, until = typed_filters.span(since, until)
    every_word = (known.words, *map(typed, words))
    ask = Ask(
        words=" ".join(filter(None, every_word)),
        kind=kind,
        sort="date" if newest else "relevance",
        since=since,
        until=until,
        person=typed(author),
        tag=typed(tag),
        source=source or known.source,
        type=content_type,
        state="changed" if changed else "",
        size=limit * 2 if kind == "all" else limit,
    )
    found, advice = _found(context, ask, with_help=not as_json)
    for note in found.notes:
        say(plain(note))
    hits = _hits(found.sections)
    if as_json:
        emit(_search_json(found, hits))
        return
    if advice.instead:
        say(plain(advice.instead))
    for hit in hits:
        click.echo(_hit(hit))
    say(_summary(found, len(hits)))
    _print_nearby(advice, limit)


def _hits(sections: tuple[searching.Section, ...]) -> list[Row]:
    return [hit for section in sections for hit in section.hits]


def _print_nearby(advice: Help, limit: int) -> None:
    """Print the best texts with most of the words, where little was found."""
    nearby = _hits(advice.nearby)[:limit]
    if nearby:
        say("With most of these words:")
    for hit in nearby:
        click.echo(_hit(hit))


def _found(context: Context, ask: Ask, *, with_help: bool) -> tuple[searching.SearchResult, Help]:
    """Return what is found, and what finds more."""
    with opened(context) as archive:
        typed_filters.check_filters(archive.db.conn, ask)
        if not with_help:
            return searching.find(archive.db.conn, ask), Help()
        return find_with_help(archive.db.conn, ask)


def _summary(found: searching.SearchResult, shown: int) -> str:
    """Return the number of hits by kind, in a sentence."""
    wanted = [part for part in found.sections if part.count or part.kind in ("articles", "comments")]
    counts = [_count_of(part) for part in wanted]
    return f"{', '.join(counts[:-1])} and {counts[-1]} found; {count(shown, 'hit')} shown."


_COUNTED = {
    "articles": "article",
    "comments": "comment",
    "article_versions": "earlier article version",
    "comment_versions": "earlier comment version",
}


def _count_of(part: searching.Section) -> str:
    number = count(part.count, _COUNTED[part.kind])
    if part.more:
        number += " or more"
    return number


def _search_json(found: searching.SearchResult, hits: list[Row]) -> dict[str, object]:
    return {
        "counts": {part.kind: {"count": part.count, "or_more": part.more} for part in found.sections},
        "notes": list(found.notes),
        "hits": [_plain_hit(hit) for hit in hits],
    }


def _hit(hit: Row) -> str:
    """Return a hit as lines, beginning with its own number."""
    is_comment = hit["kind"] not in ("article", "article version")
    said = str(hit["kind"])
    then = ""
    if hit["version"]:
        said = "comment"
        then = f"edited out on {when(str(hit['replaced_at']))}: "
    title = _marked(hit["title"] or "(untitled)")
    author = _marked(hit["author"] or "–")
    what = f"{said} by {author} under {title} (article {hit['article_id']})"
    number = f"article {hit['id']}"
    subject = title
    if is_comment:
        number = f"comment {hit['id']}"
        subject = what
    head = f"{number:<16}{then}{subject}"
    published = when(str(hit["published"] or "–"))
    facts = f"{'':<16}{published}  {plain(str(hit['url'] or ''))}"
    excerpt = " ".join(str(hit["excerpt"] or "").split())
    margin = " " * 16
    filled = fill(excerpt, WIDTH + 8, initial_indent=margin, subsequent_indent=margin)
    return "\n".join([head, facts, _marked(filled), ""])


def _marked(text: object) -> str:
    """Return a text with matches in bold."""
    parts = str(text or "").split(MARK)
    shown = [plain(parts[0])]
    for part in parts[1:]:
        match, _, rest = part.partition(UNMARK)
        shown.append(click.style(plain(match), bold=True) + plain(rest))
    return "".join(shown)


def _plain_hit(hit: Row) -> Row:
    """Return a hit without the marks of its matches."""
    return {name: _unmarked(value) if isinstance(value, str) else value for name, value in hit.items()}


def _unmarked(text: str) -> str:
    return text.replace(MARK, "").replace(UNMARK, "")


# -- show -----------------------------------------------------------------------------------------


@click.command()
@click.argument("item", nargs=-1, required=True, metavar="URL|[article|comment] ID")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, as in a line of `export jsonl`."
)
@click.pass_obj
def show(context: Context, item: tuple[str, ...], as_json: bool) -> None:
    """Show one article and its thread. ID is a number that `search` prints; URL may be of a comment.

    A comment is shown within its article and thread, and highlighted there.

    \b
    backissue show 17
    backissue show comment 4021
    """
    kind = ""
    reference = item[0]
    if len(item) == 2:
        kind, reference = item
    if len(item) > 2 or kind not in ("", "article", "comment"):
        given = plain(" ".join(item))
        raise click.UsageError(
            f"“{given}” is not one item{nearest(kind, ('article', 'comment'))}."
            " Give a URL, a number, or `comment` and a number."
        )
    with opened(context) as archive:
        if not kind and "://" not in reference:
            kind = "article"
        found = _item(archive.db, kind, reference)
        comment = None
        number = found.id
        if found.kind == "comment":
            comment = found.id
            number = _article_of(archive.db, comment)
        held = articles.article_by_id(archive.db, number)
    if held is None:
        raise NotFoundError(f"The archive has no article “{reference}”.", hint=pointing.SEEK)
    if as_json:
        from archive.exports.as_jsonl import article_line  # noqa: PLC0415  (slow to import)

        emit(article_line(held))
    else:
        shown = _shown(held, comment)
        if sys.stdout.isatty():
            click.echo_via_pager(shown)
        else:
            click.echo(shown)


def _item(db: Database, kind: str, reference: str) -> pointing.ItemReference:
    """Return the item of a number or URL.

    Raises NotFoundError with the facts about a URL that is not archived.
    """
    try:
        return pointing.at(db, kind, reference)
    except NotFoundError as error:
        if "://" not in reference:
            raise
        facts = url_lookup.look_up(db, reference).facts
        raise NotFoundError(str(error), hint=" ".join(facts) or pointing.SEEK) from error


def _article_of(db: Database, comment: int) -> int:
    """Return the id of a comment's article."""
    return int(db.execute("SELECT article_id FROM comments WHERE id = ?", [comment]).fetchone()[0])


def _shown(held: HeldArticle, wanted: int | None) -> str:
    article = held.article
    byline = ", ".join(article.authors) or "no byline"
    dates = when(article.published)
    if when(article.modified) > dates:
        dates += f", edited {when(article.modified)}"
    lines = [
        click.style(plain(article.title or "(untitled)"), bold=True),
        plain(f"{byline} · {dates}"),
        f"article {held.id} · {plain(article.url)}",
    ]
    if article.tags or article.categories:
        lines.append(plain(", ".join((*article.categories, *article.tags))))
    if held.history.gone_at:
        lines.append(f"No longer on the site; removal confirmed {when(held.history.gone_at)}.")
    if held.history.hidden_at:
        hidden_on = when(held.history.hidden_at)
        hidden = f"Hidden by the operator on {hidden_on}: {held.history.hidden_reason}"
        lines.append(plain(hidden))
    paragraphs = (article.text or "(no text)").split("\n")
    text = "\n".join(fill(line, WIDTH) for line in paragraphs)
    lines += ["", plain(text), "", count(len(held.comments), "comment"), ""]
    conversation = articles.conversation(held.comments)
    return "\n".join(lines + [_comment(comment, level, wanted) for comment, level, _ in conversation])


def _comment(held: HeldComment, level: int, wanted: int | None) -> str:
    comment = held.comment
    kind = ""
    if comment.kind != "comment":
        kind = f" · {comment.kind}"
    gone = ""
    if held.history.gone_at:
        gone = f" · removed {when(held.history.gone_at)}"
    if held.history.hidden_at:
        gone += f" · hidden by the operator: {plain(held.history.hidden_reason)}"
    head = click.style(plain(comment.author or "–"), bold=True)
    paragraphs = (comment.text or "–").split("\n")
    text = "\n".join(fill(line, WIDTH - 20) for line in paragraphs)
    number = f"comment {held.id}"
    mark = number
    if held.id == wanted:
        mark = click.style(f"→ {number}", bold=True)
    margin = "  " * min(level, 10)
    return indent(f"{mark} · {head} · {when(comment.published)}{kind}{gone}\n{plain(text)}\n", margin)
