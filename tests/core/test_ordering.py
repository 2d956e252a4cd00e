"""Order, circles and components: laws of graphs, and chains that are long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transload.ordering import components, is_acyclic, ordered, without_circles

LONG = 100_000
NAMES = "abcdefg"

graphs = st.permutations(NAMES).flatmap(
    lambda names: st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=3) for name in names})
)


def reachable(before: dict[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    pending = list(before[start])
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            pending.extend(before[node])
    return seen


@given(graphs)
def test_components_are_the_nodes_that_reach_each_other(before: dict[str, list[str]]) -> None:
    reach = {node: reachable(before, node) for node in before}
    circles = components(before)

    assert sorted(node for circle in circles for node in circle) == sorted(before)
    for circle in circles:
        (first, *_) = circle
        assert set(circle) == {first, *(node for node in before if node in reach[first] and first in reach[node])}
    done: set[str] = set()
    for circle in circles:
        done |= set(circle)
        assert all(set(before[node]) <= done for node in circle)


@given(graphs)
def test_what_remains_without_circles_has_none_and_lacks_no_other_edge(before: dict[str, list[str]]) -> None:
    kept = without_circles(before)

    assert is_acyclic(kept)
    assert is_acyclic(before) == (not any(node in reachable(before, node) for node in before))
    for node, others in before.items():
        left_out = set(others) - set(kept[node])
        assert all(node == other or node in reachable(before, other) for other in left_out)
    assert without_circles(dict(reversed(before.items()))) == kept


@given(graphs)
def test_order_puts_upstream_first_and_else_stays_as_it_is(before: dict[str, list[str]]) -> None:
    found = ordered(before)

    assert sorted(found) == sorted(before)
    if is_acyclic(before):
        assert all(found.index(other) < found.index(node) for node, others in before.items() for other in others)
    assert ordered(dict.fromkeys(before, ())) == list(before)


def test_what_is_no_node_is_waited_for_by_none() -> None:
    assert ordered({"b": ["x", "a"], "a": []}) == ["a", "b"]


def test_a_circle_is_broken_where_the_order_begins() -> None:
    assert ordered({"c": ["a"], "a": ["b"], "b": ["c"], "d": ["b"]}) == ["c", "b", "a", "d"]


def test_long_chains_and_circles_are_walked_without_recursion_or_squares() -> None:
    chain = {str(number): [str(number + 1)] for number in range(LONG)} | {str(LONG): []}
    circle = chain | {str(LONG): ["0"]}

    assert ordered(chain)[:2] == [str(LONG), str(LONG - 1)]
    assert sum(map(len, without_circles(circle).values())) == LONG
    assert len(components(chain)) == LONG + 1
    assert [len(each) for each in components(circle)] == [LONG + 1]
    assert is_acyclic(chain)
    assert not is_acyclic(circle)
