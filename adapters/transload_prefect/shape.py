"""The graph in Prefect's shape: every job is a task that a flow calls, and what starts work is a deployment of a flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import JsonValue

from transload.adapter import Notes, shape_loss
from transload.bridging import remedy
from transload.carry import MANIFEST
from transload.counterparts import known_tools
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job, Schedule
from transload.model.triggers import Trigger
from transload.triggering import Counterpart, around
from transload_prefect.codecs import keywords, tags
from transload_prefect.codecs.partitions import PARTITION_KEY, fed_by, is_one_to_one, is_written, run_by
from transload_prefect.names import TOOL, homes
from transload_prefect.shaping.checks import with_checks
from transload_prefect.shaping.order import in_order_of_dependencies
from transload_prefect.support import is_parameter
from transload_prefect.writing.outline import deployments_of


def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph with a flow for every job, and without options that Prefect would not take."""
    jobs = [_pooled(_checked(job, keywords.TASK, "job", notes), notes) for job in graph.jobs]
    started = [_started(flow, graph, notes) for flow in graph.flows]
    for flow in started:
        _note_mixed_partitions(flow, graph, notes)
        _note_partition_updates(flow, graph, notes)
    flows = []
    for flow in started:
        checked = _with_legal_required(_checked(flow, keywords.FLOW, "flow", notes), notes)
        flows.append(_with_partition_parameter(checked, notes))
    made = _made_flows(graph)
    assets = [_untriggered(asset, made, graph, notes) for asset in graph.assets]
    return with_checks(graph.replaced(assets=assets, jobs=jobs, flows=[*flows, *made]), graph, notes)


def _started(flow: Flow, graph: AssetGraph, notes: Notes) -> Flow:
    """With the triggers that Prefect has for those of other tools, and how each fires otherwise."""
    schedules = []
    for place, schedule in enumerate(flow.schedules):
        counterpart = (
            Counterpart(None)
            if schedule.trigger is None
            else known_tools().of_flow(schedule.trigger, flow, graph, TOOL)
        )
        _note_differences(flow, f"schedules[{place}].trigger", (schedule.trigger, counterpart), notes)
        same = counterpart.written == schedule.trigger
        schedules.append(schedule if same else schedule.model_copy(update={"trigger": counterpart.written}))
    return flow if flow.schedules == tuple(schedules) else flow.model_copy(update={"schedules": tuple(schedules)})


def _note_differences(
    entity: Flow | Asset, field: str, conversion: tuple[Trigger | None, Counterpart], notes: Notes
) -> None:
    """Note each difference between a trigger and its counterpart in Prefect, or that it is only carried."""
    trigger, counterpart = conversion
    details = {
        "severity": Severity.CARRIED if counterpart.written is None else Severity.APPROXIMATED,
        "remedy": remedy(trigger, counterpart),
        "kept": MANIFEST if isinstance(entity, Asset) or counterpart.written != trigger else None,
    }
    code = Code.ASSET_TRIGGER if isinstance(entity, Asset) else Code.SCHEDULE_TRIGGER
    for message in counterpart.differences:
        notes.add(_loss(entity, field, message, code).model_copy(update=details))


def _condition(asset: Asset, graph: AssetGraph, jobs: Iterable[str]) -> Counterpart:
    names = list(jobs)
    return (
        Counterpart(None)
        if asset.trigger is None
        else known_tools().of_asset(asset.trigger, asset, TOOL, around(graph, names, names))
    )


def _untriggered(asset: Asset, made: Iterable[Flow], graph: AssetGraph, notes: Notes) -> Asset:
    """Without its condition, which starts the flow that was made for it, or none."""
    if asset.trigger is None:
        return asset
    writers = {job.name for job in graph.writers.get(asset.id, ())}
    flow = next((flow for flow in made if writers.intersection(flow.jobs)), None)
    # The first asset that the flow writes is the one whose trigger the flow has.
    if flow is None or _first_written(graph, flow.jobs).trigger != asset.trigger:
        _note_differences(asset, "trigger", (asset.trigger, Counterpart(None, (_OWN,))), notes)
        return asset.model_copy(update={"trigger": None})
    counterpart = _condition(asset, graph, flow.jobs)
    _note_differences(asset, "trigger", (asset.trigger, counterpart), notes)
    if not counterpart.differences:
        notes.add(_loss(asset, "trigger", _STARTED, Code.FLOW_SHAPE))
    return asset.model_copy(update={"trigger": None})


_OWN: Final = "Prefect starts deployments, not assets: that of the flow that makes this one is started otherwise."
_STARTED: Final = "Prefect starts deployments, not assets: it starts that of the flow that makes this one."


def _pooled(job: Job, notes: Notes) -> Job:
    """With a tag for the pool, unless another tag is called so."""
    with_pool = {**job.tags, tags.POOL: job.pool} if job.pool else {}
    if not with_pool or tags.POOL in job.tags or tags.mapping(tags.words(with_pool)) != with_pool:
        return job
    notes.add(_loss(job, "tags", f"It also has the tag {tags.POOL}:{job.pool}, for its pool.", Code.JOB_VALUE))
    return job.model_copy(update={"tags": with_pool})


def _made_flows(graph: AssetGraph) -> list[Flow]:
    """The flows for the jobs that are in none."""
    jobs_of: dict[str, list[Job]] = {}
    home = homes(graph)
    for job in graph.jobs:
        if job.name not in graph.flows_of and home[job.name]:
            jobs_of.setdefault(home[job.name], []).append(job)
    return [_made_flow(graph, name, jobs) for name, jobs in jobs_of.items()]


