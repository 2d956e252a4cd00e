"""Triggers and flow partitions → Airflow's `schedule`, as forms.

A schedule is None, a cron expression or preset, a time span, assets, an expression of assets, or a timetable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.forms import Form, form
from transload.model.identity import AssetId
from transload.model.partitions import Partitions, RuntimePartitions, TimePartitions
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    Continuous,
    Cron,
    Interval,
    Once,
    Trigger,
    Updated,
    leaves,
)
from transload.partitioning import Sides
from transload.partitioning.cron import is_zone
from transload_airflow.codecs import mappings as mappers
from transload_airflow.codecs import own_timetables
from transload_airflow.codecs.classes import sdk
from transload_airflow.codecs.legal import PRESETS, is_cron, span_of
from transload_airflow.codecs.timetables import CLOSED, DEFAULT_ZONE, KEY_FORMAT, Scheduled, from_schedule

MOST_OPERANDS: Final = 8
"""Longer expressions are written as calls, not with operators."""

_PRESET_OF: Final = {expression: preset for preset, expression in PRESETS.items()}
_TIMES: Final = (Cron, Interval)


Upstream = Mapping[AssetId, Partitions | None]
"""The partitions of the assets that a trigger listens to."""

UNKNOWN: Final[Upstream] = {}


def to_schedule(
    trigger: Trigger | None, partitions: Partitions | None, leaf: Callable[[Trigger], Any], upstream: Upstream = UNKNOWN
) -> Any:
    """The schedule, None where there is none to write. `leaf` gives the expression or object of an asset or an alias."""
    if has_mappings(trigger):
        return _partition_aware(trigger, leaf, lambda asset: Sides(upstream.get(asset), partitions))
    if partitions is not None:
        if trigger is None:
            return form(sdk("PartitionedAtRuntime")) if isinstance(partitions, RuntimePartitions) else None
        if not isinstance(partitions, TimePartitions) or not isinstance(trigger, Cron):
            return None
        return _cron_partitions(trigger, partitions) or _own_ticks(trigger, partitions)
    if isinstance(trigger, (AllOf, AnyOf, Updated, AliasUpdated)):
        return _with_assets(trigger, leaf)
    return _time(trigger)


def has_mappings(trigger: Trigger | None) -> bool:
    """True of a trigger that maps the partitions of an asset to those of the flow."""
    return any(isinstance(part, Updated) and part.mapping is not None for part in leaves(trigger))


def canonical(trigger: Trigger | None, partitions: Partitions | None, upstream: Upstream = UNKNOWN) -> Scheduled:
    """The trigger and partitions that Airflow gives back once they are written to it."""
    written = to_schedule(trigger, partitions, _bare, upstream)
    return from_schedule(written, None, lambda value: value)


def _bare(leaf: Trigger) -> Trigger:
    """Without mapping: the same asset stands for itself in a timetable's table of mappers."""
    return Updated(asset=leaf.asset) if isinstance(leaf, Updated) else leaf


def _time(trigger: Trigger | None) -> Any:
    if isinstance(trigger, Once):
        return "@once"
    if isinstance(trigger, Continuous):
        return "@continuous"
    if isinstance(trigger, Interval):
        return span_of(trigger.seconds)
    return _written_cron(trigger) if isinstance(trigger, Cron) else None


def _written_cron(cron: Cron) -> Any:
    if not is_cron(cron.expression) or not cron.day_or:
        return None
    if cron.timezone is None:
        return _PRESET_OF.get(cron.expression, cron.expression)
    if not is_zone(cron.timezone):
        return None
    return form(sdk("CronTriggerTimetable"), cron.expression, timezone=cron.timezone)


def _as_timetable(time: Trigger) -> Form | None:
    if isinstance(time, Cron):
        written = _written_cron(time.model_copy(update={"timezone": time.timezone or DEFAULT_ZONE}))
        return written if isinstance(written, Form) else None
    span = span_of(time.seconds) if isinstance(time, Interval) else None
    return form(sdk("DeltaTriggerTimetable"), span) if span else None


