"""Program that writes the raw pages of one article as a WACZ.

Its arguments are the archive, the id of the article and the file to write. The reading room runs it in a
process of its own, so that no page waits for it. It exits with 3 where there is no raw page that may leave
the archive, and with 1 after an error.
"""

from __future__ import annotations

import sys
from pathlib import Path

from archive.core.errors import BackissueError
from archive.exports.as_wacz import write_wacz
from archive.exports.selection import Selection, Snapshot

NOTHING = 3
"""The exit code where no page was written."""


def write_article_wacz(archive: Path, article_id: int, place: Path) -> bool:
    """Write the file; False where it has no page of the article.

    Raises ArchiveError where something is hidden and `hidden.db` cannot be read.
    """
    with Snapshot.open(archive, Selection(article=article_id)) as snapshot:
        return write_wacz(snapshot, place) > 0


if __name__ == "__main__":
    try:
        is_written = write_article_wacz(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    except BackissueError as error:
        sys.exit(str(error))
    sys.exit(0 if is_written else NOTHING)
