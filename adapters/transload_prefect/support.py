"""The support of Prefect for each field, seen on 3.9.1. What it cannot act on is carried in the project's `transload.json`."""

from __future__ import annotations

import keyword
import re
import shlex
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from transload.adapter import EMITTED, NATIVE, Report, Rule, Subject, Support, approximated_rule, carried_rule, keep_if
from transload.bridging import FRESH, REMEDY, routable
from transload.control import CONTROL
from transload.loss import Code, Severity
from transload.model.identity import AssetId
from transload.model.jobs import BackfillPolicy, Flow, Read, Retries, Schedule, Write
from transload.retrying import held
from transload_prefect.codecs import keywords, tags
from transload_prefect.codecs.deployments import deployment_of, legal_name, schedule_of
from transload_prefect.codecs.partitions import PARAMETERS, is_written, run_by
from transload_prefect.codecs.retries import flow_retry_options, retries_of, retry_options, with_listed_delays
from transload_prefect.names import TOOL
from transload_prefect.shaping.order import in_order_of_dependencies

LONGEST_DESCRIPTION: Final = 2500
"""Characters in the description of an asset (Prefect 3.4.9 and later)."""


# The parts of a value that are written in Prefect's own words


def _short(value: str, _subject: Subject, report: Report) -> str | None:
    if len(value) <= LONGEST_DESCRIPTION:
        return value
    report(
        "description", f"Prefect takes {LONGEST_DESCRIPTION} characters; this has {len(value)}.", remedy="Shorten it."
    )
    return None


def _reads(value: tuple[Read, ...], _subject: Subject, report: Report) -> tuple[Read, ...]:
    if len({read.asset for read in value}) == len(value) and not any(map(_says_more, value)):
        return value
    kept: dict[AssetId, Read] = {}
    for read in value:
        mapping = read.mapping if is_written(read.mapping) else None
        first = kept.setdefault(read.asset, Read(asset=read.asset, mapping=mapping))
        if read.mapping != first.mapping:
            report(
                "reads.mapping",
                "One mapping that is not another tool's own can be said of each asset: the task's code decides.",
                code=Code.PARTITION_MAPPING,
            )
        if read.argument is not None or read.inferred or read.metadata:
            report("reads", "The read is written as `asset_deps`; how the data reaches the task is not.")
    return tuple(kept.values())


def _says_more(read: Read) -> bool:
    return read.mapping is not None or read.argument is not None or read.inferred or bool(read.metadata)


def _writes(value: tuple[Write, ...], _subject: Subject, report: Report) -> tuple[Write, ...]:
    assets = dict.fromkeys(write.asset for write in value)
    if len(assets) == len(value) and not any(write.reads is not None or write.optional for write in value):
        return value
    for write in value:
        if write.reads is not None:
            report("writes.reads", "In Prefect all that a task writes is made from all that it reads.")
        if write.optional:
            report("writes.optional", "Prefect reports every asset of a task as materialized when the task succeeds.")
    return tuple(Write(asset=asset) for asset in assets)


def _tags(value: Mapping[str, str], _subject: Subject, _report: Report) -> dict[str, str]:
    return tags.mapping(filter(None, tags.words(value)))


def _task_retries(value: Retries, _subject: Subject, report: Report) -> Retries | None:
    return held(value, retries_of(retry_options(with_listed_delays(value))), "Prefect", report)


def _flow_retries(value: Retries, _subject: Subject, report: Report) -> Retries | None:
    return held(value, retries_of(flow_retry_options(value)), "Prefect", report)


def _backfill(value: BackfillPolicy, _subject: Subject, report: Report) -> None:
    several = "all partitions" if value.per_run is None else f"{value.per_run} partitions at most"
    report(
        "backfill",
        f"Prefect has no backfills: a deployment is run for each partition; here one run takes {several}.",
        remedy="Run the deployment once for each key: `prefect deployment run FLOW/DEPLOYMENT -p partition_key=KEY`.",
    )


def _pool(value: str, subject: Subject, report: Report) -> None:
    """A tag limits tasks as a pool does, but nothing says that it stands for one."""
    is_tagged = subject.entity.tags.get(tags.POOL) == value  # type: ignore[union-attr]
    if is_tagged and value:
        tag = f"{tags.POOL}:{value}"
        report(
            "pool",
            f"Prefect limits the tasks that have a tag: this one has {tag}, and runs without a limit until the tag has one.",
            remedy=f"Give it as many slots as the pool has: `prefect concurrency-limit create {shlex.quote(tag)} SLOTS`.",
        )
    else:
        report(
            "pool",
            "Prefect limits the tasks that have a tag, and the tag of this pool is taken.",
            severity=Severity.CARRIED,
        )


def _jobs(value: tuple[str, ...], subject: Subject, _report: Report) -> tuple[str, ...]:
    return in_order_of_dependencies(subject.graph, value)


