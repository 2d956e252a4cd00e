"""Symbolic calls of Dagster's decorators and classes → facts."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any, Final

from transload.adapter import unread
from transload.forms import Constant, Form
from transload.loss import Code
from transload.model.assets import Origin
from transload.reading.forms import from_value
from transload.reading.values import Attribute, Class, Function, Place, Symbol, Unknown, Value
from transload_dagster import legal
from transload_dagster.facts import CheckFact, Dep, Facts, Key, Op, Spec
from transload_dagster.keywords import KEYWORDS, POSITIONAL
from transload_dagster.names import TOOL
from transload_dagster.outline import STUB
from transload_dagster.taking import described, path_of

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
THIRD_PARTY: Final = frozenset(
    {"dlt_assets", "sling_assets", "dbt_assets", "fivetran_assets", "airbyte_assets", "multi_observable_source_asset"}
)
"""Decorators whose assets only running them tells."""

_EDITS: Final = frozenset({".replace_attributes", ".merge_attributes", ".with_io_manager_key", ".with_attributes"})
_CONTEXTS: Final = frozenset({"context", "_", "_context", "_context_"})
_VALUES: Final = ("pandas.", "polars.", "builtins.", "typing.", "pyarrow.", "numpy.", "pyspark.")
"""What an annotation of an argument names that is an asset's value, and no resource."""


def public(name: str) -> str:
    """The public name of something of Dagster's, whatever module it is imported from."""
    package, _, rest = name.partition(".")
    if package != "dagster" or not rest:
        return name
    parts = rest.split(".")
    start = next((place for place, part in enumerate(parts) if part.lstrip("_")[:1].isupper()), len(parts) - 1)
    return ".".join(["dagster", *parts[start:]])


def form_of(value: Value) -> Value:
    """The form of a symbolic value, in public names."""
    return from_value(value, public)


