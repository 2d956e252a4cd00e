"""Definitions → graph: the half of reading that both readers share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload.adapter import Failure, Reading, Target, unread_loss
from transload.carry import Carried, merge
from transload.forms import Form
from transload.loss import Code, Loss
from transload.model.assets import Origin
from transload.model.graph import graph_of, unchecked
from transload.model.identity import uri_of
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.triggers import AliasUpdated, Continuous, Opaque, Trigger, Updated, leaves
from transload_airflow.codecs import control, fields, keywords
from transload_airflow.codecs.classes import arguments, kind_of
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, TaskDefinition
from transload_airflow.codecs.residue import Words, described, words_in
from transload_airflow.codecs.timetables import Scheduled, from_schedule
from transload_airflow.names import TOOL
from transload_airflow.reading.groups import group_keywords, unknown_keywords
from transload_airflow.reading.identities import Catalog
from transload_airflow.reading.syntax.emissions import sentence
from transload_airflow.shaping.partitions import Stated, partitions_of_assets, upstreams

_ASSET_OPERATORS: Final = frozenset({"airflow.sdk.asset", "airflow.sdk.asset.multi"})


class Context(NamedTuple):
    """The assets, the losses so far and the names of jobs by (dag_id, task_id), which every part of the graph is made with."""

    catalog: Catalog
    losses: list[Loss]
    jobs: Mapping[tuple[str, str], str]


def interpret(
    definitions: Iterable[DagDefinition], target: Target, manifest: Carried, failures: tuple[Failure, ...] = ()
) -> Reading:
    """The reading of a project's DAGs. `manifest` is what its transload.json carries."""
    dags = sorted(definitions, key=lambda dag: dag.dag_id)
    losses = [loss for dag in dags for loss in dag.losses]
    catalog = Catalog(target, losses)
    # Every asset is known before the first DAG is interpreted: a reference may name one that a later DAG defines.
    for dag in dags:
        catalog.collect(_schedule_value(dag), dag.origin)
        for task in dag.tasks:
            catalog.collect([task.arguments.get("inlets"), task.arguments.get("outlets")], task.origin or dag.origin)
    catalog.settle()
    context = Context(catalog, losses, _job_names(dags, losses))
    schedules = [_scheduled(dag, context) for dag in dags]
    flows = [_flow(dag, schedule, context) for dag, schedule in zip(dags, schedules, strict=True)]
    stated = [schedule.stated for schedule in schedules]
    losses.extend(_contradictions(dags, stated))
    jobs = [_job(dag, task, context) for dag in dags for task in dag.tasks]
    partitions = partitions_of_assets(unchecked(catalog.assets, jobs, flows), stated)
    assets = [asset.model_copy(update={"partitions": partitions.get(asset.id)}) for asset in catalog.assets]
    return Reading(
        graph_of(assets, jobs, flows, catalog.aliases), merge(manifest, catalog.carried), tuple(losses), failures
    )


def _schedule_value(dag: DagDefinition) -> Any:
    """The schedule, for which Airflow 2 had three keywords."""
    for keyword in ("schedule", "timetable", "schedule_interval"):
        if dag.arguments.get(keyword) is not None:
            return dag.arguments[keyword]
    return None


def _job_names(dags: Iterable[DagDefinition], losses: list[Loss]) -> dict[tuple[str, str], str]:
    """`dag_id.task_id`; where dots make two of these equal, the later one has a colon."""
    names: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for dag in dags:
        for task in dag.tasks:
            name = f"{dag.dag_id}.{task.task_id}"
            if name in taken:
                name = f"{dag.dag_id}:{task.task_id}"
                message = "Two tasks have one name in lineage; this one is told apart by a colon."
                losses.append(unread_loss(f"job {name}", "name", message, task.origin, code=Code.NAME_CHANGED))
            names[dag.dag_id, task.task_id] = name
            taken.add(name)
    return names