def _parameters(value: Mapping[str, Any], subject: Subject, report: Report) -> dict[str, Any]:
    kept = dict(value)
    for name in value:
        if not is_parameter(name):
            report(f"parameters.{name}", f"{name!r} cannot be the name of a parameter of a flow.")
            del kept[name]
    for name in PARAMETERS:
        if name in kept and kept[name] is None and run_by(_flow_of(subject), subject.graph) is not None:
            report(f"parameters.{name}", "A partitioned flow has this parameter by itself.")
            del kept[name]
    return kept


_RESERVED: Final = frozenset(
    {"self", "cls", "return_state", "wait_for", "schema", "json", "dict", "copy", "validate", "construct"}
)


def is_parameter(name: str) -> bool:
    """True if a flow can have a parameter of this name; Prefect makes a pydantic model of them."""
    legal = re.fullmatch(r"[a-z][a-z0-9_]{0,80}", name) is not None
    return legal and not keyword.iskeyword(name) and name not in _RESERVED and not name.startswith("model_")


def _concurrency(value: int, subject: Subject, _report: Report) -> int | None:
    return value if value > 0 and len(_flow_of(subject).schedules) == 1 else None


def _schedules(value: tuple[Schedule, ...], subject: Subject, report: Report) -> tuple[Schedule, ...]:
    graph = subject.graph
    keys = {asset.id: asset.names[TOOL][0] for asset in graph.assets}
    assets = {key: identity for identity, key in keys.items()}
    kept = []
    for schedule, name in zip(value, deployment_names(_flow_of(subject)), strict=True):
        written = deployment_of(schedule, name, keys.__getitem__)
        back = schedule_of(_without_limit(written.deployment, alone=len(value) == 1), assets.get)
        kept.append(back)
        _explain(schedule, back, dict(written.reasons), report)
    return tuple(kept)


