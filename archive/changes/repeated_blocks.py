"""Which blocks of a text the site puts on many pages: counters, boxes, links to other articles. Only reads.

Furniture is recognised by the archive's own texts, so at first sight and without a list of plugins.
Invariant: a block that only one article has is never furniture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from archive.changes.sentences import SentenceChange, sentence_words
from archive.changes.text_blocks import PAIRED, SHARED, TextBlock, blocks
from archive.core.connection import Database
from archive.tables.merge import Value

READ = 60  # items whose text is read for one block
_PHRASE = 6  # terms by which items with the block are found
_LABEL = 4  # terms that a label before a link has at most, as in "Also read: …"
_WORD = re.compile(r"[^\W\d_]+")
_LABELLED = re.compile(r"^([^:|»›→]{2,40}[:|»›→])\s*(\S.*)$")

_NOTICE = re.compile(
    r"correct|updat|clarif|editor|amend|errat|retract|earlier version|korrektur|korrigiert|"
    r"aktualisier|redaktion|mise à jour|rectific|correcci|actualiz|aggiorna|rettific|corrigid|atualiza",
    re.IGNORECASE,
)
"""Words of a publisher's notice of an edit, which stands in many articles and matters in each."""


def is_shared(
    db: Database, source: str, kind: str, item: Mapping[str, Value], block: TextBlock, others: int
) -> bool:
    """True if a block repeats in so many other items or links to one.

    `item` is the row of an "article" or a "comment". Numbers and dates in the block do not count.
    """
    if kind == "comment" and "#" not in block.skeleton:
        return False  # many comments are just "Thank you."
    if block.prose and _NOTICE.search(block.words):
        return False
    is_of_article = kind == "article" and not block.prose
    if is_of_article and _names_article(db, source, item["id"], block):
        return True
    found = 0
    for other in _others(db, source, kind, item["id"], block.skeleton):
        found += any(each.skeleton == block.skeleton for each in blocks(other))
        if found >= others:
            return True
    label = _label(block)
    if label is None:
        return False
    found = 0
    for other in _others(db, source, kind, item["id"], label):
        lines = other.split("\n")
        found += any(line.strip().startswith(label) for line in lines)
        if found >= others:
            return True
    return False


def is_shared_sentence(
    db: Database, source: str, kind: str, item: Mapping[str, Value], change: SentenceChange
) -> bool:
    """True if other items have a sentence in this form or another one, and so it is the site's."""
    if _NOTICE.search(f"{change.old} {change.new}"):
        return False
    others = PAIRED if change.old else SHARED
    for phrase in change.phrases:
        found = 0
        for other in _others(db, source, kind, item["id"], " ".join(phrase)):
            found += any(map(change.is_like, sentence_words(other)))
            if found >= others:
                return True
    return False


def _label(block: TextBlock) -> str | None:
    """Return the label before a block's link, if any."""
    found = _LABELLED.match(block.words)
    if found is None or block.prose or len(found[1].split()) > _LABEL:
        return None
    rest = len(re.findall(r"\w+", found[2]))
    if block.links and block.linked >= rest * 0.6:
        return found[1]
    return None


def _names_article(db: Database, source: str, own: Value, block: TextBlock) -> bool:
    """True if a block is another article's title, perhaps labelled."""
    found = _LABELLED.match(block.words)
    label = block.words
    if found:
        label = found[2]
    titles = {block.words, label}
    marks = ", ".join("?" * len(titles))
    phrase = _phrase(label)
    if phrase is None:
        return False
    sql = (
        "SELECT 1 FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid"
        " WHERE articles_fts MATCH ? AND source = ? AND articles.id != ?"
        f" AND articles.title IN ({marks}) LIMIT 1"
    )
    values = [f"title : {phrase}", source, own, *sorted(titles)]
    return bool(db.execute(sql, values).fetchone())


def _others(db: Database, source: str, kind: str, own: Value, said: str) -> Iterator[str]:
    """Yield texts of other items with the same opening."""
    phrase = _phrase(said)
    if phrase is None:
        return
    table = f"{kind}s"
    sql = (
        f"SELECT {table}.text FROM {table}_fts JOIN {table} ON {table}.id = {table}_fts.rowid"
        f" WHERE {table}_fts MATCH ? AND {table}.source = ? AND {table}.id != ? AND {table}.text IS NOT NULL"
        " LIMIT ?"
    )
    for (text,) in db.execute(sql, [f"text : {phrase}", source, own, READ]):
        yield str(text)


def _phrase(said: str) -> str | None:
    """Return the longest run of text as phrase, if any."""
    parts = re.split(r"[#~@\d]+", said)
    runs = [_WORD.findall(run)[:_PHRASE] for run in parts]
    longest = max(runs, key=len, default=[])
    if not longest:
        return None
    return f'"{" ".join(longest)}"'
