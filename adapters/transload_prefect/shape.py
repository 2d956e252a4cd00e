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
        _tell_mixed(flow, graph, notes)
        _tell_fed(flow, graph, notes)
    flows = [_partitioned(_required(_checked(flow, keywords.FLOW, "flow", notes), notes), notes) for flow in started]
    made = _made_flows(graph)
    assets = [_untriggered(asset, made, graph, notes) for asset in graph.assets]
    return with_checks(graph.replaced(assets=assets, jobs=jobs, flows=[*flows, *made]), graph, notes)


def _started(flow: Flow, graph: AssetGraph, notes: Notes) -> Flow:
    """With the triggers that Prefect has for those of other tools, and how each fires otherwise."""
    schedules = []
    for place, schedule in enumerate(flow.schedules):
        found = (
            Counterpart(None)
            if schedule.trigger is None
            else known_tools().of_flow(schedule.trigger, flow, graph, TOOL)
        )
        _tell_differences(flow, f"schedules[{place}].trigger", (schedule.trigger, found), notes)
        same = found.written == schedule.trigger
        schedules.append(schedule if same else schedule.model_copy(update={"trigger": found.written}))
    return flow if flow.schedules == tuple(schedules) else flow.model_copy(update={"schedules": tuple(schedules)})


def _tell_differences(
    entity: Flow | Asset, field: str, became: tuple[Trigger | None, Counterpart], notes: Notes
) -> None:
    """How a trigger fires otherwise, or that it is only carried."""
    trigger, found = became
    details = {
        "severity": Severity.CARRIED if found.written is None else Severity.APPROXIMATED,
        "remedy": remedy(trigger, found),
        "kept": MANIFEST if isinstance(entity, Asset) or found.written != trigger else None,
    }
    code = Code.ASSET_TRIGGER if isinstance(entity, Asset) else Code.SCHEDULE_TRIGGER
    for message in found.differences:
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
    if flow is None or _first(graph, flow.jobs).trigger != asset.trigger:
        _tell_differences(asset, "trigger", (asset.trigger, Counterpart(None, (_OWN,))), notes)
        return asset.model_copy(update={"trigger": None})
    found = _condition(asset, graph, flow.jobs)
    _tell_differences(asset, "trigger", (asset.trigger, found), notes)
    if not found.differences:
        notes.add(_loss(asset, "trigger", _STARTED, Code.FLOW_SHAPE))
    return asset.model_copy(update={"trigger": None})


_OWN: Final = "Prefect starts deployments, not assets: that of the flow that makes this one is started otherwise."
_STARTED: Final = "Prefect starts deployments, not assets: it starts that of the flow that makes this one."


def _pooled(job: Job, notes: Notes) -> Job:
    """With a tag for the pool, unless another tag is called so."""
    given = {**job.tags, tags.POOL: job.pool} if job.pool else {}
    if not given or tags.POOL in job.tags or tags.mapping(tags.words(given)) != given:
        return job
    notes.add(_loss(job, "tags", f"It also has the tag {tags.POOL}:{job.pool}, for its pool.", Code.JOB_VALUE))
    return job.model_copy(update={"tags": given})


def _made_flows(graph: AssetGraph) -> list[Flow]:
    rooms: dict[str, list[Job]] = {}
    home = homes(graph)
    for job in graph.jobs:
        if job.name not in graph.flows_of and home[job.name]:
            rooms.setdefault(home[job.name], []).append(job)
    return [_made_flow(graph, name, jobs) for name, jobs in rooms.items()]


def _made_flow(graph: AssetGraph, name: str, jobs: list[Job]) -> Flow:
    written = [graph.asset[write.asset] for job in jobs for write in job.writes]
    trigger = written[0].trigger if written else None
    started = _condition(written[0], graph, (job.name for job in jobs)).written if written else None
    return Flow(
        name=name,
        names={TOOL: (name,)},
        jobs=in_order_of_dependencies(graph, [job.name for job in jobs]),
        # Without a deployment nothing outside could start the flow.
        schedules=(
            Schedule(name=trigger.kind.replace("_", "-") if trigger and started else "default", trigger=started),
        ),
        parameters=_parameters(written),
    )


def _parameters(written: Iterable[Asset]) -> dict[str, JsonValue]:
    """That for the partition, where the assets' definitions do not give it to the flow."""
    found = [asset.partitions for asset in written if asset.partitions is not None]
    told = bool(found) and is_written(found[0]) and all(each == found[0] for each in found)
    return {PARTITION_KEY: None} if found and not told else {}


def _tell_mixed(flow: Flow, graph: AssetGraph, notes: Notes) -> None:
    """Note that a run, which has one partition, cannot have those of assets that are partitioned differently."""
    if flow.partitions is not None or run_by(flow, graph) is not None:
        return
    written = (graph.asset[write.asset] for name in flow.jobs for write in graph.job[name].writes)
    if any(asset.partitions is not None for asset in written):
        message = "The assets that it writes have different partitions, so that a run is told none."
        remedy = "Make a flow for each definition."
        loss = _loss(flow, "partitions", message, Code.FLOW_PARTITIONS)
        notes.add(loss.model_copy(update={"severity": Severity.APPROXIMATED, "kept": None, "remedy": remedy}))


def _tell_fed(flow: Flow, graph: AssetGraph, notes: Notes) -> None:
    """Note that an update starts a run at once, whether or not it feeds exactly one partition."""
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


def _partitioned(flow: Flow, notes: Notes) -> Flow:
    if (
        flow.partitions is None
        or is_written(flow.partitions)
        or PARTITION_KEY in flow.parameters
        or PARTITION_KEY in _residue(flow).get(keywords.REQUIRED, ())
    ):
        return flow
    message = f"A run is told its partition by the parameter `{PARTITION_KEY}`, which the flow has for it."
    notes.add(
        _loss(flow, "parameters", message, Code.FLOW_PARTITIONS).model_copy(update={"severity": Severity.APPROXIMATED})
    )
    return flow.model_copy(update={"parameters": {**flow.parameters, PARTITION_KEY: None}})


def _residue(entity: Job | Flow) -> Mapping[str, Any]:
    return entity.native.get(TOOL, {})


def _required(flow: Flow, notes: Notes) -> Flow:
    names = _residue(flow).get(keywords.REQUIRED)
    if names is None or _are_parameters(names, flow):
        return flow
    notes.add(
        _loss(flow, f"native.{TOOL}.{keywords.REQUIRED}", "These cannot be parameters of a flow.", Code.FLOW_NATIVE)
    )
    without: Flow = _with_residue(
        flow, {name: value for name, value in _residue(flow).items() if name != keywords.REQUIRED}
    )
    return without


def _are_parameters(names: JsonValue, flow: Flow) -> bool:
    if not isinstance(names, list) or not names:
        return False
    texts = [name for name in names if isinstance(name, str) and is_parameter(name) and name not in flow.parameters]
    return len(set(texts)) == len(names)


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


def _first(graph: AssetGraph, jobs: Iterable[str]) -> Asset:
    """The first asset that the jobs write."""
    return graph.asset[next(write.asset for name in jobs for write in graph.job[name].writes)]


def _loss(entity: Any, field: str, message: str, code: Code) -> Loss:
    return shape_loss(entity, field, code, message)
