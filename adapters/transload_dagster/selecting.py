"""Asset selections, read without Dagster."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from transload.forms import Form
from transload.reading.values import Function
from transload_dagster.facts import Facts, Key, Spec
from transload_dagster.interpreting import Interpreter

_TERM = re.compile(
    r'(?P<up>\d*\+)?(?:(?P<field>key|group|tag|kind|owner):)?(?P<value>"[^"]*"|[^\s"+]+)(?P<down>\+\d*)?'
)


class Selector:
    """Resolves selections against everything that was found. Unknown ones are None."""

    def __init__(self, facts: Facts, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._made = {spec.key: spec for op in facts.ops for spec in op.specs}
        self._children: dict[Key, set[Key]] = {}
        for spec in self._made.values():
            for dep in spec.deps:
                self._children.setdefault(dep.key, set()).add(spec.key)

    def keys(self, value: Any) -> list[Key] | None:
        """The keys of a selection, in the order they are named in where they are named one by one."""
        if value is None:
            return sorted(self._made)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, (list, tuple)):
            return self._each(value)
        if isinstance(value, Function):
            return list(self._interpreter.known(value)) or None
        if isinstance(value, Form):
            resolve = _RESOLVERS.get(value.name)
            return resolve(self, value) if resolve else None
        return None

    def _each(self, values: Sequence[Any]) -> list[Key] | None:
        found: list[Key] = []
        for value in values:
            key = None if isinstance(value, str) else self._interpreter.key(value)
            keys = [key] if key is not None else self.keys(value)
            if keys is None:
                return None
            found.extend(keys)
        return list(dict.fromkeys(found))

    def _text(self, text: str) -> list[Key] | None:
        """A selection in words: one term, or a bare key."""
        if text.strip() == "*":
            return sorted(self._made)
        match = _TERM.fullmatch(text.strip())
        if match is None:
            return None
        value = match["value"].strip('"')
        found = {key for key, spec in self._made.items() if _matches(key, spec, match["field"] or "key", value)}
        found |= self._walk(found, self._parents, _depth(match["up"])) if match["up"] else set()
        found |= self._walk(found, self._downstream, _depth(match["down"])) if match["down"] else set()
        return sorted(found)

    def assets(self, form: Form) -> list[Key] | None:
        """Assets named one by one."""
        found = [self._several(value) for value in form.args]
        return None if None in found else list(dict.fromkeys(key for keys in found if keys is not None for key in keys))

    def named(self, value: Any) -> tuple[Key, ...] | None:
        """The keys of assets named one by one, or several such selections united; None for every other selection."""
        if not isinstance(value, Form):
            return None
        if value.name == "|":
            found = [self.named(argument) for argument in value.args]
            return None if None in found else tuple(dict.fromkeys(key for keys in found for key in keys or ()))
        keys = self.assets(value) if value.name in _ONE_BY_ONE else None
        return None if keys is None else tuple(keys)

    def _several(self, value: Any) -> list[Key] | None:
        if isinstance(value, Function):
            return list(self._interpreter.known(value)) or None
        key = tuple(value.split("/")) if isinstance(value, str) else self._interpreter.key(value)
        return None if key is None else [key]

    def groups(self, form: Form) -> list[Key] | None:
        """The assets of groups."""
        groups = form.args
        if not all(isinstance(group, str) for group in groups):
            return None
        return sorted(key for key, spec in self._made.items() if (spec.fields.get("group_name") or "default") in groups)

    def everything(self, _form: Form) -> list[Key]:
        """Every asset that is computed here."""
        return sorted(self._made)

    def combined(self, form: Form) -> list[Key] | None:
        """Selections united, intersected or subtracted."""
        found = [self.keys(argument) for argument in form.args]
        if not found or any(keys is None for keys in found):
            return None
        first, *others = [set(keys or ()) for keys in found]
        for other in others:
            first = _COMBINE[form.name](first, other)
        return sorted(first)

    def related(self, form: Form) -> list[Key] | None:
        """What a selection depends on, or what depends on it."""
        start = self.keys(form.args[0]) if form.args else None
        depth = form.kwargs.get("depth", form.args[1] if len(form.args) > 1 else None)
        if start is None or not isinstance(depth, (int, type(None))):
            return None
        step = self._downstream if form.name == ".downstream" else self._parents
        own = set() if form.kwargs.get("include_self") is False else set(start)
        return sorted(own | self._walk(set(start), step, depth))

    def _parents(self, key: Key) -> set[Key]:
        spec = self._made.get(key)
        return {dep.key for dep in spec.deps if dep.key in self._made} if spec else set()

    def _downstream(self, key: Key) -> set[Key]:
        return self._children.get(key, set())

    @staticmethod
    def _walk(start: set[Key], step: Callable[[Key], set[Key]], depth: int | None) -> set[Key]:
        found: set[Key] = set()
        edge, left = set(start), depth
        while edge and left != 0:
            edge = {child for key in edge for child in step(key)} - found
            found |= edge
            left = None if left is None else left - 1
        return found


def _depth(mark: str) -> int | None:
    return int(mark.strip("+")) if mark.strip("+") else None


def _matches(key: Key, spec: Spec, field: str, value: str) -> bool:
    if field == "key":
        return fnmatch.fnmatchcase("/".join(key), value)
    if field == "group":
        return (spec.fields.get("group_name") or "default") == value
    held = spec.fields.get({"tag": "tags", "kind": "kinds", "owner": "owners"}[field]) or ()
    return value in held


_COMBINE: Final[Mapping[str, Callable[[set[Key], set[Key]], set[Key]]]] = {
    "|": lambda left, right: left | right,
    "&": lambda left, right: left & right,
    "-": lambda left, right: left - right,
}

_ONE_BY_ONE: Final = ("dagster.AssetSelection.assets", "dagster.AssetSelection.keys")

_RESOLVERS: Final[Mapping[str, Callable[[Selector, Form], list[Key] | None]]] = {
    "dagster.AssetSelection.assets": Selector.assets,
    "dagster.AssetSelection.keys": Selector.assets,
    "dagster.AssetSelection.groups": Selector.groups,
    "dagster.AssetSelection.all": Selector.everything,
    "dagster.AssetSelection.from_string": lambda selector, form: selector.keys(form.args[0]) if form.args else None,
    "|": Selector.combined,
    "&": Selector.combined,
    "-": Selector.combined,
    ".downstream": Selector.related,
    ".upstream": Selector.related,
}