def _contradictions(dags: Iterable[DagDefinition], stated: Iterable[Stated]) -> Iterator[Loss]:
    """A loss for each mapper that states other partitions of an asset or of the DAG than a mapper before it."""
    stated = tuple(stated)
    known = upstreams(stated)
    for dag, by_asset in zip(dags, stated, strict=True):
        first = next(iter(by_asset.values()), None)
        for asset, sides in by_asset.items():
            if (sides.upstream, sides.downstream) != (known[asset], first and first.downstream):
                message = (
                    f"The mapper of {uri_of(asset)} is between other partitions than another mapper; the first is used."
                )
                yield unread_loss(f"flow {dag.dag_id}", "partitions", message, dag.origin, code=Code.CONTRADICTION)


def _flow(dag: DagDefinition, schedule: Scheduled, context: Context) -> Flow:
    kwargs = dag.arguments
    defaults = _mapping(kwargs.get("default_args"))
    title, tags = _text(kwargs.get("dag_display_name")), kwargs.get("tags")
    paused, limit = kwargs.get("is_paused_upon_creation"), kwargs.get("max_active_runs")
    active = not paused if isinstance(paused, bool) else None
    schedules: tuple[Schedule, ...] = ()
    if schedule.trigger is not None or active is not None or schedule.native:
        schedules = (Schedule(trigger=schedule.trigger, active=active, native=_residue(schedule.native)),)
    # A DAG that runs without pause has one run at a time, whatever the configured limit is.
    usual_limit = 1 if isinstance(schedule.trigger, Continuous) else fields.DEFAULT_CONCURRENCY
    params = {
        key: arguments(value).get("default") if kind_of(value) == "Param" else value
        for key, value in _mapping(kwargs.get("params")).items()
    }
    return Flow(
        name=dag.dag_id,
        names={TOOL: (dag.dag_id,)},
        jobs=tuple(context.jobs[dag.dag_id, task.task_id] for task in dag.tasks),
        schedules=schedules,
        partitions=schedule.partitions,
        title=None if title == dag.dag_id else title,
        description=_text(kwargs.get("description")) or _documentation(kwargs.get("doc_md")),
        owners=fields.owners_of(defaults.get("owner")),
        tags=fields.tags_of(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, _LISTS) else {},
        parameters={str(key): described(value) for key, value in params.items()},
        concurrency=limit if isinstance(limit, int) and limit != usual_limit else None,
        start=fields.instant_of(kwargs.get("start_date") or defaults.get("start_date")),
        end=fields.instant_of(kwargs.get("end_date") or defaults.get("end_date")),
        catchup=True if kwargs.get("catchup") is True else None,
        native=_residue(_flow_native(dag, context)),
        origin=dag.origin,
    )


_LISTS: Final = (list, tuple, set, frozenset)


def _scheduled(dag: DagDefinition, context: Context) -> Scheduled:
    value = _schedule_value(dag)
    schedule = from_schedule(value, dag.zone, context.catalog.trigger)
    if any(words.unknown for words in words_in(value)):
        # That the value is not known is reported with the other keywords of the DAG.
        return schedule
    for leaf in leaves(schedule.trigger):
        if isinstance(leaf, Opaque):
            message = f"The schedule {leaf.type} is none that the model has: it is kept as it was read."
            context.losses.append(
                unread_loss(f"flow {dag.dag_id}", "schedules", message, dag.origin, code=Code.UNKNOWN_KIND)
            )
    return schedule


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _residue(native: Mapping[str, JsonValue]) -> dict[str, dict[str, JsonValue]]:
    return {TOOL: dict(native)} if native else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _documentation(value: Any) -> str | None:
    """The documentation of a DAG, which mostly is a docstring, indented as in its file."""
    return _text(cleandoc(value)) if isinstance(value, str) else None


