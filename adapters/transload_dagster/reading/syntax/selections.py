"""Asset selections, read without Dagster."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any, Final

from transload.forms import Form
from transload.reading.values import Function
from transload_dagster.names import KIND
from transload_dagster.reading.facts import Facts, Key, Spec
from transload_dagster.reading.syntax.calls import Interpreter
from transload_dagster.reading.syntax.selection_text import KEY_LIKE, SELECTION, parsed


class _UnknownError(Exception):
    """The selection depends on a value that is not known. Never leaves this module."""


class Selector:
    """Resolves selections against all assets of a project. Unknown ones are None."""

    def __init__(self, facts: Facts, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._together = {spec.key: {other.key for other in op.specs} for op in facts.ops for spec in op.specs}
        self._specs = {spec.key: spec for spec in (*facts.specs, *(spec for op in facts.ops for spec in op.specs))}
        self._parents = {key: {dep.key for dep in spec.deps} for key, spec in self._specs.items()}
        self._children: dict[Key, set[Key]] = {}
        for key, parents in self._parents.items():
            for parent in parents:
                self._children.setdefault(parent, set()).add(key)
        self._all = {*self._parents, *self._children}

    def keys(self, value: Any) -> list[Key] | None:
        """The keys of a selection, in the order they are named in where they are named one by one."""
        try:
            named = self._named(value)
            return sorted(self.resolved(value)) if named is None else list(dict.fromkeys(named))
        except _UnknownError:
            return None

    def named(self, value: Any) -> tuple[Key, ...] | None:
        """The keys of assets named one by one, or several such selections united; None for every other selection."""
        if not isinstance(value, Form):
            return None
        if value.name == "|":
            operands = [self.named(argument) for argument in value.args]
            return None if None in operands else tuple(dict.fromkeys(key for keys in operands for key in keys or ()))
        try:
            return tuple(dict.fromkeys(self._assets(value.args))) if value.name in _ONE_BY_ONE else None
        except _UnknownError:
            return None

    def _named(self, value: Any) -> list[Key] | None:
        """The keys of a list of assets, or of a selection of assets named one by one; None for any other."""
        if isinstance(value, str):
            value = parsed(value)
        if isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], str):
            return self._named(value[0])
        # Texts in a list are selections, not keys: their union has no order of its own.
        if isinstance(value, (list, tuple)) and not any(isinstance(item, str) for item in value):
            return self.existing(value)
        if isinstance(value, Form) and value.name in _ONE_BY_ONE:
            return self.existing(value.args)
        return None

    def resolved(self, value: Any) -> set[Key]:
        """The keys of a selection, or of nothing, which is everything that is computed here."""
        if value is None:
            return set(self._together)
        if isinstance(value, str):
            return self.resolved(parsed(value) or _unknown())
        if isinstance(value, (list, tuple)):
            return {key for item in value for key in self.resolved(item)}
        if isinstance(value, Function):
            return set(self.existing([value]))
        if isinstance(value, Form) and value.name in _RESOLVERS:
            return _RESOLVERS[value.name](self, value)
        raise _UnknownError

    def existing(self, values: Iterable[Any]) -> list[Key]:
        """Assets named one by one, each of which has to exist, as in Dagster."""
        keys = self._assets(values)
        return keys if self._all.issuperset(keys) else _unknown()

    def _assets(self, values: Iterable[Any]) -> list[Key]:
        assets: list[Key] = []
        for value in values:
            if isinstance(value, Function):
                keys = self._interpreter.known(value)
            else:
                key = tuple(value.split("/")) if isinstance(value, str) else self._interpreter.key(value)
                keys = [] if key is None else [key]
            assets += keys or _unknown()
        return assets

    def _where(self, fits: Callable[[Spec], bool], form: Form, *, sources: bool = False) -> set[Key]:
        """The assets of which something holds: those that are computed here, or with `sources` all."""
        everything = sources or self._flag(form, "include_sources")
        return {key for key, spec in self._specs.items() if (everything or key in self._together) and fits(spec)}

    @staticmethod
    def _flag(form: Form, name: str, *, default: bool = False) -> bool:
        value = form.kwargs.get(name, default)
        return value if isinstance(value, bool) else _unknown()

    def everything(self, form: Form) -> set[Key]:
        """Every asset that is computed here, or every one."""
        include_sources = form.args[0] if form.args else self._flag(form, "include_sources")
        if not isinstance(include_sources, bool):
            raise _UnknownError
        return set(self._all if include_sources else self._together)

    def groups(self, form: Form) -> set[Key]:
        """The assets of groups, named in full."""
        groups = _texts(form.args)
        if any("*" in group for group in groups):
            raise _UnknownError

        def in_groups(spec: Spec) -> bool:
            group = spec.fields.get("group_name")
            if not isinstance(group, (str, type(None))):
                raise _UnknownError
            return (group or "default") in groups

        return self._where(in_groups, form)

    def tag(self, form: Form) -> set[Key]:
        """The assets with this value of a tag."""
        name, value = _texts(_arguments(form, "key", "value"))
        return self._where(lambda spec: _tags(spec).get(name) == value, form)

    def tag_string(self, form: Form) -> set[Key]:
        """The assets with a tag that is written as `name=value`."""
        name, *values = _texts(form.args)[0].split("=", 1)
        return self.tag(Form(form.name, (name, *values) if values else (name, ""), form.kwargs))

    def kind(self, form: Form) -> set[Key]:
        """The assets of a kind, or without one."""
        (kind,) = _arguments(form, "kind")
        if kind is None:
            return self._where(lambda spec: not _kinds(spec), form)
        return self._where(lambda spec: _texts([kind])[0] in _kinds(spec), form)

    def owner(self, form: Form) -> set[Key]:
        """The assets of an owner, wherever they are computed."""
        owners = _texts(_arguments(form, "owner"))
        return self._where(lambda spec: owners[0] in _texts(spec.fields.get("owners") or ()), form, sources=True)

    def prefixes(self, form: Form) -> set[Key]:
        """The assets whose keys begin with one of these."""
        prefixes = [(prefix,) if isinstance(prefix, str) else tuple(_texts(prefix)) for prefix in form.args]
        return self._where(lambda spec: any(spec.key[: len(prefix)] == prefix for prefix in prefixes), form)

    def substring(self, form: Form) -> set[Key]:
        """The assets whose keys have a text in them."""
        text = _texts(_arguments(form, "key_substring"))[0]
        return self._where(lambda spec: text in "/".join(spec.key), form)

    def like(self, form: Form) -> set[Key]:
        """The keys that a pattern fits, wherever they are computed."""
        # As Dagster makes it (1.13, `_wildcard_to_regex`): a `*` reaches over slashes too.
        pattern = re.compile(re.escape(str(form.args[0])).replace("\\*", ".*") + "$")
        return {key for key in self._all if pattern.match("/".join(key))}

    def combined(self, form: Form) -> set[Key]:
        """Selections united, intersected or subtracted."""
        return reduce(_COMBINE[form.name], map(self.resolved, form.args))

    def related(self, form: Form) -> set[Key]:
        """A selection with its upstream or downstream assets; external ones are left out upstream."""
        start = self.resolved(form.args[0])
        depth = form.kwargs.get("depth", form.args[1] if len(form.args) > 1 else None)
        if not isinstance(depth, (int, type(None))):
            raise _UnknownError
        down = form.name == ".downstream"
        keys = start | self._walk(start, self._children if down else self._parents, depth)
        keys = keys if self._flag(form, "include_self", default=True) else keys - start
        return keys if down else {key for key in keys if key in self._together}

    def ends(self, form: Form) -> set[Key]:
        """The assets of a selection without any up- or downstream of them within it."""
        start = self.resolved(form.args[0])
        step = self._children if form.name == ".sinks" else self._parents
        return {key for key in start if not (self._walk({key}, step, None) - {key}) & start}

    def neighbors(self, form: Form) -> set[Key]:
        """A selection with the assets that are computed together with its own."""
        start = self.resolved(form.args[0])
        return start | {other for key in start for other in self._together.get(key, ())}

    def computed(self, form: Form) -> set[Key]:
        """The assets of a selection that are computed here."""
        return {key for key in self.resolved(form.args[0]) if key in self._together}

    def outside(self, form: Form) -> set[Key]:
        """The external assets of a selection and upstream of it."""
        start = self.resolved(form.args[0])
        return {key for key in start | self._walk(start, self._parents, None) if key not in self._together}

    def same(self, form: Form) -> set[Key]:
        """A selection without its checks, which a flow does not have."""
        return self.resolved(form.args[0])

    @staticmethod
    def _walk(start: set[Key], step: Mapping[Key, set[Key]], depth: int | None) -> set[Key]:
        """All that is reached from `start` in at most `depth` steps; without a depth, in any number."""
        reached: set[Key] = set()
        edge, left = set(start), depth
        while edge and left != 0:
            edge = {other for key in edge for other in step.get(key, ())} - reached
            reached |= edge
            left = None if left is None else left - 1
        return reached


def _unknown() -> Any:
    raise _UnknownError


def _arguments(form: Form, *names: str) -> list[Any]:
    arguments = {**dict(zip(names, form.args, strict=False)), **form.kwargs}
    return [arguments[name] if name in arguments else _unknown() for name in names]


def _texts(values: Any) -> list[str]:
    known = isinstance(values, (list, tuple, set, frozenset)) and all(isinstance(value, str) for value in values)
    return list(values) if known else _unknown()


def _tags(spec: Spec) -> Mapping[str, Any]:
    tags = spec.fields.get("tags") or {}
    return tags if isinstance(tags, Mapping) else _unknown()


def _kinds(spec: Spec) -> set[str]:
    named = {name.removeprefix(KIND) for name in _tags(spec) if name.startswith(KIND)}
    return named | set(_texts(spec.fields.get("kinds") or ()))


_COMBINE: Final[Mapping[str, Callable[[set[Key], set[Key]], set[Key]]]] = {
    "|": lambda left, right: left | right,
    "&": lambda left, right: left & right,
    "-": lambda left, right: left - right,
}

_ONE_BY_ONE: Final = (f"{SELECTION}.assets", f"{SELECTION}.keys")

_RESOLVERS: Final[Mapping[str, Callable[[Selector, Form], set[Key]]]] = {
    **dict.fromkeys(_ONE_BY_ONE, lambda selector, form: set(selector.existing(form.args))),
    f"{SELECTION}.groups": Selector.groups,
    f"{SELECTION}.all": Selector.everything,
    f"{SELECTION}.tag": Selector.tag,
    f"{SELECTION}.tag_string": Selector.tag_string,
    f"{SELECTION}.kind": Selector.kind,
    f"{SELECTION}.owner": Selector.owner,
    f"{SELECTION}.key_prefixes": Selector.prefixes,
    f"{SELECTION}.key_substring": Selector.substring,
    f"{SELECTION}.from_string": lambda selector, form: (
        selector.resolved(*form.args) if len(form.args) == 1 else _unknown()
    ),
    **dict.fromkeys(
        (f"{SELECTION}.all_asset_checks", f"{SELECTION}.checks", f"{SELECTION}.checks_for_assets"),
        lambda _selector, _form: set(),
    ),
    KEY_LIKE: Selector.like,
    **dict.fromkeys(_COMBINE, Selector.combined),
    **dict.fromkeys((".downstream", ".upstream"), Selector.related),
    **dict.fromkeys((".sinks", ".roots", ".sources"), Selector.ends),
    ".required_multi_asset_neighbors": Selector.neighbors,
    ".materializable": Selector.computed,
    ".upstream_source_assets": Selector.outside,
    ".without_checks": Selector.same,
}
"""The resolver of a selection by the name of its call: as Dagster's classes resolve it (1.12.0 and 1.13.29)."""
