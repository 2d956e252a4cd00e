"""The layout: links lead to the right, nothing overlaps, and no size or shape of a graph stops it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from transload.drawing.layers import components, forward, layers_of
from transload.drawing.layout import COLUMN, ROW, Point, lay_out
from transload.drawing.order import ordered
from transload.drawing.rows import rows_of

Links = list[tuple[int, int]]

graphs = st.integers(1, 25).flatmap(
    lambda count: st.tuples(
        st.just(count), st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=60)
    )
)


def overlapping(points: Sequence[Point]) -> list[tuple[Point, Point]]:
    """Neighbours in a column that are closer than a row, but for rounding."""
    in_order = sorted(points)
    return [(a, b) for a, b in itertools.pairwise(in_order) if a[0] == b[0] and b[1] - a[1] < ROW - 0.5]


@given(graphs)
def test_links_without_cycles_lead_right_and_nodes_do_not_overlap(graph: tuple[int, Links]) -> None:
    count, links = graph
    acyclic = [(min(link), max(link)) for link in links if link[0] != link[1]]
    points = lay_out(count, acyclic).points

    assert [(a, b) for a, b in acyclic if points[b][0] < points[a][0] + COLUMN] == []
    assert overlapping(points) == []
    assert len(points) == count


@given(graphs)
def test_cycles_and_self_loops_are_laid_out(graph: tuple[int, Links]) -> None:
    assert overlapping(lay_out(*graph).points) == []


@given(graphs)
def test_reversing_some_links_of_a_cycle_leaves_none(graph: tuple[int, Links]) -> None:
    count, links = graph
    acyclic = forward(count, links)
    layers = layers_of(count, acyclic)

    assert [(a, b) for a, b in acyclic if layers[a] >= layers[b]] == []
    assert {frozenset(link) for link in acyclic} == {frozenset(link) for link in links if link[0] != link[1]}


@given(graphs)
def test_components_part_the_nodes_and_no_link_joins_two(graph: tuple[int, Links]) -> None:
    count, links = graph
    parts = components(count, links)
    of_node = {node: number for number, part in enumerate(parts) for node in part}

    assert sorted(node for part in parts for node in part) == list(range(count))
    assert [(a, b) for a, b in links if of_node[a] != of_node[b]] == []


def test_a_link_over_several_layers_bends_in_each() -> None:
    layout = lay_out(4, [(0, 1), (1, 2), (2, 3), (0, 3)])

    assert [x for x, _ in layout.bends[0, 3]] == [COLUMN, 2 * COLUMN]


def test_two_ladders_cross_nowhere() -> None:
    """Two pairs whose natural order crosses: 0 to 3 and 1 to 2, joined at 4."""
    order = ordered([0, 0, 1, 1, 2], [(0, 3), (1, 2), (3, 4), (2, 4)])

    assert order[0].index(0) - order[0].index(1) == order[1].index(3) - order[1].index(2)


def test_a_node_stands_in_the_middle_of_its_neighbours() -> None:
    rows = rows_of([[0, 1, 2], [3]], [1.0] * 4, [(0, 3), (1, 3), (2, 3)])

    assert rows[3] == rows[1]


def test_a_chain_of_100_000_is_laid_out_with_a_link_from_end_to_end() -> None:
    count = 100_000
    layout = lay_out(count, [*((node, node + 1) for node in range(count - 1)), (0, count - 1)])

    assert layout.points[-1][0] == (count - 1) * COLUMN


def test_ten_thousand_nodes_without_links_fill_a_sheet_and_no_column() -> None:
    points = lay_out(10_000, []).points
    width, height = max(x for x, _ in points), max(y for _, y in points)

    assert 1 < width / height < 3
    assert len(set(points)) == 10_000
