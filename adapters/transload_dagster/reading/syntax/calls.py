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
from transload_dagster.reading.syntax.keys import ASSETS, EDITS, SPECS, KeyResolver

_EDITED_BY: Final = {".with_io_manager_key": ("io_manager_key",)}


def _own_io_manager(spec: Spec, value: Any) -> None:
    """Put the IO manager of an asset that nothing computes where Dagster itself keeps it: into its metadata."""
    metadata = spec.fields.get("metadata") or {}
    if value is not None and isinstance(metadata, Mapping):
        spec.fields["metadata"] = {**metadata, "dagster/io_manager_key": value}


class Interpreter(KeyResolver):
    """Turns decorated functions and calls into facts; each definition once."""

    def keys_ahead(self, function: Function) -> list[Key]:
        """The keys of a decorated function that is not yet read: its losses are reported when it is."""
        silent = Interpreter(Facts())
        silent.keys_of = self.keys_of
        defined = silent.function(function)
        specs = defined.specs if isinstance(defined, Op) else [defined] if defined else []
        return [spec.key for spec in specs]

    def function(self, function: Function) -> Op | Spec | None:
        """The op or spec that a decorated function defines; None if it defines no asset, or one whose key is not known."""
        decorator = self.decorator(function, ASSETS)
        if decorator is None:
            return None
        subject = f"asset {function.name}"
        arguments = self.arguments(decorator, subject, function.place)
        if decorator.name in ("dagster.multi_asset", "dagster.graph_multi_asset"):
            return self._multi(function, decorator.name, arguments)
        key = self.own_key(arguments, function.name)
        if key is None:
            self.lose(
                subject,
                "key",
                f"The key is not known: {described(arguments.get('key', arguments.get('key_prefix')))}.",
                function.place,
            )
            return None
        self.keys_of[id(function)] = [key]
        return self._single(function, decorator.name, arguments, key)

    def _single(self, function: Function, name: str, arguments: dict[str, Any], key: Key) -> Op | Spec:
        spec = Spec(key, fields=fields_of(name, arguments), origin=origin(function.place))
        spec.fields["compute_kind"] = arguments.get("compute_kind")
        if name == "dagster.observable_source_asset":
            _own_io_manager(spec, arguments.get("io_manager_key"))
            self._observed(spec, function.place)
            return spec
        text_default(spec.fields, "description", function.docstring)
        if arguments.get("output_required") is False:
            spec.fields["skippable"] = True
        inputs, resources = self._arguments(function, arguments.get("ins"))
        deps = arguments.get("deps", arguments.get("non_argument_deps"))
        # Arguments first, then what only orders, as Dagster lists them.
        spec.deps = [*inputs, *self.deps(deps, function.place, f"asset {'/'.join(spec.key)}")]
        op = Op(
            legal.identifier(key),
            [spec],
            op_fields(name, arguments),
            qualified(function),
            origin=origin(function.place),
        )
        op.native = {
            **residue_of(name, arguments, resources, graph=name == "dagster.graph_asset"),
            **configured(function),
        }
        manager = arguments.get("io_manager_key")
        if isinstance(manager, str) and manager != "io_manager":
            op.native.setdefault("io_managers", {})["/".join(spec.key)] = manager
        self._checks_inside(arguments, function)
        return op

    def _observed(self, spec: Spec, place: Place | None) -> None:
        spec.native["observable"] = legal.identifier(spec.key)
        subject = f"asset {'/'.join(spec.key)}"
        self.lose(subject, "native.dagster.observable", OBSERVED, place, Code.WATCHER)

    def _multi(self, function: Function, name: str, arguments: dict[str, Any]) -> Op | None:
        outs = arguments.get("outs")
        specs = (
            self._specs(arguments.get("specs"))
            if arguments.get("specs") is not None
            else self._outs(outs, arguments, function)
        )
        if specs is None:
            why = f"The assets are not known: {described(arguments.get('specs', outs))}."
            self.lose(f"job {function.name}", "specs", why, function.place)
            return None
        for spec in specs:
            spec.origin = spec.origin or origin(function.place)
            for field in ("partitions_def", "group_name", "code_version"):
                if arguments.get(field) is not None:
                    spec.fields.setdefault(field, arguments[field])
            spec.fields["compute_kind"] = arguments.get("compute_kind")
        self.keys_of[id(function)] = [spec.key for spec in specs]
        value = arguments.get("name")
        op = Op(
            (value if isinstance(value, str) else None) or function.name,
            specs,
            op_fields(name, arguments),
            qualified(function),
            origin=origin(function.place),
        )
        text_default(op.fields, "description", function.docstring)
        resources = self._shared_inputs(op, function, arguments)
        op.native |= residue_of(name, arguments, resources, graph=name == "dagster.graph_multi_asset") | configured(
            function
        )
        inherit(op, arguments)
        self._checks_inside(arguments, function)
        return op

    def _specs(self, value: Any) -> list[Spec] | None:
        if not isinstance(value, (list, tuple)):
            return None
        specs = [self.spec(item, None) for item in value]
        return [spec for spec in specs if spec is not None] if None not in specs else None

    def _outs(self, outs: Any, arguments: Mapping[str, Any], function: Function) -> list[Spec] | None:
        if not isinstance(outs, Mapping):
            return None
        by_name = {name: self._out(name, out, function) for name, out in outs.items()}
        specs = [spec for spec in by_name.values() if spec is not None]
        if len(specs) < len(by_name):
            return None
        inner = arguments.get("internal_asset_deps") or {}
        if not isinstance(inner, Mapping):
            why = f"The dependencies are not known: {described(inner)}."
            self.lose(f"job {function.name}", "internal_asset_deps", why, function.place)
            return specs
        for name, spec in by_name.items():
            if inner and spec is not None:
                spec.deps = self.deps(inner.get(name), function.place, f"asset {'/'.join(spec.key)}")
                # Taken out again by `_shared_inputs`: these assets are not made from all inputs of the function.
                spec.fields["own deps"] = True
        return specs

    def _out(self, name: str, out: Any, function: Function) -> Spec | None:
        if not isinstance(out, Form) or out.name not in ("dagster.AssetOut", "dagster.Out"):
            return Spec((name,)) if isinstance(out, Form) else None
        arguments = self.arguments(out, f"asset {name}", function.place) if out.name == "dagster.AssetOut" else {}
        key = self.own_key(arguments, name)
        if key is None:
            return None
        spec = Spec(key, fields=fields_of("dagster.AssetOut", arguments), origin=origin(function.place))
        if arguments.get("is_required") is False:
            spec.fields["skippable"] = True
        if isinstance(arguments.get("io_manager_key"), str):
            spec.native["io_manager_key"] = arguments["io_manager_key"]
        return spec

    def spec(self, value: Any, place: Place | None) -> Spec | None:
        """An `AssetSpec` or `SourceAsset`, after its edits."""
        if isinstance(value, Form) and value.name in EDITS and value.args:
            spec = self.spec(value.args[0], place)
            return None if spec is None else self._edited(spec, value)
        if not isinstance(value, Form) or value.name not in SPECS:
            return None
        key = self.key(value)
        arguments = self.arguments(value, f"asset {'/'.join(key or ())}".strip(), place)
        if key is None:
            return None
        spec = Spec(key, fields=fields_of(value.name, arguments), origin=origin(place))
        if arguments.get("skippable") is not None:
            spec.fields["skippable"] = arguments["skippable"]
        _own_io_manager(spec, arguments.get("io_manager_key"))
        if arguments.get("observe_fn") is not None:
            self._observed(spec, place)
        spec.deps = self.deps(arguments.get("deps"), place, f"asset {'/'.join(key)}")
        return spec

    def _edited(self, spec: Spec, edit: Form) -> Spec:
        fields = KEYWORDS["dagster.AssetSpec"]
        arguments = {**dict(zip(_EDITED_BY.get(edit.name, ()), edit.args[1:], strict=False)), **edit.kwargs}
        for name, value in arguments.items():
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

    def _shared_inputs(self, op: Op, function: Function, arguments: Mapping[str, Any]) -> list[str]:
        inputs, resources = self._arguments(function, arguments.get("ins"))
        shared = [
            *inputs,
            *self.deps(arguments.get("deps", arguments.get("non_argument_deps")), function.place, f"job {op.name}"),
        ]
        for spec in op.specs:
            input_keys = {dep.key for dep in inputs}
            if spec.fields.pop("own deps", False) or arguments.get("specs") is not None:
                shared_by_key = {dep.key: dep for dep in shared}
                spec.deps = [shared_by_key.get(dep.key, dep) if dep.key in input_keys else dep for dep in spec.deps]
            else:
                spec.deps = list(shared)
        return resources

    def _arguments(self, function: Function, ins: Any) -> tuple[list[Dep], list[str]]:
        """The upstream assets and the resources that a function takes, in the order of its parameters."""
        declared = ins if isinstance(ins, Mapping) else {}
        if ins is not None and not isinstance(ins, Mapping):
            self.lose(f"asset {function.name}", "ins", f"The inputs are not known: {described(ins)}.", function.place)
        deps: list[Dep] = []
        resources: list[str] = []
        for position, parameter in enumerate(function.parameters):
            kind = kind_of(position, parameter)
            if kind == "resource":
                resources.append(parameter.name)
            elif kind == "asset" and parameter.name not in declared:
                deps.append(Dep((parameter.name,), argument=parameter.name))
        deps.extend(dep for name, value in declared.items() if (dep := self._in(name, value, function)) is not None)
        positions = {parameter.name: position for position, parameter in enumerate(function.parameters)}
        return sorted(deps, key=lambda dep: positions.get(dep.argument or "", len(positions))), resources

    def _in(self, name: str, value: Any, function: Function) -> Dep | None:
        if not isinstance(value, Form) or value.name != "dagster.AssetIn":
            self.lose(
                f"asset {function.name}", f"ins.{name}", f"The input is not known: {described(value)}.", function.place
            )
            return None
        options = self.arguments(value, f"input {name}", function.place)
        prefix = options.get("key_prefix")
        key = self.key(options["key"]) if options.get("key") is not None else self.own_key({"key_prefix": prefix}, name)
        if key is None:
            self.lose(f"asset {function.name}", f"ins.{name}", "The key of the input is not known.", function.place)
            return None
        nothing = (
            isinstance(options.get("dagster_type"), Constant) and options["dagster_type"].name == "dagster.Nothing"
        )
        return Dep(key, options.get("partition_mapping"), options.get("metadata") or {}, None if nothing else name)

    def _checks_inside(self, arguments: Mapping[str, Any], function: Function) -> None:
        specs = arguments.get("check_specs")
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
        raw = {**dict(zip(POSITIONAL.get(form.name, ()), form.args, strict=False)), **form.kwargs}
        asset = self.key(raw.get("asset"))
        name = raw.get("name", function.name if function else None)
        subject = f"check {'/'.join(asset)}:{name}" if asset else f"check {name or ''}"
        arguments = self.arguments(form, subject, place)
        if asset is None or not isinstance(name, str):
            self.lose(
                subject, "asset", f"The asset of the check is not known: {described(arguments.get('asset'))}.", place
            )
            return
        fields: dict[str, Any] = {
            field: arguments[field] for field in ("description", "blocking", "metadata") if field in arguments
        }
        deps = self.deps(arguments.get("additional_deps"), place, subject)
        if function is not None:
            text_default(fields, "description", function.docstring)
            resources = {
                parameter.name
                for position, parameter in enumerate(function.parameters)
                if kind_of(position, parameter) == "resource"
            }
            if resources:
                self.lose(subject, "required_resource_keys", not_read(resources), function.place, Code.UNKNOWN_KIND)
            ins = arguments.get("additional_ins")
            for argument, value in ins.items() if isinstance(ins, Mapping) else ():
                dep = self._in(argument, value, function)
                deps += [] if dep is None else [dep]
        self.facts.checks.append(
            CheckFact(asset, name, fields, deps, qualified(function) if function else None, inside)
        )

    def checks(self, form: Form, function: Function, place: Place) -> None:
        """The checks that one function makes together, each by its spec."""
        arguments = self.arguments(form, f"check {function.name}", place)
        specs, before = arguments.get("specs"), len(self.facts.checks)
        for spec in specs if isinstance(specs, (list, tuple)) else [specs]:
            if isinstance(spec, Form) and spec.name == "dagster.AssetCheckSpec":
                self.check(spec, None, place)
            else:
                self.lose(f"check {function.name}", "specs", f"A check is not known: {described(spec)}.", place)
        for fact in self.facts.checks[before:]:
            fact.function = qualified(function)
