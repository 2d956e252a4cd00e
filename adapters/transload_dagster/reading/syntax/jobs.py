"""Asset jobs, and the schedules and sensors that start them, from symbolic calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from transload.forms import Constant, Form
from transload.loss import Code
from transload.model.triggers import AnyOf, Cron, Opaque, Trigger
from transload.reading.values import Call, Function, Place, Value
from transload_dagster.codecs.keywords import DEFAULTS, POSITIONAL
from transload_dagster.codecs.partitions import read_definition
from transload_dagster.names import TOOL
from transload_dagster.reading.facts import Facts, JobFact, ScheduleFact
from transload_dagster.reading.fields import described
from transload_dagster.reading.syntax.calls import Interpreter
from transload_dagster.reading.syntax.functions import form_of, origin
from transload_dagster.reading.syntax.selections import Selector

_SENSORS: Final = {
    "dagster.sensor": "SensorDefinition",
    "dagster.asset_sensor": "AssetSensorDefinition",
    "dagster.multi_asset_sensor": "MultiAssetSensorDefinition",
    "dagster.run_status_sensor": "RunStatusSensorDefinition",
    "dagster.run_failure_sensor": "RunStatusSensorDefinition",
}
"""Decorator → the class that it makes."""

_CRON_FIELDS: Final = 5
_CRON_POSITIONS: Final = {"minute_of_hour": 0, "hour_of_day": 1, "day_of_month": 2, "day_of_week": 4}
"""Argument of `build_schedule_from_partitioned_job` → the field of the cron expression that it replaces."""


class _AssetJob(NamedTuple):
    name: str
    selection: Any
    fields: dict[str, Any]
    place: Place


class _Starter(NamedTuple):
    """A schedule or sensor, read once all jobs are known: schedules before sensors, as Dagster lists them."""

    is_sensor: bool
    place: Place
    read: Callable[[Any, Form], None]
    value: Any
    form: Form


class Automation:
    """Gathers asset jobs, schedules and sensors; `finish` reads them, when all assets are known."""

    def __init__(self, facts: Facts, interpreter: Interpreter) -> None:
        self._facts = facts
        self._interpreter = interpreter
        self._jobs: list[_AssetJob] = []
        self._names: dict[int, str] = {}
        self._starters: list[_Starter] = []
        self._selector = Selector(facts, interpreter)

    def asset_job(self, call: Call, form: Form) -> None:
        """`define_asset_job`."""
        arguments = self._interpreter.arguments(form, _subject("flow", form), call.place)
        name = arguments.get("name")
        if not isinstance(name, str):
            self._interpreter.lose("flow", "name", f"The name of the job is not known: {described(name)}.", call.place)
            return
        self._names[id(call)] = name
        fields = {
            field: arguments[field]
            for field in ("description", "tags", "partitions_def")
            if arguments.get(field) is not None
        }
        self._jobs.append(_AssetJob(name, arguments.get("selection"), fields, call.place))

    def schedule(self, call: Call, form: Form) -> None:
        """`ScheduleDefinition`."""
        self._starters.append(_Starter(is_sensor=False, place=call.place, read=self._schedule, value=call, form=form))

    def partitioned_schedule(self, call: Call, form: Form) -> None:
        """`build_schedule_from_partitioned_job`."""
        self._starters.append(
            _Starter(is_sensor=False, place=call.place, read=self._partitioned, value=call, form=form)
        )

    def automation_sensor(self, call: Call, form: Form) -> None:
        """`AutomationConditionSensorDefinition`: it starts assets by their own conditions, so that only its arguments can be lost."""
        self._interpreter.arguments(form, _subject("schedule", form), call.place)

    def function(self, function: Function) -> None:
        """A sensor, schedule or op job that is written as a function."""
        for names, read in ((tuple(_SENSORS), self._sensor), (("dagster.schedule",), self._scheduled)):
            form = self._interpreter.decorator(function, names)
            if form is not None:
                sensor = form.name in _SENSORS
                self._starters.append(
                    _Starter(is_sensor=sensor, place=function.place, read=read, value=function, form=form)
                )
        if self._interpreter.decorator(function, ("dagster.job",)) is not None:
            message = "It runs ops that make no asset, and is left out."
            self._interpreter.lose(f"flow {function.name}", "*", message, function.place, Code.NOT_AN_ASSET)

    def finish(self) -> None:
        """Select the assets of the jobs, then read their schedules and sensors."""
        # Only now: a selection may name any asset of the project.
        self._selector = Selector(self._facts, self._interpreter)
        for job in self._jobs:
            self._select(job)
        for starter in sorted(self._starters, key=lambda starter: (starter.is_sensor, starter.place)):
            starter.read(starter.value, starter.form)

    def _select(self, job: _AssetJob) -> None:
        keys = self._selector.keys(job.selection)
        if keys is None:
            message = f"The selection is not known: {described(job.selection)}."
            self._interpreter.lose(f"flow {job.name}", "jobs", message, job.place)
        elif not keys:
            message = "It runs ops that make no asset, and is left out."
            self._interpreter.lose(f"flow {job.name}", "*", message, job.place, Code.NOT_AN_ASSET)
            return
        self._facts.jobs.append(JobFact(job.name, keys or [], job.fields, origin=origin(job.place)))

    def _schedule(self, call: Call, form: Form) -> None:
        raw = {**dict(zip(POSITIONAL[form.name], form.args, strict=False)), **form.kwargs}
        job = self._job_of(raw, call.kwargs, call.place)
        name = raw.get("name") or f"{job}_schedule"
        arguments = self._interpreter.arguments(form, f"schedule {name}" if job else "schedule", call.place)
        trigger = _ticks(arguments.get("cron_schedule"), arguments.get("execution_timezone"))
        if job is None or trigger is None or not isinstance(name, str):
            self._not_known(f"schedule {arguments.get('name', '')}".strip(), form, call.place)
            return
        self._facts.schedules.append(ScheduleFact(job, name, trigger, _fields(arguments), origin=origin(call.place)))

    def _partitioned(self, call: Call, form: Form) -> None:
        """The ticks are those of the partitions of the job's assets."""
        job = self._names.get(id(call.args[0] if call.args else call.kwargs.get("job")))
        arguments = self._interpreter.arguments(form, _subject("schedule", form), call.place)
        window = self._window(next((fact for fact in self._facts.jobs if fact.name == job), None))
        cron = arguments.get("cron_schedule") or (_moved(window.cron, arguments) if window else None)
        trigger = _ticks(cron, arguments.get("execution_timezone") or (window.timezone if window else None))
        if job is None or trigger is None:
            self._not_known("schedule", form, call.place)
            return
        name = arguments.get("name") if isinstance(arguments.get("name"), str) else f"{job}_schedule"
        self._facts.schedules.append(
            ScheduleFact(job, str(name), trigger, _fields(arguments), origin=origin(call.place))
        )

    def _scheduled(self, function: Function, form: Form) -> None:
        """`@schedule`: its ticks are data, its body is code and becomes residue by its name."""
        name = _name(function, form)
        arguments = self._interpreter.arguments(form, f"schedule {name}", function.place)
        trigger = _ticks(arguments.get("cron_schedule"), arguments.get("execution_timezone"))
        job = self._job_of({**arguments, "name": name}, _raw(function, form.name), function.place)
        if job is None or trigger is None:
            self._not_known(f"schedule {name}", form, function.place)
            return
        native = {"function": f"{function.module}.{function.qualname}"}
        self._facts.schedules.append(
            ScheduleFact(job, name, trigger, _fields(arguments), native, origin(function.place))
        )

    def _sensor(self, function: Function, form: Form) -> None:
        name = _name(function, form)
        raw = _raw(function, form.name)
        options = {**form.kwargs, "name": name}
        targets = raw.get("jobs") or raw.get("request_jobs")
        if isinstance(targets, (list, tuple)):
            own = {**options, "target": None}
            resolved = [self._job_of(own, {"job": target}, function.place) for target in targets]
            if None in resolved:
                message = "One of its jobs is not known."
                self._interpreter.lose(f"schedule {name}", "jobs", message, function.place)
        else:
            resolved = [self._job_of(options, raw, function.place)]
        jobs = [job for job in resolved if job is not None]
        if not jobs:
            message = "The sensor is code that names no asset job, and is left out."
            self._interpreter.lose(f"schedule {name}", "*", message, function.place, Code.NOT_AN_ASSET)
            return
        arguments = self._interpreter.arguments(form, f"schedule {name}", function.place)
        key = self._interpreter.key(arguments.get("asset_key"))
        interval = arguments.get("minimum_interval_seconds")
        detail: dict[str, Any] = {
            "function": f"{function.module}.{function.qualname}",
            "minimum_interval_seconds": None if interval == DEFAULTS["minimum_interval_seconds"] else interval,
            "asset_key": list(key) if key else None,
        }
        known: dict[str, Any] = {field: value for field, value in detail.items() if isinstance(value, (str, int, list))}
        trigger = Opaque(tool=TOOL, type=_SENSORS[form.name], detail=known)
        self._facts.schedules.extend(
            ScheduleFact(job, name, trigger, _fields(arguments), origin=origin(function.place)) for job in jobs
        )

    def _job_of(self, arguments: Mapping[str, Any], raw: Mapping[str, Value], place: Place) -> str | None:
        """The name of the job that is started. One that is only a selection is a job of its own, named after its schedule or sensor."""
        if isinstance(arguments.get("job_name"), str):
            return str(arguments["job_name"])
        value = raw.get("job") or raw.get("request_job") or raw.get("target")
        if id(value) in self._names:
            return self._names[id(value)]
        if isinstance(value, Function) and self._interpreter.decorator(value, ("dagster.job",)):
            return value.name
        name = arguments.get("name")
        if arguments.get("target") is None or not isinstance(name, str):
            return None
        self._select(_AssetJob(name, arguments["target"], {}, place))
        return name

    def _window(self, fact: JobFact | None) -> Any:
        """The windows of time of a job: of its own definition, else of the first of its assets that has some."""
        if fact is None:
            return None
        specs = {spec.key: spec for op in self._facts.ops for spec in op.specs}
        own = [specs[key].fields.get("partitions_def") for key in fact.keys if key in specs]
        for value in (fact.fields.get("partitions_def"), *own):
            definition = None if value is None else read_definition(value)
            # The time may be one of the dimensions of a definition.
            for candidate in (definition, *getattr(definition, "dimensions", {}).values()):
                if getattr(candidate, "kind", None) == "time":
                    return candidate
        return None

    def _not_known(self, subject: str, form: Form, place: Place) -> None:
        self._interpreter.lose(subject, "*", f"Its job or its ticks are not known: {described(form)}.", place)


