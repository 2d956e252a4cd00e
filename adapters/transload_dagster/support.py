"""The part of each field of the model that Dagster holds, and the fate of the rest. Seen on Dagster 1.13.29; declared for 1.12 and 1.13."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from transload.adapter import NATIVE, Keep, Report, Subject, Support, approximated_rule, carried_rule, keep_if
from transload.bridging import FRESH, REMEDY, routable
from transload.control import CONTROL
from transload.loss import Code
from transload.model.assets import Check, Column, ColumnSource, Freshness
from transload.model.identity import AssetId
from transload.model.jobs import BackfillPolicy, Flow, Job, Read, Retries, Schedule, Write
from transload.model.partitions import Partitions
from transload.model.triggers import Trigger
from transload.retrying import held
from transload_dagster.codecs import legal, mappings, metadata, partitions, policies, triggers
from transload_dagster.codecs.conditions import LABELS, labels_of
from transload_dagster.names import TOOL, is_default_op
from transload_dagster.shaping.triggers import ticks, why_not

_IN_METADATA: Final = "the metadata `transload` of the asset"
_MOST_KINDS: Final = 10
_NO_TRIGGER: Final = "Nothing starts it, and a schedule in Dagster is a cron expression."


def is_external(job: Job) -> bool:
    """True for the job of an external asset, which runs somewhere else: Dagster has only the asset and its dependencies."""
    return job.native.get(TOOL, {}).get("external") is True


_asset = partial(carried_rule, kept=_IN_METADATA)


def _only(legal_item: Callable[[Any], bool]) -> Keep:
    return lambda value, _subject, _report: tuple(filter(legal_item, value))


def _only_pairs(legal_pair: Callable[[tuple[str, str]], bool]) -> Keep:
    return lambda value, _subject, _report: dict(filter(legal_pair, value.items()))


def _kinds(value: tuple[str, ...], _subject: Subject, _report: Report) -> tuple[str, ...]:
    return tuple(sorted(set(filter(legal.kind, value))))[:_MOST_KINDS]


def _metadata(value: Mapping[str, Any], subject: Subject, _report: Report) -> Mapping[str, Any]:
    hidden = subject.entity.url is not None or metadata.is_url(value.get(metadata.URL))  # type: ignore[union-attr]
    return {
        key: item for key, item in value.items() if key not in metadata.OWN and not (hidden and key == metadata.URL)
    }


def _columns(value: tuple[Column, ...], _subject: Subject, _report: Report) -> tuple[Column, ...]:
    """Dagster's defaults, type "string", nullable and not unique, are not told from what is not stated."""
    return tuple(
        column.model_copy(
            update={
                "type": column.type or "string",
                "nullable": False if column.nullable is False else None,
                "unique": True if column.unique else None,
            }
        )
        for column in value
    )


def _lineage(
    value: Mapping[str, tuple[ColumnSource, ...]], subject: Subject, _report: Report
) -> dict[str, tuple[ColumnSource, ...]]:
    """Dagster sorts the sources of a column, and takes each once."""
    keys = {
        source.asset: subject.graph.asset[source.asset].names[TOOL] for sources in value.values() for source in sources
    }
    return {
        column: tuple(sorted(dict.fromkeys(sources), key=lambda source: (keys[source.asset], source.column)))
        for column, sources in value.items()
    }


def _partitions(value: Partitions, subject: Subject, _report: Report) -> Partitions | None:
    """The assets of one op share one definition."""
    own = partitions.expressible(value)
    return own if own is not None and own == _first_definition(subject, own) else None


def _first_definition(subject: Subject, own: Partitions) -> Partitions | None:
    graph, asset = subject.graph, subject.entity
    writers = graph.writers.get(asset.id, ())  # type: ignore[union-attr]
    siblings = (graph.asset[write.asset].partitions for job in writers for write in job.writes)
    native = (partitions.expressible(definition) for definition in siblings if definition is not None)
    return next((definition for definition in native if definition is not None), own)


def _freshness(value: Freshness, _subject: Subject, _report: Report) -> Freshness | None:
    return policies.expressible_freshness(value)


def _checks(value: tuple[Check, ...], _subject: Subject, _report: Report) -> tuple[Check, ...]:
    return tuple(
        check.model_copy(update={"function": None, "native": {}, "description": check.description or None})
        for check in value
    )


def _trigger(value: Trigger, subject: Subject, _report: Report) -> Trigger | None:
    return triggers.expressible(value, labels_of(subject.entity.native.get(TOOL, {})))


