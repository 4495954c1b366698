"""Comments are put in the order in which people read a thread, whatever their parents say."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.queries.threads import LEVELS, Branch, arrange, nest, page_of, pages


def row(number: int, parent: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "parent_id": parent,
        "published": f"2020-01-01T00:{number % 60:02}:00Z",
        "position": number,
    } | more


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [node.row["id"] for node in arrange(rows)]


def flat(branches: list[Branch]) -> list[Branch]:
    return [found for branch in branches for found in (branch, *flat(branch.branches))]


def test_answers_follow_what_they_answer_oldest_first() -> None:
    assert ids([row(4), row(3, 1), row(2, 1), row(1), row(5, 2)]) == [1, 2, 5, 3, 4]


def test_an_answer_to_what_is_not_held_stands_at_the_top_and_says_so() -> None:
    nodes = arrange([row(1), row(2, None, site_parent="77"), row(3, 99)])
    assert [(node.level, node.lost) for node in nodes] == [(1, False), (1, True), (1, True)]


def test_a_ring_is_cut_open_and_nothing_is_lost() -> None:
    assert ids([row(1, 3), row(2, 1), row(3, 2), row(4, 4), row(5)]) == [4, 5, 1, 2, 3]


def test_answers_are_counted_through_all_levels() -> None:
    nodes = arrange([row(1), row(2, 1), row(3, 2), row(4)])
    assert [node.answers for node in nodes] == [2, 1, 0, 0]


def test_a_chain_of_five_thousand_is_drawn_six_deep_and_the_rest_named() -> None:
    nodes = arrange(
        [{**row(n, n - 1 if n > 1 else None), "published": f"2020-01-01T{n:06}"} for n in range(1, 5001)]
    )
    assert nodes[-1].level == 5000
    drawn = flat(nest(nodes, 1, size=5000))
    assert len(drawn) == 5000
    assert max(branch.depth for branch in drawn) == LEVELS
    assert [branch.named for branch in drawn[:8]] == [False] * LEVELS + [True, True]


def test_a_page_that_begins_within_a_thread_names_whom_its_first_answers() -> None:
    nodes = arrange([row(1), row(2, 1), row(3, 2), row(4, 1)])
    second = nest(nodes, 2, size=2)
    assert [(branch.node.row["id"], branch.depth, branch.named) for branch in flat(second)] == [
        (3, 1, True),
        (4, 1, True),
    ]
    assert page_of(nodes, 3, size=2) == 2
    assert page_of(nodes, 77, size=2) is None
    assert (pages(nodes, size=2), pages([], size=2)) == (2, 1)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=30))
def test_every_comment_is_drawn_once_whatever_the_parents(parents: list[int]) -> None:
    rows = [row(number, parent or None) for number, parent in enumerate(parents, 1)]
    nodes = arrange(rows)
    assert sorted(node.row["id"] for node in nodes) == list(range(1, len(rows) + 1))
    for size in (1, 3, 50):
        drawn = [
            b for page in range(1, pages(nodes, size=size) + 1) for b in flat(nest(nodes, page, size=size))
        ]
        assert [branch.node for branch in drawn] == nodes
