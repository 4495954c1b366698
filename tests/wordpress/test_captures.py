"""A real WordPress of which another witness kept ten moments before our first crawl: the past is back."""

import random
import shutil
import urllib.request

import pytest

from tests.builders.crawling import Crawls
from tests.builders.warcs import warc
from tests.wordpress import WordPress, changes, require

pytestmark = pytest.mark.wordpress

YEARS = range(2013, 2023)
LIVES = {
    "REST open": {"comments_per_page": 0},
    "REST closed, redesigned": {"comments_per_page": 0, "closed": ("rest",)},
}


POSTS = 8  # that live, and are kept
A_YEAR = """
foreach ($written as [$post, $parent, $at, $words]) {
    $comment = wp_filter_comment(wp_slash([
        'comment_post_ID' => $post, 'comment_parent' => $parent, 'comment_type' => 'comment',
        'comment_author' => "Reader of $at", 'comment_author_email' => '', 'comment_author_url' => '',
        'comment_author_IP' => '192.0.2.2', 'comment_agent' => '', 'user_id' => 0,
        'comment_content' => $words,
        'comment_date_gmt' => $at, 'comment_date' => get_date_from_gmt($at)]));
    wp_insert_comment(['comment_approved' => '1'] + $comment);
}
foreach ($gone as [$id, $status]) {
    $status ? wp_set_comment_status($id, $status) : wp_delete_comment($id, true);
}
foreach ($edited as [$id, $words]) {
    wp_update_comment(wp_slash(['comment_ID' => $id, 'comment_content' => $words]));
}
wp_update_post(wp_slash(['ID' => $post, 'post_title' => $title]));
"""


class Moment:
    """What WordPress showed when a witness came by."""

    def __init__(self, site, year):
        self.year, truth = year, site.truth()
        found = [each for each in truth.comments if each.kind == "comment"]
        self.comments = {each.id: each for each in found if each.shown}
        self.told = set(self.comments) if site.closed else {each.id for each in found}  # REST tells of all
        self.titles = {post.id: post.title for post in truth.posts}


def _most_commented(site):
    """Return the posts that have most comments, each with its URL."""
    open_ = [post for post in site.truth().posts if post.kind == "post" and post.comments_open]
    most = sorted(open_, key=lambda post: (-post.comment_count, post.id))[:POSTS]
    return {post.id: post.url for post in most}


def _get(url):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        return answer.read()


def live(site, dice, year, before, posts):
    """Let a year pass: readers write, moderators remove, some words are changed."""
    shown = [each for each in before.comments.values() if each.post in posts]
    written = []
    for number in range(9):
        post = dice.choice(posts)
        below = [each.id for each in shown if each.post == post]
        parent = dice.choice(below) if below and dice.random() < 0.5 else 0
        at = f"{year - 1}-{dice.randint(3, 12):02}-{dice.randint(1, 28):02} {dice.randint(12, 23):02}:30:00"
        words = f"Letter {number} of {year}, on the {dice.choice(('tide', 'quay', 'bell', 'ferry'))}."
        written.append([post, parent, at, words])
    gone = dice.sample([each for each in shown if each.parent is None], 5)
    edited = dice.sample([each for each in shown if each not in gone], 2)
    site.run(
        A_YEAR,
        written=written,
        gone=[[each.id, dice.choice(("trash", "spam", "hold", ""))] for each in gone],
        edited=[[each.id, f"{' '.join(each.paragraphs)} Corrected in {year}."] for each in edited],
        post=dice.choice(posts),
        title=f"A headline of {year}",
    )


@pytest.fixture(scope="module", params=LIVES)
def past(request, tmp_path_factory):
    """The moments of a life, an archive crawled and then given them, and one that had them first."""
    require()
    folder = tmp_path_factory.mktemp("past")
    dice = random.Random(request.param)
    with WordPress(workdir=folder / "wordpress", **LIVES[request.param]) as site:
        moments, pages, before = [], [], Moment(site, 2012)
        urls = _most_commented(site)
        posts = list(urls)
        for year in YEARS:
            live(site, dice, year, before, posts)
            if year == 2018 and "redesigned" in request.param:
                changes.redesign(site, "block")
            before = Moment(site, year)
            moments.append(before)
            pages += [(url, year, _get(url)) for url in urls.values()]
        live(site, dice, 2023, before, posts)
        now = Moment(site, 2023)
        file = warc(folder / "library.warc.gz", *pages)
        found = []
        for name, words in (("after", ("crawl", "import")), ("before", ("import", "crawl"))):
            (folder / name).mkdir()
            crawls = Crawls(folder / name, site.url, {"timezone": "America/New_York"})
            for word in words:
                done = crawls.program(word, *([str(file), "--json"] if word == "import" else []))
                assert done.returncode == 0, done.stdout + done.stderr
            found.append(crawls)
        yield moments, now, posts, *found
    shutil.rmtree(folder, ignore_errors=True)


