"""What was found → graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import ValidationError

from transload.adapter import Reading, Target
from transload.carry import Carried
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset, Origin, Residue
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload_prefect.codecs import tags
from transload_prefect.codecs.deployments import KNOWN, schedule_of
from transload_prefect.codecs.partitions import DEFINITIONS, PARAMETERS, run_by, untold_upstream
from transload_prefect.codecs.retries import retries_of
from transload_prefect.codecs.triggers import updated_keys
from transload_prefect.names import TOOL, qualified
from transload_prefect.reading.dataflow import Inputs, inputs_of
from transload_prefect.reading.facts import DeploymentFact, Facts, FlowFact, TaskFact
from transload_prefect.reading.identities import Identities, first_places
from transload_prefect.reading.validation import sound

_NO_FIELDS: Final[Mapping[str, Any]] = {"tags": {}, "metadata": {}, "column_lineage": {}, "native": {}}
"""Fields of an asset that Prefect has no place for, given because pydantic makes a deep copy of each default that is left out."""

_PROPERTIES: Final = {
    "name": "title",
    "url": "url",
    "description": "description",
    "owners": "owners",
    "partitions": "partitions",
}

Item = TypeVar("Item", TaskFact, FlowFact)


class _Names(NamedTuple):
    flows: Mapping[FlowFact, str]
    tasks: Mapping[TaskFact, tuple[str, str]]

    def job(self, task: TaskFact) -> str:
        return qualified(*self.tasks[task])


def assemble(found: Facts, target: Target, carried: Carried) -> Reading:
    """The graph of what was found, in Prefect's own words."""
    found.tasks = _run(found)
    for deployment in found.deployments:
        deployment.fields = dict(sound(deployment, found))
    _report_repeated(found)
    ids = Identities(first_places(_keys(found)), target.deployment)
    names = _names(found)
    inputs = inputs_of(found.flows)
    jobs = [_job(task, names, inputs.get(task, Inputs()), ids) for task in found.tasks]
    assets = _assets(found, ids)
    _untell(found, names, assets, jobs)
    flows = [_flow(flow, names, found, ids) for flow in found.flows]
    _report_homeless(found, names)
    graph = _with_runs(graph_of(assets, jobs, flows), found, names)
    return Reading(graph, carried, (*found.losses, *ids.losses), tuple(found.failures))


def _report_repeated(found: Facts) -> None:
    """Of deployments of one name and flow in one `prefect.yaml` each replaces the one before."""
    first: dict[tuple[Any, ...], DeploymentFact] = {}
    for each in found.deployments:
        entrypoint = each.fields.get("entrypoint")
        key = (each.origin.path, str(entrypoint), each.fields.get("name"))
        if entrypoint is not None and first.setdefault(key, each) is not each:
            message = (
                f"It is there already, at {first[key].origin}; Prefect deploys both, the later one over the earlier."
            )
            found.lost(f"deployment {key[2]}", "name", message, Code.CONTRADICTION, each.origin)


def _run(found: Facts) -> list[TaskFact]:
    """The tasks, without those that flows call only with other options: these are what runs."""
    called = {call.task for flow in found.flows for call in flow.calls}
    run = {task.definition for task in called}
    return [task for task in found.tasks if task in called or task.definition not in run]


# Names


def _names(found: Facts) -> _Names:
    flows = {
        flow: name for (_, name), flow in _distinct((("", flow.name), flow) for flow in _placed(found.flows)).items()
    }
    homes: dict[TaskFact, str] = {}
    for flow, name in sorted(flows.items(), key=lambda pair: pair[1], reverse=True):
        homes.update(dict.fromkeys((call.task for call in flow.calls), name))
    tasks = _distinct(((homes.get(task, ""), task.name), task) for task in _placed(found.tasks))
    return _Names(flows, {task: name for name, task in tasks.items()})


def _placed(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item.origin.path or "", item.origin.line or 0))


def _distinct(pairs: Iterable[tuple[tuple[str, str], Any]]) -> dict[tuple[str, str], Any]:
    """Of several with one name, the later ones get a number."""
    given: dict[tuple[str, str], Any] = {}
    for (room, name), item in pairs:
        free, number = name, 2
        while (room, free) in given:
            free, number = f"{name}#{number}", number + 1
        given[room, free] = item
    return given


# Assets


