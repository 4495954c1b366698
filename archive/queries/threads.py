"""Flat rows of comments, put in the order in which people read a thread. Pure; no SQL, no HTML.

Rows are mappings with at least id, parent_id, published and position; others are carried along. A comment
whose parent is not among the rows is at the top level, and so is the earliest of a ring of comments that
answer one another. Nothing here recurses: a thread may be thousands deep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]

PAGE = 200
LEVELS = 6


@dataclass(slots=True)
class Node:
    """Comment in its thread.

    `level` counts from 1; `answers` are all below it, at any level.

    `up` is the comment it answers, if that is stored. `lost` means that it answers one that is not.
    """

    row: Row
    level: int
    up: Node | None
    lost: bool
    answers: int = 0


@dataclass(slots=True)
class Branch:
    """Comment as drawn on one page, with its replies.

    `depth` counts from 1 and is never above LEVELS: deeper answers are at the level of the one they answer.
    `named` means that the indentation does not show whom it answers, so the comment should.
    """

    node: Node
    depth: int
    named: bool
    branches: list[Branch] = field(default_factory=list)


def arrange(rows: Iterable[Row]) -> list[Node]:
    """Return comments in thread order, replies after their parent."""
    ordered = sorted(rows, key=_when)
    held = {row["id"]: row for row in ordered}
    below: dict[Any, list[Row]] = {}
    tops = []
    for row in ordered:
        parent = row["parent_id"]
        if parent in held and parent != row["id"]:
            below.setdefault(row["parent_id"], []).append(row)
        else:
            tops.append(row)
    nodes: list[Node] = []
    seen: set[Any] = set()
    for row in tops:
        _walk(row, below, seen, nodes)
    for row in ordered:  # what is left answers itself in a ring
        if row["id"] not in seen:
            _walk(row, below, seen, nodes)
    _count_answers(nodes)
    return nodes


def page_of(nodes: Sequence[Node], comment_id: int, *, size: int = PAGE) -> int | None:
    """Return the page of a comment, from 1, if any."""
    places = (index for index, node in enumerate(nodes) if node.row["id"] == comment_id)
    place = next(places, None)
    if place is None:
        return None
    return place // size + 1


def pages(nodes: Sequence[Node], *, size: int = PAGE) -> int:
    """Return the number of a thread's pages, at least one."""
    return max(1, -(-len(nodes) // size))


def nest(nodes: Sequence[Node], page: int = 1, *, size: int = PAGE) -> list[Branch]:
    """Return one page of a thread as nested lists."""
    tops: list[Branch] = []
    drawn: dict[Any, Branch] = {}
    within: dict[Any, list[Branch]] = {}  # the list of each drawn comment
    for node in nodes[(page - 1) * size : page * size]:
        up = None
        if node.up is not None:
            up = drawn.get(node.up.row["id"])
        if up is None:
            branch = Branch(node=node, depth=1, named=node.up is not None)
            place = tops
        elif up.depth < LEVELS:
            branch = Branch(node=node, depth=up.depth + 1, named=False)
            place = up.branches
        else:
            branch = Branch(node=node, depth=LEVELS, named=True)
            place = within[up.node.row["id"]]
        place.append(branch)
        drawn[node.row["id"]] = branch
        within[node.row["id"]] = place
    return tops


def _when(row: Row) -> tuple[str, int, int]:
    position = row["position"]
    if position is None:
        position = -1
    return (row["published"] or "~", position, row["id"])


def _walk(top: Row, below: Mapping[Any, list[Row]], seen: set[Any], nodes: list[Node]) -> None:
    waiting: list[tuple[Row, Node | None]] = [(top, None)]
    while waiting:
        row, up = waiting.pop()
        if row["id"] in seen:
            continue
        seen.add(row["id"])
        answers_unheld = row["parent_id"] is not None or row.get("site_parent") is not None
        level = 1
        if up is not None:
            level = up.level + 1
        node = Node(row=row, level=level, up=up, lost=up is None and answers_unheld)
        nodes.append(node)
        answers = below.get(row["id"], [])
        waiting.extend((answer, node) for answer in reversed(answers))


def _count_answers(nodes: Sequence[Node]) -> None:
    for node in reversed(nodes):
        if node.up is not None:
            node.up.answers += 1 + node.answers
