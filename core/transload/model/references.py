"""Renaming entities: everything that names one follows."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from transload.model.assets import Asset
from transload.model.conditions import AllDeps, AnyDeps, Both, Either, OfAsset, Predicate
from transload.model.dataflow import Computed, ListOf, ResultOf, ValueSource, jobs_of
from transload.model.graph import AssetGraph, unchecked
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.triggers import AllOf, AnyOf, AtLeast, Condition, InOrder, Trigger, Updated


class Renames(NamedTuple):
    """New names by old ones."""

    assets: Mapping[AssetId, AssetId] = {}
    jobs: Mapping[str, str] = {}
    flows: Mapping[str, str] = {}


def renamed(graph: AssetGraph, renames: Renames) -> AssetGraph:
    """The graph with other names, unchecked: two entities given one name are both still there."""
    if not any(renames):
        return graph
    return unchecked(
        assets=(_asset(asset, renames) for asset in graph.assets),
        jobs=(_job(job, renames) for job in graph.jobs),
        flows=(_flow(flow, renames) for flow in graph.flows),
        aliases=graph.aliases,
    )


def renamed_trigger(trigger: Trigger | None, names: Mapping[AssetId, AssetId]) -> Trigger | None:
    """The trigger with other assets."""
    if isinstance(trigger, Updated):
        return _changed(trigger, asset=names.get(trigger.asset, trigger.asset))  # type: ignore[no-any-return]
    if isinstance(trigger, (AllOf, AnyOf, AtLeast, InOrder)):
        parts = tuple(renamed_trigger(part, names) for part in trigger.parts)
        return _changed(trigger, parts=parts)  # type: ignore[no-any-return]
    if isinstance(trigger, Condition) and trigger.predicate is not None:
        return _changed(trigger, predicate=_predicate(trigger.predicate, names))  # type: ignore[no-any-return]
    return trigger


def without_jobs(job: Job, absent: Container[str]) -> Job:
    """The job without what it says of jobs that are not there: the order after them, arguments from them, a condition on them."""
    arguments = (item for item in job.arguments if not any(name in absent for name in jobs_of(item.source)))
    gone = job.runs_if is not None and job.runs_if.job in absent
    return _changed(  # type: ignore[no-any-return]
        job,
        after=tuple(name for name in job.after if name not in absent),
        arguments=tuple(arguments),
        runs_if=None if gone else job.runs_if,
    )


def _predicate(predicate: Predicate, names: Mapping[AssetId, AssetId]) -> Predicate:
    fields: dict[str, Any] = {
        name: _predicate(getattr(predicate, name), names) for name in ("part", "reset") if hasattr(predicate, name)
    }
    if isinstance(predicate, (Both, Either)):
        fields["parts"] = tuple(_predicate(part, names) for part in predicate.parts)
    if isinstance(predicate, OfAsset):
        fields["asset"] = names.get(predicate.asset, predicate.asset)
    if isinstance(predicate, (AnyDeps, AllDeps)):
        fields.update(only=_ids(predicate.only, names), ignored=_ids(predicate.ignored, names))
    return _changed(predicate, **fields)  # type: ignore[no-any-return]


def _changed(record: Any, **fields: Any) -> Any:
    new = {name: value for name, value in fields.items() if getattr(record, name) != value}
    return record.model_copy(update=new) if new else record


def _ids(assets: tuple[AssetId, ...] | None, names: Mapping[AssetId, AssetId]) -> tuple[AssetId, ...] | None:
    return None if assets is None else tuple(names.get(asset, asset) for asset in assets)


def _asset(asset: Asset, renames: Renames) -> Asset:
    names = renames.assets
    return _changed(  # type: ignore[no-any-return]
        asset,
        id=names.get(asset.id, asset.id),
        trigger=renamed_trigger(asset.trigger, names),
        checks=tuple(_changed(check, reads=_ids(check.reads, names)) for check in asset.checks),
        column_lineage={
            column: tuple(_changed(source, asset=names.get(source.asset, source.asset)) for source in sources)
            for column, sources in asset.column_lineage.items()
        },
    )


def _job(job: Job, renames: Renames) -> Job:
    return _changed(  # type: ignore[no-any-return]
        job,
        name=renames.jobs.get(job.name, job.name),
        reads=tuple(_read(read, renames.assets) for read in job.reads),
        writes=tuple(_write(write, renames.assets) for write in job.writes),
        after=tuple(renames.jobs.get(name, name) for name in job.after),
        arguments=tuple(
            _changed(argument, source=_source(argument.source, renames.jobs)) for argument in job.arguments
        ),
        runs_if=job.runs_if and _changed(job.runs_if, job=renames.jobs.get(job.runs_if.job, job.runs_if.job)),
        starts=job.starts and _changed(job.starts, flow=renames.flows.get(job.starts.flow, job.starts.flow)),
    )


def _source(source: ValueSource, names: Mapping[str, str]) -> ValueSource:
    """The same value, with other names of the jobs that it is made of."""
    if isinstance(source, ResultOf):
        return _changed(source, job=names.get(source.job, source.job))  # type: ignore[no-any-return]
    if isinstance(source, Computed):
        return _changed(source, uses=tuple(names.get(name, name) for name in source.uses))  # type: ignore[no-any-return]
    if isinstance(source, ListOf):
        return _changed(source, items=tuple(_source(item, names) for item in source.items))  # type: ignore[no-any-return]
    return source


def _read(read: Read, names: Mapping[AssetId, AssetId]) -> Read:
    return _changed(read, asset=names.get(read.asset, read.asset))  # type: ignore[no-any-return]


def _write(write: Write, names: Mapping[AssetId, AssetId]) -> Write:
    return _changed(write, asset=names.get(write.asset, write.asset), reads=_ids(write.reads, names))  # type: ignore[no-any-return]


def _flow(flow: Flow, renames: Renames) -> Flow:
    return _changed(  # type: ignore[no-any-return]
        flow,
        name=renames.flows.get(flow.name, flow.name),
        jobs=tuple(renames.jobs.get(name, name) for name in flow.jobs),
        schedules=tuple(_schedule(schedule, renames.assets) for schedule in flow.schedules),
    )


def _schedule(schedule: Schedule, names: Mapping[AssetId, AssetId]) -> Schedule:
    return _changed(schedule, trigger=renamed_trigger(schedule.trigger, names))  # type: ignore[no-any-return]
