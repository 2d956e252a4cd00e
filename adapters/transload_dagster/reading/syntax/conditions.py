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
    Unsaid,
    node,
    node_of,
)
from transload_dagster.reading.fields import described

UNKNOWN: Final = "The model has no word for `{name}` of an automation condition: {shown}."
_NOT_READ: Final = "It is not an automation condition that can be read: {shown}."
_DEFAULT_ZONE: Final = "UTC"

Path = tuple[str, ...]
FindKey = Callable[[Any], "Path | None"]
"""The key that a value names."""

FindKeys = Callable[[Any], "tuple[Path, ...] | None"]
"""The keys of assets that a selection names one by one."""


class _UnknownPartError(Exception):
    """A part without a tree. Never leaves this module."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def condition(value: Any, key: FindKey, selection: FindKeys) -> Node | Unsaid:
    """The tree that a form says. `key` and `selection` give what values stand for."""
    try:
        return _Symbolic(key, selection).node(value)
    except _UnknownPartError as unknown:
        return Unsaid(unknown.why, source=described(value))


class _Symbolic:
    """What Dagster's methods make, computed without Dagster."""

    def __init__(self, key: FindKey, selection: FindKeys) -> None:
        self.key = key
        self.selection = selection

    def node(self, value: Any) -> Node:
        if not isinstance(value, Form):
            why = getattr(value, "reason", None) or _NOT_READ.format(shown=described(value))
            raise _UnknownPartError(why)
        if value.name in _OPERATORS:
            return node(_OPERATORS[value.name], tuple(map(self.node, operands(value))))
        if value.name == "~" and len(value.args) == 1:
            return node("not", (self.node(value.args[0]),))
        called = value.name.removeprefix(f"{CONDITION}.")
        make = _CALLS.get(called)
        if make is None:
            raise _unknown(value)
        given = _arguments(value, make)
        found = make[1](self, given)
        if found is None:
            raise _unknown(value)
        return found


def _unknown(value: Form) -> _UnknownPartError:
    called = value.name.removeprefix(f"{CONDITION}.").removeprefix(".")
    return _UnknownPartError(UNKNOWN.format(name=called, shown=described(value)))


def operands(value: Form) -> Sequence[Any]:
    """The operands of a chain of one operator, which may be long, from left to right."""
    found: list[Any] = []
    whole = value.name
    while isinstance(value, Form) and value.name == whole and value.args:
        left, *rest = value.args
        found.extend(reversed(rest))
        if not (isinstance(left, Form) and left.name == whole):
            found.append(left)
            break
        value = left
    return found[::-1]


_OPERATORS: Final[Mapping[str, str]] = dict(zip("&|", GROUPS, strict=True))

_Make = tuple[tuple[str, ...], Callable[[_Symbolic, Mapping[str, Any]], "Node | None"]]
"""The parameters of a method, and what it makes of their values; None where no tree stands for that."""


def _arguments(value: Form, make: _Make) -> dict[str, Any]:
    parameters = make[0]
    if len(value.args) > len(parameters) or set(value.kwargs) - set(parameters):
        raise _unknown(value)
    return {**dict(zip(parameters, value.args, strict=False)), **value.kwargs}


def _ticks(given: Mapping[str, Any]) -> tuple[str, str] | None:
    expression, zone = given.get("cron_schedule"), given.get("cron_timezone", _DEFAULT_ZONE)
    return (expression, zone) if isinstance(expression, str) and isinstance(zone, str) else None


def _tick_passed(_self: _Symbolic, given: Mapping[str, Any]) -> Node | None:
    ticks = _ticks(given)
    return Node("cron_tick_passed", detail=ticks) if ticks else None


def _on_ticks(name: str) -> _Make:
    def make(_self: _Symbolic, given: Mapping[str, Any]) -> Node | None:
        ticks = _ticks(given)
        return node_of(ON_TICKS[name](*ticks)) if ticks else None

    return ("cron_schedule", "cron_timezone"), make


def _window(_self: _Symbolic, given: Mapping[str, Any]) -> Node | None:
    lookback = given.get("lookback_delta")
    if not isinstance(lookback, (timedelta, type(None))):
        return None
    return Node("in_latest_time_window", detail=(lookback.total_seconds() if lookback else None,))


def _matches(self: _Symbolic, given: Mapping[str, Any]) -> Node | None:
    key = self.key(given.get("key"))
    return None if key is None else Node("of_asset", (self.node(given.get("condition")),), detail=(key,))


def _deps(kind: str) -> _Make:
    return ("condition",), lambda self, given: Node(kind, (self.node(given.get("condition")),), detail=(None, ()))


def _labelled(self: _Symbolic, given: Mapping[str, Any]) -> Node | None:
    label = given.get("label")
    return replace(self.node(given["of"]), label=label) if isinstance(label, (str, type(None))) else None


def _since(self: _Symbolic, given: Mapping[str, Any]) -> Node:
    return node("since", (self.node(given["of"]), self.node(given.get("reset_condition"))))


def _since_handled(self: _Symbolic, given: Mapping[str, Any]) -> Node:
    return node("since", (self.node(given["of"]), HANDLED))


def _without(self: _Symbolic, given: Mapping[str, Any]) -> Node | None:
    return without(self.node(given["of"]), self.node(given.get("condition")))


def _replaced(self: _Symbolic, given: Mapping[str, Any]) -> Node:
    old = given.get("old")
    sought = old if isinstance(old, str) else self.node(old)
    return replaced(self.node(given["of"]), sought, self.node(given.get("new")))


def _selecting(change: Callable[[Node, tuple[Any, ...]], Node | None]) -> _Make:
    def make(self: _Symbolic, given: Mapping[str, Any]) -> Node | None:
        keys = self.selection(given.get("selection"))
        return None if keys is None else change(self.node(given["of"]), keys)

    return ("of", "selection"), make


def _through_virtual(self: _Symbolic, given: Mapping[str, Any]) -> Node | None:
    value = given.get("value", True)
    return through_virtual(self.node(given["of"]), value=value) if isinstance(value, bool) else None


_CALLS: Final[Mapping[str, _Make]] = {
    **{name: ((), lambda _self, _given, name=name: Node(name)) for name in STATES},  # type: ignore[misc]
    **{
        name: ((), lambda _self, _given, predicate=predicate: node_of(predicate))  # type: ignore[misc]
        for name, predicate in BUILT_IN.items()
    },
    **{name: _on_ticks(name) for name in ON_TICKS},
    "cron_tick_passed": (("cron_schedule", "cron_timezone"), _tick_passed),
    "in_latest_time_window": (("lookback_delta",), _window),
    "asset_matches": (("key", "condition"), _matches),
    "any_deps_match": _deps("any_deps"),
    "all_deps_match": _deps("all_deps"),
    ".newly_true": (("of",), lambda self, given: node("newly_true", (self.node(given["of"]),))),
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
