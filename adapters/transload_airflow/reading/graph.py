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
from transload_airflow.codecs import fields, keywords
from transload_airflow.codecs.classes import arguments, kind_of
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, TaskDefinition
from transload_airflow.codecs.residue import Words, described, words_in
from transload_airflow.codecs.timetables import Scheduled, from_schedule
from transload_airflow.names import TOOL
from transload_airflow.reading import groups
from transload_airflow.reading.identities import Catalog
from transload_airflow.reading.syntax.emissions import sentence
from transload_airflow.shaping.partitions import Stated, derived, upstreams

_ASSET_OPERATORS: Final = frozenset({"airflow.sdk.asset", "airflow.sdk.asset.multi"})


class Context(NamedTuple):
    """What is known while definitions become a graph."""

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
    for dag in dags:
        _collect(dag, catalog)
    catalog.settle()
    context = Context(catalog, losses, _job_names(dags, losses))
    schedules = [_scheduled(dag, context) for dag in dags]
    flows = [_flow(dag, found, context) for dag, found in zip(dags, schedules, strict=True)]
    stated = [found.stated for found in schedules]
    losses.extend(_contradictions(dags, stated))
    jobs = [_job(dag, task, context) for dag in dags for task in dag.tasks]
    partitions = derived(unchecked(catalog.assets, jobs, flows), stated)
    assets = [asset.model_copy(update={"partitions": partitions.get(asset.id)}) for asset in catalog.assets]
    return Reading(
        graph_of(assets, jobs, flows, catalog.aliases), merge(manifest, catalog.carried), tuple(losses), failures
    )


def _collect(dag: DagDefinition, catalog: Catalog) -> None:
    catalog.collect(_schedule_value(dag), dag.origin)
    for task in dag.tasks:
        catalog.collect([task.arguments.get("inlets"), task.arguments.get("outlets")], task.origin or dag.origin)


def _schedule_value(dag: DagDefinition) -> Any:
    """Airflow 2 had three keywords for it."""
    given = (dag.arguments.get(key) for key in ("schedule", "timetable", "schedule_interval"))
    return next((value for value in given if value is not None), None)


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
    """Mappers that say of one thing two different partitions: what they are between is what the first says."""
    stated = tuple(stated)
    known = upstreams(stated)
    for dag, sides in zip(dags, stated, strict=True):
        first = next(iter(sides.values()), None)
        for asset, each in sides.items():
            if (each.upstream, each.downstream) != (known[asset], first and first.downstream):
                message = (
                    f"The mapper of {uri_of(asset)} is between other partitions than another mapper; the first is used."
                )
                yield unread_loss(f"flow {dag.dag_id}", "partitions", message, dag.origin, code=Code.CONTRADICTION)


def _flow(dag: DagDefinition, found: Scheduled, context: Context) -> Flow:
    given = dag.arguments
    defaults = _mapping(given.get("default_args"))
    schedules = _schedules(dag, found)
    return Flow(
        name=dag.dag_id,
        names={TOOL: (dag.dag_id,)},
        jobs=tuple(context.jobs[dag.dag_id, task.task_id] for task in dag.tasks),
        schedules=schedules,
        partitions=found.partitions,
        title=_title(dag),
        description=_text(given.get("description")) or _documentation(given.get("doc_md")),
        owners=fields.owners_of(defaults.get("owner")),
        tags=fields.tags_of(_texts(given.get("tags"))),
        parameters=_parameters(given.get("params")),
        concurrency=_concurrency(given, schedules),
        start=fields.instant_of(given.get("start_date") or defaults.get("start_date")),
        end=fields.instant_of(given.get("end_date") or defaults.get("end_date")),
        catchup=True if given.get("catchup") is True else None,
        native=_residue(_flow_native(dag, context)),
        origin=dag.origin,
    )


def _title(dag: DagDefinition) -> str | None:
    title = _text(dag.arguments.get("dag_display_name"))
    return None if title == dag.dag_id else title


def _concurrency(given: Mapping[str, Any], schedules: tuple[Schedule, ...]) -> int | None:
    """None where Airflow would take this number anyway."""
    number = given.get("max_active_runs")
    continuous = bool(schedules) and isinstance(schedules[0].trigger, Continuous)
    implied = 1 if continuous else fields.DEFAULT_CONCURRENCY
    return number if isinstance(number, int) and number != implied else None