def inputs_of(job: Job) -> list[tuple[AssetId, ...]]:
    """The upstream assets of each output, as Dagster has them: inputs of the job, or other outputs of it.

    A single output is made from all inputs.
    """
    everything = tuple(dict.fromkeys(read.asset for read in job.reads))
    if len(job.writes) == 1:
        return [everything]
    known = {*everything, *(write.asset for write in job.writes)}
    stated = [everything if write.reads is None else write.reads for write in job.writes]
    return [tuple(dict.fromkeys(asset for asset in own if asset in known)) for own in stated]


def _reads(value: tuple[Read, ...], subject: Subject, _report: Report) -> tuple[Read, ...]:
    """Each asset once and only if something is made from it, those that are arguments of the function first."""
    job = subject.entity
    assert isinstance(job, Job)  # noqa: S101 - for the type checker: the rule is in the table of jobs
    unique = {read.asset: read for read in reversed(value)}
    used = dict.fromkeys(asset for own in inputs_of(job) for asset in own if asset in unique)
    ordered = [unique[asset] for asset in used]
    takes = is_default_op(job, subject.graph) and not is_external(job)
    names = {legal.identifier(subject.graph.asset[read.asset].names[TOOL]) for read in ordered}
    reads: list[Read] = []
    for read in ordered:
        own = legal.identifier(subject.graph.asset[read.asset].names[TOOL])
        argument = read.argument if takes and _is_argument(read, names - {own}) else None
        names |= {argument} if argument else set()
        reads.append(_read(read, argument))
    return tuple(sorted(reads, key=lambda read: read.argument is None))


def _is_argument(read: Read, names: set[str]) -> bool:
    name = read.argument
    if name is None or name in names or name in ("self", "cls") or name.startswith("_"):
        return False
    return name.isidentifier() and legal.name(name)


def _read(read: Read, argument: str | None) -> Read:
    mapping = None if read.mapping is None else mappings.expressible(read.mapping)
    if (mapping, argument) == (read.mapping, read.argument) and not (read.metadata or read.inferred):
        return read
    # Dependencies have metadata since 1.12.22 only.
    return Read(asset=read.asset, mapping=mapping, argument=argument)


def _writes(value: tuple[Write, ...], subject: Subject, _report: Report) -> tuple[Write, ...]:
    """Each output's own inputs where they are not those of all."""
    inputs = inputs_of(subject.entity)  # type: ignore[arg-type]
    outside = set().union(*inputs) - {write.asset for write in value} if len(value) > 1 else set()
    same = len(value) == 1 or all(set(own) == outside for own in inputs)
    stated = (None if same else own for own in inputs)
    return tuple(
        write if write.reads == own else Write(asset=write.asset, reads=own, optional=write.optional)
        for write, own in zip(value, stated, strict=True)
    )


def _job(keep: Callable[[Any, Subject], Any]) -> Keep:
    """A rule for a field of ops, which external assets do not have."""
    return lambda value, subject, _report: _empty(value) if is_external(subject.entity) else keep(value, subject)  # type: ignore[arg-type]


def _empty(value: Any) -> Any:
    return {} if isinstance(value, Mapping) else None


def _description(value: str, subject: Subject) -> str | None:
    """The description of an op that makes one asset is the asset's."""
    described = all(subject.graph.asset[write.asset].description for write in subject.entity.writes)  # type: ignore[union-attr]
    return value if value and described and not is_default_op(subject.entity, subject.graph) else None  # type: ignore[arg-type]


def _backfill(value: BackfillPolicy, subject: Subject) -> BackfillPolicy | None:
    assets = [subject.graph.asset[write.asset] for write in subject.entity.writes]  # type: ignore[union-attr]
    partitioned = all(_partitioned(Subject(subject.graph, asset)) for asset in assets)
    return value if value.per_run is None or (partitioned and value.per_run > 0) else None


def _partitioned(subject: Subject) -> bool:
    own = subject.entity.partitions  # type: ignore[union-attr]
    return own is not None and _partitions(own, subject, lambda *_path, **_details: None) is not None


def _retries(value: Retries, subject: Subject, report: Report) -> Retries | None:
    if is_external(subject.entity):  # type: ignore[arg-type]
        return None
    return held(value, policies.expressible_retries(value), "Dagster", report)


