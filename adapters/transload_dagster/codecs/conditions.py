"""Dagster's automation conditions as trees, without Dagster (1.12 to 1.13): what both readers describe, and what is written.

A tree is a predicate with labels. Labels mean nothing to the evaluation, but for that `&` and `|` join groups without one; so the
model has the predicate, and the residue only the labels that differ from those that Dagster itself would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, get_args

from transload.model.conditions import (
    AllDeps,
    AnyDeps,
    Both,
    Either,
    InLatestWindow,
    NewlyTrue,
    Not,
    OfAsset,
    Predicate,
    Since,
    State,
    StateName,
    TickPassed,
)
from transload.triggering import presets
from transload_dagster.names import TOOL

LABELS: Final = "labels"
"""The key of an asset's residue that holds labels by place: "" the whole, "0.1" the second part of its first part."""

Labels = Mapping[str, "str | None"]


@dataclass(frozen=True)
class Node:
    """One condition: `kind` as Dagster's method or operator is called, its `parts`, and what else it was given.

    `detail` is the key for "of_asset", what is allowed and ignored for dependencies, expression and zone for a tick, seconds for a window.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    label: str | None = None
    detail: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Unsaid:
    """A condition that no tree stands for: `why`, and how Dagster or the source has it."""

    why: str
    label: str | None = None
    tree: Any = None
    source: str | None = None


class Kind(NamedTuple):
    """How a predicate and a node of one kind become one another. `make` takes the parts and the detail with assets."""

    name: str
    make: Callable[[tuple[Predicate, ...], tuple[Any, ...]], Predicate]
    parts: Callable[[Any], tuple[Predicate, ...]]
    detail: Callable[[Any], tuple[Any, ...]] = lambda _: ()


def _one(predicate: Any) -> tuple[Predicate, ...]:
    return (predicate.part,)


def _selected(predicate: AnyDeps | AllDeps) -> tuple[Any, ...]:
    return (predicate.only, predicate.ignored)


KINDS: Final[Mapping[type, Kind]] = {
    Both: Kind("and", lambda parts, _: Both(parts=parts), lambda each: each.parts),
    Either: Kind("or", lambda parts, _: Either(parts=parts), lambda each: each.parts),
    Not: Kind("not", lambda parts, _: Not(part=parts[0]), _one),
    Since: Kind("since", lambda parts, _: Since(part=parts[0], reset=parts[1]), lambda each: (each.part, each.reset)),
    NewlyTrue: Kind("newly_true", lambda parts, _: NewlyTrue(part=parts[0]), _one),
    OfAsset: Kind(
        "of_asset",
        lambda parts, detail: OfAsset(asset=detail[0], part=parts[0]),
        _one,
        lambda each: (each.asset,),
    ),
    AnyDeps: Kind(
        "any_deps",
        lambda parts, detail: AnyDeps(part=parts[0], only=detail[0], ignored=detail[1]),
        _one,
        _selected,
    ),
    AllDeps: Kind(
        "all_deps",
        lambda parts, detail: AllDeps(part=parts[0], only=detail[0], ignored=detail[1]),
        _one,
        _selected,
    ),
    TickPassed: Kind(
        "cron_tick_passed",
        lambda _, detail: TickPassed(expression=detail[0], timezone=detail[1]),
        lambda _: (),
        lambda each: (each.expression, each.timezone),
    ),
    InLatestWindow: Kind(
        "in_latest_time_window",
        lambda _, detail: InLatestWindow(lookback=detail[0]),
        lambda _: (),
        lambda each: (each.lookback,),
    ),
}
_BY_NAME: Final = {kind.name: kind for kind in KINDS.values()}
GROUPS: Final = ("and", "or")
DEPS: Final = ("any_deps", "all_deps")
STATES: Final[tuple[StateName, ...]] = get_args(StateName)

_STATES: Final[Mapping[str, StateName]] = {name: name for name in STATES}


# Dagster's own compositions

_NEWLY_MISSING: Final = NewlyTrue(part=presets.MISSING)

CONDITION: Final = "dagster.AutomationCondition"

BUILT_IN: Final[Mapping[str, Predicate]] = {
    "eager": presets.EAGER,
    "on_missing": presets.ON_MISSING,
    "in_progress": presets.IN_PROGRESS,
    "newly_missing": _NEWLY_MISSING,
    "any_deps_updated": presets.ANY_DEPS_UPDATED,
    "any_deps_missing": presets.ANY_DEPS_MISSING,
    "any_deps_in_progress": presets.ANY_DEPS_IN_PROGRESS,
}
"""By the name of the method, which is the label too."""


def _updated_since(expression: str, zone: str) -> Predicate:
    whole = presets.on_cron(expression, zone)
    assert isinstance(whole, Both)  # noqa: S101 - for the type checker
    return whole.parts[2]


ON_TICKS: Final[Mapping[str, Callable[[str, str], Predicate]]] = {
    "on_cron": presets.on_cron,
    "all_deps_updated_since_cron": _updated_since,
}
"""The same of those that take an expression and a zone."""

_INSIDES: Final[tuple[tuple[Predicate, Labels], ...]] = (
    (presets.HANDLED, {"": "handled"}),
    (presets.ANY_DEPS_UPDATED, {"0.0": "newly_updated_without_root"}),
    (presets.ON_MISSING, {"1": "missing_since_last_handled", "1.0": None}),
)
"""Labels of other names, and where Dagster leaves one out."""

_INSIDE: Final[Mapping[Predicate, Labels]] = dict(_INSIDES)


def own_labels(predicate: Predicate) -> dict[str, str]:
    """The labels that Dagster's own methods give, by place. A selection of dependencies does not change them."""
    found: dict[str, str | None] = {}
    for place, each in places(predicate):
        part = type(each)(part=each.part) if isinstance(each, (AnyDeps, AllDeps)) else each
        found.setdefault(place, _label(part))
        for inner, label in _INSIDE.get(part, {}).items():
            found.setdefault(_place(place, inner), label) if inner else found.update({place: label})
    return {place: label for place, label in found.items() if label is not None}


