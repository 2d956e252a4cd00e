"""Symbolic calls → model. No Dagster needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from transload.adapter import Reading, Target
from transload.forms import Constant, Form
from transload.loss import Code
from transload.model.triggers import AnyOf, Cron, Opaque, Trigger
from transload.reading.project import Module, Project
from transload.reading.values import Call, Function, Place, ProjectModule, Unknown, Value
from transload_dagster.assemble import reading
from transload_dagster.facts import Dep, Facts, JobFact, Key, Op, ScheduleFact, Spec
from transload_dagster.functions import form_of, origin
from transload_dagster.interpreting import THIRD_PARTY, Interpreter
from transload_dagster.keying import SPECS
from transload_dagster.locations import manifest_of
from transload_dagster.names import TOOL
from transload_dagster.partitions import read_definition
from transload_dagster.scoping import modules_of
from transload_dagster.selecting import Selector
from transload_dagster.taking import described

_SENSORS: Final = frozenset(
    {"dagster.sensor", "dagster.asset_sensor", "dagster.multi_asset_sensor", "dagster.run_status_sensor"}
)


def read(project: Project, target: Target) -> Reading:
    """What the project says, without importing it."""
    facts = Facts()
    _Reader(project, facts).read(modules_of(project, target))
    return reading(facts, target, manifest_of(project.root))


class _Reader:
    def __init__(self, project: Project, facts: Facts) -> None:
        self.project = project
        self.facts = facts
        self.interpreter = Interpreter(facts)
        self.seen: set[int] = set()
        self.jobs: list[tuple[str, Any, dict[str, Any], Place]] = []
        self.job_names: dict[int, str] = {}
        self.starters: list[tuple[bool, Place, Callable[..., None], tuple[Any, ...]]] = []
        self.loaded: dict[int, dict[str, Any]] = {}

    def read(self, modules: list[Module]) -> None:
        """Definitions first, then the jobs that select among them, then what starts those: schedules before sensors, as Dagster has them."""
        calls = [(module, call) for module in modules for call in self._calls(module)]
        for module, call in calls:
            self._loading(module, call)
        for module in modules:
            self._definitions(module)
        for _, call in calls:
            self._call(call)
        self._rewrite_deps()
        selector = Selector(self.facts, self.interpreter)
        for name, selection, fields, place in self.jobs:
            self._job(selector, name, selection, fields, place)
        for _, _, handle, arguments in sorted(self.starters, key=lambda each: each[:2]):
            handle(selector, *arguments)

    def _calls(self, module: Module) -> Iterator[Call]:
        yield from module.calls
        for function in module.functions:
            if self.interpreter.decorator(function, ("dagster.definitions", "dagster.repository")) is not None:
                yield from self.project.trace(function).calls

    def _loading(self, module: Module, call: Call) -> None:
        """`load_assets_from_…` sets fields of all assets of modules."""
        form = form_of(call)
        name = form.name.removeprefix("dagster.") if isinstance(form, Form) else ""
        if not name.startswith("load_assets_from_") or not isinstance(form, Form):
            return
        given = {key: value for key, value in form.kwargs.items() if key in _LOADED and value is not None}
        for found in self._modules_of(name, call, module) if given else ():
            for value in (*found.namespace.values(), *found.functions):
                self.loaded[id(value)] = given

    def _modules_of(self, name: str, call: Call, module: Module) -> list[Module]:
        if name.endswith("current_module"):
            return [module]
        first = call.args[0] if call.args else next(iter(call.kwargs.values()), None)
        references = first if isinstance(first, (list, tuple)) else [first]
        known = [each for each in references if isinstance(each, ProjectModule)]
        if "package" in name:
            return [module for each in known for module in self.project.package(each)]
        return [module for each in known if (module := self.project.module(each)) is not None]

    def _definitions(self, module: Module) -> None:
        for function in module.functions:
            self._function(function)
        for value in module.namespace.values():
            self._specs(value)

    def _function(self, function: Function) -> None:
        if id(function) in self.seen:
            return
        self.seen.add(id(function))
        self._third_party(function)
        check = self.interpreter.decorator(function, ("dagster.asset_check",))
        if check is not None:
            self.interpreter.check(check, function, function.place)
        self._code(function)
        found = self.interpreter.function(function)
        if found is None:
            return
        for spec in found.specs if isinstance(found, Op) else [found]:
            self._load_into(spec, self.loaded.get(id(function), {}))
        (self.facts.ops if isinstance(found, Op) else self.facts.specs).append(found)  # type: ignore[arg-type]
        if not function.certain:
            message = "Whether it is defined depends on a condition that is not known."
            self.interpreter.lose(f"asset {function.name}", "*", message, function.place, Code.UNCERTAIN)

    def _third_party(self, function: Function) -> None:
        for decorator in function.decorators:
            form = form_of(decorator)
            name = form.name.rpartition(".")[2] if isinstance(form, (Form, Constant)) else ""
            if name in THIRD_PARTY:
                message = f"Its assets are known only to `{name}`: load the project to read them."
                self.interpreter.lose(f"assets {function.name}", "*", message, function.place)

    def _code(self, function: Function) -> None:
        """Sensors, schedules and op jobs written as functions."""
        sensor = self.interpreter.decorator(function, _SENSORS)
        if sensor is not None:
            self.starters.append((True, function.place, self._sensor, (function, sensor)))
        schedule = self.interpreter.decorator(function, ("dagster.schedule",))
        if schedule is not None:
            self.starters.append((False, function.place, self._scheduled, (function, schedule)))
        if self.interpreter.decorator(function, ("dagster.job",)) is not None:
            message = "It runs ops that make no asset, and is left out."
            self.interpreter.lose(f"flow {function.name}", "*", message, function.place, Code.NOT_AN_ASSET)

    def _load_into(self, spec: Spec, given: Mapping[str, Any]) -> None:
        """`load_assets_from_…` does not change what an asset says itself, except for the key's prefix."""
        for field, value in given.items():
            if field in ("group_name", "freshness_policy", "automation_condition") or field == "owners":
                spec.fields.setdefault(field, value)
        prefix = given.get("key_prefix")
        parts = (prefix,) if isinstance(prefix, str) else tuple(prefix) if isinstance(prefix, (list, tuple)) else ()
        if parts and all(isinstance(part, str) for part in parts):
            spec.key = (*parts, *spec.key)

    def _specs(self, value: Value) -> None:
        """A bare spec, or a list of them."""
        pending = [value]
        while pending:
            item = pending.pop()
            if isinstance(item, (list, tuple)):
                pending.extend(reversed(item))
            elif isinstance(item, Function):
                self._function(item)
            elif isinstance(item, Call) and id(item) not in self.seen:
                self._spec(item)

    def _spec(self, call: Call) -> None:
        form = form_of(call)
        if not isinstance(form, Form) or form.name in _CALLS:
            return
        self.seen.add(id(call))
        spec = self.interpreter.spec(form, call.place)
        if spec is not None:
            self._load_into(spec, self.loaded.get(id(call), {}))
            self.facts.specs.append(spec)
        elif form.name in SPECS:
            self.interpreter.lose("asset", "key", f"The key is not known: {described(form)}.", call.place)

    def _call(self, call: Call) -> None:
        form = form_of(call)
        handle = _CALLS.get(form.name) if isinstance(form, Form) else None
        if handle is not None and id(call) not in self.seen:
            handle(self, call, form)

    def _in_definitions(self, call: Call, form: Form) -> None:
        """Specs that stand in the call itself."""
        self.seen.add(id(call))
        held = call.kwargs.get("assets", call.args[0] if call.args else None)
        if isinstance(held, Unknown):
            self.interpreter.lose("definitions", "assets", held.reason, call.place)
        self._specs(held)

    def _asset_job(self, call: Call, form: Form) -> None:
        self.seen.add(id(call))
        given = self.interpreter.arguments(form, "flow", call.place)
        name = given.get("name")
        if not isinstance(name, str):
            self.interpreter.lose("flow", "name", f"The name of the job is not known: {described(name)}.", call.place)
            return
        self.job_names[id(call)] = name
        fields = {
            field: given[field] for field in ("description", "tags", "partitions_def") if given.get(field) is not None
        }
        self.jobs.append((name, given.get("selection"), fields, call.place))

    def _job(self, selector: Selector, name: str, selection: Any, fields: dict[str, Any], place: Place) -> None:
        keys = selector.keys(selection)
        if keys is None:
            message = f"The selection is not known: {described(selection)}."
            self.interpreter.lose(f"flow {name}", "jobs", message, place)
        self.facts.jobs.append(JobFact(name, keys or [], fields, origin=origin(place)))

    def _schedule_definition(self, call: Call, form: Form) -> None:
        self.seen.add(id(call))
        self.starters.append((False, call.place, self._schedule, (call, form)))

    def _schedule(self, selector: Selector, call: Call, form: Form) -> None:
        given = self.interpreter.arguments(form, "schedule", call.place)
        cron, zone = given.get("cron_schedule"), given.get("execution_timezone")
        job = self._job_of(selector, given, call.kwargs, call.place)
        if job is None:
            self.interpreter.lose("schedule", "job", f"The job is not known: {described(form)}.", call.place)
            return
        name = given.get("name") or f"{job}_schedule"
        trigger = _ticks(cron, zone)
        if trigger is None or not isinstance(name, str):
            self.interpreter.lose(
                f"schedule {name}", "cron_schedule", f"The ticks are not known: {described(cron)}.", call.place
            )
            return
        fields = {field: given[field] for field in ("description", "tags") if given.get(field) is not None}
        fields["running"] = _is_running(given)
        self.facts.schedules.append(ScheduleFact(job, name, trigger, fields, origin=origin(call.place)))

    def _job_of(
        self, selector: Selector, given: Mapping[str, Any], raw: Mapping[str, Value], place: Place
    ) -> str | None:
        """The name of the job that is started. One that is only a selection is a job of its own, named after its schedule or sensor."""
        if isinstance(given.get("job_name"), str):
            return str(given["job_name"])
        for value in (raw.get("job"), raw.get("target")):
            if id(value) in self.job_names:
                return self.job_names[id(value)]
            if isinstance(value, Function):
                return (
                    value.name
                    if self.interpreter.decorator(value, ("dagster.job",))
                    else self._anonymous(selector, given, value, place)
                )
        return self._anonymous(selector, given, given.get("target"), place) if given.get("target") is not None else None

    def _anonymous(self, selector: Selector, given: Mapping[str, Any], target: Any, place: Place) -> str | None:
        name = given.get("name")
        if not isinstance(name, str):
            return None
        self._job(selector, name, target, {}, place)
        return name

    def _partitioned_schedule(self, call: Call, form: Form) -> None:
        self.seen.add(id(call))
        self.starters.append((False, call.place, self._partitioned, (call, form)))

    def _partitioned(self, selector: Selector, call: Call, form: Form) -> None:
        """`build_schedule_from_partitioned_job`: the ticks are those of the partitions of the job's assets."""
        job = self.job_names.get(id(call.args[0] if call.args else call.kwargs.get("job")))
        fact = next((each for each in self.facts.jobs if each.name == job), None)
        given = form.kwargs
        cron, zone = given.get("cron_schedule"), given.get("execution_timezone")
        window = self._window(fact)
        trigger = _ticks(
            cron or (_offset(window.cron, given) if window else None), zone or (window.timezone if window else None)
        )
        if job is None or trigger is None:
            self.interpreter.lose(
                "schedule", "job", f"The partitions of the job are not known: {described(form)}.", call.place
            )
            return
        name = given.get("name") if isinstance(given.get("name"), str) else f"{job}_schedule"
        fields = {"description": given.get("description"), "tags": given.get("tags"), "running": _is_running(given)}
        self.facts.schedules.append(ScheduleFact(job, str(name), trigger, fields, origin=origin(call.place)))

    def _window(self, fact: JobFact | None) -> Any:
        specs = {spec.key: spec for op in self.facts.ops for spec in op.specs}
        own = fact.fields.get("partitions_def") if fact else None
        definitions = [
            own,
            *(specs[key].fields.get("partitions_def") for key in (fact.keys if fact else ()) if key in specs),
        ]
        read_ones = (read_definition(each) for each in definitions if each is not None)
        return next((each for each in map(_time_dimension, read_ones) if each is not None), None)

    def _scheduled(self, selector: Selector, function: Function, form: Form) -> None:
        """`@schedule`: the ticks are data, what it does with each is code."""
        raw = _raw(function, form.name)
        job = self._job_of(
            selector, {**form.kwargs, "name": form.kwargs.get("name", function.name)}, raw, function.place
        )
        trigger = _ticks(
            form.kwargs.get("cron_schedule", form.args[0] if form.args else None), form.kwargs.get("execution_timezone")
        )
        if job is None or trigger is None:
            self.interpreter.lose(
                f"schedule {function.name}",
                "*",
                f"Its job or its ticks are not known: {described(form)}.",
                function.place,
            )
            return
        fields = {
            "description": form.kwargs.get("description"),
            "tags": form.kwargs.get("tags"),
            "running": _is_running(form.kwargs),
        }
        native = {"function": f"{function.module}.{function.qualname}"}
        self.facts.schedules.append(
            ScheduleFact(
                job, str(form.kwargs.get("name", function.name)), trigger, fields, native, origin(function.place)
            )
        )

    def _sensor(self, selector: Selector, function: Function, form: Form) -> None:
        name = str(form.kwargs.get("name", function.name))
        raw = _raw(function, form.name)
        targets = raw.get("jobs")
        jobs = [self.job_names.get(id(each)) for each in targets] if isinstance(targets, (list, tuple)) else [self._job_of(selector, {**form.kwargs, "name": name}, raw, function.place)]  # fmt: skip
        detail = {
            "function": f"{function.module}.{function.qualname}",
            "minimum_interval_seconds": form.kwargs.get("minimum_interval_seconds"),
        }
        asset = self.interpreter.key(form.kwargs.get("asset_key", form.args[0] if form.args else None))
        if form.name == "dagster.asset_sensor" and asset is not None:
            detail["asset_key"] = list(asset)
        known = [job for job in jobs if job is not None]
        for job in known:
            kept = {key: value for key, value in detail.items() if isinstance(value, (str, int, list))}
            trigger = Opaque(tool=TOOL, type=_SENSOR_CLASSES[form.name], detail=kept)
            fields = {"description": form.kwargs.get("description"), "running": _is_running(form.kwargs)}
            self.facts.schedules.append(ScheduleFact(job, name, trigger, fields, origin=origin(function.place)))
        if not known:
            message = "The sensor is code that names no asset job, and is left out."
            self.interpreter.lose(f"schedule {name}", "*", message, function.place, Code.NOT_AN_ASSET)

    def _rewrite_deps(self) -> None:
        """Dagster's own rule for a dependency of one part that no asset has: the one asset of the same group that ends in it."""
        specs = [*self.facts.specs, *(spec for op in self.facts.ops for spec in op.specs)]
        known = {spec.key for spec in specs}
        ends: dict[tuple[Any, str], list[Key]] = {}
        for spec in specs:
            ends.setdefault((spec.fields.get("group_name"), spec.key[-1]), []).append(spec.key)
        for spec in specs:
            spec.deps = [
                _rewritten(dep, ends.get((spec.fields.get("group_name"), dep.key[0]), []), known) for dep in spec.deps
            ]


