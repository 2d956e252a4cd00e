"""What Kestra holds of each field, seen on 1.3. What it does not hold is carried in the project's `transload.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from transload.adapter import (
    BOOKKEEPING,
    NATIVE,
    Report,
    Subject,
    Support,
    Table,
    approximated_rule,
    carried_rule,
    keep_if,
)
from transload.loss import Code
from transload.model.assets import Asset
from transload.model.jobs import Flow, Job, Read, Schedule, Write

from .words import KEY, duration, input_of, retry_of, schedule_of, trigger_of


def _of_output(value: Any, subject: Subject, report: Report) -> Any:
    """Only where a task writes the asset is there a place for more than its id."""
    if isinstance(subject.entity, Asset) and subject.graph.writers.get(subject.entity.id):
        return value
    report("", "Kestra describes an asset where a task writes it, and none does.")
    return type(value)() if isinstance(value, Mapping) else None


def _reads(value: tuple[Read, ...], _subject: Subject, report: Report) -> tuple[Read, ...]:
    plain = tuple(Read(asset=asset) for asset in dict.fromkeys(read.asset for read in value))
    if plain != value:
        report("reads", "An input is the id of an asset; how it is mapped and handed over is carried.")
    return plain


def _writes(value: tuple[Write, ...], _subject: Subject, report: Report) -> tuple[Write, ...]:
    plain = tuple(Write(asset=asset) for asset in dict.fromkeys(write.asset for write in value))
    if plain != value:
        report("writes", "An output is made from all inputs, whenever the task succeeds.")
    return plain


def _parameters(value: Mapping[str, Any], _subject: Subject, report: Report) -> dict[str, Any]:
    kept = {name: item for name, item in value.items() if input_of(name, item) is not None}
    for name in value.keys() - kept.keys():
        report(f"parameters.{name}", "Kestra has no input of this name and type.")
    return kept


def _schedules(value: tuple[Schedule, ...], _subject: Subject, report: Report) -> tuple[Schedule, ...]:
    """As the reader gives them back: each has a name, and none has tags."""
    kept = []
    for place, (schedule, name) in enumerate(zip(value, trigger_names(value), strict=True)):
        trigger = trigger_of(schedule, name)
        read = None if trigger is None else schedule_of(trigger)
        if read is None or read.trigger != schedule.trigger:
            report(
                f"schedules[{place}].trigger", "Kestra has no trigger that says just this.", code=Code.SCHEDULE_TRIGGER
            )
            continue
        if read != schedule:
            report(f"schedules[{place}]", "A trigger has a name, and neither tags nor what is another tool's own.")
        kept.append(read)
    return tuple(kept)


def trigger_names(schedules: tuple[Schedule, ...]) -> list[str]:
    """The ids of triggers: their names where these are legal, else their places."""
    names = [schedule.name or "" for schedule in schedules]
    taken = {name for name in names if KEY.fullmatch(name)}
    return [name if name in taken else _free(f"trigger-{place}", taken) for place, name in enumerate(names, 1)]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"{name}-{len(taken)}"
    taken.add(name)
    return name


def _table(model: Any, code: Code, known: Table) -> Table:
    rest = carried_rule("Kestra has no such field.", code)
    return {**{field: rest for field in model.model_fields if field not in BOOKKEEPING}, **known}


_DESCRIBED: Final = approximated_rule("Kestra describes an asset where a task writes it.", Code.ASSET_VALUE, _of_output)

SUPPORT: Final = Support(
    asset=_table(Asset, Code.ASSET_FIELD, {"title": _DESCRIBED, "description": _DESCRIBED, "metadata": _DESCRIBED}),
    job=_table(
        Job,
        Code.JOB_FIELD,
        {
            "description": NATIVE,
            "reads": approximated_rule("An input is the id of an asset.", Code.JOB_VALUE, _reads),
            "writes": approximated_rule("An output is an asset.", Code.JOB_VALUE, _writes),
            "retries": approximated_rule(
                "Only a constant wait means the same in Kestra.", Code.JOB_VALUE, keep_if(retry_of)
            ),
            "timeout": approximated_rule("Kestra counts nanoseconds.", Code.JOB_VALUE, keep_if(duration)),
        },
    ),
    flow=_table(
        Flow,
        Code.FLOW_FIELD,
        {
            "jobs": NATIVE,
            "description": NATIVE,
            "tags": NATIVE,
            "parameters": approximated_rule("An input has a type and a legal name.", Code.FLOW_VALUE, _parameters),
            "concurrency": approximated_rule(
                "A limit is at least one.", Code.FLOW_VALUE, keep_if(lambda limit: limit > 0)
            ),
            "schedules": approximated_rule(
                "Kestra has triggers for cron expressions and its own events.", Code.FLOW_VALUE, _schedules
            ),
        },
    ),
    native_keys={"asset": frozenset({"asset"}), "job": frozenset({"task"}), "flow": frozenset({"flow"})},
    alias=carried_rule("Kestra has no aliases.", Code.ALIAS),
)
