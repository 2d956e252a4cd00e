"""Dagster's automation conditions as trees, without Dagster (1.12 to 1.13), for both readers and for what is written.

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

LABELS: Final = "labels"
"""The key of an asset's residue that holds labels by place: "" the whole, "0.1" the second part of its first part."""

Labels = Mapping[str, "str | None"]


@dataclass(frozen=True)
class Node:
    """One condition: `kind` as Dagster's method or operator is called, its `parts`, and its other arguments.

    `detail` is the key for "of_asset", what is allowed and ignored for dependencies, expression and zone for a tick, seconds for a window.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    label: str | None = None
    detail: tuple[Any, ...] = ()


@dataclass(frozen=True)
class UnreadCondition:
    """A condition that no tree stands for: the reason, and how Dagster or the source has it."""

    reason: str
    label: str | None = None
    tree: Any = None
    source: str | None = None


class Kind(NamedTuple):
    """The conversions between a predicate and a node of one kind. `make` takes the parts, and the detail with assets for keys."""

    name: str
    make: Callable[[tuple[Predicate, ...], tuple[Any, ...]], Predicate]
    parts: Callable[[Any], tuple[Predicate, ...]]
    detail: Callable[[Any], tuple[Any, ...]] = lambda _: ()


def _one(predicate: Any) -> tuple[Predicate, ...]:
    return (predicate.part,)


def _selected(predicate: AnyDeps | AllDeps) -> tuple[Any, ...]:
    return (predicate.only, predicate.ignored)


KINDS: Final[Mapping[type, Kind]] = {
    Both: Kind("and", lambda parts, _: Both(parts=parts), lambda group: group.parts),
    Either: Kind("or", lambda parts, _: Either(parts=parts), lambda group: group.parts),
    Not: Kind("not", lambda parts, _: Not(part=parts[0]), _one),
    Since: Kind(
        "since", lambda parts, _: Since(part=parts[0], reset=parts[1]), lambda since: (since.part, since.reset)
    ),
    NewlyTrue: Kind("newly_true", lambda parts, _: NewlyTrue(part=parts[0]), _one),
    OfAsset: Kind(
        "of_asset",
        lambda parts, detail: OfAsset(asset=detail[0], part=parts[0]),
        _one,
        lambda match: (match.asset,),
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
        lambda tick: (tick.expression, tick.timezone),
    ),
    InLatestWindow: Kind(
        "in_latest_time_window",
        lambda _, detail: InLatestWindow(lookback=detail[0]),
        lambda _: (),
        lambda window: (window.lookback,),
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
    # Its parts: in the latest window, a tick since the last request, all dependencies updated since the tick.
    whole = presets.on_cron(expression, zone)
    assert isinstance(whole, Both)  # noqa: S101 - for the type checker
    return whole.parts[2]


ON_TICKS: Final[Mapping[str, Callable[[str, str], Predicate]]] = {
    "on_cron": presets.on_cron,
    "all_deps_updated_since_cron": _updated_since,
}
"""The predicates of methods that take an expression and a zone."""

_INSIDE: Final[tuple[tuple[Predicate, Labels], ...]] = (
    (presets.HANDLED, {"": "handled"}),
    (presets.ANY_DEPS_UPDATED, {"0.0": "newly_updated_without_root"}),
    (presets.ON_MISSING, {"1": "missing_since_last_handled", "1.0": None}),
)
"""Labels inside Dagster's own compositions that are not the names of their methods; None where it gives no label."""


def own_labels(predicate: Predicate) -> dict[str, str]:
    """The labels that Dagster's own methods give, by place. A selection of dependencies does not change them."""
    labels: dict[str, str | None] = {}
    for place, inner in places(predicate):
        part = type(inner)(part=inner.part) if isinstance(inner, (AnyDeps, AllDeps)) else inner
        labels.setdefault(place, _label(part))
        # Outer parts come first: what `_INSIDE` knows of a part stays, whatever its own parts would be called alone.
        for below, label in next((labels for known, labels in _INSIDE if known == part), {}).items():
            if below:
                labels.setdefault(_place(place, below), label)
            else:
                labels[place] = label
    return {place: label for place, label in labels.items() if label is not None}


def _label(predicate: Predicate) -> str | None:
    if predicate in _METHODS:
        return _METHODS[predicate]
    # Only these two are what a method of `ON_TICKS` makes; it has its expression and zone in the label.
    parts = places(predicate) if isinstance(predicate, (Both, AllDeps)) else ()
    tick = next((part for _, part in parts if isinstance(part, TickPassed)), None)
    if tick is None:
        return None
    made = ((name, make(tick.expression, tick.timezone)) for name, make in ON_TICKS.items())
    return next((f"{name}({tick.expression}, {tick.timezone})" for name, whole in made if whole == predicate), None)


_METHODS: Final[Mapping[Predicate, str]] = {predicate: name for name, predicate in BUILT_IN.items()}


def places(predicate: Predicate) -> Iterator[tuple[str, Predicate]]:
    """Every part of a predicate with its place, the whole first."""
    pending = [("", predicate)]
    while pending:
        place, part = pending.pop()
        yield place, part
        kind = KINDS.get(type(part))
        below = kind.parts(part) if kind else ()
        pending.extend((_place(place, str(number)), inner) for number, inner in reversed(list(enumerate(below))))


def _place(outer: str, inner: str) -> str:
    return f"{outer}.{inner}" if outer and inner else outer or inner


def labels_of(residue: Mapping[str, Any]) -> Labels:
    """The labels in the residue that Dagster left of an asset; values of another type are left out."""
    labels = residue.get(LABELS)
    pairs = labels.items() if isinstance(labels, Mapping) else ()
    return {place: label for place, label in pairs if isinstance(label, (str, type(None)))}


# Between predicates and trees


def node_of(predicate: Predicate, labels: Labels | None = None) -> Node:
    """The tree of a predicate, with Dagster's own labels but for those in `labels`."""
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


def predicate_and_labels(tree: Node, asset_of: Callable[[Any], Any]) -> tuple[Predicate, dict[str, str | None]]:
    """The predicate of a tree, and the labels that differ from Dagster's own. `asset_of` gives the asset of a key."""
    predicate = _predicate(tree, asset_of)
    own = own_labels(predicate)
    labels: dict[str, str | None] = {}
    pending = [("", tree)]
    while pending:
        place, inner = pending.pop()
        if inner.label != own.get(place):
            labels[place] = inner.label
        pending.extend((_place(place, str(number)), part) for number, part in enumerate(inner.parts))
    return predicate, labels


def _predicate(tree: Node, asset_of: Callable[[Any], Any]) -> Predicate:
    kind = _BY_NAME.get(tree.kind)
    if kind is None:
        return State(name=_STATES[tree.kind])
    # Parts before the detail: a graph has assets that only conditions name in the order in which they are looked up.
    parts = tuple(_predicate(part, asset_of) for part in tree.parts)
    detail = tree.detail
    if tree.kind == "of_asset":
        detail = (asset_of(detail[0]),)
    elif tree.kind in DEPS:
        only, ignored = detail
        detail = (None if only is None else tuple(map(asset_of, only)), tuple(map(asset_of, ignored)))
    return kind.make(parts, detail)


# The second part of `eager()` is `since(…, handled)`, whose second part is the reset.
HANDLED: Final = node_of(BUILT_IN["eager"]).parts[1].parts[1]
"""The reset of `eager()`, a request or an update since, with the labels that Dagster gives it."""