def _label(predicate: Predicate) -> str | None:
    named = _METHODS.get(predicate)
    if named is not None:
        return named
    tick = _tick(predicate)
    if tick is None:
        return None
    made = ((name, make(tick.expression, tick.timezone)) for name, make in ON_TICKS.items())
    return next((f"{name}({tick.expression}, {tick.timezone})" for name, whole in made if whole == predicate), None)


_METHODS: Final[Mapping[Predicate, str]] = {predicate: name for name, predicate in BUILT_IN.items()}


def _tick(predicate: Predicate) -> TickPassed | None:
    """The tick of what may be made of one."""
    if not isinstance(predicate, (Both, AllDeps)):
        return None
    return next((part for _, part in places(predicate) if isinstance(part, TickPassed)), None)


def places(predicate: Predicate) -> Iterator[tuple[str, Predicate]]:
    """Every part of a predicate with its place, the whole first."""
    pending = [("", predicate)]
    while pending:
        place, part = pending.pop()
        yield place, part
        kind = KINDS.get(type(part))
        inner = kind.parts(part) if kind else ()
        pending.extend((_place(place, str(number)), each) for number, each in reversed(list(enumerate(inner))))


def _place(outer: str, inner: str) -> str:
    return f"{outer}.{inner}" if outer and inner else outer or inner


def labels_of(native: Mapping[str, Any]) -> Labels:
    """The labels in the residues of an asset, those that are any."""
    held = native.get(TOOL, {}).get(LABELS)
    pairs = held.items() if isinstance(held, Mapping) else ()
    return {place: label for place, label in pairs if isinstance(label, (str, type(None)))}


# Between predicates and trees


def node_of(predicate: Predicate, labels: Labels | None = None) -> Node:
    """The tree of a predicate: with Dagster's own labels, but for those that `labels` says."""
    return _node(predicate, "", {**own_labels(predicate), **(labels or {})})


def _node(predicate: Predicate, place: str, labels: Labels) -> Node:
    if isinstance(predicate, State):
        return Node(predicate.name, label=labels.get(place))
    kind = KINDS[type(predicate)]
    parts = tuple(_node(part, _place(place, str(number)), labels) for number, part in enumerate(kind.parts(predicate)))
    return node(kind.name, parts, labels.get(place), kind.detail(predicate))


def node(kind: str, parts: tuple[Node, ...], label: str | None = None, detail: tuple[Any, ...] = ()) -> Node:
    """A node; groups without a label are joined, as `&` and `|` join them, and one of a single part is that part."""
    if kind not in GROUPS:
        return Node(kind, parts, label, detail)
    flat = tuple(
        inner for part in parts for inner in (part.parts if part.kind == kind and part.label is None else (part,))
    )
    if len(flat) != 1:
        return Node(kind, flat, label, detail)
    return flat[0] if label is None else replace(flat[0], label=label)


def said(tree: Node, find: Callable[[Any], Any]) -> tuple[Predicate, dict[str, str | None]]:
    """The predicate of a tree, and the labels that differ from Dagster's own. `find` gives the asset of a key."""
    predicate = _predicate(tree, find)
    own = own_labels(predicate)
    given = dict(_labels(tree))
    return predicate, {place: label for place, label in given.items() if label != own.get(place)}


def _predicate(tree: Node, find: Callable[[Any], Any]) -> Predicate:
    kind = _BY_NAME.get(tree.kind)
    if kind is None:
        return State(name=_STATES[tree.kind])
    parts = tuple(_predicate(part, find) for part in tree.parts)
    return kind.make(parts, _found(tree, find))


def _found(tree: Node, find: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The detail, with assets for keys or the other way round."""
    if tree.kind == "of_asset":
        return (find(tree.detail[0]),)
    if tree.kind in DEPS:
        only, ignored = tree.detail
        return (None if only is None else tuple(map(find, only)), tuple(map(find, ignored)))
    return tree.detail


def _labels(tree: Node, place: str = "") -> Iterator[tuple[str, str | None]]:
    pending = [(place, tree)]
    while pending:
        where, part = pending.pop()
        yield where, part.label
        pending.extend((_place(where, str(number)), each) for number, each in enumerate(part.parts))


HANDLED: Final = node_of(BUILT_IN["eager"]).parts[1].parts[1]
"""What ends the waiting of `eager()`: a request or an update since, with the labels that Dagster gives it."""