class Interpreter:
    """Turns decorated functions and calls into facts; each definition once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._keys: dict[int, list[Key]] = {}

    def lose(self, subject: str, field: str, message: str, place: Place | None, code: Code = Code.UNRESOLVED) -> None:
        """Report what is left out."""
        self.facts.losses.append(unread(subject, field, message, origin(place), code=code))

    def decorator(self, function: Function, names: Iterable[str]) -> Form | None:
        """The decorator of a function that is one of `names`."""
        for each in function.decorators:
            form = form_of(each)
            form = Form(form.name) if isinstance(form, Constant) else form
            if isinstance(form, Form) and form.name in names:
                return form
        return None

    def arguments(self, form: Form, subject: str, place: Place | None) -> dict[str, Any]:
        """The arguments by name; those that no signature has are reported."""
        given = {**dict(zip(POSITIONAL.get(form.name, ()), form.args, strict=False)), **form.kwargs}
        known = KEYWORDS[form.name]
        for name, value in given.items():
            if name not in known:
                why = (
                    value.reason
                    if isinstance(value, Unknown)
                    else f"`{form.name}` has no argument `{name}` that is known here."
                )
                self.lose(subject, name, why, place, Code.UNRESOLVED if name == "**" else Code.UNKNOWN_KEYWORD)
            elif known[name] == "lost":
                self.lose(subject, name, f"It is not read: {described(value)}.", place, Code.UNKNOWN_KIND)
        return {name: value for name, value in given.items() if known.get(name, "lost") != "lost"}

    def function(self, function: Function) -> Op | Spec | None:
        """What a decorated function defines; None for a function that defines no asset, or one whose name is not known."""
        decorator = self.decorator(function, ASSETS)
        if decorator is None:
            return None
        subject = f"asset {function.name}"
        given = self.arguments(decorator, subject, function.place)
        if decorator.name in ("dagster.multi_asset", "dagster.graph_multi_asset"):
            return self._multi(function, decorator.name, given)
        key = self._own_key(given, function.name)
        if key is None:
            self.lose(
                subject,
                "key",
                f"The key is not known: {described(given.get('key', given.get('key_prefix')))}.",
                function.place,
            )
            return None
        self._keys[id(function)] = [key]
        return self._single(function, decorator.name, given, key)

    def _single(self, function: Function, name: str, given: dict[str, Any], key: Key) -> Op | Spec:
        spec = Spec(key, fields=_fields(name, given), origin=origin(function.place))
        _text_default(spec.fields, "description", function.docstring)
        if given.get("compute_kind") is not None:
            spec.fields["kinds"] = [*spec.fields.get("kinds", ()), given["compute_kind"]]
        if name == "dagster.observable_source_asset":
            spec.native["observable"] = legal.identifier(key)
            message = "Observing a source outside of Dagster is code, which only Dagster runs."
            self.lose(f"asset {'/'.join(key)}", "native.dagster.observable", message, function.place, Code.WATCHER)
            return spec
        if given.get("output_required") is False:
            spec.fields["skippable"] = True
        resources = self._inputs(spec, function, given)
        op = Op(
            legal.identifier(key), [spec], _op_fields(name, given), _qualified(function), origin=origin(function.place)
        )
        op.native = _residue(name, given, resources, graph=name == "dagster.graph_asset")
        self._io_manager(op, spec, given)
        self._checks_inside(given, function, key)
        return op

    @staticmethod
    def _io_manager(op: Op, spec: Spec, given: Mapping[str, Any]) -> None:
        manager = given.get("io_manager_key")
        if isinstance(manager, str) and manager != "io_manager":
            op.native.setdefault("io_managers", {})["/".join(spec.key)] = manager

    def _multi(self, function: Function, name: str, given: dict[str, Any]) -> Op | None:
        outs = given.get("outs")
        specs = self._specs(given.get("specs")) if given.get("specs") is not None else self._outs(outs, given, function)
        if specs is None:
            why = f"The assets are not known: {described(given.get('specs', outs))}."
            self.lose(f"job {function.name}", "specs", why, function.place)
            return None
        for spec in specs:
            spec.origin = spec.origin or origin(function.place)
            for field in ("partitions_def", "group_name", "code_version"):
                if given.get(field) is not None:
                    spec.fields.setdefault(field, given[field])
            if given.get("compute_kind") is not None:
                spec.fields["kinds"] = [*spec.fields.get("kinds", ()), given["compute_kind"]]
        self._keys[id(function)] = [spec.key for spec in specs]
        op = Op(
            self._text(given.get("name")) or function.name,
            specs,
            _op_fields(name, given),
            _qualified(function),
            origin=origin(function.place),
        )
        _text_default(op.fields, "description", function.docstring)
        resources = self._shared_inputs(op, function, given)
        op.native = {**_residue(name, given, resources, graph=name == "dagster.graph_multi_asset"), **op.native}
        _inherit(op, given)
        self._checks_inside(given, function, None)
        return op

    def _specs(self, value: Any) -> list[Spec] | None:
        if not isinstance(value, (list, tuple)):
            return None
        found = [self.spec(item, None) for item in value]
        return [spec for spec in found if spec is not None] if None not in found else None

    def _outs(self, outs: Any, given: Mapping[str, Any], function: Function) -> list[Spec] | None:
        if not isinstance(outs, Mapping):
            return None
        found = {name: self._out(name, out, function) for name, out in outs.items()}
        specs = [spec for spec in found.values() if spec is not None]
        if len(specs) < len(found):
            return None
        inner = given.get("internal_asset_deps")
        for name, spec in found.items():
            listed = inner.get(name) if isinstance(inner, Mapping) else None
            if listed is not None and spec is not None:
                spec.deps = [dep for item in listed if (dep := self.dep(item, function.place)) is not None]
                spec.fields["own deps"] = True
        return specs

    def _out(self, name: str, out: Any, function: Function) -> Spec | None:
        if not isinstance(out, Form) or out.name not in ("dagster.AssetOut", "dagster.Out"):
            return Spec((name,)) if isinstance(out, Form) else None
        given = self.arguments(out, f"asset {name}", function.place) if out.name == "dagster.AssetOut" else {}
        key = self._own_key(given, name)
        if key is None:
            return None
        spec = Spec(key, fields=_fields("dagster.AssetOut", given), origin=origin(function.place))
        if given.get("is_required") is False:
            spec.fields["skippable"] = True
        if isinstance(given.get("io_manager_key"), str):
            spec.native["io_manager_key"] = given["io_manager_key"]
        return spec

    def spec(self, value: Any, place: Place | None) -> Spec | None:
        """An `AssetSpec` or `SourceAsset`, after its edits."""
        if isinstance(value, Form) and value.name in _EDITS and value.args:
            spec = self.spec(value.args[0], place)
            return None if spec is None else self._edited(spec, value)
        if not isinstance(value, Form) or value.name not in SPECS:
            return None
        given = self.arguments(value, "asset", place)
        key = self.key(given.get("key"))
        if key is None:
            return None
        spec = Spec(key, fields=_fields(value.name, given), origin=origin(place))
        if given.get("skippable") is not None:
            spec.fields["skippable"] = given["skippable"]
        spec.deps = self.deps(given.get("deps"), place, f"asset {'/'.join(key)}")
        return spec

    def _edited(self, spec: Spec, edit: Form) -> Spec:
        fields = KEYWORDS["dagster.AssetSpec"]
        for name, value in edit.kwargs.items():
            if name == "deps":
                spec.deps = self.deps(value, None, f"asset {'/'.join(spec.key)}")
            elif fields.get(name) == "field":
                merged = edit.name == ".merge_attributes" and isinstance(value, Mapping)
                spec.fields[name] = {**spec.fields.get(name, {}), **value} if merged else value
            else:
                self.lose(
                    f"asset {'/'.join(spec.key)}",
                    name,
                    f"`{edit.name[1:]}` has no argument `{name}` that is known here.",
                    None,
                    Code.UNKNOWN_KEYWORD,
                )
        return spec

    def key(self, value: Any) -> Key | None:
        """The key of whatever Dagster takes for one."""
        if isinstance(value, str):
            return (value,)
        if isinstance(value, (list, tuple)) and value and all(isinstance(part, str) for part in value):
            return tuple(value)
        if isinstance(value, Form):
            return self._key_of_form(value)
        if isinstance(value, Function):
            self.known(value)
            keys = self._keys.get(id(value), [])
            return keys[0] if len(keys) == 1 else None
        if isinstance(value, Attribute) and value.name == "key":
            return self.key(form_of(value.of))
        return None

    def _key_of_form(self, value: Form) -> Key | None:
        if value.name.startswith("dagster.AssetKey"):
            return path_of(value)
        if value.name in SPECS:
            given = {**dict(zip(POSITIONAL[value.name], value.args, strict=False)), **value.kwargs}
            return self.key(given.get("key"))
        if value.name in _EDITS and value.args:
            return self.key(value.args[0])
        return None

    def known(self, function: Function) -> list[Key]:
        """The keys of a decorated function, which may stand further down in the project."""
        if id(function) not in self._keys:
            self._keys[id(function)] = []
            decorator = self.decorator(function, ASSETS)
            if decorator is not None:
                self._keys[id(function)] = self._keys_ahead(function, decorator)
        return self._keys[id(function)]

    def _keys_ahead(self, function: Function, decorator: Form) -> list[Key]:
        silent = Interpreter(Facts())
        silent._keys = self._keys
        defined = silent.function(function)
        specs = defined.specs if isinstance(defined, Op) else [defined] if defined else []
        return [spec.key for spec in specs]

    def deps(self, value: Any, place: Place | None, subject: str) -> list[Dep]:
        """Several dependencies; those that are not known are reported."""
        if value is None:
            return []
        if not isinstance(value, (list, tuple, set, frozenset)):
            self.lose(subject, "deps", f"The dependencies are not known: {described(value)}.", place)
            return []
        found: list[Dep] = []
        for item in value:
            several = self.known(item) if isinstance(item, Function) else []
            if len(several) > 1:
                found.extend(Dep(key) for key in several)
                continue
            dep = self.dep(item, place)
            if dep is None:
                self.lose(subject, "deps", f"The dependency is not known: {described(item)}.", place)
            else:
                found.append(dep)
        return found

    def dep(self, value: Any, place: Place | None) -> Dep | None:
        """One dependency."""
        if not isinstance(value, Form) or value.name != "dagster.AssetDep":
            key = self.key(value)
            return None if key is None else Dep(key)
        given = self.arguments(value, "input", place)
        key = self.key(given.get("asset"))
        return None if key is None else Dep(key, given.get("partition_mapping"), given.get("metadata") or {})

    def _own_key(self, given: Mapping[str, Any], name: str) -> Key | None:
        if given.get("key") is not None:
            return self.key(given["key"])
        own = given.get("name")
        prefix = given.get("key_prefix")
        parts = [prefix] if isinstance(prefix, str) else prefix if prefix is not None else []
        known = isinstance(parts, (list, tuple)) and all(isinstance(part, str) for part in parts)
        last = name if own is None else own
        return (*parts, last) if known and isinstance(last, str) else None

    def _inputs(self, spec: Spec, function: Function, given: Mapping[str, Any]) -> list[str]:
        """Arguments first, then what only orders, as Dagster lists them. Returns the resources."""
        arguments, resources = self._arguments(function, given.get("ins"))
        deps = given.get("deps", given.get("non_argument_deps"))
        spec.deps = [*arguments, *self.deps(deps, function.place, f"asset {'/'.join(spec.key)}")]
        return resources

    def _shared_inputs(self, op: Op, function: Function, given: Mapping[str, Any]) -> list[str]:
        arguments, resources = self._arguments(function, given.get("ins"))
        shared = [
            *arguments,
            *self.deps(given.get("deps", given.get("non_argument_deps")), function.place, f"job {op.name}"),
        ]
        for spec in op.specs:
            named = {dep.key for dep in arguments}
            if spec.fields.pop("own deps", False) or given.get("specs") is not None:
                ordered = {dep.key: dep for dep in shared}
                spec.deps = [ordered.get(dep.key, dep) if dep.key in named else dep for dep in spec.deps] or list(
                    shared
                )
            else:
                spec.deps = list(shared)
        return resources

    def _arguments(self, function: Function, ins: Any) -> tuple[list[Dep], list[str]]:
        """What the function takes: upstream assets, and resources."""
        stated = ins if isinstance(ins, Mapping) else {}
        if ins is not None and not isinstance(ins, Mapping):
            self.lose(f"asset {function.name}", "ins", f"The inputs are not known: {described(ins)}.", function.place)
        found: list[Dep] = []
        resources: list[str] = []
        for place, parameter in enumerate(function.parameters):
            kind = _kind_of(place, parameter)
            if kind == "resource":
                resources.append(parameter.name)
            elif kind == "asset" and parameter.name not in stated:
                found.append(Dep((parameter.name,), argument=parameter.name))
        found.extend(dep for name, each in stated.items() if (dep := self._in(name, each, function)) is not None)
        return found, resources

    def _in(self, name: str, value: Any, function: Function) -> Dep | None:
        if not isinstance(value, Form) or value.name != "dagster.AssetIn":
            self.lose(
                f"asset {function.name}", f"ins.{name}", f"The input is not known: {described(value)}.", function.place
            )
            return None
        given = self.arguments(value, f"input {name}", function.place)
        prefix = given.get("key_prefix")
        key = self.key(given["key"]) if given.get("key") is not None else self._own_key({"key_prefix": prefix}, name)
        if key is None:
            self.lose(f"asset {function.name}", f"ins.{name}", "The key of the input is not known.", function.place)
            return None
        nothing = isinstance(given.get("dagster_type"), Constant) and given["dagster_type"].name == "dagster.Nothing"
        return Dep(key, given.get("partition_mapping"), given.get("metadata") or {}, None if nothing else name)

    def _checks_inside(self, given: Mapping[str, Any], function: Function, key: Key | None) -> None:
        specs = given.get("check_specs")
        for value in specs if isinstance(specs, (list, tuple)) else [specs] if specs is not None else []:
            if isinstance(value, Form) and value.name == "dagster.AssetCheckSpec":
                self.check(value, None, function.place, inside=True)
            else:
                self.lose(
                    f"asset {function.name}",
                    "check_specs",
                    f"The check is not known: {described(value)}.",
                    function.place,
                )

    def check(self, form: Form, function: Function | None, place: Place, *, inside: bool = False) -> None:
        """A check, as a decorator of its function or as a spec."""
        subject = f"check {function.name if function else ''}"
        given = self.arguments(form, subject, place)
        asset = self.key(given.get("asset"))
        name = given.get("name", function.name if function else None)
        if asset is None or not isinstance(name, str):
            self.lose(subject, "asset", f"The asset of the check is not known: {described(given.get('asset'))}.", place)
            return
        fields: dict[str, Any] = {
            field: given[field] for field in ("description", "blocking", "metadata") if field in given
        }
        if function is not None:
            _text_default(fields, "description", function.docstring)
        deps = self.deps(given.get("additional_deps"), place, subject)
        ins = given.get("additional_ins")
        deps += [dep for each, value in (ins or {}).items() if (dep := self._in(each, value, function)) is not None] if function and isinstance(ins, Mapping) else []  # fmt: skip
        self.facts.checks.append(
            CheckFact(asset, name, fields, deps, _qualified(function) if function else None, inside)
        )

    @staticmethod
    def _text(value: Any) -> str | None:
        return value if isinstance(value, str) else None


def origin(place: Place | None) -> Origin:
    """Where something stands."""
    return Origin(tool=TOOL, way="static", path=place.path if place else None, line=place.line if place else None)


def _fields(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if KEYWORDS[name].get(key) == "field" and value is not None}


def _op_fields(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if KEYWORDS[name].get(key) == "op" and value is not None}


def _text_default(fields: dict[str, Any], field: str, text: str | None) -> None:
    if text and fields.get(field) is None:
        fields[field] = text


def _inherit(op: Op, given: Mapping[str, Any]) -> None:
    """Where one op makes all of them, the assets without a description have the op's."""
    if given.get("can_subset") is True:
        op.native["can_subset"] = True
    for spec in op.specs:
        manager = spec.native.pop("io_manager_key", "io_manager")
        if manager != "io_manager":
            op.native.setdefault("io_managers", {})["/".join(spec.key)] = manager
        if op.native.get("can_subset"):
            spec.fields["skippable"] = False