def _with_assets(trigger: Trigger, leaf: Callable[[Trigger], Any]) -> Any:
    if isinstance(trigger, AllOf) and len(trigger.parts) > 1 and all(map(_is_leaf, trigger.parts)):
        return [leaf(part) for part in trigger.parts]
    parts = trigger.parts if isinstance(trigger, AnyOf) else (trigger,)
    times = [part for part in parts if isinstance(part, _TIMES)]
    if not times:
        written = _written(trigger, leaf)
        return [written] if _is_leaf(trigger) else written
    if len(times) == 1:
        timetable = _as_timetable(times[0])
    else:
        # Airflow has one timetable for several points in time: of cron expressions of one zone.
        crons = [time for time in times if isinstance(time, Cron) and is_cron(time.expression)]
        zones = {time.timezone or DEFAULT_ZONE for time in crons}
        if len(crons) < len(times) or len(zones) > 1 or not all(map(is_zone, zones)):
            return None
        expressions = [time.expression for time in crons]
        timetable = form(sdk("MultipleCronTriggerTimetable"), *expressions, timezone=min(zones))
    rest = tuple(part for part in parts if not isinstance(part, _TIMES))
    if not rest or timetable is None:
        return timetable
    assets = _written(rest[0] if len(rest) == 1 else AnyOf(parts=rest), leaf)
    return assets and form(sdk("AssetOrTimeSchedule"), timetable=timetable, assets=assets)


def _is_leaf(trigger: Trigger) -> bool:
    return isinstance(trigger, (Updated, AliasUpdated))


def _written(trigger: Trigger, leaf: Callable[[Trigger], Any]) -> Any:
    """An expression of assets, None where something in it is none; with operators where these give the same groups."""
    if _is_leaf(trigger):
        return leaf(trigger)
    if not isinstance(trigger, (AllOf, AnyOf)) or not trigger.parts:
        return None
    parts = [_written(part, leaf) for part in trigger.parts]
    if any(part is None for part in parts):
        return None
    if len(parts) == 1:
        return parts[0]
    # An operator adds to a group of its kind on its left, which a call keeps apart.
    if isinstance(trigger.parts[0], type(trigger)) or len(parts) > MOST_OPERANDS:
        return form(sdk("AssetAll" if isinstance(trigger, AllOf) else "AssetAny"), *parts)
    operator, result = "&" if isinstance(trigger, AllOf) else "|", parts[0]
    for part in parts[1:]:
        result = Form(operator, (result, part))
    return result


def _partition_aware(
    trigger: Trigger | None, leaf: Callable[[Trigger], Any], sides: Callable[[AssetId], Sides]
) -> Form | None:
    """For assets that are all updated partition by partition, each through a mapper that Airflow or transload has."""
    if trigger is None:
        return None
    table: dict[Trigger, Form | None] = {}
    for part in leaves(trigger):
        if not isinstance(part, Updated) or part.mapping is None:
            return None
        table[_bare(part)] = mappers.to_form(part.mapping, sides(part.asset))
    assets = _written(trigger, leaf)
    if assets is None or not all(table.values()):
        return None
    distinct = list({repr(mapper): mapper for mapper in table.values()}.values())
    if len(distinct) == 1:
        default = None if distinct[0] == form(sdk("IdentityMapper")) else distinct[0]
        return form(sdk("PartitionedAssetTimetable"), assets=assets, default_partition_mapper=default)
    config = {leaf(asset): mapper for asset, mapper in table.items()}
    return form(sdk("PartitionedAssetTimetable"), assets=assets, partition_mapper_config=config)


def _cron_partitions(trigger: Cron, partitions: TimePartitions) -> Form | None:
    """Airflow's own timetable, for partitions without beginning, end or gaps whose runs start as they end."""
    bare = TimePartitions(**{name: getattr(partitions, name) for name in _BARE})
    written = _as_timetable(trigger)
    if bare != partitions or trigger.expression != partitions.cron or written is None:
        return None
    if written.kwargs["timezone"] != partitions.timezone:
        return None
    return form(
        sdk("CronPartitionTimetable"),
        *written.args,
        **written.kwargs,
        run_offset=(CLOSED if partitions.run_offset is None else partitions.run_offset) or None,
        key_format=None if partitions.format == KEY_FORMAT else partitions.format,
    )


_BARE: Final = ("cron", "timezone", "format", "run_offset")


def _own_ticks(trigger: Cron, partitions: TimePartitions) -> Form | None:
    zone = trigger.timezone or DEFAULT_ZONE
    if not trigger.day_or or own_timetables.refusal(partitions, trigger.expression, zone) is not None:
        return None
    return own_timetables.to_form(
        partitions,
        None if trigger.expression == partitions.cron else trigger.expression,
        None if zone == partitions.timezone else zone,
    )
