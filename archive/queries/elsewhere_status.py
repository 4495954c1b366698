"""How the threads in comment systems elsewhere are, in sentences. It only reads."""

from __future__ import annotations

from archive.core.connection import Database
from archive.core.formatting import count, when
from archive.core.thread_address import SCHEME

_THREADS = f"""
SELECT substr(url, {len(SCHEME) + 1}, instr(url, '?') - {len(SCHEME) + 1}) AS system, count(*) AS threads,
    count(CASE WHEN failures > 0 THEN 1 END) AS failing, max(good_at) AS read_at
FROM visits WHERE source = ? AND kind = 'thread' GROUP BY 1 ORDER BY threads DESC
"""
_SHORT = (
    "SELECT count(*) FROM problems WHERE source = ? AND code = 'comments-missing' AND ended_at IS NULL"
    f" AND url GLOB '{SCHEME}*'"
)


def elsewhere_sentences(db: Database, source: str) -> list[str]:
    """Return a sentence for each comment system elsewhere, and one for threads that are short."""
    said = []
    for row in db.query(_THREADS, [source]):
        name = str(row["system"]).capitalize()
        at = row["read_at"]
        read = "none of them read so far"
        if at:
            read = f"last read on {when(str(at))} UTC"
        failing = ""
        if row["failing"]:
            failing = f"; {row['failing']:,} could not be read"
        articles = count(row["threads"], "article")
        said.append(f"Comments of {articles} are kept by {name}, {read}{failing}.")
    [[short]] = db.execute(_SHORT, [source]).fetchall()
    if short:
        said.append(f"{count(short, 'thread')} there gave fewer comments than stated.")
    return said