def _residue(name: str, given: Mapping[str, Any], resources: list[str], *, graph: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: described(value)
        for key, value in given.items()
        if KEYWORDS[name].get(key) == "residue" and value is not None
    }
    required = given.get("required_resource_keys")
    needed = sorted({*resources, *(each for each in required or () if isinstance(each, str))}) if required is None or isinstance(required, (set, frozenset, list, tuple)) else resources  # fmt: skip
    if needed:
        found["resources"] = needed
    if graph:
        found["graph"] = True
    return found


def _kind_of(place: int, parameter: Any) -> str:
    """What a parameter of a decorated function is: `context`, `config`, `resource` or `asset`."""
    annotation = form_of(parameter.annotation)
    text = annotation.name if isinstance(annotation, (Constant, Form)) else ""
    if parameter.kind in ("variadic", "keywords"):
        return "other"
    if place == 0 and (parameter.name in _CONTEXTS or text.endswith("Context")):
        return "context"
    if parameter.name == "config" and annotation is not None:
        return "config"
    return "resource" if _is_resource(annotation, text) else "asset"


def _is_resource(annotation: Any, text: str) -> bool:
    if isinstance(annotation, Class):
        return any(
            "Resource" in (base.name if isinstance(base, (Class, Symbol)) else "") or _is_resource_class(base)
            for base in annotation.bases
        )
    return (
        bool(text)
        and not text.startswith(_VALUES)
        and (text.endswith(("Resource", "Client", "Pipes")) or text.startswith("dagster"))
    )


def _is_resource_class(base: Any) -> bool:
    return isinstance(base, Class) and _is_resource(base, base.name)


def _qualified(function: Function) -> str | None:
    """The name of a function; None for a stub of transload's."""
    stub = any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(STUB)
        for node in ast.walk(function.node)
    )
    return None if stub else f"{function.module}.{function.qualname}"