def _keys(found: Facts) -> Iterator[tuple[str, Origin]]:
    yield from ((asset.key, asset.origin) for asset in found.assets)
    yield from ((key, task.origin) for task in found.tasks for key in (*task.writes, *task.deps))
    yield from (
        (key, deployment.origin)
        for deployment in found.deployments
        for key in updated_keys(deployment.fields.get("triggers") or ())
    )


def _assets(found: Facts, ids: Identities) -> list[Asset]:
    origins = first_places((ids.name(key), origin) for key, origin in _keys(found))
    keys = {ids.name(key): key for key, _ in _keys(found)}
    said = _properties(found, ids)
    return [
        Asset(id=ids.of(keys[name]), names={TOOL: (name,)}, origin=origin, **_NO_FIELDS, **said.get(name, {}))
        for name, origin in origins.items()
    ]


def _properties(found: Facts, ids: Identities) -> dict[str, dict[str, Any]]:
    """Key → fields. Of several definitions the first wins; what a later one says differently is reported."""
    said: dict[str, dict[str, Any]] = {}
    for asset in found.assets:
        fields = said.setdefault(ids.name(asset.key), {})
        for name, value in asset.properties.items():
            field = _PROPERTIES[name]
            new = tuple(value) if isinstance(value, list) else value
            if not _is_property(name, new):
                message = f"Prefect does not take this value for `{name}`; it is left out."
                found.lost(f"asset {ids.name(asset.key)}", field, message, Code.UNREADABLE, asset.origin)
            elif fields.setdefault(field, new) != new:
                message = "It is defined again with another value; the first is used."
                found.lost(f"asset {ids.name(asset.key)}", field, message, Code.CONTRADICTION, asset.origin)
    return said


def _is_property(name: str, value: Any) -> bool:
    if name == "partitions":
        return isinstance(value, DEFINITIONS)
    if name != "owners":
        return isinstance(value, str)
    return isinstance(value, tuple) and all(isinstance(each, str) for each in value)


# Jobs


def _job(task: TaskFact, names: _Names, inputs: Inputs, ids: Identities) -> Job:
    explicit = [
        Read(asset=ids.of(key), mapping=task.mappings.get(key), argument=inputs.assets.get(key), metadata={})
        for key in dict.fromkeys(task.deps)
    ]
    inferred = [
        Read(asset=ids.of(key), argument=argument, inferred=True, metadata={})
        for key, argument in inputs.assets.items()
        if key not in task.deps
    ]
    return Job(
        name=names.job(task),
        names={TOOL: names.tasks[task]},
        reads=_once((*explicit, *inferred)),
        writes=tuple(Write(asset=asset) for asset in dict.fromkeys(map(ids.of, task.writes))),
        after=tuple(names.job(other) for other in inputs.after),
        description=task.description,
        tags=tags.mapping(task.tags),
        retries=retries_of(task.retries),
        timeout=task.timeout,
        function=task.function,
        native=_residue(task.residue),
        origin=task.origin,
    )


def _once(reads: Iterable[Read]) -> tuple[Read, ...]:
    first: dict[AssetId, Read] = {}
    for read in reads:
        first.setdefault(read.asset, read)
    return tuple(first.values())


def _residue(residue: Mapping[str, Any]) -> Residue:
    return {TOOL: residue} if residue else {}


# Flows


def _flow(flow: FlowFact, names: _Names, found: Facts, ids: Identities) -> Flow:
    deployments = _deployments(flow, found, names)
    limit = deployments[0].fields.get("concurrency_limit") if len(deployments) == 1 else None
    alone = type(limit) is int
    return Flow(
        name=names.flows[flow],
        names={TOOL: (names.flows[flow],)},
        jobs=tuple(dict.fromkeys(names.job(call.task) for call in flow.calls)),
        schedules=tuple(_schedule(deployment, ids, found, alone=alone) for deployment in deployments),
        description=flow.description,
        parameters=_own_parameters(flow),
        retries=retries_of(flow.retries),
        concurrency=limit if alone else None,
        native=_residue(flow.residue),
        origin=flow.origin,
    )


def _own_parameters(flow: FlowFact) -> dict[str, Any]:
    """Without those through which a run is told its partition."""
    told = PARAMETERS if flow.run else ()
    return {name: value for name, value in flow.parameters.items() if name not in told or value is not None}