_LOADED: Final = frozenset({"group_name", "key_prefix", "freshness_policy", "automation_condition", "owners"})
_SENSOR_CLASSES: Final = {
    "dagster.sensor": "SensorDefinition",
    "dagster.asset_sensor": "AssetSensorDefinition",
    "dagster.multi_asset_sensor": "MultiAssetSensorDefinition",
    "dagster.run_status_sensor": "RunStatusSensorDefinition",
}
_CALLS: Final[Mapping[str, Callable[[_Reader, Call, Form], None]]] = {
    "dagster.Definitions": _Reader._in_definitions,
    "dagster.define_asset_job": _Reader._asset_job,
    "dagster.ScheduleDefinition": _Reader._schedule_definition,
    "dagster.build_schedule_from_partitioned_job": _Reader._partitioned_schedule,
}


def _rewritten(dep: Dep, same_end: list[Key], known: Iterable[Key]) -> Dep:
    if len(dep.key) > 1 or dep.key in known or len(same_end) != 1:
        return dep
    return Dep(same_end[0], dep.mapping, dep.metadata, dep.argument)


def _raw(function: Function, name: str) -> Mapping[str, Value]:
    """The arguments of a decorator as they were read, jobs among them still the calls that made them."""
    for each in function.decorators:
        form = form_of(each)
        if isinstance(each, Call) and isinstance(form, Form) and form.name == name:
            return each.kwargs
    return {}