def signed(each):
    """Return who wrote a comment and when, by which it is known; None for none."""
    return each and (each.author, each.posted.strftime("%Y-%m-%dT%H:%M:%SZ"))


def lost(moments, now, posts):
    """Return the comments that a witness kept and that are not there now: when last, and what they answered.

    WordPress lets a reply answer nothing when what it answered is deleted; a witness saw more than that.
    """
    kept, parents = {}, {}
    for moment in moments:
        for number, each in moment.comments.items():
            parents[number] = signed(moment.comments.get(each.parent)) or parents.get(number)
            if each.post in posts:
                kept[number] = (moment.year, each, parents[number])
    return {number: each for number, each in kept.items() if number not in now.told}


THREAD = """
SELECT c.author, c.text, c.published, p.author AS who, p.published AS at, c.first_seen, c.seen_at, c.gone_at,
    (SELECT max(since) FROM events WHERE comment_id = c.id AND kind = 'removed') AS last_seen
FROM comments AS c LEFT JOIN comments AS p ON p.id = c.parent_id WHERE c.kind = 'comment'
"""


def test_what_was_removed_before_the_first_crawl_is_back(past):
    moments, now, posts, archive, _ = past
    held = {(row["author"], row["published"]): row for row in archive.rows(THREAD)}
    wanted, wrong, removed = lost(moments, now, posts), [], 0
    for year, each, parent in wanted.values():
        row = held.get(signed(each))
        right = (
            row is not None
            and row["text"].split() == " ".join(each.paragraphs).split()
            and row["seen_at"] is None
            and (row["who"], row["at"]) == (parent or (None, None))
        )
        wrong += [] if right else [(each, row)]
        removed += right and row["gone_at"] is not None and row["last_seen"] == f"{year}-03-01T00:00:00Z"
    assert len(wanted) > 30
    assert len(wrong) <= 0.01 * len(wanted), wrong
    assert removed >= 0.97 * len(wanted)  # not of what stands first in a part of a thread


def edits(moments, now, posts):
    """Return how often the words of comments, and titles, differ from those that a witness kept before."""
    words, titles, found = {}, {}, [0, 0]
    for moment in (*moments, now):
        for number, each in moment.comments.items():
            if each.post in posts and words.setdefault(number, each.html) != each.html:
                found[0], words[number] = found[0] + 1, each.html
        for post in posts:
            if titles.setdefault(post, moment.titles[post]) != moment.titles[post]:
                found[1], titles[post] = found[1] + 1, moment.titles[post]
    return tuple(found)


def test_nothing_is_told_that_did_not_happen(past):
    moments, now, posts, archive, _ = past
    sql = "SELECT count(*) AS n FROM events WHERE kind = 'edited' AND comment_id IS {} NULL"
    [comments], [articles] = archive.rows(sql.format("NOT")), archive.rows(sql.format(""))
    assert (comments["n"], articles["n"]) == edits(moments, now, posts)
    told = archive.rows("SELECT DISTINCT kind, witness FROM events WHERE kind != 'edited'")
    assert told == [{"kind": "removed", "witness": "library.warc.gz"}]
    gone = {(row["author"], row["published"]) for row in archive.rows(THREAD) if row["gone_at"]}
    assert not gone & set(map(signed, now.comments.values()))


def test_import_before_the_first_crawl_gives_the_same(past):
    *_, after, before = past
    sql = (
        "SELECT c.author, c.text, c.published, c.first_seen, c.witness, c.version_count, a.title,"
        " substr(c.gone_at, 1, 10) AS gone, p.text AS parent FROM comments AS c JOIN articles AS a"
        " ON a.id = c.article_id LEFT JOIN comments AS p ON p.id = c.parent_id"
        " WHERE c.witness IS NOT NULL ORDER BY 3, 1, 2"
    )
    assert after.rows(sql) == before.rows(sql)
    sql = (
        "SELECT substr(e.at, 1, 10) AS at, e.kind, since, version, e.witness, a.title, c.text"
        " FROM events AS e JOIN articles AS a ON a.id = e.article_id"
        " LEFT JOIN comments AS c ON c.id = e.comment_id"
        " ORDER BY 1, 2, 3, 6, 7"
    )
    assert after.rows(sql) == before.rows(sql)
