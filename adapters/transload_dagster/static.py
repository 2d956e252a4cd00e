"""Symbolic calls → model. No Dagster needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from transload.adapter import Reading, Target, attribute_losses
from transload.carry import beside
from transload.forms import Constant, Form
from transload.loss import Code
from transload.reading.project import Module, Project
from transload.reading.values import Attribute, Call, Function, Place, ProjectModule, Symbol, Value
from transload_dagster.reading.facts import Dep, Facts, Key, Op, Spec
from transload_dagster.reading.fields import described, not_read
from transload_dagster.reading.graph import reading
from transload_dagster.reading.locations import entry_of, locations
from transload_dagster.reading.syntax import conditions
from transload_dagster.reading.syntax.calls import Interpreter
from transload_dagster.reading.syntax.definitions import Listing, applied, leaves
from transload_dagster.reading.syntax.files import components_of, modules_of
from transload_dagster.reading.syntax.functions import form_of, public
from transload_dagster.reading.syntax.jobs import Automation
from transload_dagster.reading.syntax.key_prefix import Prefixed, prefix_of
from transload_dagster.reading.syntax.keys import ASSETS, SPECS
from transload_dagster.reading.syntax.selections import Selector
from transload_dagster.reading.syntax.vocabulary import made_by


def read(project: Project, target: Target) -> Reading:
    """The graph of a project, from its text alone."""
    facts = Facts()
    reader = _Reader(project, facts)
    reader.read(modules_of(project, target))
    reader.unnamed(target)
    result = reading(facts, target, beside(project.root))
    return replace(result, losses=(*result.losses, *attribute_losses(target)))


class _Reader:
    def __init__(self, project: Project, facts: Facts) -> None:
        self.project = project
        self.facts = facts
        self.interpreter = Interpreter(facts)
        # Values are known by their identity: equal ones may stand in two places, and most cannot be hashed.
        self.seen: set[int] = set()
        self.reported: set[int] = set()
        self.automation = Automation(facts, self.interpreter)
        # The arguments of `load_assets_from_…` and `load_asset_checks_from_…`, by the value that each call loads.
        self.loaded: dict[int, dict[str, Any]] = {}
        self.checked: dict[int, dict[str, Any]] = {}
        self.prefixed: dict[int, Prefixed] = {}
        self.listing = Listing(self.interpreter)
        self.specs: dict[int, tuple[Call, Spec]] = {}
        self.loads: set[str] = set()
        self.handlers: Mapping[str, Callable[[Call, Form], None]] = {
            "dagster.Definitions": self._in_definitions,
            "dagster.define_asset_job": self.automation.asset_job,
            "dagster.ScheduleDefinition": self.automation.schedule,
            "dagster.build_schedule_from_partitioned_job": self.automation.partitioned_schedule,
            "dagster.AutomationConditionSensorDefinition": self.automation.automation_sensor,
        }

    def read(self, modules: list[Module]) -> None:
        """Definitions first, then the jobs that select among them, then what starts those."""
        calls = [(module, call) for module in modules for call in self._calls(module)]
        for module, call in calls:
            self._loading(module, call)
        for module in modules:
            for function in module.functions:
                self._function(function)
            for value in module.namespace.values():
                self._specs(value)
        for path, kind in components_of(modules, self.project):
            message = f"What the component `{kind}` makes is known only by running it: load the project to read it."
            self.interpreter.lose("definitions", "components", message, Place(path, 1))
        for _, call in calls:
            self._call(call)
        self._superseded()
        for module in modules:
            self._unlisted(module)
        for loaded in self.prefixed.values():
            loaded.finish()
        self._rewrite_deps()
        self._conditions()
        self.automation.finish()

    def _superseded(self) -> None:
        """A spec and what it was edited to are one asset: the edited one, unless only the other is listed."""
        superseded: set[int] = set()
        for edited, spec in self.specs.values():
            # An edit is a method called on a value: `spec.replace_attributes(…).merge_attributes(…)`.
            unedited: Any = edited
            while isinstance(unedited, Call) and isinstance(unedited.func, Attribute):
                unedited = unedited.func.of
            base = self.specs.get(id(unedited))
            if base is not None and base[1] is not spec:
                only_base = id(base[0]) in self.listing.listed and id(edited) not in self.listing.listed
                superseded.add(id(spec if only_base else base[1]))
        self.facts.specs = [spec for spec in self.facts.specs if id(spec) not in superseded]

    def _unlisted(self, module: Module) -> None:
        """Report the assets of a module with `Definitions` that none of these lists."""
        called = [call.func for call in self._calls(module)]
        defines = any(isinstance(func, Symbol) and public(func.name) == "dagster.Definitions" for func in called)
        if not defines or not self.listing.complete or module.path in self.loads:
            return
        for name, value in module.namespace.items():
            if not isinstance(value, Function) or value.place.path != module.path:
                continue
            asset = self.interpreter.decorator(value, ASSETS) is not None
            if asset and id(value) not in self.listing.listed:
                message = "It is in no `Definitions` that is read here: Dagster may not have it."
                self.interpreter.lose(f"asset {name}", "*", message, value.place, Code.UNCERTAIN)

    def unnamed(self, target: Target) -> None:
        """Report what a target names and the files do not hold: an attribute of a module, or code locations elsewhere."""
        if target.attribute is not None:
            message = f"What `{target.attribute}` holds is known only by importing it: the file is read whole."
            self.interpreter.lose("definitions", target.attribute, message, None, Code.UNCERTAIN)
        elsewhere = locations(target) if target.path is not None and target.path.is_dir() else []
        for location in elsewhere:
            reason = location.unread
            if reason is None and entry_of(location) is None:
                reason = f"There is no module `{location.module}` in this folder."
            if reason is not None:
                self.interpreter.lose("definitions", str(location.module), reason, None)

    def _calls(self, module: Module) -> Iterator[Call]:
        yield from module.calls
        for function in module.functions:
            if self.interpreter.decorator(function, ("dagster.definitions", "dagster.repository")) is not None:
                yield from self.project.trace(function).calls

    def _loading(self, module: Module, call: Call) -> None:
        """`load_assets_from_…` sets fields of all assets of modules."""
        form = form_of(call)
        name = form.name.removeprefix("dagster.") if isinstance(form, Form) else ""
        if not name.startswith(_LOADERS) or not isinstance(form, Form):
            return
        for field, value in form.kwargs.items():
            if field not in _LOADED | _WHAT and value is not None:
                self.interpreter.lose("definitions", field, not_read(value), call.place, Code.UNKNOWN_KIND)
        arguments = {key: value for key, value in form.kwargs.items() if key in _LOADED and value is not None}
        by_value = self.checked if name.startswith("load_asset_checks_") else self.loaded
        first = call.args[0] if call.args else next(iter(call.kwargs.values()), None)
        references = first if isinstance(first, (list, tuple)) else [first]
        known = [reference for reference in references if isinstance(reference, ProjectModule)]
        if name.endswith("current_module"):
            loaded = [module]
        elif "package" in name:
            loaded = [inner for package in known for inner in self.project.package(package)]
        else:
            loaded = [resolved for reference in known if (resolved := self.project.module(reference)) is not None]
        self.loads |= {inner.path for inner in loaded}
        for inner in loaded if arguments else ():
            for value in (*inner.namespace.values(), *inner.functions):
                by_value[id(value)] = arguments

    def _function(self, function: Function) -> None:
        if id(function) in self.seen:
            return
        self.seen.add(id(function))
        before = len(self.facts.checks)
        self._decorated(function)
        prefix = prefix_of(self.checked.get(id(function), {}).get("asset_key_prefix"))
        for check in self.facts.checks[before:]:
            check.asset = (*prefix, *check.asset)

    def _decorated(self, function: Function) -> None:
        for decorator in function.decorators:
            form = form_of(decorator)
            maker = made_by(form.name) if isinstance(form, (Form, Constant)) else None
            if maker is not None and id(decorator) not in self.reported:
                self.reported.add(id(decorator))
                message = f"Its assets are known only to `{maker}`: load the project to read them."
                self.interpreter.lose(f"assets {function.name}", "*", message, function.place)
        check = self.interpreter.decorator(function, ("dagster.asset_check",))
        if check is not None:
            self.interpreter.check(check, function, function.place)
        checks = self.interpreter.decorator(function, ("dagster.multi_asset_check",))
        if checks is not None:
            self.interpreter.checks(checks, function, function.place)
        self.automation.function(function)
        definition = self.interpreter.function(function)
        if definition is None:
            return
        loaded = self.loaded.get(id(function), {})
        if isinstance(definition, Op):
            for spec in definition.specs:
                self._load_into(spec, loaded, _COMPUTED)
            if loaded.get("backfill_policy") is not None:
                definition.fields.setdefault("backfill_policy", loaded["backfill_policy"])
            self.facts.ops.append(definition)
        else:
            self._load_into(definition, loaded, _SOURCE)
            self.facts.specs.append(definition)
        if not function.certain:
            message = "Whether it is defined depends on a condition that is not known."
            self.interpreter.lose(f"asset {function.name}", "*", message, function.place, Code.UNCERTAIN)

    def _load_into(self, spec: Spec, arguments: Mapping[str, Any], kind: str) -> None:
        """The arguments of `load_assets_from_…` are defaults: an asset's own fields stay, except for the key's prefix."""
        for field, value in arguments.items():
            if field == "group_name" or (field in _OF_SPECS and kind != _SOURCE):
                spec.fields.setdefault(field, value)
        if arguments.get("key_prefix") is not None and kind != _SOURCE:
            prefixed = self.prefixed.setdefault(id(arguments), Prefixed(arguments["key_prefix"]))
            prefixed.add(spec, bare=kind != _COMPUTED)

    def _specs(self, value: Value) -> None:
        """A bare spec, or a list of them."""
        for item in leaves(value):
            if isinstance(item, Function):
                self._function(item)
            if not isinstance(item, Call) or id(item) in self.seen:
                continue
            form = form_of(item)
            decorator = applied(item)
            if decorator is not None:
                self.seen.add(id(item))
                message = f"What `{decorator}` makes of a function by a call is not read: load the project to read it."
                self.interpreter.lose("definitions", decorator, message, item.place)
            if not isinstance(form, Form) or form.name in self.handlers:
                continue
            spec = self.interpreter.spec(form, item.place)
            if spec is not None or form.name in SPECS:
                self.seen.add(id(item))
            if spec is not None:
                self._load_into(spec, self.loaded.get(id(item), {}), form.name)
                self.specs[id(item)] = (item, spec)
                self.facts.specs.append(spec)
            elif form.name in SPECS:
                self.interpreter.lose("asset", "key", f"The key is not known: {described(form)}.", item.place)

    def _call(self, call: Call) -> None:
        form = form_of(call)
        if not isinstance(form, Form) or id(call) in self.seen:
            return
        maker = self.listing.made_by(form)
        if maker is not None and id(call) not in self.reported:
            self.reported.add(id(call))
            message = f"What `{maker}` makes is known only by running it: load the project to read it."
            self.interpreter.lose("definitions", maker, message, call.place)
        if form.name in self.handlers:
            self.seen.add(id(call))
            self.handlers[form.name](call, form)

    def _in_definitions(self, call: Call, form: Form) -> None:
        """Specs that stand in the call itself."""
        self.interpreter.arguments(form, "definitions", call.place)
        self.listing.check(call, form)
        self._specs(call.kwargs.get("assets", call.args[0] if call.args else None))

    def _rewrite_deps(self) -> None:
        """A dependency of one part that no asset has means the one asset of the same group whose key ends in it.

        That is Dagster's own rule (1.12 to 1.13, `resolved_asset_deps.py`).
        """
        specs = [*self.facts.specs, *(spec for op in self.facts.ops for spec in op.specs)]
        known = {spec.key for spec in specs}
        ends: dict[tuple[str, str], list[Key]] = {}
        for spec in specs:
            # What stands there may be of any type, and a list has no hash.
            ends.setdefault((repr(spec.fields.get("group_name")), spec.key[-1]), []).append(spec.key)
        for spec in specs:
            deps: list[Dep] = []
            for dep in spec.deps:
                same_end = ends.get((repr(spec.fields.get("group_name")), dep.key[0]), [])
                is_end = len(dep.key) == 1 and dep.key not in known and len(same_end) == 1
                deps.append(replace(dep, key=same_end[0]) if is_end else dep)
            spec.deps = deps

    def _conditions(self) -> None:
        """The conditions as trees: they may name any asset that was found."""
        selector = Selector(self.facts, self.interpreter)
        for spec in (*self.facts.specs, *(spec for op in self.facts.ops for spec in op.specs)):
            value = spec.fields.get("automation_condition")
            if value is not None:
                spec.fields["automation_condition"] = conditions.condition(value, self.interpreter.key, selector.named)


_COMPUTED: Final = "dagster.AssetsDefinition"
_SOURCE: Final = "dagster.SourceAsset"
_OF_SPECS: Final = ("freshness_policy", "automation_condition", "owners")
_LOADED: Final = frozenset(
    {
        "asset_key_prefix",
        "group_name",
        "key_prefix",
        "freshness_policy",
        "automation_condition",
        "owners",
        "backfill_policy",
    }
)
_LOADERS: Final = ("load_assets_from_", "load_definitions_from_", "load_asset_checks_from_")
_WHAT: Final = frozenset({"modules", "module", "package_module", "package_name", "include_specs"})
"""Arguments of the same calls that name what is loaded."""