def _ticks(cron: Any, zone: Any) -> Trigger | None:
    expressions = [cron] if isinstance(cron, str) else cron
    if (
        not isinstance(expressions, (list, tuple))
        or not all(isinstance(each, str) for each in expressions)
        or not expressions
    ):
        return None
    if not isinstance(zone, (str, type(None))):
        return None
    ticks = tuple(Cron(expression=each, timezone=zone) for each in expressions)
    return ticks[0] if len(ticks) == 1 else AnyOf(parts=ticks)


def _is_running(given: Mapping[str, Any]) -> bool:
    status = given.get("default_status")
    return isinstance(status, Constant) and status.name.endswith(".RUNNING")


def _time_dimension(definition: Any) -> Any:
    """The time of a definition, or of one of its dimensions."""
    candidates = [definition, *getattr(definition, "dimensions", {}).values()]
    return next((each for each in candidates if getattr(each, "kind", None) == "time"), None)


def _offset(cron: str, given: Mapping[str, Any]) -> str:
    """The ticks of the partitions, at the minute, hour and day that are asked for."""
    fields = cron.split(" ")
    places = {"minute_of_hour": 0, "hour_of_day": 1, "day_of_month": 2, "day_of_week": 4}
    for name, place in places.items():
        if isinstance(given.get(name), int) and len(fields) == len(places) + 1:
            fields[place] = str(given[name])
    return " ".join(fields)
