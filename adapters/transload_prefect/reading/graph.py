"""The facts of a project → graph."""

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
from transload_prefect.codecs.partitions import DEFINITIONS, PARAMETERS, run_by, without_upstream
from transload_prefect.codecs.retries import retries_of
from transload_prefect.codecs.triggers import updated_keys
from transload_prefect.names import TOOL, qualified
from transload_prefect.reading.dataflow import Inputs, inputs_of
from transload_prefect.reading.facts import DeploymentFact, Facts, FlowFact, TaskFact
from transload_prefect.reading.identities import Identities, first_places
from transload_prefect.reading.validation import valid_fields

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


def assemble(facts: Facts, target: Target, carried: Carried) -> Reading:
    """The graph of the facts, in Prefect's own words."""
    called = {call.task for flow in facts.flows for call in flow.calls}
    definitions = {task.definition for task in called}
    # A task that flows call only with other options never runs as it was defined: its variants stand for it.
    facts.tasks = [task for task in facts.tasks if task in called or task.definition not in definitions]
    for deployment in facts.deployments:
        deployment.fields = dict(valid_fields(deployment, facts))
    _report_repeated(facts)
    ids = Identities(first_places(_keys(facts)), target.deployment)
    names = _names(facts)
    inputs = inputs_of(facts.flows)
    jobs = [_job(task, names, inputs.get(task, Inputs()), ids) for task in facts.tasks]
    assets = _assets(facts, ids)
    _remove_upstream_parameters(facts, names, assets, jobs)
    flows = [_flow(flow, names, facts, ids) for flow in facts.flows]
    _report_unmatched(facts, names)
    graph = _with_runs(graph_of(assets, jobs, flows), facts, names)
    return Reading(graph, carried, (*facts.losses, *ids.losses), tuple(facts.failures))


def _report_repeated(facts: Facts) -> None:
    """Of deployments of one name and flow in one `prefect.yaml` each replaces the one before."""
    first: dict[tuple[Any, ...], DeploymentFact] = {}
    for deployment in facts.deployments:
        entrypoint = deployment.fields.get("entrypoint")
        key = (deployment.origin.path, str(entrypoint), deployment.fields.get("name"))
        if entrypoint is not None and first.setdefault(key, deployment) is not deployment:
            message = (
                f"It is there already, at {first[key].origin}; Prefect deploys both, the later one over the earlier."
            )
            facts.add_loss(f"deployment {key[2]}", "name", message, Code.CONTRADICTION, deployment.origin)


# Names


def _names(facts: Facts) -> _Names:
    flows = {
        flow: name
        for (_, name), flow in _distinct((("", flow.name), flow) for flow in _in_order_of_places(facts.flows)).items()
    }
    # A task that several flows call is named by the first of them in the alphabet, which is the last to be put in here.
    homes: dict[TaskFact, str] = {}
    for flow, name in sorted(flows.items(), key=lambda pair: pair[1], reverse=True):
        homes.update(dict.fromkeys((call.task for call in flow.calls), name))
    tasks = _distinct(((homes.get(task, ""), task.name), task) for task in _in_order_of_places(facts.tasks))
    return _Names(flows, {task: name for name, task in tasks.items()})


def _in_order_of_places(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item.origin.path or "", item.origin.line or 0))


def _distinct(pairs: Iterable[tuple[tuple[str, str], Any]]) -> dict[tuple[str, str], Any]:
    """Name within its flow → item. Of several items with one name, the later ones get a number."""
    items: dict[tuple[str, str], Any] = {}
    for (flow, name), item in pairs:
        free, number = name, 2
        while (flow, free) in items:
            free, number = f"{name}#{number}", number + 1
        items[flow, free] = item
    return items


# Assets


def _keys(facts: Facts) -> Iterator[tuple[str, Origin]]:
    yield from ((asset.key, asset.origin) for asset in facts.assets)
    yield from ((key, task.origin) for task in facts.tasks for key in (*task.writes, *task.deps))
    yield from (
        (key, deployment.origin)
        for deployment in facts.deployments
        for key in updated_keys(deployment.fields.get("triggers") or ())
    )


