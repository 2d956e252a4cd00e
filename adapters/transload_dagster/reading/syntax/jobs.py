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


class _AssetJob(NamedTuple):
    name: str
    selection: Any
    fields: dict[str, Any]
    place: Place


class _Starter(NamedTuple):
    """What is read once all jobs are known: schedules before sensors, as Dagster has them."""

    is_sensor: bool
    place: Place
    read: Callable[[Any, Form], None]
    value: Any
    form: Form


class Starting:
    """Gathers asset jobs and what starts them; `finish` reads them, when all assets are known."""

    def __init__(self, facts: Facts, interpreter: Interpreter) -> None:
        self._facts = facts
        self._interpreter = interpreter
        self._jobs: list[_AssetJob] = []
        self._names: dict[int, str] = {}
        self._starters: list[_Starter] = []
        self._selector = Selector(facts, interpreter)

    def asset_job(self, call: Call, form: Form) -> None:
        """`define_asset_job`."""
        given = self._interpreter.arguments(form, _subject("flow", form), call.place)
        name = given.get("name")
        if not isinstance(name, str):
            self._interpreter.lose("flow", "name", f"The name of the job is not known: {described(name)}.", call.place)
            return
        self._names[id(call)] = name
        fields = {
            field: given[field] for field in ("description", "tags", "partitions_def") if given.get(field) is not None
        }
        self._jobs.append(_AssetJob(name, given.get("selection"), fields, call.place))

    def schedule(self, call: Call, form: Form) -> None:
        """`ScheduleDefinition`."""
        self._starters.append(_Starter(is_sensor=False, place=call.place, read=self._schedule, value=call, form=form))

    def partitioned_schedule(self, call: Call, form: Form) -> None:
        """`build_schedule_from_partitioned_job`."""
        self._starters.append(
            _Starter(is_sensor=False, place=call.place, read=self._partitioned, value=call, form=form)
        )

    def automation_sensor(self, call: Call, form: Form) -> None:
        """`AutomationConditionSensorDefinition`: what it starts, the assets' own conditions say."""
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
        """Select the assets of the jobs, then read what starts them."""
        self._selector = Selector(self._facts, self._interpreter)
        for job in self._jobs:
            self._select(job)
        for starter in sorted(self._starters, key=lambda each: each[:2]):
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
        stated = {**dict(zip(POSITIONAL[form.name], form.args, strict=False)), **form.kwargs}
        job = self._job_of(stated, call.kwargs, call.place)
        name = stated.get("name") or f"{job}_schedule"
        given = self._interpreter.arguments(form, f"schedule {name}" if job else "schedule", call.place)
        trigger = _ticks(given.get("cron_schedule"), given.get("execution_timezone"))
        if job is None or trigger is None or not isinstance(name, str):
            self._not_known(f"schedule {given.get('name', '')}".strip(), form, call.place)
            return
        self._facts.schedules.append(ScheduleFact(job, name, trigger, _fields(given), origin=origin(call.place)))

    def _partitioned(self, call: Call, form: Form) -> None:
        """The ticks are those of the partitions of the job's assets."""
        job = self._names.get(id(call.args[0] if call.args else call.kwargs.get("job")))
        given = self._interpreter.arguments(form, _subject("schedule", form), call.place)
        window = self._window(next((each for each in self._facts.jobs if each.name == job), None))
        cron = given.get("cron_schedule") or (_moved(window.cron, given) if window else None)
        trigger = _ticks(cron, given.get("execution_timezone") or (window.timezone if window else None))
        if job is None or trigger is None:
            self._not_known("schedule", form, call.place)
            return
        name = given.get("name") if isinstance(given.get("name"), str) else f"{job}_schedule"
        self._facts.schedules.append(ScheduleFact(job, str(name), trigger, _fields(given), origin=origin(call.place)))

    def _scheduled(self, function: Function, form: Form) -> None:
        """The ticks of `@schedule` are data, what it does with each is code."""
        name = _name(function, form)
        given = self._interpreter.arguments(form, f"schedule {name}", function.place)
        trigger = _ticks(given.get("cron_schedule"), given.get("execution_timezone"))
        job = self._job_of({**given, "name": name}, _raw(function, form.name), function.place)
        if job is None or trigger is None:
            self._not_known(f"schedule {name}", form, function.place)
            return
        native = {"function": f"{function.module}.{function.qualname}"}
        self._facts.schedules.append(ScheduleFact(job, name, trigger, _fields(given), native, origin(function.place)))

    def _sensor(self, function: Function, form: Form) -> None:
        name = _name(function, form)
        raw = _raw(function, form.name)
        jobs = self._jobs_of({**form.kwargs, "name": name}, raw, function.place)
        if not jobs:
            message = "The sensor is code that names no asset job, and is left out."
            self._interpreter.lose(f"schedule {name}", "*", message, function.place, Code.NOT_AN_ASSET)
            return
        given = self._interpreter.arguments(form, f"schedule {name}", function.place)
        trigger = Opaque(tool=TOOL, type=_SENSORS[form.name], detail=self._sensor_detail(function, given))
        self._facts.schedules.extend(
            ScheduleFact(job, name, trigger, _fields(given), origin=origin(function.place)) for job in jobs
        )

    def _sensor_detail(self, function: Function, given: Mapping[str, Any]) -> dict[str, Any]:
        key = self._interpreter.key(given.get("asset_key"))
        interval = given.get("minimum_interval_seconds")
        detail = {
            "function": f"{function.module}.{function.qualname}",
            "minimum_interval_seconds": None if interval == DEFAULTS["minimum_interval_seconds"] else interval,
            "asset_key": list(key) if key else None,
        }
        return {field: value for field, value in detail.items() if isinstance(value, (str, int, list))}

    def _jobs_of(self, given: Mapping[str, Any], raw: Mapping[str, Value], place: Place) -> list[str]:
        targets = raw.get("jobs") or raw.get("request_jobs")
        if isinstance(targets, (list, tuple)):
            found = [self._job_of({**given, "target": None}, {"job": each}, place) for each in targets]
            if None in found:
                message = "One of its jobs is not known."
                self._interpreter.lose(f"schedule {given['name']}", "jobs", message, place)
            return [job for job in found if job is not None]
        job = self._job_of(given, raw, place)
        return [] if job is None else [job]

    def _job_of(self, given: Mapping[str, Any], raw: Mapping[str, Value], place: Place) -> str | None:
        """The name of the job that is started. One that is only a selection is a job of its own, named after what starts it."""
        if isinstance(given.get("job_name"), str):
            return str(given["job_name"])
        value = raw.get("job") or raw.get("request_job") or raw.get("target")
        if id(value) in self._names:
            return self._names[id(value)]
        if isinstance(value, Function) and self._interpreter.decorator(value, ("dagster.job",)):
            return value.name
        name = given.get("name")
        if given.get("target") is None or not isinstance(name, str):
            return None
        self._select(_AssetJob(name, given["target"], {}, place))
        return name

    def _window(self, fact: JobFact | None) -> Any:
        specs = {spec.key: spec for op in self._facts.ops for spec in op.specs}
        own = fact.fields.get("partitions_def") if fact else None
        definitions = [
            own,
            *(specs[key].fields.get("partitions_def") for key in (fact.keys if fact else ()) if key in specs),
        ]
        read_ones = (read_definition(each) for each in definitions if each is not None)
        return next((each for each in map(_time_dimension, read_ones) if each is not None), None)

    def _not_known(self, subject: str, form: Form, place: Place) -> None:
        self._interpreter.lose(subject, "*", f"Its job or its ticks are not known: {described(form)}.", place)


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = {field: given[field] for field in ("description", "tags") if given.get(field) is not None}
    status = given.get("default_status")
    return {**fields, "running": isinstance(status, Constant) and status.name.endswith(".RUNNING")}


def _name(function: Function, form: Form) -> str:
    """The name of a schedule or sensor that is written as a function."""
    given = form.args[0] if form.args and form.name == "dagster.run_failure_sensor" else None
    return str(form.kwargs.get("name", given if isinstance(given, str) else function.name))


def _subject(kind: str, form: Form) -> str:
    given = dict(zip(POSITIONAL.get(form.name, ()), form.args, strict=False))
    name = form.kwargs.get("name", given.get("name"))
    return f"{kind} {name}" if isinstance(name, str) else kind


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


def _time_dimension(definition: Any) -> Any:
    """The time of a definition, or of one of its dimensions."""
    candidates = [definition, *getattr(definition, "dimensions", {}).values()]
    return next((each for each in candidates if getattr(each, "kind", None) == "time"), None)


def _moved(cron: str, given: Mapping[str, Any]) -> str:
    """The ticks of the partitions, at the minute, hour and day that are asked for."""
    fields = cron.split(" ")
    places = {"minute_of_hour": 0, "hour_of_day": 1, "day_of_month": 2, "day_of_week": 4}
    for name, place in places.items():
        if isinstance(given.get(name), int) and len(fields) == len(places) + 1:
            fields[place] = str(given[name])
    return " ".join(fields)
