"""Symbolic calls of `AutomationCondition` → trees of conditions (1.12 to 1.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from transload.forms import Form
from transload_dagster.codecs.condition_methods import allowed, ignored, replaced, through_virtual, without
from transload_dagster.codecs.conditions import (
    BUILT_IN,
    CONDITION,
    GROUPS,
    HANDLED,
    ON_TICKS,
    STATES,
    Node,
    UnreadCondition,
    node,
    node_of,
)
from transload_dagster.reading.fields import described

UNKNOWN: Final = "The model has no word for `{name}` of an automation condition: {shown}."
_NOT_READ: Final = "It is not an automation condition that can be read: {shown}."
_DEFAULT_ZONE: Final = "UTC"

Path = tuple[str, ...]
KeyOf = Callable[[Any], "Path | None"]
"""The key that a value names."""

KeysOf = Callable[[Any], "tuple[Path, ...] | None"]
"""The keys of assets that a selection names one by one."""


class _UnknownPartError(Exception):
    """A part without a tree. Never leaves this module."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def condition(value: Any, key: KeyOf, selection: KeysOf) -> Node | UnreadCondition:
    """The tree of a form. `key` and `selection` resolve the keys that are named in it."""
    try:
        return _Symbolic(key, selection).node(value)
    except _UnknownPartError as unknown:
        return UnreadCondition(unknown.reason, source=described(value))


class _Symbolic:
    """The trees that Dagster's methods make, computed without Dagster."""

    def __init__(self, key: KeyOf, selection: KeysOf) -> None:
        self.key = key
        self.selection = selection

    def node(self, value: Any) -> Node:
        if not isinstance(value, Form):
            raise _UnknownPartError(getattr(value, "reason", None) or _NOT_READ.format(shown=described(value)))
        if value.name in _OPERATORS:
            return node(_OPERATORS[value.name], tuple(map(self.node, operands(value))))
        if value.name == "~" and len(value.args) == 1:
            return node("not", (self.node(value.args[0]),))
        method = _CALLS.get(value.name.removeprefix(f"{CONDITION}."))
        if method is None:
            raise _unknown(value)
        parameters, make = method
        if len(value.args) > len(parameters) or set(value.kwargs) - set(parameters):
            raise _unknown(value)
        tree = make(self, {**dict(zip(parameters, value.args, strict=False)), **value.kwargs})
        if tree is None:
            raise _unknown(value)
        return tree


def _unknown(value: Form) -> _UnknownPartError:
    called = value.name.removeprefix(f"{CONDITION}.").removeprefix(".")
    return _UnknownPartError(UNKNOWN.format(name=called, shown=described(value)))


def operands(value: Form) -> Sequence[Any]:
    """The operands of a chain of one operator, which may be long, from left to right."""
    parts: list[Any] = []
    whole = value.name
    while isinstance(value, Form) and value.name == whole and value.args:
        left, *rest = value.args
        parts.extend(reversed(rest))
        if not (isinstance(left, Form) and left.name == whole):
            parts.append(left)
            break
        value = left
    return parts[::-1]


_OPERATORS: Final[Mapping[str, str]] = dict(zip("&|", GROUPS, strict=True))

_Method = tuple[tuple[str, ...], Callable[[_Symbolic, Mapping[str, Any]], "Node | None"]]
"""The parameters of a method, and the tree for their values; None where no tree stands for them."""