def _assets(facts: Facts, ids: Identities) -> list[Asset]:
    origins = first_places((ids.name(key), origin) for key, origin in _keys(facts))
    keys = {ids.name(key): key for key, _ in _keys(facts)}
    fields = _properties(facts, ids)
    return [
        Asset(id=ids.of(keys[name]), names={TOOL: (name,)}, origin=origin, **_NO_FIELDS, **fields.get(name, {}))
        for name, origin in origins.items()
    ]


def _properties(facts: Facts, ids: Identities) -> dict[str, dict[str, Any]]:
    """Key → fields. Of several definitions the first wins; a different value in a later one is reported."""
    properties: dict[str, dict[str, Any]] = {}
    for asset in facts.assets:
        fields = properties.setdefault(ids.name(asset.key), {})
        for name, value in asset.properties.items():
            field = _PROPERTIES[name]
            new = tuple(value) if isinstance(value, list) else value
            if not _is_property(name, new):
                message = f"Prefect does not take this value for `{name}`; it is left out."
                facts.add_loss(f"asset {ids.name(asset.key)}", field, message, Code.UNREADABLE, asset.origin)
            elif fields.setdefault(field, new) != new:
                message = "It is defined again with another value; the first is used."
                facts.add_loss(f"asset {ids.name(asset.key)}", field, message, Code.CONTRADICTION, asset.origin)
    return properties


