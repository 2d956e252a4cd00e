"""Symbolic calls of Dagster's decorators and classes → facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from transload.forms import Constant, Form
from transload.loss import Code
from transload.reading.values import Function, Place
from transload_dagster.codecs import legal
from transload_dagster.codecs.keywords import KEYWORDS, POSITIONAL
from transload_dagster.reading.facts import CheckFact, Dep, Facts, Key, Op, Spec
from transload_dagster.reading.fields import OBSERVED, described, not_read
from transload_dagster.reading.syntax.functions import (
    configured,
    fields_of,
    inherit,
    kind_of,
    op_fields,
    origin,
    qualified,
    residue_of,
    text_default,
)
from transload_dagster.reading.syntax.keys import ASSETS, EDITS, SPECS, Keying

_EDITED_BY: Final = {".with_io_manager_key": ("io_manager_key",)}


def _own_io_manager(spec: Spec, value: Any) -> None:
    """Where Dagster itself keeps the IO manager of an asset that nothing computes: in its metadata."""
    held = spec.fields.get("metadata") or {}
    if value is not None and isinstance(held, Mapping):
        spec.fields["metadata"] = {**held, "dagster/io_manager_key": value}


class Interpreter(Keying):
    """Turns decorated functions and calls into facts; each definition once."""

    def keys_ahead(self, function: Function) -> list[Key]:
        """The keys of a decorated function that is not yet read: its losses are reported when it is."""
        silent = Interpreter(Facts())
        silent.keys_of = self.keys_of
        defined = silent.function(function)
        specs = defined.specs if isinstance(defined, Op) else [defined] if defined else []
        return [spec.key for spec in specs]

    def function(self, function: Function) -> Op | Spec | None:
        """What a decorated function defines; None for a function that defines no asset, or one whose name is not known."""
        decorator = self.decorator(function, ASSETS)
        if decorator is None:
            return None
        subject = f"asset {function.name}"
        given = self.arguments(decorator, subject, function.place)
        if decorator.name in ("dagster.multi_asset", "dagster.graph_multi_asset"):
            return self._multi(function, decorator.name, given)
        key = self.own_key(given, function.name)
        if key is None:
            self.lose(
                subject,
                "key",
                f"The key is not known: {described(given.get('key', given.get('key_prefix')))}.",
                function.place,
            )
            return None
        self.keys_of[id(function)] = [key]
        return self._single(function, decorator.name, given, key)

    def _single(self, function: Function, name: str, given: dict[str, Any], key: Key) -> Op | Spec:
        spec = Spec(key, fields=fields_of(name, given), origin=origin(function.place))
        spec.fields["compute_kind"] = given.get("compute_kind")
        if name == "dagster.observable_source_asset":
            _own_io_manager(spec, given.get("io_manager_key"))
            self._observed(spec, function.place)
            return spec
        text_default(spec.fields, "description", function.docstring)
        if given.get("output_required") is False:
            spec.fields["skippable"] = True
        resources = self._inputs(spec, function, given)
        op = Op(
            legal.identifier(key), [spec], op_fields(name, given), qualified(function), origin=origin(function.place)
        )
        op.native = {**residue_of(name, given, resources, graph=name == "dagster.graph_asset"), **configured(function)}
        self._io_manager(op, spec, given)
        self._checks_inside(given, function)
        return op

    def _observed(self, spec: Spec, place: Place | None) -> None:
        spec.native["observable"] = legal.identifier(spec.key)
        subject = f"asset {'/'.join(spec.key)}"
        self.lose(subject, "native.dagster.observable", OBSERVED, place, Code.WATCHER)

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
            spec.fields["compute_kind"] = given.get("compute_kind")
        self.keys_of[id(function)] = [spec.key for spec in specs]
        op = Op(
            self._text(given.get("name")) or function.name,
            specs,
            op_fields(name, given),
            qualified(function),
            origin=origin(function.place),
        )
        text_default(op.fields, "description", function.docstring)
        resources = self._shared_inputs(op, function, given)
        op.native |= residue_of(name, given, resources, graph=name == "dagster.graph_multi_asset") | configured(
            function
        )
        inherit(op, given)
        self._checks_inside(given, function)
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
        inner = given.get("internal_asset_deps") or {}
        if not isinstance(inner, Mapping):
            why = f"The dependencies are not known: {described(inner)}."
            self.lose(f"job {function.name}", "internal_asset_deps", why, function.place)
            return specs
        for name, spec in found.items():
            if inner and spec is not None:
                spec.deps = self.deps(inner.get(name), function.place, f"asset {'/'.join(spec.key)}")
                spec.fields["own deps"] = True
        return specs

    def _out(self, name: str, out: Any, function: Function) -> Spec | None:
        if not isinstance(out, Form) or out.name not in ("dagster.AssetOut", "dagster.Out"):
            return Spec((name,)) if isinstance(out, Form) else None
        given = self.arguments(out, f"asset {name}", function.place) if out.name == "dagster.AssetOut" else {}
        key = self.own_key(given, name)
        if key is None:
            return None
        spec = Spec(key, fields=fields_of("dagster.AssetOut", given), origin=origin(function.place))
        if given.get("is_required") is False:
            spec.fields["skippable"] = True
        if isinstance(given.get("io_manager_key"), str):
            spec.native["io_manager_key"] = given["io_manager_key"]
        return spec

    def spec(self, value: Any, place: Place | None) -> Spec | None:
        """An `AssetSpec` or `SourceAsset`, after its edits."""
        if isinstance(value, Form) and value.name in EDITS and value.args:
            spec = self.spec(value.args[0], place)
            return None if spec is None else self._edited(spec, value)
        if not isinstance(value, Form) or value.name not in SPECS:
            return None
        key = self.key(value)
        given = self.arguments(value, f"asset {'/'.join(key or ())}".strip(), place)
        if key is None:
            return None
        spec = Spec(key, fields=fields_of(value.name, given), origin=origin(place))
        if given.get("skippable") is not None:
            spec.fields["skippable"] = given["skippable"]
        _own_io_manager(spec, given.get("io_manager_key"))
        if given.get("observe_fn") is not None:
            self._observed(spec, place)
        spec.deps = self.deps(given.get("deps"), place, f"asset {'/'.join(key)}")
        return spec

    def _edited(self, spec: Spec, edit: Form) -> Spec:
        fields = KEYWORDS["dagster.AssetSpec"]
        given = {**dict(zip(_EDITED_BY.get(edit.name, ()), edit.args[1:], strict=False)), **edit.kwargs}
        for name, value in given.items():
            if name == "io_manager_key":
                _own_io_manager(spec, value)
            elif name == "deps":
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
                spec.deps = [ordered.get(dep.key, dep) if dep.key in named else dep for dep in spec.deps]
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
            kind = kind_of(place, parameter)
            if kind == "resource":
                resources.append(parameter.name)
            elif kind == "asset" and parameter.name not in stated:
                found.append(Dep((parameter.name,), argument=parameter.name))
        found.extend(dep for name, each in stated.items() if (dep := self._in(name, each, function)) is not None)
        places = {parameter.name: place for place, parameter in enumerate(function.parameters)}
        return sorted(found, key=lambda dep: places.get(dep.argument or "", len(places))), resources

    def _in(self, name: str, value: Any, function: Function) -> Dep | None:
        if not isinstance(value, Form) or value.name != "dagster.AssetIn":
            self.lose(
                f"asset {function.name}", f"ins.{name}", f"The input is not known: {described(value)}.", function.place
            )
            return None
        given = self.arguments(value, f"input {name}", function.place)
        prefix = given.get("key_prefix")
        key = self.key(given["key"]) if given.get("key") is not None else self.own_key({"key_prefix": prefix}, name)
        if key is None:
            self.lose(f"asset {function.name}", f"ins.{name}", "The key of the input is not known.", function.place)
            return None
        nothing = isinstance(given.get("dagster_type"), Constant) and given["dagster_type"].name == "dagster.Nothing"
        return Dep(key, given.get("partition_mapping"), given.get("metadata") or {}, None if nothing else name)

    def _checks_inside(self, given: Mapping[str, Any], function: Function) -> None:
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
        stated = {**dict(zip(POSITIONAL.get(form.name, ()), form.args, strict=False)), **form.kwargs}
        asset = self.key(stated.get("asset"))
        name = stated.get("name", function.name if function else None)
        subject = f"check {'/'.join(asset)}:{name}" if asset else f"check {name or ''}"
        given = self.arguments(form, subject, place)
        if asset is None or not isinstance(name, str):
            self.lose(subject, "asset", f"The asset of the check is not known: {described(given.get('asset'))}.", place)
            return
        fields: dict[str, Any] = {
            field: given[field] for field in ("description", "blocking", "metadata") if field in given
        }
        if function is not None:
            text_default(fields, "description", function.docstring)
        deps = self.deps(given.get("additional_deps"), place, subject)
        if function is not None:
            self._needs(subject, function)
        ins = given.get("additional_ins")
        if function is not None and isinstance(ins, Mapping):
            deps += [dep for each, value in ins.items() if (dep := self._in(each, value, function)) is not None]
        self.facts.checks.append(
            CheckFact(asset, name, fields, deps, qualified(function) if function else None, inside)
        )

    def _needs(self, subject: str, function: Function) -> None:
        """Resources that the function of a check takes."""
        kinds = ((kind_of(place, each), each.name) for place, each in enumerate(function.parameters))
        found = {name for kind, name in kinds if kind == "resource"}
        if found:
            self.lose(subject, "required_resource_keys", not_read(found), function.place, Code.UNKNOWN_KIND)

    def checks(self, form: Form, function: Function, place: Place) -> None:
        """The checks that one function makes together; each is what its spec says."""
        given = self.arguments(form, f"check {function.name}", place)
        specs, before = given.get("specs"), len(self.facts.checks)
        for spec in specs if isinstance(specs, (list, tuple)) else [specs]:
            if isinstance(spec, Form) and spec.name == "dagster.AssetCheckSpec":
                self.check(spec, None, place)
            else:
                self.lose(f"check {function.name}", "specs", f"A check is not known: {described(spec)}.", place)
        for fact in self.facts.checks[before:]:
            fact.function = qualified(function)

    @staticmethod
    def _text(value: Any) -> str | None:
        return value if isinstance(value, str) else None
