"""Airflow's support of the model, as data: field → rule. Seen on Airflow 3.3.2."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from transload.adapter import EMITTED, NATIVE, Report, Subject, Support, approximated_rule, carried_rule, keep_if
from transload.bridging import FRESH
from transload.carry import KEY
from transload.control import CONTROL
from transload.loss import Code
from transload.model.jobs import BackfillPolicy, Flow, Read, Retries, Write
from transload.model.triggers import Continuous
from transload.retrying import held
from transload_airflow.codecs import fields
from transload_airflow.codecs.legal import span_of
from transload_airflow.codecs.watchers import to_form
from transload_airflow.names import TOOL

EXTRA: Final = f'the asset\'s extra["{KEY}"]'


def _shaped(value: Any, _subject: Subject, _report: Report) -> Any:
    """The shape has settled and noted it."""
    return value


def _owners(value: tuple[str, ...], _subject: Subject, _report: Report) -> tuple[str, ...]:
    return fields.owners_of(fields.owner_text(value))


def _job_owners(value: tuple[str, ...], subject: Subject, report: Report) -> tuple[str, ...]:
    """A task whose owner is the DAG's inherits it."""
    flow = subject.graph.flows_of[subject.entity.name][0]  # type: ignore[union-attr]
    inherited = _owners(flow.owners, subject, report) or (fields.DEFAULT_OWNER,)
    owners = _owners(value, subject, report)
    return () if owners == inherited else owners


def _reads(value: tuple[Read, ...], _subject: Subject, _report: Report) -> tuple[Read, ...]:
    return tuple(Read(asset=read.asset) for read in value)


def _writes(value: tuple[Write, ...], _subject: Subject, _report: Report) -> tuple[Write, ...]:
    return tuple(Write(asset=write.asset) for write in value)


def _retries(value: Retries, _subject: Subject, report: Report) -> Retries | None:
    return held(value, fields.retries_of(fields.retry_arguments(value)), "Airflow", report)


def _backfill(value: BackfillPolicy, subject: Subject, report: Report) -> None:
    """`max_active_runs` is how many runs there are at once, not how many partitions are in one."""
    several = "all partitions" if value.per_run is None else f"{value.per_run} partitions at most"
    dag = subject.entity.names[TOOL][0]  # type: ignore[union-attr]
    report(
        "",
        f"Airflow's backfill makes one run for each partition; here one run takes {several}.",
        remedy=f"Limit the runs at once: `airflow backfill create --dag-id {dag} --max-active-runs N`; a DAG that waits for assets has no "
        "backfill, and is run for each key.",
    )


def _timeout(value: float, _subject: Subject, _report: Report) -> float | None:
    return fields.seconds_of(span_of(value), None)


def _concurrency(value: int, subject: Subject, _report: Report) -> int | None:
    continuous = any(isinstance(schedule.trigger, Continuous) for schedule in _flow(subject).schedules)
    return value if value > 0 and value != fields.DEFAULT_CONCURRENCY and value < 2**31 and not continuous else None


def _catchup(value: bool, subject: Subject, _report: Report) -> bool | None:  # noqa: FBT001 - a rule is given the value
    return True if value and fields.datetime_of(_flow(subject).start) else None


def _instant(value: str, _subject: Subject, report: Report) -> str | None:
    instant = fields.instant_of(fields.datetime_of(value))
    if instant is not None and instant != value:
        report("", f"Airflow has the instant {instant} for it.")
    return instant


def _flow(subject: Subject) -> Flow:
    flow = subject.entity
    if not isinstance(flow, Flow):
        raise TypeError(f"{type(flow).__name__} is no flow.")
    return flow


def _description(value: str, _subject: Subject, _report: Report) -> str | None:
    return value if fields.is_text(value) or fields.is_document(value) else None


def _title(value: str, subject: Subject, _report: Report) -> str | None:
    return value if fields.is_text(value) and value != _flow(subject).names[TOOL][0] else None


def _metadata(value: dict[str, Any], _subject: Subject, _report: Report) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != KEY}


_asset = partial(carried_rule, kept=EXTRA)