def _made_flow(graph: AssetGraph, name: str, jobs: list[Job]) -> Flow:
    written = [graph.asset[write.asset] for job in jobs for write in job.writes]
    trigger = written[0].trigger if written else None
    started = _condition(written[0], graph, (job.name for job in jobs)).written if written else None
    # The flow runs by the definition of its assets if they have one that can be written; else the key is a plain parameter.
    partitions = [asset.partitions for asset in written if asset.partitions is not None]
    runs_by = (
        bool(partitions) and is_written(partitions[0]) and all(definition == partitions[0] for definition in partitions)
    )
    return Flow(
        name=name,
        names={TOOL: (name,)},
        jobs=in_order_of_dependencies(graph, [job.name for job in jobs]),
        # Without a deployment nothing outside could start the flow.
        schedules=(
            Schedule(name=trigger.kind.replace("_", "-") if trigger and started else "default", trigger=started),
        ),
        parameters={PARTITION_KEY: None} if partitions and not runs_by else {},
    )


def _note_mixed_partitions(flow: Flow, graph: AssetGraph, notes: Notes) -> None:
    """Note that a run, which has one partition, cannot have those of assets that are partitioned differently."""
    if flow.partitions is not None or run_by(flow, graph) is not None:
        return
    written = (graph.asset[write.asset] for name in flow.jobs for write in graph.job[name].writes)
    if any(asset.partitions is not None for asset in written):
        message = "The assets that it writes have different partitions, so that a run is told none."
        remedy = "Make a flow for each definition."
        loss = _loss(flow, "partitions", message, Code.FLOW_PARTITIONS)
        notes.add(loss.model_copy(update={"severity": Severity.APPROXIMATED, "kept": None, "remedy": remedy}))


def _note_partition_updates(flow: Flow, graph: AssetGraph, notes: Notes) -> None:
    """Note that an update starts a run at once, even if it feeds several partitions or none."""
    if all(schedule.trigger is None for schedule in flow.schedules) or (by := run_by(flow, graph)) is None:
        return
    own = graph.asset[by].partitions if isinstance(by, AssetId) else by
    for read in fed_by(flow, graph, deployments_of(flow, graph)):
        if graph.asset[read.asset].partitions != own or not is_one_to_one(read.mapping):
            message = (
                f"Each update of {graph.asset[read.asset].names[TOOL][0]} starts a run, which fails where it feeds several"
                " partitions, or one that has not closed; Prefect does not wait for all of a partition's parts."
            )
            remedy = "Start the flow by time, or by runs that are told `partition_key`."
            loss = _loss(flow, "schedules", message, Code.SCHEDULE_TRIGGER)
            notes.add(loss.model_copy(update={"severity": Severity.APPROXIMATED, "kept": None, "remedy": remedy}))


def _with_partition_parameter(flow: Flow, notes: Notes) -> Flow:
    """With a parameter for the key, where the flow has partitions that cannot be written and no such parameter."""
    if flow.partitions is None or is_written(flow.partitions):
        return flow
    if PARTITION_KEY in flow.parameters or PARTITION_KEY in _residue(flow).get(keywords.REQUIRED, ()):
        return flow
    message = f"A run is told its partition by the parameter `{PARTITION_KEY}`, which the flow has for it."
    loss = _loss(flow, "parameters", message, Code.FLOW_PARTITIONS)
    notes.add(loss.model_copy(update={"severity": Severity.APPROXIMATED}))
    return flow.model_copy(update={"parameters": {**flow.parameters, PARTITION_KEY: None}})


def _residue(entity: Job | Flow) -> Mapping[str, Any]:
    return entity.native.get(TOOL, {})


def _with_legal_required(flow: Flow, notes: Notes) -> Flow:
    """Without the names of required parameters, where one of them cannot be a parameter of the flow."""
    names = _residue(flow).get(keywords.REQUIRED)
    if names is None:
        return flow
    listed = names if isinstance(names, list) else []
    legal = {name for name in listed if isinstance(name, str) and is_parameter(name) and name not in flow.parameters}
    if listed and len(legal) == len(listed):
        return flow
    notes.add(
        _loss(flow, f"native.{TOOL}.{keywords.REQUIRED}", "These cannot be parameters of a flow.", Code.FLOW_NATIVE)
    )
    others = {name: value for name, value in _residue(flow).items() if name != keywords.REQUIRED}
    without: Flow = _with_residue(flow, others)
    return without


def _checked(entity: Any, table: Mapping[str, keywords.Option], kind: str, notes: Notes) -> Any:
    """Without the options that Prefect would refuse, each noted."""
    residue = _residue(entity)
    plain = isinstance(entity, Job) and not entity.writes
    wrong = [
        name
        for name in residue
        if (plain and name in keywords.MATERIALIZING)
        or (name in keywords.written(table) and not keywords.is_legal(table, name, residue[name]))
    ]
    for name in wrong:
        code = Code.JOB_NATIVE if kind == "job" else Code.FLOW_NATIVE
        notes.add(_loss(entity, f"native.{TOOL}.{name}", f"Prefect does not take this value for `{name}`.", code))
    return (
        _with_residue(entity, {name: value for name, value in residue.items() if name not in wrong})
        if wrong
        else entity
    )


def _with_residue(entity: Any, residue: Mapping[str, JsonValue]) -> Any:
    others = {tool: value for tool, value in entity.native.items() if tool != TOOL}
    return entity.model_copy(update={"native": {**others, TOOL: residue} if residue else others})


def _first_written(graph: AssetGraph, jobs: Iterable[str]) -> Asset:
    """The first asset that the jobs write."""
    return graph.asset[next(write.asset for name in jobs for write in graph.job[name].writes)]


def _loss(entity: Any, field: str, message: str, code: Code) -> Loss:
    return shape_loss(entity, field, code, message)
