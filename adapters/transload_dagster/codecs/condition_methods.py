"""Dagster's methods that change a condition, on trees (1.12 to 1.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from transload_dagster.codecs.conditions import DEPS, GROUPS, Node, node


def without(tree: Node, part: Node) -> Node | None:
    """`AndAutomationCondition.without`; None where Dagster refuses."""
    left = tuple(other for other in tree.parts if _fields(other) != _fields(part))
    if tree.kind != "and" or len(left) == len(tree.parts) or len(left) < 2:  # noqa: PLR2004 - Dagster's own limit
        return None
    return replace(tree, parts=left)


def replaced(tree: Node, old: Node | str, new: Node) -> Node:
    """`AutomationCondition.replace`: by equality, or by name or label. It does not look into `newly_true`."""
    matches = old in (name(tree), tree.label) if isinstance(old, str) else _fields(tree) == _fields(old)
    if matches:
        return new
    if tree.kind == "newly_true":
        return tree
    return node(tree.kind, tuple(replaced(part, old, new) for part in tree.parts), tree.label, tree.detail)


def _fields(tree: Node) -> tuple[Any, ...]:
    """The fields that Dagster compares: its conditions are equal if these are, whatever their classes (seen with 1.12.0 and 1.13.29)."""
    parts = tuple(map(_fields, tree.parts))
    return (tree.label, parts) if tree.kind in GROUPS else (tree.label, *parts, *tree.detail)


def name(tree: Node) -> str:
    """Dagster's own name of a condition without a label."""
    return _NAMES[tree.kind](tree) if tree.kind in _NAMES else tree.kind


def _key_name(tree: Node) -> str:
    return "/".join(tree.detail[0]) if isinstance(tree.detail[0], tuple) else ""


def _lookback(seconds: float | None) -> str:
    return "" if seconds is None else f"(lookback_timedelta={timedelta(seconds=seconds)})"


def _deps_name(tree: Node, base: str) -> str:
    """With a selection Dagster's name would be the text of that, which is not made here."""
    return base if tree.detail == (None, ()) else ""


_NAMES: Final[Mapping[str, Callable[[Node], str]]] = {
    "and": lambda _: "AND",
    "or": lambda _: "OR",
    "not": lambda _: "NOT",
    "since": lambda _: "SINCE",
    "newly_true": lambda _: "NEWLY_TRUE",
    "of_asset": _key_name,
    "any_deps": partial(_deps_name, base="ANY_DEPS_MATCH"),
    "all_deps": partial(_deps_name, base="ALL_DEPS_MATCH"),
    "cron_tick_passed": lambda tree: (
        f"cron_tick_passed(cron_schedule={tree.detail[0]}, cron_timezone={tree.detail[1]})"
    ),
    "in_latest_time_window": lambda tree: tree.kind + _lookback(*tree.detail),
}


def allowed(tree: Node, keys: tuple[Any, ...]) -> Node | None:
    """`.allow` of assets named one by one; None where a condition has no such method."""
    return _selecting(tree, lambda only, ignored: (_united(keys, only or ()), ignored))


def ignored(tree: Node, keys: tuple[Any, ...]) -> Node | None:
    """`.ignore` of assets named one by one."""
    return _selecting(tree, lambda only, before: (only, _united(keys, before)))


def through_virtual(tree: Node, *, value: bool) -> Node | None:
    """`.resolve_through_virtual`, for which the model has no word where it reaches dependencies."""
    # None as an asset to ignore changes any tree that has dependencies, and so finds them.
    reached = _selecting(tree, lambda only, before: (only, (*before, None)))
    return tree if reached is not None and (not value or reached == tree) else None


def _united(first: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys((*first, *others)))


def _selecting(tree: Node, change: Callable[[Any, Any], tuple[Any, ...]]) -> Node | None:
    """Through groups, negations and `since`, and nothing else, down to the dependencies."""
    if tree.kind in DEPS:
        return replace(tree, detail=change(*tree.detail))
    if tree.kind not in (*GROUPS, "not", "since"):
        return None
    return replace(tree, parts=tuple(_selecting(part, change) or part for part in tree.parts))