def _scheduled(dag: DagDefinition, context: Context) -> Scheduled:
    found = from_schedule(_schedule_value(dag), dag.zone, context.catalog.trigger)
    for opaque in () if _is_unknown(_schedule_value(dag)) else _opaque(found.trigger):
        message = f"The schedule {opaque.type} is none that the model has: it is kept as it was read."
        context.losses.append(
            unread_loss(f"flow {dag.dag_id}", "schedules", message, dag.origin, code=Code.UNKNOWN_KIND)
        )
    return found


def _schedules(dag: DagDefinition, found: Scheduled) -> tuple[Schedule, ...]:
    paused = dag.arguments.get("is_paused_upon_creation")
    active = not paused if isinstance(paused, bool) else None
    if found.trigger is None and active is None and not found.native:
        return ()
    return (Schedule(trigger=found.trigger, active=active, native=_residue(found.native)),)


def _is_unknown(value: Any) -> bool:
    return any(words.unknown for words in words_in(value))


def _opaque(trigger: Trigger | None) -> Iterator[Opaque]:
    return (leaf for leaf in leaves(trigger) if isinstance(leaf, Opaque))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _residue(native: Mapping[str, JsonValue]) -> dict[str, dict[str, JsonValue]]:
    return {TOOL: dict(native)} if native else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _documentation(value: Any) -> str | None:
    """The documentation of a DAG, which mostly is a docstring with the indentation of its file."""
    return _text(cleandoc(value)) if isinstance(value, str) else None


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, (list, tuple, set, frozenset)) else []


def _parameters(value: Any) -> dict[str, JsonValue]:
    defaults = {
        key: arguments(each).get("default") if kind_of(each) == "Param" else each
        for key, each in _mapping(value).items()
    }
    return {str(key): described(each) for key, each in defaults.items()}


def _flow_native(dag: DagDefinition, context: Context) -> dict[str, JsonValue]:
    grouped = groups.said(dag)
    given = {**dag.arguments, "task_groups": grouped} if grouped else dag.arguments
    subject = f"flow {dag.dag_id}"
    known = keywords.FLOW | keywords.FLOW_STRUCTURE
    native = {key: described(value) for key, value in given.items() if key not in known}
    for key in (*sorted(set(given) - known - keywords.FLOW_NATIVE - {"task_groups"}), *groups.unknown(grouped)):
        context.losses.append(unread_loss(subject, key, _UNKNOWN.format(key), dag.origin, code=Code.UNKNOWN_KEYWORD))
    if _text(given.get("description")) and _text(given.get("doc_md")):
        native["doc_md"] = _documentation(given["doc_md"])
    schemas = {key: described(each) for key, each in _mapping(given.get("params")).items() if _has_schema(each)}
    if schemas:
        native["params"] = schemas
    native |= _unresolved(given, keywords.FLOW)
    _report_words(subject, given, dag.origin, context)
    return native


_UNKNOWN: Final = "The keyword {!r} is none that is known; it is kept as it was read."


def _has_schema(value: Any) -> bool:
    return kind_of(value) == "Param" and set(arguments(value)) != {"default"}


def _unresolved(given: Mapping[str, Any], modelled: Iterable[str]) -> dict[str, JsonValue]:
    """Modelled keywords whose value is not known, such as one from the environment."""
    return {key: described(given[key]) for key in sorted(modelled) if isinstance(given.get(key), Words)}


