"""A `Definitions` object → facts. Imports dagster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, Final

import dagster as dg

from transload.adapter import unread_loss
from transload.loss import Code
from transload.model.assets import Origin
from transload.model.triggers import AnyOf, Cron, Opaque, Trigger
from transload_dagster.codecs import metadata
from transload_dagster.codecs.stubs import STUB
from transload_dagster.names import TOOL
from transload_dagster.reading.facts import CheckFact, Dep, Facts, JobFact, Key, Op, ScheduleFact, Spec
from transload_dagster.reading.fields import OBSERVED, not_read
from transload_dagster.reading.objects import unsupported, values
from transload_dagster.reading.objects.importing import in_listed_order

_DESCRIBED: Final = ("description", "group_name", "owners", "tags", "code_version", "is_virtual", "skippable")
_FORMED: Final = ("partitions_def", "freshness_policy")
_DEFAULT_IO_MANAGER: Final = "io_manager"


class Inspector:
    """Reads definitions into facts; paths are relative to `root`."""

    def __init__(self, facts: Facts, root: Path | None) -> None:
        self.facts = facts
        self.root = root
        self._paths: dict[str, str | None] = {}
        self._jobs: set[str] = set()

    def read(self, definitions: Any) -> None:
        """Everything of a `Definitions` or a repository."""
        jobs: Iterable[Any]
        if isinstance(definitions, dg.RepositoryDefinition):
            graph = definitions.asset_graph
            # A repository adds a job of all assets, which no project defines.
            jobs = [job for job in definitions.get_all_jobs() if not job.name.startswith("__ASSET_JOB")]
            schedules, sensors = definitions.schedule_defs, definitions.sensor_defs
        else:
            graph = definitions.resolve_asset_graph()
            jobs, schedules, sensors = definitions.jobs or (), definitions.schedules or (), definitions.sensors or ()
        for assets in in_listed_order(graph.assets_defs, definitions):
            self._assets(assets)
        for job in jobs:
            self._job(job, graph)
        if isinstance(definitions, dg.Definitions):
            self._unsupported("definitions", unsupported.of_definitions(definitions))
        for schedule in schedules:
            self._schedule(schedule, graph)
        for sensor in sensors:
            self._sensor(sensor, graph)

    def _unsupported(self, subject: str, arguments: Mapping[str, Any], origin: Origin | None = None) -> None:
        for name, value in arguments.items():
            message = not_read(values.described(value))
            self.facts.losses.append(
                unread_loss(subject, name, message, origin or self._anywhere(), code=Code.UNKNOWN_KIND)
            )

    def _assets(self, assets: Any) -> None:
        if not assets.is_executable:
            self.facts.specs.extend(self._spec(spec) for spec in assets.specs)
            return
        function = _function(assets.node_def)
        origin = self._origin(function)
        self._checks(assets, function)
        specs = [self._spec(spec, assets, origin) for spec in assets.specs]
        for spec in specs:
            spec.fields["compute_kind"] = assets.node_def.tags.get(unsupported.COMPUTE_KIND)
        if specs and assets.execution_type.name == "OBSERVATION":
            self._observed(specs, assets)
        elif specs:
            node = assets.node_def
            fields = {
                "description": node.description,
                "op_tags": {name: value for name, value in node.tags.items() if name != unsupported.COMPUTE_KIND},
                "retry_policy": values.described(getattr(node, "retry_policy", None)),
                "backfill_policy": values.described(assets.backfill_policy),
                "pool": getattr(node, "pool", None),
            }
            self.facts.ops.append(
                Op(node.name, specs, fields, _qualified(function), _residue(assets, specs), origin=origin)
            )
            for name, arguments in unsupported.of_inputs(node).items():
                self._unsupported(f"input {name}", arguments, origin)

    def _observed(self, specs: list[Spec], assets: Any) -> None:
        for spec in specs:
            subject = f"asset {'/'.join(spec.key)}"
            loss = unread_loss(subject, "native.dagster.observable", OBSERVED, spec.origin, code=Code.WATCHER)
            self.facts.losses.append(loss)
            spec.native["observable"] = assets.node_def.name
            interval = assets.auto_observe_interval_minutes
            arguments = {} if interval is None else {"auto_observe_interval_minutes": interval}
            self._unsupported(subject, arguments, spec.origin)
            self._unsupported(subject, unsupported.of_source(assets), spec.origin)
        self.facts.specs.extend(specs)

    def _spec(self, spec: Any, assets: Any = None, origin: Origin | None = None) -> Spec:
        fields = {name: getattr(spec, name, None) for name in _DESCRIBED}
        fields |= {name: values.described(getattr(spec, name)) for name in _FORMED}
        fields["metadata"] = values.values(spec.metadata)
        if spec.automation_condition is not None:
            fields["automation_condition"] = values.condition(spec.automation_condition)
        arguments: dict[Key, str] = {}
        input_metadata: dict[Key, Mapping[str, Any]] = {}
        inputs = assets.node_def.input_dict if assets is not None else {}
        for name, key in assets.keys_by_input_name.items() if assets is not None else ():
            # Inputs that hold a value are arguments of the function; the others only order.
            if name in inputs:
                input_metadata[tuple(key.path)] = inputs[name].metadata
                if not inputs[name].dagster_type.is_nothing:
                    arguments[tuple(key.path)] = name
        if assets is not None and assets.can_subset:
            # Dagster sets it on every asset of such an op, whatever the project declares.
            fields["skippable"] = False
        class_name = getattr(spec.metadata.get(metadata.COMPONENT), "class_name", None)
        return Spec(
            tuple(spec.key.path),
            _in_order(
                [_dep(dep, arguments, input_metadata) for dep in spec.deps],
                _function(assets.node_def) if assets is not None else None,
            ),
            {name: value for name, value in fields.items() if value is not None},
            origin or self._anywhere(),
            stub=metadata.STUB in spec.metadata,
            native={} if class_name is None else {"component": class_name},
        )

    def _checks(self, assets: Any, function: Any) -> None:
        for spec in assets.check_specs:
            inside = bool(tuple(assets.specs))
            arguments = unsupported.of_check(spec, None if inside else assets.node_def)
            self._unsupported(f"check {'/'.join(spec.asset_key.path)}:{spec.name}", arguments, self._origin(function))
            self.facts.checks.append(
                CheckFact(
                    tuple(spec.asset_key.path),
                    spec.name,
                    {
                        "description": spec.description,
                        "blocking": spec.blocking,
                        "metadata": values.values(spec.metadata),
                    },
                    [_dep(dep, {}, {}) for dep in spec.additional_deps],
                    None if inside else _qualified(function),
                    inside,
                )
            )

    def _job(self, job: Any, graph: Any, name: str | None = None) -> None:
        selection = getattr(job, "selection", None)
        self._jobs.add(job.name)
        layer = getattr(job, "asset_layer", None)
        keys: list[Key] = []
        if selection is not None:
            # Keys in the order they are named in, where they are named one by one.
            resolved = selection.resolve(graph)
            named = [key for key in getattr(selection, "selected_keys", ()) if key in resolved]
            keys = [tuple(key.path) for key in (named if len(named) == len(resolved) else sorted(resolved))]
        elif layer is not None:
            # A repository has resolved its jobs: their selections are gone.
            keys = sorted(tuple(key.path) for key in layer.selected_asset_keys)
        if not keys:
            message = "It runs ops that make no asset, and is left out."
            self.facts.losses.append(
                unread_loss(f"flow {job.name}", "*", message, self._anywhere(), code=Code.NOT_AN_ASSET)
            )
            return
        self._unsupported(f"flow {name or job.name}", unsupported.of_job(job))
        fields = {"description": job.description, "tags": dict(job.tags or {})}
        # A resolved job has the partitions of its assets here; only an unresolved one has what the project declares.
        partitions_def = getattr(job, "partitions_def", None) if selection is not None else None
        if partitions_def is not None:
            fields["partitions_def"] = values.described(partitions_def)
        self.facts.jobs.append(JobFact(name or job.name, keys, fields, origin=self._anywhere()))

    def _schedule(self, schedule: Any, graph: Any) -> None:
        is_partitioned = type(schedule).__name__ == "UnresolvedPartitionedAssetScheduleDefinition"
        target = getattr(schedule, "job", None) if is_partitioned else schedule.target.resolvable_to_job
        job = self._target(schedule.name, target, graph)
        self._unsupported(f"schedule {schedule.name}", unsupported.of_schedule(schedule))
        if is_partitioned:
            # `build_schedule_from_partitioned_job`: the partitions of the job's assets give the ticks.
            assets = [graph.get(key) for key in sorted(schedule.job.selection.resolve(graph))]
            known = (asset.partitions_def for asset in assets if asset.partitions_def is not None)
            # A definition of several dimensions has its windows of time in an attribute; a definition of time is its own.
            windows = (getattr(definition, "time_window_partitions_def", None) or definition for definition in known)
            window = next(candidate for candidate in windows if hasattr(candidate, "get_cron_schedule"))
            offsets = (schedule.minute_of_hour, schedule.hour_of_day, schedule.day_of_week, schedule.day_of_month)
            cron, zone = window.get_cron_schedule(*offsets), window.timezone
        else:
            cron, zone = schedule.cron_schedule, schedule.execution_timezone
        expressions = [cron] if isinstance(cron, str) else cron
        ticks = [Cron(expression=expression, timezone=zone) for expression in expressions]
        fields = {
            "description": schedule.description,
            "tags": unsupported.tags_of(schedule),
            "running": schedule.default_status.name == "RUNNING",
        }
        function = getattr(getattr(schedule, "_execution_fn", None), "decorated_fn", None)
        # Without a function of the user's there is one of Dagster's, which starts the job.
        is_own = function is not None and not unsupported.is_dagsters(function)
        native = {"function": _qualified(function)} if is_own else {}
        trigger: Trigger = ticks[0] if len(ticks) == 1 else AnyOf(parts=tuple(ticks))
        self.facts.schedules.append(ScheduleFact(job, schedule.name, trigger, fields, native, self._anywhere()))

    def _target(self, name: str, job: Any, graph: Any) -> str:
        """The job that is started, which need not be listed. One that is only a selection is named after its schedule or sensor."""
        job_name = job if isinstance(job, str) else str(job.name)
        if job_name.startswith("__anonymous"):
            self._job(job, graph, name)
            return name
        if not isinstance(job, str) and job_name not in self._jobs:
            self._job(job, graph)
        return job_name

    def _sensor(self, sensor: Any, graph: Any) -> None:
        kind = type(sensor).__name__
        if kind == "AutomationConditionSensorDefinition":
            self._unsupported(f"schedule {sensor.name}", unsupported.of_automation_sensor(sensor))
            return
        targets = sensor.targets or []
        if targets:
            self._unsupported(f"schedule {sensor.name}", unsupported.of_sensor(sensor))
        for target in targets:
            job = self._target(sensor.name, target.resolvable_to_job, graph)
            interval = sensor.minimum_interval_seconds
            detail = {
                "function": _sensor_function(sensor),
                "minimum_interval_seconds": interval if interval != unsupported.DEFAULT_INTERVAL else None,
            }
            if hasattr(sensor, "asset_key"):
                detail["asset_key"] = list(sensor.asset_key.path)
            trigger = Opaque(
                tool=TOOL, type=kind, detail={name: value for name, value in detail.items() if value is not None}
            )
            fields = {
                "description": sensor.description,
                "tags": dict(getattr(sensor, "tags", None) or {}),
                "running": sensor.default_status.name == "RUNNING",
            }
            self.facts.schedules.append(ScheduleFact(job, sensor.name, trigger, fields, origin=self._anywhere()))
        if not targets:
            message = "The sensor is code that names no asset job, and is left out."
            self.facts.losses.append(
                unread_loss(f"schedule {sensor.name}", "*", message, self._anywhere(), code=Code.NOT_AN_ASSET)
            )

    def _anywhere(self) -> Origin:
        return Origin(tool=TOOL, way="load")

    def _origin(self, function: Any) -> Origin:
        code = getattr(function, "__code__", None)
        if code is None or self.root is None:
            return self._anywhere()
        if code.co_filename not in self._paths:
            file = Path(code.co_filename)
            self._paths[code.co_filename] = (
                file.relative_to(self.root).as_posix() if file.is_relative_to(self.root) else None
            )
        path = self._paths[code.co_filename]
        return self._anywhere() if path is None else Origin(tool=TOOL, way="load", path=path, line=code.co_firstlineno)


def _in_order(deps: list[Dep], function: Any) -> list[Dep]:
    """Arguments as the function has them, then the rest: Dagster itself keeps arguments in a set."""
    if not callable(function) or not any(dep.argument for dep in deps):
        return deps
    positions = {name: position for position, name in enumerate(signature(function).parameters)}
    return sorted(deps, key=lambda dep: positions.get(dep.argument or "", len(positions)))


def _dep(dep: Any, arguments: Mapping[Key, str], input_metadata: Mapping[Key, Mapping[str, Any]]) -> Dep:
    """A dependency, with the metadata of its `AssetDep`, else of its `AssetIn`."""
    key = tuple(dep.asset_key.path)
    # Mappings without fields are empty tuples, and false: only `is not None` tells.
    mapping = values.described(dep.partition_mapping) if dep.partition_mapping is not None else None
    return Dep(
        key,
        mapping,
        values.values(getattr(dep, "metadata", None) or input_metadata.get(key)),
        arguments.get(key),
    )


def _residue(assets: Any, specs: list[Spec]) -> dict[str, Any]:
    """The residue of an op: its fields that only Dagster understands."""
    node = assets.node_def
    managers = {
        "/".join(spec.key): name
        for spec in specs
        if (name := assets.get_io_manager_key_for_asset_key(dg.AssetKey(spec.key))) != _DEFAULT_IO_MANAGER
    }
    residue = {
        "can_subset": True if assets.can_subset else None,
        "graph": sorted(node.node_dict) if hasattr(node, "node_dict") else None,
        "io_managers": managers or None,
        "resources": sorted(assets.required_resource_keys - set(managers.values()) - unsupported.input_managers(node))
        or None,
        "hooks": sorted(hook.name for hook in assets.hook_defs) or None,
        "config_schema": unsupported.configured(node, _function(node)),
        "config": "config" if getattr(node, "config_mapping", None) is not None else None,
    }
    return {name: value for name, value in residue.items() if value is not None}


def _function(node: Any) -> Callable[..., Any] | None:
    """The user's function behind a node."""
    compute = (
        getattr(node, "compute_fn", None)
        or getattr(node, "composition_fn", None)
        or getattr(node, "_composition_fn", None)
    )
    return getattr(compute, "decorated_fn", compute)


def _qualified(function: Any) -> str | None:
    """The name of a function; None for a stub of transload's."""
    code = getattr(function, "__code__", None)
    # The message of a written stub is a constant of its code; those that `runtime` builds have it in a closure.
    if code is None or function.__module__ == "transload_dagster.runtime":
        return None
    if any(isinstance(constant, str) and constant.startswith(STUB) for constant in code.co_consts):
        return None
    return f"{function.__module__}.{function.__qualname__}"


def _sensor_function(sensor: Any) -> str | None:
    """The name of the user's function."""
    # An asset sensor keeps it in an attribute; before 1.13 only the closure of the function that it makes has it.
    cells = getattr(getattr(sensor, "_raw_fn", None), "__closure__", None) or ()
    wrappers = [
        getattr(sensor, "_asset_materialization_fn", None),
        sensor,
        *(cell.cell_contents for cell in cells),
    ]
    function = next((wrapper.__wrapped__ for wrapper in wrappers if hasattr(wrapper, "__wrapped__")), None)
    return _qualified(function or getattr(sensor, "_run_status_sensor_fn", None))
