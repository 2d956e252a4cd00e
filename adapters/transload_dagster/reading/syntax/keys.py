"""Keys and dependencies, in every way that Dagster lets one name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from transload.adapter import unread_loss
from transload.forms import Constant, Form
from transload.loss import Code
from transload.reading.values import Attribute, Function, Place, Unknown
from transload_dagster.codecs.keywords import DEFAULTS, KEYWORDS, POSITIONAL
from transload_dagster.reading.facts import Dep, Facts, Key
from transload_dagster.reading.fields import described, not_read, path_of
from transload_dagster.reading.syntax.functions import form_of, origin

ASSETS: Final = frozenset(
    {
        "dagster.asset",
        "dagster.multi_asset",
        "dagster.graph_asset",
        "dagster.graph_multi_asset",
        "dagster.observable_source_asset",
    }
)
SPECS: Final = frozenset({"dagster.AssetSpec", "dagster.SourceAsset"})
EDITS: Final = frozenset({".replace_attributes", ".merge_attributes", ".with_io_manager_key", ".with_attributes"})


class KeyResolver:
    """Resolves keys and dependencies; those that are not known are reported to `facts`."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.keys_of: dict[int, list[Key]] = {}

    def lose(  # noqa: PLR0913, PLR0917 - a loss has that many parts
        self, subject: str, field: str, message: str, place: Place | None, code: Code = Code.UNRESOLVED
    ) -> None:
        """Report a loss of the reading."""
        self.facts.losses.append(unread_loss(subject, field, message, origin(place), code=code))

    def decorator(self, function: Function, names: Iterable[str]) -> Form | None:
        """The decorator of a function that is one of `names`."""
        for decorator in function.decorators:
            form = form_of(decorator)
            # `@dg.asset` without parentheses is a name, not a call.
            form = Form(form.name) if isinstance(form, Constant) else form
            if isinstance(form, Form) and form.name in names:
                return form
        return None

    def arguments(self, form: Form, subject: str, place: Place | None) -> dict[str, Any]:
        """The arguments by name; those that no signature has are reported."""
        arguments = {**dict(zip(POSITIONAL.get(form.name, ()), form.args, strict=False)), **form.kwargs}
        known = KEYWORDS[form.name]
        for name, value in arguments.items():
            if name not in known:
                reason = f"`{form.name}` has no argument `{name}` that is known here."
                if isinstance(value, Unknown):
                    reason = value.reason
                self.lose(subject, name, reason, place, Code.UNRESOLVED if name == "**" else Code.UNKNOWN_KEYWORD)
            elif known[name] == "lost":
                # An empty argument is none: an importing reader, which sees objects, could not tell them apart.
                is_empty = isinstance(value, (list, tuple, set, frozenset, Mapping)) and not value
                if value is not None and not is_empty and DEFAULTS.get(name) != value:
                    self.lose(subject, name, not_read(value), place, Code.UNKNOWN_KIND)
        return {name: value for name, value in arguments.items() if known.get(name, "lost") != "lost"}

    def key(self, value: Any) -> Key | None:
        """The key of anything that Dagster accepts as one (`CoercibleToAssetKey`, specs, decorated functions); None if it is not known."""
        if isinstance(value, str):
            return (value,)
        if isinstance(value, (list, tuple)) and value and all(isinstance(part, str) for part in value):
            return tuple(value)
        if isinstance(value, Form):
            return self._key_of_form(value)
        if isinstance(value, Function):
            self.known(value)
            keys = self.keys_of.get(id(value), [])
            return keys[0] if len(keys) == 1 else None
        if isinstance(value, Attribute) and value.name == "key":
            return self.key(form_of(value.of))
        return None

    def _key_of_form(self, value: Form) -> Key | None:
        if value.name.startswith("dagster.AssetKey"):
            return path_of(value)
        if value.name in SPECS:
            arguments = {**dict(zip(POSITIONAL[value.name], value.args, strict=False)), **value.kwargs}
            return self.key(arguments.get("key"))
        if value.name in EDITS and value.args:
            return self.key(value.args[0])
        return None

    def known(self, function: Function) -> list[Key]:
        """The keys of a decorated function, which may stand further down in the project."""
        if id(function) not in self.keys_of:
            # None at first, so that functions that depend on one another come to an end.
            self.keys_of[id(function)] = []
            if self.decorator(function, ASSETS) is not None:
                self.keys_of[id(function)] = self.keys_ahead(function)
        return self.keys_of[id(function)]

    def deps(self, value: Any, place: Place | None, subject: str) -> list[Dep]:
        """Several dependencies; those that are not known are reported."""
        if value is None:
            return []
        if not isinstance(value, (list, tuple, set, frozenset)):
            self.lose(subject, "deps", f"The dependencies are not known: {described(value)}.", place)
            return []
        deps: list[Dep] = []
        for item in value:
            several = self.known(item) if isinstance(item, Function) else []
            if len(several) > 1:
                deps.extend(Dep(key) for key in several)
                continue
            dep = self.dep(item, place)
            if dep is None:
                self.lose(subject, "deps", f"The dependency is not known: {described(item)}.", place)
            else:
                deps.append(dep)
        return deps

    def dep(self, value: Any, place: Place | None) -> Dep | None:
        """One dependency."""
        if not isinstance(value, Form) or value.name != "dagster.AssetDep":
            key = self.key(value)
            return None if key is None else Dep(key)
        arguments = self.arguments(value, "input", place)
        key = self.key(arguments.get("asset"))
        return None if key is None else Dep(key, arguments.get("partition_mapping"), arguments.get("metadata") or {})

    def own_key(self, arguments: Mapping[str, Any], name: str) -> Key | None:
        """The key of a function, output or input called `name`, by the arguments of its decorator, `AssetOut` or `AssetIn`."""
        if arguments.get("key") is not None:
            return self.key(arguments["key"])
        prefix = arguments.get("key_prefix")
        if prefix is None:
            prefix = []
        parts = [prefix] if isinstance(prefix, str) else prefix
        known = isinstance(parts, (list, tuple)) and all(isinstance(part, str) for part in parts)
        last = name if arguments.get("name") is None else arguments["name"]
        return (*parts, last) if known and isinstance(last, str) else None

    def keys_ahead(self, function: Function) -> list[Key]:
        """The keys of a decorated function that is not yet read."""
        raise NotImplementedError