def _schedules(value: tuple[Schedule, ...], subject: Subject, report: Report) -> tuple[Schedule, ...]:
    schedules = []
    for number, schedule in enumerate(value):
        trigger = ticks(schedule.trigger)
        if trigger is None:
            remedy = REMEDY if routable(schedule.trigger) else None
            report(f"schedules[{number}]", _not_written(schedule, subject), code=Code.SCHEDULE_TRIGGER, remedy=remedy)
            continue
        native = _schedule(schedule, trigger, f"{subject.entity.names[TOOL][0]}_schedule")  # type: ignore[union-attr]
        schedules.append(native)
        lost = ", ".join(name for name in Schedule.model_fields if getattr(native, name) != getattr(schedule, name))
        if lost:
            report(f"schedules[{number}]", f"Dagster's schedule does not hold these as they are: {lost}.")
    return tuple(schedules)


def _not_written(schedule: Schedule, subject: Subject) -> str:
    flow = subject.entity
    assert isinstance(flow, Flow)  # noqa: S101 - for the type checker: the rule is in the table of flows
    return _NO_TRIGGER if schedule.trigger is None else why_not(schedule.trigger, flow)


def _schedule(schedule: Schedule, trigger: Trigger, default: str) -> Schedule:
    return Schedule(
        name=None if schedule.name == default else schedule.name,
        trigger=trigger,
        active=True if schedule.active else None,
        description=schedule.description or None,
        tags=dict(filter(legal.tag, schedule.tags.items())),
    )


def _concurrency(value: int, subject: Subject, report: Report) -> None:
    """The number is in the settings of the instance, which are no part of a project."""
    name = subject.entity.tags.get(policies.FLOW_TAG) if value > 0 else None  # type: ignore[union-attr]
    report(
        "", "Dagster limits runs by a setting of the instance.", remedy=policies.limit(name, value) if name else None
    )