def _report_words(subject: str, given: Mapping[str, Any], origin: Origin | None, context: Context) -> None:
    """Values that have no form, each once with its reason."""
    for key, value in given.items():
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
    given = task.arguments
    owners = fields.owners_of(given.get("owner"))
    inherited = fields.owners_of(_mapping(dag.arguments.get("default_args")).get("owner")) or (fields.DEFAULT_OWNER,)
    pool = given.get("pool")
    ports = _Ports(context, task)
    name = context.jobs[dag.dag_id, task.task_id]
    for each in task.emitted:
        context.losses.append(unread_loss(f"job {name}", "writes", sentence(each), task.origin, code=Code.JOB_BODY))
    return Job(
        name=name,
        names={TOOL: (dag.dag_id, task.task_id)},
        reads=ports.reads(),
        writes=tuple(Write(asset=leaf.asset) for leaf in ports.found("outlets", Updated)),
        after=tuple(
            sorted(context.jobs[dag.dag_id, each] for each in task.upstream if (dag.dag_id, each) in context.jobs)
        ),
        reads_aliases=tuple(leaf.alias for leaf in ports.found("inlets", AliasUpdated)),
        writes_aliases=tuple(leaf.alias for leaf in ports.found("outlets", AliasUpdated)),
        description=_text(given.get("doc_md")) or _text(given.get("doc")),
        owners=() if owners == inherited else owners,
        retries=fields.retries_of(given),
        timeout=fields.seconds_of(given.get("execution_timeout"), None),
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

    def found(self, port: str, kind: type[Any]) -> list[Any]:
        """What of one kind is listed, in order."""
        return [leaf for value in _flat(self._task.arguments.get(port)) if isinstance(leaf := self._leaf(value), kind)]

    def reads(self) -> tuple[Read, ...]:
        """The assets that are read; those that a function of `@asset` names as parameters come with their name."""
        named = self._task.parameters if self._task.operator in _ASSET_OPERATORS else ()
        values = ((value, self._leaf(value)) for value in _flat(self._task.arguments.get("inlets")))
        return tuple(
            Read(asset=leaf.asset, argument=_argument(value, named))
            for value, leaf in values
            if isinstance(leaf, Updated)
        )

    def _leaf(self, value: Any) -> Trigger | None:
        return self._context.catalog.listed(value)


def _argument(value: Any, named: tuple[str, ...]) -> str | None:
    name = arguments(value).get("name") if kind_of(value) == "AssetNameRef" else None
    return name if name in named else None


def _flat(value: Any) -> Iterator[Any]:
    """What a port lists: groups are taken apart."""
    if value is None:
        return
    if isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _flat(each)
    elif kind_of(value) in _GROUPS:
        yield from _flat((*value.args, *value.kwargs.values()))
    else:
        yield value


_GROUPS: Final = frozenset({"&", "|", "AssetAll", "AssetAny", "DatasetAll", "DatasetAny"})


def _without_retries(given: Mapping[str, Any]) -> dict[str, JsonValue]:
    """What is said of retries where there are none."""
    said = ("retry_delay", "max_retry_delay", "retry_exponential_backoff")
    found = {} if fields.retries_of(given) else {key: described(given[key]) for key in said if given.get(key)}
    return {key: value for key, value in found.items() if value != {"seconds": fields.DEFAULT_DELAY}}


def _implied(task: TaskDefinition, dag: DagDefinition) -> set[str]:
    """Arguments that a task has of its DAG, or of what it is."""
    defaults = _mapping(dag.arguments.get("default_args"))
    found = set()
    for key in ("start_date", "end_date"):
        own, shared = task.arguments.get(key), dag.arguments.get(key) or defaults.get(key)
        found |= {key} if own is not None and fields.instant_of(own) == fields.instant_of(shared) else set()
    is_teardown = task.arguments.get("is_teardown") and task.arguments.get("trigger_rule") == _TEARDOWN_RULE
    return found | ({"trigger_rule"} if is_teardown else set())


_TEARDOWN_RULE: Final = "all_done_setup_success"


def _job_native(dag: DagDefinition, task: TaskDefinition, context: Context) -> dict[str, JsonValue]:
    """The operator, unless it is a plain function, and those of its arguments that have no field in the model."""
    subject = f"job {context.jobs[dag.dag_id, task.task_id]}"
    known = keywords.JOB | keywords.JOB_STRUCTURE | _implied(task, dag)
    given = {key: described(value) for key, value in task.arguments.items() if key not in known}
    rest = {key: value for key, value in given.items() if value != described(keywords.JOB_IMPLIED.get(key, given))}
    rest |= _unresolved(task.arguments, keywords.JOB)
    rest |= _without_retries(task.arguments)
    if isinstance(task.arguments.get("python_callable"), Form):
        rest["python_callable"] = described(task.arguments["python_callable"])
    if task.arguments.get("doc_md") and task.arguments.get("doc"):
        rest["doc"] = described(task.arguments["doc"])
    multiplier = task.arguments.get("retry_exponential_backoff")
    if multiplier and multiplier != 1 and fields.factor_of(multiplier) is None:
        rest["retry_exponential_backoff"] = described(multiplier)
    _report_words(subject, task.arguments, task.origin, context)
    operator: dict[str, JsonValue] = {} if task.operator == PLAIN_OPERATOR else {"operator": task.operator}
    return {**operator, "arguments": rest} if rest else operator