def _without_limit(deployment: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
    """The limit of an only deployment is that of the flow."""
    return {name: value for name, value in deployment.items() if name != "concurrency_limit" or not alone}


def _explain(schedule: Schedule, back: Schedule, reasons: Mapping[str, str], report: Report) -> None:
    for field in Schedule.model_fields:
        if getattr(schedule, field) == getattr(back, field):
            continue
        specific = [(path, reason) for path, reason in reasons.items() if path.split(".", 1)[0] == field]
        for path, reason in specific or [(field, _SCHEDULE[field])]:
            without_trigger = field == "trigger" and back.trigger is None
            report(
                f"schedules[{back.name}].{path}",
                reason,
                code=Code.SCHEDULE_TRIGGER if without_trigger else Code.FLOW_VALUE,
                remedy=REMEDY if without_trigger and routable(schedule.trigger) else None,
            )


_SCHEDULE: Final = {
    "name": "A deployment needs a name, which Prefect restricts.",
    "trigger": "The deployment's triggers say this in other words.",
    "active": "A deployment without triggers is neither on nor off.",
    "description": "An empty description is none.",
    "parameters": "Prefect cannot take these parameters.",
    "tags": "Prefect's tags have no values: these are read back as others.",
    "native": "What other tools, or newer versions of Prefect, say of it is not written.",
}


def _flow_of(subject: Subject) -> Flow:
    return subject.graph.flow[subject.entity.name]  # type: ignore[union-attr]


def deployment_names(flow: Flow) -> list[str]:
    """The names of the flow's deployments, one for each schedule, distinct."""
    names: dict[str, None] = {}
    for schedule in flow.schedules:
        wanted = legal_name(schedule.name or "default", "deployment")
        free = (f"{wanted}-{number}" if number > 1 else wanted for number in range(1, len(flow.schedules) + 1))
        names[next(name for name in free if name not in names)] = None
    return list(names)


# The tables


_SEEN: Final = "3.9.1"
_carried = partial(carried_rule, since=_SEEN)
_approximated = partial(approximated_rule, since=_SEEN)


def _no_field(what: str, code: Code = Code.ASSET_FIELD) -> Rule:
    return _carried(f"Prefect has no {what}.", code)


_FOREIGN: Final = "Only another tool understands these partitions: a run is told the key, which nothing checks."

SUPPORT: Final = Support(
    asset={
        "title": NATIVE,
        "description": _carried("Prefect cannot take this description.", Code.ASSET_VALUE, _short),
        "url": NATIVE,
        "owners": NATIVE,
        "tags": _no_field("tags on an asset"),
        "kinds": _no_field("kinds of assets"),
        "group": _no_field("groups of assets"),
        "code_version": _carried(
            "Prefect versions flows and deployments, not assets.",
            Code.ASSET_FIELD,
            remedy="State it as the `version` of the flow, if all that the flow makes has the same.",
        ),
        "metadata": _no_field("metadata on a definition; a run adds it with `add_asset_metadata`"),
        "columns": _carried("Prefect has no columns.", Code.ASSET_FIELD, remedy=EMITTED),
        "column_lineage": _carried("Prefect has no column lineage.", Code.ASSET_FIELD, remedy=EMITTED),
        "partitions": _approximated(_FOREIGN, Code.ASSET_PARTITIONS, keep=keep_if(is_written)),
        "freshness": _approximated(
            "Prefect has no freshness policy: a proactive trigger looks at one window after another, not back from now.",
            Code.ASSET_FRESHNESS,
            remedy=FRESH,
        ),
        "checks": _approximated(
            "Prefect has no checks: a task after the one that makes the asset runs each.", Code.ASSET_CHECKS
        ),
        "trigger": _approximated(
            "Prefect starts deployments, not assets.", Code.ASSET_TRIGGER, remedy="See the flow's deployment."
        ),
        "watchers": _approximated(
            "Prefect has no watchers.", Code.WATCHER, remedy="Emit an event, or trigger a deployment by webhook."
        ),
        "virtual": _no_field("virtual assets"),
        "native": NATIVE,
    },
    job={
        "reads": _carried("The read is written as `asset_deps`; more is not said of it.", Code.JOB_VALUE, _reads),
        "writes": _carried("An asset is written once by a task.", Code.JOB_VALUE, _writes),
        "after": _carried("Prefect runs the tasks in the order of their calls; the wait is not named.", Code.JOB_FIELD),
        "arguments": _carried("Prefect's task is called without arguments here.", Code.JOB_FIELD),
        "rule": _approximated(
            "The task runs once all before it have succeeded.", Code.JOB_FIELD, explain=CONTROL["rule"]
        ),
        "runs_if": _approximated(
            "The task runs whatever the result before it is.", Code.JOB_FIELD, explain=CONTROL["runs_if"]
        ),
        "decision": _approximated(
            "All tasks after it run, whatever it decides.", Code.JOB_FIELD, explain=CONTROL["decision"]
        ),
        "group": _carried("Groups of tasks are not written.", Code.JOB_GROUPING),
        "stage": _approximated("Setup and teardown are tasks like all others here.", Code.JOB_FIELD),
        "starts": _approximated("The run of the other flow is not started.", Code.JOB_FIELD, explain=CONTROL["starts"]),
        "work": _carried("The task only says what to fill in.", Code.JOB_BODY),
        "reads_aliases": _no_field("aliases of assets", Code.ALIAS),
        "writes_aliases": _no_field(
            "aliases of assets; `with_options(assets=...)` names assets at run time", Code.ALIAS
        ),
        "description": _carried("An empty description is none.", Code.JOB_VALUE, keep_if(bool)),
        "owners": _no_field("owners of tasks", Code.JOB_FIELD),
        "tags": _carried("Prefect's tags have no values: these are read back as others.", Code.JOB_VALUE, _tags),
        "retries": _approximated(
            "Prefect's retries have delays and a jitter factor.", Code.JOB_RETRIES, keep=_task_retries
        ),
        "timeout": _carried("A time limit is longer than nothing.", Code.JOB_VALUE, keep_if(lambda value: value > 0)),
        "backfill": _carried("Prefect has no backfills.", Code.JOB_FIELD, explain=_backfill),
        "pool": _approximated("Prefect limits the tasks that have a tag.", Code.JOB_VALUE, explain=_pool),
        "function": _carried(
            "The task's body is not carried over.", Code.JOB_BODY, remedy="Move the code into the new task."
        ),
        "native": NATIVE,
    },
    flow={
        "jobs": _carried("Tasks are called in the order of their dependencies.", Code.FLOW_SHAPE, _jobs),
        "schedules": _carried("A deployment cannot say all of it.", Code.SCHEDULE_TRIGGER, _schedules),
        "partitions": _approximated(_FOREIGN, Code.FLOW_PARTITIONS, keep=keep_if(is_written)),
        "title": _no_field("title of a flow", Code.FLOW_FIELD),
        "description": _carried("An empty description is none.", Code.FLOW_VALUE, keep_if(bool)),
        "owners": _no_field("owners of flows", Code.FLOW_FIELD),
        "tags": _no_field("tags on a flow, only on deployments", Code.FLOW_FIELD),
        "parameters": _carried("Not every name can be that of a parameter.", Code.FLOW_VALUE, _parameters),
        "retries": _approximated("A flow is tried again after one delay.", Code.FLOW_VALUE, keep=_flow_retries),
        "concurrency": _approximated(
            "Prefect limits each deployment, not the flow.", Code.FLOW_FIELD, keep=_concurrency
        ),
        "start": _approximated("Prefect's schedules have no first day.", Code.FLOW_FIELD),
        "end": _approximated("Prefect's schedules have no last day.", Code.FLOW_FIELD),
        "catchup": _approximated(
            "Prefect never runs missed ticks by itself.", Code.FLOW_FIELD, keep=keep_if(lambda _value: False)
        ),
        "native": NATIVE,
    },
    native_keys={
        "job": keywords.written(keywords.TASK),
        "flow": keywords.written(keywords.FLOW) | {keywords.REQUIRED},
    },
    alias=_no_field("aliases of assets", Code.ALIAS),
)