def _ticks(arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    expression, zone = arguments.get("cron_schedule"), arguments.get("cron_timezone", _DEFAULT_ZONE)
    return (expression, zone) if isinstance(expression, str) and isinstance(zone, str) else None


def _tick_passed(_self: _Symbolic, arguments: Mapping[str, Any]) -> Node | None:
    ticks = _ticks(arguments)
    return Node("cron_tick_passed", detail=ticks) if ticks else None


def _on_ticks(name: str) -> _Method:
    def make(_self: _Symbolic, arguments: Mapping[str, Any]) -> Node | None:
        ticks = _ticks(arguments)
        return node_of(ON_TICKS[name](*ticks)) if ticks else None

    return ("cron_schedule", "cron_timezone"), make


def _window(_self: _Symbolic, arguments: Mapping[str, Any]) -> Node | None:
    lookback = arguments.get("lookback_delta")
    if not isinstance(lookback, (timedelta, type(None))):
        return None
    return Node("in_latest_time_window", detail=(lookback.total_seconds() if lookback else None,))


def _matches(self: _Symbolic, arguments: Mapping[str, Any]) -> Node | None:
    key = self.key(arguments.get("key"))
    return None if key is None else Node("of_asset", (self.node(arguments.get("condition")),), detail=(key,))


def _deps(kind: str) -> _Method:
    return ("condition",), lambda self, arguments: Node(
        kind, (self.node(arguments.get("condition")),), detail=(None, ())
    )


def _labelled(self: _Symbolic, arguments: Mapping[str, Any]) -> Node | None:
    label = arguments.get("label")
    return replace(self.node(arguments["of"]), label=label) if isinstance(label, (str, type(None))) else None


def _since(self: _Symbolic, arguments: Mapping[str, Any]) -> Node:
    return node("since", (self.node(arguments["of"]), self.node(arguments.get("reset_condition"))))


def _since_handled(self: _Symbolic, arguments: Mapping[str, Any]) -> Node:
    return node("since", (self.node(arguments["of"]), HANDLED))


def _without(self: _Symbolic, arguments: Mapping[str, Any]) -> Node | None:
    return without(self.node(arguments["of"]), self.node(arguments.get("condition")))


def _replaced(self: _Symbolic, arguments: Mapping[str, Any]) -> Node:
    old = arguments.get("old")
    sought = old if isinstance(old, str) else self.node(old)
    return replaced(self.node(arguments["of"]), sought, self.node(arguments.get("new")))


def _selecting(change: Callable[[Node, tuple[Any, ...]], Node | None]) -> _Method:
    def make(self: _Symbolic, arguments: Mapping[str, Any]) -> Node | None:
        keys = self.selection(arguments.get("selection"))
        return None if keys is None else change(self.node(arguments["of"]), keys)

    return ("of", "selection"), make


def _through_virtual(self: _Symbolic, arguments: Mapping[str, Any]) -> Node | None:
    value = arguments.get("value", True)
    return through_virtual(self.node(arguments["of"]), value=value) if isinstance(value, bool) else None


_CALLS: Final[Mapping[str, _Method]] = {
    # Bound as defaults: what a lambda closes over would be the last of the loop for all.
    **{name: ((), lambda _self, _arguments, name=name: Node(name)) for name in STATES},  # type: ignore[misc]
    **{
        name: ((), lambda _self, _arguments, predicate=predicate: node_of(predicate))  # type: ignore[misc]
        for name, predicate in BUILT_IN.items()
    },
    **{name: _on_ticks(name) for name in ON_TICKS},
    "cron_tick_passed": (("cron_schedule", "cron_timezone"), _tick_passed),
    "in_latest_time_window": (("lookback_delta",), _window),
    "asset_matches": (("key", "condition"), _matches),
    "any_deps_match": _deps("any_deps"),
    "all_deps_match": _deps("all_deps"),
    ".newly_true": (("of",), lambda self, arguments: node("newly_true", (self.node(arguments["of"]),))),
    ".since": (("of", "reset_condition"), _since),
    ".since_last_handled": (("of",), _since_handled),
    ".without": (("of", "condition"), _without),
    ".replace": (("of", "old", "new"), _replaced),
    ".with_label": (("of", "label"), _labelled),
    ".resolve_through_virtual": (("of", "value"), _through_virtual),
    ".allow": _selecting(allowed),
    ".ignore": _selecting(ignored),
}
"""By the name of the method of the class or, with a dot, of a condition."""