def _flow_native(dag: DagDefinition, context: Context) -> dict[str, JsonValue]:
    """The keywords of a DAG, and of its task groups, that have no field in the model."""
    grouped = group_keywords(dag)
    kwargs = {**dag.arguments, "task_groups": grouped} if grouped else dag.arguments
    subject = f"flow {dag.dag_id}"
    modelled = keywords.FLOW | keywords.FLOW_STRUCTURE
    native = {key: described(value) for key, value in kwargs.items() if key not in modelled}
    for key in (*sorted(set(kwargs) - modelled - keywords.FLOW_NATIVE - {"task_groups"}), *unknown_keywords(grouped)):
        context.losses.append(unread_loss(subject, key, _UNKNOWN.format(key), dag.origin, code=Code.UNKNOWN_KEYWORD))
    if _text(kwargs.get("description")) and _text(kwargs.get("doc_md")):
        native["doc_md"] = _documentation(kwargs["doc_md"])
    schemas = {
        key: described(value)
        for key, value in _mapping(kwargs.get("params")).items()
        if kind_of(value) == "Param" and set(arguments(value)) != {"default"}
    }
    if schemas:
        native["params"] = schemas
    native |= _unresolved(kwargs, keywords.FLOW)
    _report_words(subject, kwargs, dag.origin, context)
    return native


_UNKNOWN: Final = "The keyword {!r} is none that is known; it is kept as it was read."


def _unresolved(kwargs: Mapping[str, Any], modelled: Iterable[str]) -> dict[str, JsonValue]:
    """Modelled keywords whose value is not known, such as one from the environment."""
    return {key: described(kwargs[key]) for key in sorted(modelled) if isinstance(kwargs.get(key), Words)}


def _report_words(subject: str, kwargs: Mapping[str, Any], origin: Origin | None, context: Context) -> None:
    """Values that have no form, each once with its reason."""
    for key, value in kwargs.items():
        for text, unknown in dict.fromkeys((words.text, words.unknown) for words in words_in(value)):
            message = f"The value of {key!r} cannot be told without running the project: {text}."
            if unknown:
                context.losses.append(unread_loss(subject, key, message, origin, code=Code.UNRESOLVED))
            else:
                message = f"The value of {key!r} is no JSON; a description of it is kept: {text}."
                context.losses.append(
                    unread_loss(subject, f"native.{TOOL}.{key}", message, origin, code=Code.NOT_SERIALISABLE)
                )


def _job(dag: DagDefinition, task: TaskDefinition, context: Context) -> Job:
    kwargs = task.arguments
    owners = fields.owners_of(kwargs.get("owner"))
    inherited = fields.owners_of(_mapping(dag.arguments.get("default_args")).get("owner")) or (fields.DEFAULT_OWNER,)
    pool = kwargs.get("pool")
    ports = _Ports(context, task)
    name = context.jobs[dag.dag_id, task.task_id]
    for emission in task.emitted:
        context.losses.append(unread_loss(f"job {name}", "writes", sentence(emission), task.origin, code=Code.JOB_BODY))
    upstream = [(dag.dag_id, task_id) for task_id in task.upstream]
    return Job(
        name=name,
        names={TOOL: (dag.dag_id, task.task_id)},
        reads=ports.reads(),
        writes=tuple(Write(asset=leaf.asset) for leaf in ports.listed("outlets", Updated)),
        after=tuple(sorted(context.jobs[pair] for pair in upstream if pair in context.jobs)),
        rule=None if "trigger_rule" in _implied(task, dag) else control.own_rule(kwargs.get("trigger_rule")),
        decision=control.decision_of(task.operator),
        group=tuple(kwargs["group"].split(".")) if isinstance(kwargs.get("group"), str) else (),
        stage="setup" if kwargs.get("is_setup") else "teardown" if kwargs.get("is_teardown") else None,
        starts=control.start_of(task.operator, kwargs),
        work=control.work_of(task.operator, kwargs),
        reads_aliases=tuple(leaf.alias for leaf in ports.listed("inlets", AliasUpdated)),
        writes_aliases=tuple(leaf.alias for leaf in ports.listed("outlets", AliasUpdated)),
        description=_text(kwargs.get("doc_md")) or _text(kwargs.get("doc")),
        owners=() if owners == inherited else owners,
        retries=fields.retries_of(kwargs),
        timeout=fields.seconds_of(kwargs.get("execution_timeout"), None),
        pool=pool if isinstance(pool, str) and pool != fields.DEFAULT_POOL else None,
        function=task.function,
        native=_residue(_job_native(dag, task, context)),
        origin=task.origin,
    )