def _fields(arguments: Mapping[str, Any]) -> dict[str, Any]:
    fields = {field: arguments[field] for field in ("description", "tags") if arguments.get(field) is not None}
    status = arguments.get("default_status")
    return {**fields, "running": isinstance(status, Constant) and status.name.endswith(".RUNNING")}


def _name(function: Function, form: Form) -> str:
    """The name of a schedule or sensor that is written as a function."""
    # Of all these decorators only `run_failure_sensor` takes the name by position.
    first = form.args[0] if form.args and form.name == "dagster.run_failure_sensor" else None
    return str(form.kwargs.get("name", first if isinstance(first, str) else function.name))


def _subject(kind: str, form: Form) -> str:
    arguments = dict(zip(POSITIONAL.get(form.name, ()), form.args, strict=False))
    name = form.kwargs.get("name", arguments.get("name"))
    return f"{kind} {name}" if isinstance(name, str) else kind


def _raw(function: Function, name: str) -> Mapping[str, Value]:
    """The arguments of a decorator before they become forms: jobs in them are known by the identity of the calls that make them."""
    for decorator in function.decorators:
        form = form_of(decorator)
        if isinstance(decorator, Call) and isinstance(form, Form) and form.name == name:
            return decorator.kwargs
    return {}


def _ticks(cron: Any, zone: Any) -> Trigger | None:
    expressions = [cron] if isinstance(cron, str) else cron
    if not isinstance(expressions, (list, tuple)) or not expressions:
        return None
    if not all(isinstance(expression, str) for expression in expressions) or not isinstance(zone, (str, type(None))):
        return None
    ticks = tuple(Cron(expression=expression, timezone=zone) for expression in expressions)
    return ticks[0] if len(ticks) == 1 else AnyOf(parts=ticks)


def _moved(cron: str, arguments: Mapping[str, Any]) -> str:
    """The ticks of the partitions, moved to the minute, hour and day of `build_schedule_from_partitioned_job`."""
    fields = cron.split(" ")
    if len(fields) != _CRON_FIELDS:
        # A preset such as `@daily` has no fields to replace.
        return cron
    for name, position in _CRON_POSITIONS.items():
        if isinstance(arguments.get(name), int):
            fields[position] = str(arguments[name])
    return " ".join(fields)