SUPPORT: Final = Support(
    asset={
        "title": _asset("An Airflow asset has no name for people besides its name."),
        "description": _asset("An Airflow asset has no description."),
        "url": _asset("An Airflow asset has no link."),
        "owners": _asset("An Airflow asset has no owners; its task and its DAG have."),
        "tags": _asset("An Airflow asset has no tags; its DAG has."),
        "kinds": _asset("An Airflow asset has no kinds besides its group."),
        "group": _asset(
            "A group is 1,500 characters at most, and `asset` stands for none.",
            code=Code.ASSET_VALUE,
            keep=keep_if(fields.is_group),
        ),
        "code_version": _asset(
            "Airflow makes a version of a DAG when its definition changes, and takes none of an asset."
        ),
        "metadata": _asset(f"The key {KEY} of an asset's extra is taken.", code=Code.ASSET_VALUE, keep=_metadata),
        "columns": _asset(
            "An Airflow asset has no columns, and Airflow's OpenLineage provider emits it without any.", remedy=EMITTED
        ),
        "column_lineage": _asset("An Airflow asset has no column lineage; tasks emit it at run time.", remedy=EMITTED),
        "partitions": _asset(
            "In Airflow the timetable of a DAG has partitions, an asset has not.", Code.ASSET_PARTITIONS, keep=_shaped
        ),
        "freshness": _asset("Airflow has no freshness of assets.", Code.ASSET_FRESHNESS, remedy=FRESH),
        "checks": approximated_rule(
            "Airflow has no checks of assets: a task after the one that writes the asset runs each.",
            Code.ASSET_CHECKS,
            kept=EXTRA,
        ),
        "trigger": approximated_rule(
            "Airflow starts DAGs, not assets: the nearest schedule is given to the DAG that only writes this asset, if there is one.",
            Code.ASSET_TRIGGER,
            kept=EXTRA,
            remedy="Compare the schedule of that DAG.",
        ),
        "watchers": _asset(
            "Only watchers whose trigger class is known are written.",
            Code.WATCHER,
            keep=lambda value, _subject, _report: tuple(watcher for watcher in value if to_form(watcher)),
        ),
        "virtual": _asset("Airflow does not tell virtual assets from others."),
        "native": NATIVE,
    },
    job={
        "reads": carried_rule("An inlet is an asset and nothing more.", Code.PARTITION_MAPPING, _reads),
        "writes": carried_rule(
            "An outlet is an asset and nothing more: every input counts for every output.", Code.JOB_FIELD, _writes
        ),
        "after": carried_rule("A task waits for tasks of its own DAG.", Code.JOB_GROUPING, _shaped),
        "arguments": carried_rule("Airflow's task is called without arguments here.", Code.JOB_FIELD),
        "rule": NATIVE,
        "runs_if": approximated_rule(
            "The task runs whatever the result before it is.", Code.JOB_FIELD, explain=CONTROL["runs_if"]
        ),
        "decision": NATIVE,
        "group": carried_rule("Groups of tasks are not written.", Code.JOB_GROUPING),
        "stage": approximated_rule("Setup and teardown are tasks like all others here.", Code.JOB_FIELD),
        "starts": approximated_rule(
            "The run of the other flow is not started.", Code.JOB_FIELD, explain=CONTROL["starts"]
        ),
        "work": carried_rule("The task only says what to fill in.", Code.JOB_BODY),
        "reads_aliases": carried_rule("An alias needs a name that Airflow allows.", Code.ALIAS, _shaped),
        "writes_aliases": carried_rule("An alias needs a name that Airflow allows.", Code.ALIAS, _shaped),
        "description": carried_rule(
            "It cannot be a task's documentation.", Code.JOB_VALUE, keep_if(fields.is_documentation)
        ),
        "owners": carried_rule(
            "A task's owner is one line, and the DAG's unless it says otherwise.", Code.JOB_VALUE, _job_owners
        ),
        "tags": carried_rule("An Airflow task has no tags.", Code.JOB_FIELD),
        "retries": approximated_rule(
            "Airflow waits the same time before each try, or ever longer with a jitter of its own.",
            Code.JOB_RETRIES,
            keep=_retries,
        ),
        "timeout": carried_rule("It is no time span that Airflow takes.", Code.JOB_VALUE, _timeout),
        "backfill": carried_rule(
            "Airflow's backfill makes one run for each partition.", Code.JOB_FIELD, explain=_backfill
        ),
        "pool": carried_rule("It is no name of a pool.", Code.JOB_VALUE, keep_if(fields.is_pool)),
        "function": carried_rule(
            "The code is not translated: the task only says what to fill in.",
            Code.JOB_BODY,
            remedy="Fill in the body from the original.",
        ),
        "native": NATIVE,
    },
    flow={
        "jobs": carried_rule("A task belongs to one DAG only.", Code.FLOW_SHAPE, _shaped),
        "schedules": approximated_rule(
            "A DAG has one schedule without a name.",
            Code.SCHEDULE_TRIGGER,
            keep=_shaped,
        ),
        "partitions": approximated_rule(
            "Partitions follow from the DAG's timetable.",
            Code.FLOW_PARTITIONS,
            keep=_shaped,
        ),
        "title": carried_rule("It cannot be shown as a DAG's name.", Code.FLOW_VALUE, _title),
        "description": carried_rule(
            "It cannot be a DAG's description or documentation.", Code.FLOW_VALUE, _description
        ),
        "owners": carried_rule("The owner of a DAG's tasks is one line.", Code.FLOW_VALUE, _owners),
        "tags": carried_rule(
            "A DAG's tags are texts of 100 characters at most.",
            Code.FLOW_VALUE,
            lambda value, _subject, _report: fields.tags_of(fields.tag_texts(value)),
        ),
        "parameters": carried_rule(
            "They are no params of a DAG.",
            Code.FLOW_VALUE,
            lambda value, _subject, _report: value if fields.are_parameters(value) else {},
        ),
        "retries": carried_rule("Airflow tries tasks again, not DAGs.", Code.FLOW_FIELD),
        "concurrency": carried_rule(
            "Airflow takes this number without being told, or not at all.", Code.FLOW_VALUE, _concurrency
        ),
        "start": carried_rule("It is no point in time.", Code.FLOW_VALUE, _instant),
        "end": carried_rule("It is no point in time.", Code.FLOW_VALUE, _instant),
        "catchup": carried_rule(
            "Airflow does not catch up unless told to, and then needs a start.", Code.FLOW_VALUE, _catchup
        ),
        "native": NATIVE,
    },
)