class _Ports:
    """The inlets and outlets of a task."""

    def __init__(self, context: Context, task: TaskDefinition) -> None:
        self._context = context
        self._task = task

    def listed(self, port: str, kind: type[Any]) -> list[Any]:
        """The assets or aliases of a port, in order. `kind`: the trigger that stands for one."""
        return [leaf for value in _flat(self._task.arguments.get(port)) if isinstance(leaf := self._leaf(value), kind)]

    def reads(self) -> tuple[Read, ...]:
        """The assets that are read; those that a function of `@asset` names as parameters come with their name."""
        parameters = self._task.parameters if self._task.operator in _ASSET_OPERATORS else ()
        reads = []
        for value in _flat(self._task.arguments.get("inlets")):
            leaf = self._leaf(value)
            if isinstance(leaf, Updated):
                name = arguments(value).get("name") if kind_of(value) == "AssetNameRef" else None
                reads.append(Read(asset=leaf.asset, argument=name if name in parameters else None))
        return tuple(reads)

    def _leaf(self, value: Any) -> Trigger | None:
        return self._context.catalog.listed(value)


def _flat(value: Any) -> Iterator[Any]:
    """The values that a port lists: groups are taken apart."""
    if value is None:
        return
    if isinstance(value, _LISTS):
        for item in value:
            yield from _flat(item)
    elif kind_of(value) in _GROUPS:
        yield from _flat((*value.args, *value.kwargs.values()))
    else:
        yield value


_GROUPS: Final = frozenset({"&", "|", "AssetAll", "AssetAny", "DatasetAll", "DatasetAny"})


def _implied(task: TaskDefinition, dag: DagDefinition) -> set[str]:
    """Arguments that a task has of its DAG, or of what it is."""
    defaults = _mapping(dag.arguments.get("default_args"))
    implied = set()
    for key in ("start_date", "end_date"):
        own, shared = task.arguments.get(key), dag.arguments.get(key) or defaults.get(key)
        if own is not None and fields.instant_of(own) == fields.instant_of(shared):
            implied.add(key)
    if task.arguments.get("is_teardown") and task.arguments.get("trigger_rule") == _TEARDOWN_RULE:
        implied.add("trigger_rule")
    return implied


_TEARDOWN_RULE: Final = "all_done_setup_success"
"""The trigger rule that Airflow gives to every teardown."""


def _job_native(dag: DagDefinition, task: TaskDefinition, context: Context) -> dict[str, JsonValue]:
    """The operator, unless it is a plain function, and those of its arguments that have no field in the model."""
    kwargs = task.arguments
    modelled = keywords.JOB | keywords.JOB_STRUCTURE | _implied(task, dag)
    native = {key: described(value) for key, value in kwargs.items() if key not in modelled}
    for key, usual in keywords.JOB_IMPLIED.items():
        if key in native and native[key] == described(usual):
            del native[key]
    native |= _unresolved(kwargs, keywords.JOB)
    if control.rule_of(kwargs.get("trigger_rule")) is None:
        native["trigger_rule"] = described(kwargs["trigger_rule"])
    if not fields.retries_of(kwargs):
        # The model has the waits of a retry only together with a number of retries.
        waits = {key: described(kwargs[key]) for key in _WAITS if kwargs.get(key)}
        native |= {key: value for key, value in waits.items() if value != {"seconds": fields.DEFAULT_DELAY}}
    if isinstance(kwargs.get("python_callable"), Form):
        native["python_callable"] = described(kwargs["python_callable"])
    if kwargs.get("doc_md") and kwargs.get("doc"):
        native["doc"] = described(kwargs["doc"])
    multiplier = kwargs.get("retry_exponential_backoff")
    if multiplier and multiplier != 1 and fields.factor_of(multiplier) is None:
        native["retry_exponential_backoff"] = described(multiplier)
    _report_words(f"job {context.jobs[dag.dag_id, task.task_id]}", kwargs, task.origin, context)
    is_written = task.operator in (PLAIN_OPERATOR, *control.DECIDING.values())
    operator: dict[str, JsonValue] = {} if is_written else {"operator": task.operator}
    return {**operator, "arguments": native} if native else operator


_WAITS: Final = ("retry_delay", "max_retry_delay", "retry_exponential_backoff")