SUPPORT: Final = Support(
    asset={
        "title": _asset("Dagster knows an asset by its key only."),
        "description": _asset("An empty description is none in Dagster.", keep=keep_if(bool)),
        "url": NATIVE,
        "owners": _asset(
            "An owner in Dagster is an e-mail address with a top-level domain, or `team:` and a name.",
            Code.ASSET_VALUE,
            _only(legal.owner),
        ),
        "tags": _asset(
            "Tags in Dagster have at most 63 letters, digits, `_`, `.` and `-`, after a namespace other than dagster's.",
            Code.ASSET_VALUE,
            _only_pairs(legal.tag),
        ),
        "kinds": _asset(
            "Dagster holds up to ten distinct kinds without order, written as a tag's name is.",
            Code.ASSET_VALUE,
            _kinds,
        ),
        "group": _asset(
            "A group in Dagster has letters, digits and `_`, and `default` is that of assets without one.",
            Code.ASSET_VALUE,
            keep_if(lambda value: legal.group(value) and value != "default"),
        ),
        "code_version": _asset("An empty code version is none in Dagster.", Code.ASSET_VALUE, keep_if(bool)),
        "metadata": _asset("These keys of metadata have another meaning in Dagster.", Code.ASSET_VALUE, _metadata),
        "columns": _asset(
            "Dagster does not tell its defaults for columns from what is not stated.", Code.ASSET_VALUE, _columns
        ),
        "column_lineage": _asset("Dagster sorts the sources of a column, and takes each once.", keep=_lineage),
        "partitions": approximated_rule(
            "Dagster has no definition of just these partitions.", Code.ASSET_PARTITIONS, _partitions, kept=_IN_METADATA
        ),
        "freshness": _asset(
            "Dagster's freshness windows last a minute or more, and no longer than the time between two deadlines.",
            Code.ASSET_FRESHNESS,
            _freshness,
            remedy=FRESH,
        ),
        "checks": _asset("The checks are written without their code.", Code.ASSET_CHECKS, _checks),
        "trigger": approximated_rule(
            "No automation condition of Dagster says just this.", Code.ASSET_TRIGGER, _trigger, kept=_IN_METADATA
        ),
        "watchers": _asset("What watches for changes outside is code in Dagster: a sensor.", Code.WATCHER),
        "virtual": _asset("Virtual assets are a preview of Dagster 1.13, which 1.12 refuses."),
        "native": NATIVE,
    },
    job={
        "reads": carried_rule(
            "Dagster's inputs are each named once, those that are arguments first, and without metadata.",
            Code.JOB_FIELD,
            _reads,
        ),
        "writes": carried_rule(
            "Dagster states the inputs of each output only where they differ.", Code.JOB_FIELD, _writes
        ),
        "after": carried_rule("Dagster orders assets by what they are made from only.", Code.JOB_FIELD),
        "arguments": carried_rule("Dagster's task is called without arguments here.", Code.JOB_FIELD),
        "rule": approximated_rule(
            "The task runs once all before it have succeeded.", Code.JOB_FIELD, explain=CONTROL["rule"]
        ),
        "runs_if": approximated_rule(
            "The task runs whatever the result before it is.", Code.JOB_FIELD, explain=CONTROL["runs_if"]
        ),
        "decision": approximated_rule(
            "All tasks after it run, whatever it decides.", Code.JOB_FIELD, explain=CONTROL["decision"]
        ),
        "group": carried_rule("Groups of tasks are not written.", Code.JOB_GROUPING),
        "stage": approximated_rule("Setup and teardown are tasks like all others here.", Code.JOB_FIELD),
        "starts": approximated_rule(
            "The run of the other flow is not started.", Code.JOB_FIELD, explain=CONTROL["starts"]
        ),
        "work": carried_rule("The task only says what to fill in.", Code.JOB_BODY),
        "reads_aliases": carried_rule("Dagster has no name that stands for assets known only at run time.", Code.ALIAS),
        "writes_aliases": carried_rule(
            "Dagster has no name that stands for assets known only at run time.", Code.ALIAS
        ),
        "description": carried_rule(
            "Dagster describes the asset, not the op that makes it alone.", Code.JOB_FIELD, _job(_description)
        ),
        "owners": carried_rule("Owners are of assets in Dagster, not of ops.", Code.JOB_FIELD),
        "tags": carried_rule(
            "Tags of an op in Dagster are named as tags of assets are.",
            Code.JOB_VALUE,
            _job(lambda value, _subject: {key: item for key, item in value.items() if legal.tag((key, ""))}),
        ),
        "retries": approximated_rule(
            "Dagster's retry policy has one delay, which alone may grow or vary.", Code.JOB_RETRIES, _retries
        ),
        "timeout": carried_rule("Dagster limits the time of runs, not of ops.", Code.JOB_FIELD),
        "backfill": carried_rule(
            "Only partitioned assets are backfilled in several runs.", Code.JOB_VALUE, _job(_backfill)
        ),
        "pool": carried_rule(
            "Dagster 1.12 takes letters, digits and `_` in the name of a pool.",
            Code.JOB_VALUE,
            _job(lambda value, _subject: value if legal.pool(value) else None),
        ),
        "function": carried_rule("The code itself is not translated: a stub names it.", Code.JOB_BODY),
        "native": NATIVE,
    },
    flow={
        "jobs": NATIVE,
        "schedules": carried_rule("Dagster's schedules are cron expressions.", Code.SCHEDULE_TRIGGER, _schedules),
        "partitions": carried_rule("Partitions are of the assets in Dagster, not of the job.", Code.FLOW_PARTITIONS),
        "title": carried_rule("Dagster knows a job by its name only.", Code.FLOW_FIELD),
        "description": carried_rule("An empty description is none in Dagster.", Code.FLOW_FIELD, keep_if(bool)),
        "owners": carried_rule("Owners of jobs are too new in Dagster to rest on.", Code.FLOW_FIELD),
        "tags": carried_rule(
            "Tags of a job in Dagster are written as tags of assets are.", Code.FLOW_VALUE, _only_pairs(legal.tag)
        ),
        "parameters": carried_rule("Dagster configures ops and resources, not jobs.", Code.FLOW_FIELD),
        "retries": carried_rule("Dagster retries ops, and runs by a setting of the instance.", Code.FLOW_FIELD),
        "concurrency": carried_rule(
            "Dagster limits runs by a setting of the instance.", Code.FLOW_FIELD, explain=_concurrency
        ),
        "start": carried_rule("Dagster's schedules have no start.", Code.FLOW_FIELD),
        "end": carried_rule("Dagster's schedules have no end.", Code.FLOW_FIELD),
        "catchup": carried_rule(
            "Dagster's schedules do not run missed ticks.", Code.FLOW_FIELD, keep_if(lambda _value: False)
        ),
        "native": NATIVE,
    },
    alias=carried_rule("Dagster has no name that stands for assets known only at run time.", Code.ALIAS),
    native_keys={"asset": frozenset({"uri", LABELS}), "job": frozenset({"external"})},
)
