"""A real WordPress and its archive, and time that passes between two crawls of it."""

import re
from datetime import UTC, datetime, timedelta

from archive.storage.archive import Archive
from tests.wordpress import changes

TIMES = {
    "visits": ("fetched_at", "good_at", "changed_at", "first_fetched", "previous_good_at"),
    "pending_changes": ("first_at", "last_at"),
    "noise_places": ("first_at",),
    "unlisted": ("since", "shown_at"),
    "refused_texts": ("first_seen", "last_seen"),
    "comments": ("missed_at", "first_seen", "changed_at"),
    "articles": ("missed_at", "first_seen", "changed_at"),
    "moderation_gaps": ("opened_at", "looked_at"),
    "article_versions": ("since", "until"),
    "comment_versions": ("since", "until"),
    "events": ("at", "since"),
    "source_events": ("at",),
    "problems": ("first_seen", "last_seen"),
    "publisher_texts": ("read_at",),
    "runs": ("started_at", "ended_at"),
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class Life:
    """A site, its archive, and time that passes between crawls."""

    def __init__(self, site, crawls, closed):
        self.site, self.crawls, self.rest = site, crawls, "rest" not in closed
        self.plain = not site.permalinks
        self.clock = datetime.now(UTC) - timedelta(hours=1)
        self.passed = timedelta()

    def write(self, post, count=1):
        """Readers write below a post, now."""
        self.clock += timedelta(seconds=count)
        return changes.add_comments(self.site, post.id, count, at=self.clock - timedelta(seconds=count - 1))

    def pass_time(self, **span):
        """Let the archive take all it knows for older than it is."""
        past = timedelta(**span)
        self.passed += past
        with Archive.open(self.crawls.path) as archive:
            for table, columns in TIMES.items():
                for column in columns:
                    archive.db.execute(
                        f"UPDATE {table} SET {column} = strftime('%Y-%m-%dT%H:%M:%SZ', {column}, ?)"
                        f" WHERE {column} IS NOT NULL",
                        [f"-{int(past.total_seconds())} seconds"],
                    )
            for row in list(archive.db.query("SELECT rowid AS n, value FROM crawl_state")):
                if MOMENT.match(row["value"]):
                    earlier = datetime.fromisoformat(row["value"]) - past
                    value = earlier.strftime("%Y-%m-%dT%H:%M:%SZ")
                    archive.db.execute("UPDATE crawl_state SET value = ? WHERE rowid = ?", [value, row["n"]])

    def now(self):
        """The moment, with the time that passed between crawls."""
        return datetime.now(UTC) + self.passed

    def tick(self, **after):
        self.pass_time(**(after or {"minutes": 10}))
        return self.crawls.crawl()

    def ticks(self, *posts):
        """The crawls of the next hours: enough for two looks apart in time, where REST tells nothing too."""
        for _ in range(3):
            if not self.rest:
                self.look_again(*posts)
            self.tick(hours=2)

    def look_again(self, *posts):
        """Make the pages of these posts due, or of all, as they will be in the course of time."""
        of_posts = f"SELECT id FROM articles WHERE post_id IN ({', '.join(map(str, posts))})"
        which = f"article_id IN ({of_posts})" if posts else "kind = 'article'"
        with Archive.open(self.crawls.path) as archive:
            archive.db.execute(f"UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z' WHERE {which}")

    def comment(self, number):
        [row] = self.crawls.rows("SELECT * FROM comments WHERE key = ?", str(number))
        return row

    def held(self):
        """The comments that the archive takes for shown: neither they nor their article are gone."""
        sql = (
            "SELECT key FROM comments JOIN articles ON articles.id = article_id"
            " WHERE comments.gone_at IS NULL AND articles.gone_at IS NULL AND site_id IS NOT NULL"
        )
        return {int(row["key"]) for row in self.crawls.rows(sql)}