def _is_property(name: str, value: Any) -> bool:
    if name == "partitions":
        return isinstance(value, DEFINITIONS)
    if name != "owners":
        return isinstance(value, str)
    return isinstance(value, tuple) and all(isinstance(owner, str) for owner in value)


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
    # Two keys may be one dataset: what the task itself names comes first.
    reads: dict[AssetId, Read] = {}
    for read in (*explicit, *inferred):
        reads.setdefault(read.asset, read)
    return Job(
        name=names.job(task),
        names={TOOL: names.tasks[task]},
        reads=tuple(reads.values()),
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


def _residue(residue: Mapping[str, Any]) -> Residue:
    return {TOOL: residue} if residue else {}


# Flows


def _flow(flow: FlowFact, names: _Names, facts: Facts, ids: Identities) -> Flow:
    deployments = _deployments(flow, facts, names)
    limit = deployments[0].fields.get("concurrency_limit") if len(deployments) == 1 else None
    of_flow = type(limit) is int
    # The partition of a run is no parameter of the user's, unless its default is one.
    own = PARAMETERS if flow.run else ()
    return Flow(
        name=names.flows[flow],
        names={TOOL: (names.flows[flow],)},
        jobs=tuple(dict.fromkeys(names.job(call.task) for call in flow.calls)),
        schedules=tuple(_schedule(deployment, ids, facts, with_limit=not of_flow) for deployment in deployments),
        description=flow.description,
        parameters={name: value for name, value in flow.parameters.items() if name not in own or value is not None},
        retries=retries_of(flow.retries),
        concurrency=limit if of_flow else None,
        native=_residue(flow.residue),
        origin=flow.origin,
    )


def _remove_upstream_parameters(facts: Facts, names: _Names, assets: Iterable[Asset], jobs: Iterable[Job]) -> None:
    """Remove from triggers the parameter that names the updated partition, where a partitioned flow reads the asset: it is implied."""
    keys = {asset.id: asset.names[TOOL][0] for asset in assets if asset.partitions is not None}
    if not keys:
        return
    read_by = {job.name: [keys[read.asset] for read in job.reads if read.asset in keys] for job in jobs}
    for flow in facts.flows:
        upstream = {key for call in flow.calls for key in read_by.get(names.job(call.task), ())} if flow.run else set()
        for deployment in _deployments(flow, facts, names) if upstream else ():
            deployment.fields = without_upstream(deployment.fields, upstream)


def _with_runs(graph: AssetGraph, facts: Facts, names: _Names) -> AssetGraph:
    """With the partitions of the flows whose bodies name them, unless these are those of the assets that they write."""
    runs = {names.flows[flow]: flow.run for flow in facts.flows if flow.run is not None}

    def with_run(flow: Flow) -> Flow:
        run = runs.get(flow.name)
        by = run_by(flow, graph) if run is not None and run.of_asset else None
        if run is None or (isinstance(by, AssetId) and graph.asset[by].partitions == run.partitions):
            return flow
        return flow.model_copy(update={"partitions": run.partitions})

    return graph.replaced(flows=[with_run(flow) for flow in graph.flows]) if runs else graph


def _schedule(deployment: DeploymentFact, ids: Identities, facts: Facts, *, with_limit: bool) -> Schedule:
    """The schedule of a deployment; the limit of a flow's only deployment is left to the flow."""
    fields = {name: value for name, value in deployment.fields.items() if name != "concurrency_limit" or with_limit}
    try:
        return schedule_of(fields, ids.of)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        message = f"One of its schedules or triggers has a value that Prefect refuses; they are left out: {reason}."
        subject = f"deployment {deployment.fields.get('name')}"
        facts.add_loss(subject, "triggers", message, Code.UNREADABLE, deployment.origin)
        return schedule_of({name: value for name, value in fields.items() if name not in _STARTING}, ids.of)


_STARTING: Final = frozenset({"schedule", "schedules", "triggers"})


def _deployments(flow: FlowFact, facts: Facts, names: _Names) -> list[DeploymentFact]:
    return [deployment for deployment in facts.deployments if _is_of(deployment, flow, names)]


def _is_of(deployment: DeploymentFact, flow: FlowFact, names: _Names) -> bool:
    if deployment.flow is not None:
        return names.flows[flow] == deployment.flow
    entrypoint = deployment.fields.get("entrypoint")
    return isinstance(entrypoint, str) and flow.entrypoint in _entrypoints(entrypoint, deployment.origin)


def _entrypoints(text: str, origin: Origin) -> set[str]:
    """The entrypoints that a text may mean: of a file beside its `prefect.yaml` or below the root, or of a module."""
    module, _, function = text.rpartition(":" if ":" in text else ".")
    path = module.replace(".", "/")
    files = [module] if module.endswith(".py") else [f"{path}.py", f"src/{path}.py"]
    beside = PurePosixPath(origin.path or "").parent
    return {f"{place}:{function}" for file in files for place in (PurePosixPath(file), beside / file)}


def _is_elsewhere(deployment: DeploymentFact, facts: Facts) -> bool:
    """True if the flow's file exists, but is left to another reader."""
    entrypoint = deployment.fields.get("entrypoint")
    if deployment.flow is not None or not isinstance(entrypoint, str):
        return False
    files = {path.rpartition(":")[0] for path in _entrypoints(entrypoint, deployment.origin)}
    return not files & facts.read and any((facts.root / file).is_file() for file in files)


def _report_unmatched(facts: Facts, names: _Names) -> None:
    """Report deployments without a flow, and fields of deployments that Prefect does not have."""
    for deployment in facts.deployments:
        name = deployment.fields.get("name")
        if not any(_is_of(deployment, flow, names) for flow in facts.flows) and not _is_elsewhere(deployment, facts):
            entrypoint = deployment.flow or deployment.fields.get("entrypoint")
            message = f"The flow {entrypoint!r} of this deployment is not in the project."
            facts.add_loss(f"deployment {name}", "entrypoint", message, Code.UNRESOLVED, deployment.origin)
        for field in sorted(set(deployment.fields) - KNOWN):
            message = f"Prefect has no field {field!r} in a deployment; it is kept as it is."
            facts.losses.append(
                Loss(
                    subject=f"deployment {name}",
                    field=field,
                    severity=Severity.CARRIED,
                    code=Code.UNKNOWN_KEYWORD,
                    message=message,
                    origin=deployment.origin,
                )
            )