def _untell(found: Facts, names: _Names, assets: Iterable[Asset], jobs: Iterable[Job]) -> None:
    """Take out what the triggers of a partitioned flow tell it of the partition that was updated, where it reads that asset."""
    keys = {asset.id: asset.names[TOOL][0] for asset in assets if asset.partitions is not None}
    read = {job.name: [keys[read.asset] for read in job.reads if read.asset in keys] for job in jobs} if keys else {}
    for flow in found.flows if keys else ():
        told = {key for call in flow.calls for key in read.get(names.job(call.task), ())} if flow.run else set()
        for deployment in _deployments(flow, found, names) if told else ():
            deployment.fields = untold_upstream(deployment.fields, told)


def _with_runs(graph: AssetGraph, found: Facts, names: _Names) -> AssetGraph:
    """With the partitions of the flows whose bodies name them, unless these are those of the assets that they write."""
    runs = {names.flows[flow]: flow.run for flow in found.flows if flow.run is not None}

    def with_run(flow: Flow) -> Flow:
        run = runs.get(flow.name)
        by = run_by(flow, graph) if run is not None and run.of_asset else None
        if run is None or (isinstance(by, AssetId) and graph.asset[by].partitions == run.partitions):
            return flow
        return flow.model_copy(update={"partitions": run.partitions})

    return graph.replaced(flows=[with_run(flow) for flow in graph.flows]) if runs else graph


def _schedule(deployment: DeploymentFact, ids: Identities, found: Facts, *, alone: bool) -> Schedule:
    """The limit of an only deployment is that of the flow."""
    fields = {name: value for name, value in deployment.fields.items() if name != "concurrency_limit" or not alone}
    try:
        return schedule_of(fields, ids.of)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        message = f"One of its schedules or triggers has a value that Prefect refuses; they are left out: {reason}."
        subject = f"deployment {deployment.fields.get('name')}"
        found.lost(subject, "triggers", message, Code.UNREADABLE, deployment.origin)
        return schedule_of({name: value for name, value in fields.items() if name not in _STARTING}, ids.of)


_STARTING: Final = frozenset({"schedule", "schedules", "triggers"})


def _deployments(flow: FlowFact, found: Facts, names: _Names) -> list[DeploymentFact]:
    return [deployment for deployment in found.deployments if _is_of(deployment, flow, names)]


def _is_of(deployment: DeploymentFact, flow: FlowFact, names: _Names) -> bool:
    if deployment.flow is not None:
        return names.flows[flow] == deployment.flow
    entrypoint = deployment.fields.get("entrypoint")
    return isinstance(entrypoint, str) and flow.entrypoint in _entrypoints(entrypoint, deployment.origin)


def _entrypoints(text: str, origin: Origin) -> set[str]:
    """The ways in which an entrypoint can be meant: a file beside its `prefect.yaml` or below the root, or a module."""
    place, _, function = text.rpartition(":" if ":" in text else ".")
    files = [place] if place.endswith(".py") else [f"{place.replace('.', '/')}.py", f"src/{place.replace('.', '/')}.py"]
    beside = PurePosixPath(origin.path or "").parent
    return {f"{path}:{function}" for file in files for path in (PurePosixPath(file), beside / file)}


def _is_elsewhere(deployment: DeploymentFact, found: Facts) -> bool:
    """Whether the flow's file is there, but is left to another reader."""
    entrypoint = deployment.fields.get("entrypoint")
    if deployment.flow is not None or not isinstance(entrypoint, str):
        return False
    files = {each.rpartition(":")[0] for each in _entrypoints(entrypoint, deployment.origin)}
    return not files & found.read and any((found.root / file).is_file() for file in files)


def _report_homeless(found: Facts, names: _Names) -> None:
    for deployment in found.deployments:
        name = deployment.fields.get("name")
        if not any(_is_of(deployment, flow, names) for flow in found.flows) and not _is_elsewhere(deployment, found):
            entrypoint = deployment.flow or deployment.fields.get("entrypoint")
            message = f"The flow {entrypoint!r} of this deployment is not in the project."
            found.lost(f"deployment {name}", "entrypoint", message, Code.UNRESOLVED, deployment.origin)
        for field in sorted(set(deployment.fields) - KNOWN):
            message = f"Prefect has no field {field!r} in a deployment; it is kept as it is."
            found.losses.append(
                Loss(
                    subject=f"deployment {name}",
                    field=field,
                    severity=Severity.CARRIED,
                    code=Code.UNKNOWN_KEYWORD,
                    message=message,
                    origin=deployment.origin,
                )
            )
