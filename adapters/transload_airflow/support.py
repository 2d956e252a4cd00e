"""What Airflow holds of the model, as data: field → how. Seen on Airflow 3.3.2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from transload.adapter import EMITTED, NATIVE, Report, Rule, Subject, Support, carried_rule
from transload.bridging import FRESH
from transload.carry import KEY
from transload.loss import Code, Severity
from transload.model.jobs import BackfillPolicy, Flow, Read, Retries, Write
from transload.model.triggers import Continuous
from transload.retrying import held
from transload_airflow.codecs import fields
from transload_airflow.codecs.legal import span_of
from transload_airflow.codecs.watchers import to_form
from transload_airflow.names import TOOL

EXTRA: Final = f'the asset\'s extra["{KEY}"]'
MANIFEST: Final = "transload.json"


def _if(fits: Callable[[Any], bool]) -> Callable[[Any, Subject, Report], Any]:
    """Keep the values for which this holds."""
    return lambda value, _subject, _report: value if fits(value) else None


def _shaped(value: Any, _subject: Subject, _report: Report) -> Any:
    """The shape has settled and noted it."""
    return value


def _owners(value: tuple[str, ...], _subject: Subject, _report: Report) -> tuple[str, ...]:
    return fields.owners_of(fields.owner_text(value))


def _job_owners(value: tuple[str, ...], subject: Subject, report: Report) -> tuple[str, ...]:
    """A task whose owner is the DAG's inherits it."""
    flow = subject.graph.flows_of[subject.entity.name][0]  # type: ignore[union-attr]
    inherited = _owners(flow.owners, subject, report) or (fields.DEFAULT_OWNER,)
    kept = _owners(value, subject, report)
    return () if kept == inherited else kept


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


def _asset(reason: str, code: Code = Code.ASSET_FIELD, **details: Any) -> Rule:
    return carried_rule(reason, kept=EXTRA, code=code, **details)


def _other(reason: str, code: Code, keep: Any = None, **details: Any) -> Rule:
    given = {"keep": keep, **details} if keep else details
    return carried_rule(reason, kept=MANIFEST, code=code, **given)


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
            keep=_if(fields.is_group),
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
        "checks": Rule(
            Severity.APPROXIMATED,
            Code.ASSET_CHECKS,
            "Airflow has no checks of assets: a task after the one that writes the asset runs each.",
            kept=EXTRA,
        ),
        "trigger": Rule(
            Severity.APPROXIMATED,
            Code.ASSET_TRIGGER,
            "Airflow starts DAGs, not assets: the nearest schedule is given to the DAG that only writes this asset, if there is one.",
            kept=EXTRA,
            remedy="Compare the schedule of that DAG.",
        ),
        "watchers": _asset(
            "Only watchers whose trigger class is known are written.",
            Code.WATCHER,
            keep=lambda value, _subject, _report: tuple(each for each in value if to_form(each)),
        ),
        "virtual": _asset("Airflow does not tell virtual assets from others."),
        "native": NATIVE,
    },
    job={
        "reads": _other("An inlet is an asset and nothing more.", Code.PARTITION_MAPPING, _reads),
        "writes": _other(
            "An outlet is an asset and nothing more: every input counts for every output.", Code.JOB_FIELD, _writes
        ),
        "after": _other("A task waits for tasks of its own DAG.", Code.JOB_GROUPING, _shaped),
        "reads_aliases": _other("An alias needs a name that Airflow allows.", Code.ALIAS, _shaped),
        "writes_aliases": _other("An alias needs a name that Airflow allows.", Code.ALIAS, _shaped),
        "description": _other("It cannot be a task's documentation.", Code.JOB_VALUE, _if(fields.is_documentation)),
        "owners": _other(
            "A task's owner is one line, and the DAG's unless it says otherwise.", Code.JOB_VALUE, _job_owners
        ),
        "tags": _other("An Airflow task has no tags.", Code.JOB_FIELD),
        "retries": Rule(
            Severity.APPROXIMATED,
            Code.JOB_RETRIES,
            "Airflow waits the same time before each try, or ever longer with a jitter of its own.",
            keep=_retries,
            kept=MANIFEST,
        ),
        "timeout": _other("It is no time span that Airflow takes.", Code.JOB_VALUE, _timeout),
        "backfill": _other("Airflow's backfill makes one run for each partition.", Code.JOB_FIELD, explain=_backfill),
        "pool": _other("It is no name of a pool.", Code.JOB_VALUE, _if(fields.is_pool)),
        "function": _other(
            "The code is not translated: the task only says what to fill in.",
            Code.JOB_BODY,
            remedy="Fill in the body from the original.",
        ),
        "native": NATIVE,
    },
    flow={
        "jobs": _other("A task belongs to one DAG only.", Code.FLOW_SHAPE, _shaped),
        "schedules": Rule(
            Severity.APPROXIMATED,
            Code.SCHEDULE_TRIGGER,
            "A DAG has one schedule without a name.",
            keep=_shaped,
            kept=MANIFEST,
        ),
        "partitions": Rule(
            Severity.APPROXIMATED,
            Code.FLOW_PARTITIONS,
            "Partitions follow from the DAG's timetable.",
            keep=_shaped,
            kept=MANIFEST,
        ),
        "title": _other("It cannot be shown as a DAG's name.", Code.FLOW_VALUE, _title),
        "description": _other("It cannot be a DAG's description or documentation.", Code.FLOW_VALUE, _description),
        "owners": _other("The owner of a DAG's tasks is one line.", Code.FLOW_VALUE, _owners),
        "tags": _other(
            "A DAG's tags are texts of 100 characters at most.",
            Code.FLOW_VALUE,
            lambda value, _subject, _report: fields.tags_of(fields.tag_texts(value)),
        ),
        "parameters": _other(
            "They are no params of a DAG.",
            Code.FLOW_VALUE,
            lambda value, _subject, _report: value if fields.are_parameters(value) else {},
        ),
        "retries": _other("Airflow tries tasks again, not DAGs.", Code.FLOW_FIELD),
        "concurrency": _other(
            "Airflow takes this number without being told, or not at all.", Code.FLOW_VALUE, _concurrency
        ),
        "start": _other("It is no point in time.", Code.FLOW_VALUE, _instant),
        "end": _other("It is no point in time.", Code.FLOW_VALUE, _instant),
        "catchup": _other(
            "Airflow does not catch up unless told to, and then needs a start.", Code.FLOW_VALUE, _catchup
        ),
        "native": NATIVE,
    },
)
