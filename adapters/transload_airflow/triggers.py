"""Triggers and flow partitions ↔ Airflow's `schedule`, as forms.

A schedule is None, a cron expression or preset, a time span, assets, an expression of assets, or a timetable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload.forms import Form, form
from transload.model.identity import AssetId
from transload.model.partitions import IdentityMapping, PartitionMapping, Partitions, RuntimePartitions, TimePartitions
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    Continuous,
    Cron,
    Interval,
    Once,
    Opaque,
    Trigger,
    Updated,
    leaves,
)
from transload_airflow import partitions as mappers
from transload_airflow.classes import arguments, kind_of, sdk
from transload_airflow.legal import PRESETS, is_cron, is_zone, span_of
from transload_airflow.residue import described

Leaf = Callable[[Any], "Trigger | None"]
"""What a reader knows of an asset, a reference or an alias in a schedule."""

MOST_OPERANDS: Final = 8
"""Longer expressions are written as calls, not with operators."""

_DEFAULT_ZONE: Final = "UTC"
_CLOSED: Final = -1
"""Airflow's `run_offset` for the window that closes at a tick, which is what no offset means in the model; its own default is 0."""

_SPELLINGS: Final[Mapping[str, str]] = {**PRESETS, "@midnight": "0 0 * * *", "@annually": "0 0 1 1 *"}
_PRESET_OF: Final = {expression: preset for preset, expression in PRESETS.items()}
_ALL: Final = frozenset({"&", "AssetAll", "DatasetAll"})
_ANY: Final = frozenset({"|", "AssetAny", "DatasetAny"})
_TIMES: Final = (Cron, Interval)


class Scheduled(NamedTuple):
    """What a schedule says; `native` holds the arguments that only Airflow understands."""

    trigger: Trigger | None = None
    partitions: Partitions | None = None
    native: Mapping[str, JsonValue] = {}


def from_schedule(value: Any, zone: str | None, leaf: Leaf) -> Scheduled:
    """What a schedule says. `zone` is the DAG's own time zone, None for the default."""
    if value is None or isinstance(value, (str, timedelta)):
        return Scheduled(_plain(value, zone))
    read = TIMETABLES.get(kind_of(value) or "")
    if read is not None:
        given = arguments(value)
        found = read(given, leaf)
        return found._replace(native={**found.native, **{key: described(rest) for key, rest in given.items()}})
    return Scheduled(_simplified(_expression(value, leaf)))


def to_schedule(trigger: Trigger | None, partitions: Partitions | None, leaf: Callable[[Trigger], Any]) -> Any:
    """The schedule, None where there is none to write. `leaf` gives what stands for an asset or an alias."""
    if partitions is not None:
        return _partitioned_by_time(trigger, partitions)
    if any(isinstance(part, Updated) and part.mapping is not None for part in leaves(trigger)):
        return _partition_aware(trigger, leaf)
    if isinstance(trigger, (AllOf, AnyOf, Updated, AliasUpdated)):
        return _with_assets(trigger, leaf)
    return _time(trigger)


def canonical(trigger: Trigger | None, partitions: Partitions | None) -> Scheduled:
    """What Airflow gives back of a trigger and partitions that are written to it."""
    written = to_schedule(trigger, partitions, _bare)
    return from_schedule(written, None, lambda value: value)


def _bare(leaf: Trigger) -> Trigger:
    return Updated(asset=leaf.asset) if isinstance(leaf, Updated) else leaf


def _plain(value: str | timedelta | None, zone: str | None) -> Trigger | None:
    if isinstance(value, timedelta):
        return Interval(seconds=value.total_seconds())
    if value in (None, "@none", ""):
        return None
    if value in _SINGLE:
        return _SINGLE[value]
    return Cron(expression=_SPELLINGS.get(value, value), timezone=zone)


_SINGLE: Final[Mapping[str, Trigger]] = {"@once": Once(), "@continuous": Continuous()}


def _expression(value: Any, leaf: Leaf) -> Trigger | None:
    """The trigger of an asset expression, with the groups that Airflow makes."""
    kind = kind_of(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return AllOf(parts=_parts(value, leaf))
    if kind in _ALL:
        return AllOf(parts=_operands(value, AllOf, leaf))
    if kind in _ANY:
        return AnyOf(parts=_operands(value, AnyOf, leaf))
    found = leaf(value)
    return found if found is not None else Opaque(tool="airflow", type=_name(value), detail=described(value))


def _name(value: Any) -> str:
    return value.name if isinstance(value, Form) else type(value).__name__


def _operands(value: Form, group: type[AllOf] | type[AnyOf], leaf: Leaf) -> tuple[Trigger, ...]:
    """An operator adds to the group on its left; a call does not."""
    parts = _parts((*value.args, *value.kwargs.values()), leaf)
    if value.name in ("&", "|") and isinstance(parts[0], group):
        return (*parts[0].parts, *parts[1:])
    return parts


def _parts(values: Iterable[Any], leaf: Leaf) -> tuple[Trigger, ...]:
    return tuple(part for part in (_expression(value, leaf) for value in values) if part is not None)


def _simplified(trigger: Trigger | None) -> Trigger | None:
    """Without groups of one."""
    if not isinstance(trigger, (AllOf, AnyOf)):
        return trigger
    parts = tuple(part for part in map(_simplified, trigger.parts) if part is not None)
    return parts[0] if len(parts) == 1 else type(trigger)(parts=parts) if parts else None


Given = dict[str, Any]
"""Arguments by name; a reader takes out what it understands."""


def _cron(given: Given, _leaf: Leaf) -> Scheduled:
    return Scheduled(_cron_of(given))


def _cron_of(given: Given) -> Cron | Opaque:
    expression, zone = given.pop("expression", None), given.pop("timezone", None)
    if not isinstance(expression, str) or not isinstance(zone, (str, type(None))):
        return Opaque(tool="airflow", type="CronTriggerTimetable", detail=described([expression, zone]))
    return Cron(expression=_SPELLINGS.get(expression, expression), timezone=zone)


def _cron_interval(given: Given, _leaf: Leaf) -> Scheduled:
    return Scheduled(_cron_of(given), native={"timetable": "CronDataIntervalTimetable"})


def _crons(given: Given, _leaf: Leaf) -> Scheduled:
    zone = given.pop("timezone", None)
    parts = tuple(_cron_of({"expression": each, "timezone": zone}) for each in given.pop("crons", ()))
    return Scheduled(_simplified(AnyOf(parts=parts)))


def _delta(given: Given, _leaf: Leaf) -> Scheduled:
    delta = given.pop("delta", None)
    if isinstance(delta, timedelta):
        return Scheduled(Interval(seconds=delta.total_seconds()))
    return Scheduled(Opaque(tool="airflow", type="DeltaTriggerTimetable", detail=described(delta)))


def _delta_interval(given: Given, leaf: Leaf) -> Scheduled:
    return _delta(given, leaf)._replace(native={"timetable": "DeltaDataIntervalTimetable"})


def _events(given: Given, _leaf: Leaf) -> Scheduled:
    detail = {key: described(given.pop(key)) for key in list(given)}
    return Scheduled(Opaque(tool="airflow", type="EventsTimetable", detail=detail))


def _assets(given: Given, leaf: Leaf) -> Scheduled:
    return Scheduled(_simplified(_expression(given.pop("assets", ()), leaf)))


def _assets_or_time(given: Given, leaf: Leaf) -> Scheduled:
    """Time first; the alternatives of the assets come after it, one by one."""
    time = from_schedule(given.pop("timetable", None), None, leaf)
    assets = _assets(given, leaf).trigger
    parts = [*_alternatives(time.trigger), *_alternatives(assets)]
    return Scheduled(_simplified(AnyOf(parts=tuple(parts))), native=time.native)


def _alternatives(trigger: Trigger | None) -> tuple[Trigger, ...]:
    return () if trigger is None else trigger.parts if isinstance(trigger, AnyOf) else (trigger,)


def _partitioned(given: Given, leaf: Leaf) -> Scheduled:
    default = given.pop("default_partition_mapper", None)
    fallback = IdentityMapping() if default is None else mappers.from_form(default)
    config = given.pop("partition_mapper_config", None) or ()
    pairs = config.items() if isinstance(config, Mapping) else config
    table = {asset: mappers.from_form(mapper) for key, mapper in pairs for asset in _asset_of(leaf(key))}
    return Scheduled(_mapped(_assets(given, leaf).trigger, table, fallback))


def _asset_of(trigger: Trigger | None) -> tuple[AssetId, ...]:
    return (trigger.asset,) if isinstance(trigger, Updated) else ()


def _mapped(trigger: Trigger | None, table: Mapping[AssetId, PartitionMapping], fallback: PartitionMapping) -> Any:
    if isinstance(trigger, Updated):
        return trigger.model_copy(update={"mapping": table.get(trigger.asset, fallback)})
    if isinstance(trigger, (AllOf, AnyOf)):
        return type(trigger)(parts=tuple(_mapped(part, table, fallback) for part in trigger.parts))
    return trigger


def _partitioned_cron(given: Given, _leaf: Leaf) -> Scheduled:
    trigger = _cron_of(given)
    offset, key_format = given.pop("run_offset", None), given.pop("key_format", TimePartitions(cron="").format)
    if not isinstance(trigger, Cron) or not isinstance(key_format, str) or not isinstance(offset, (int, type(None))):
        return Scheduled(trigger)
    partitions = TimePartitions(
        cron=trigger.expression,
        timezone=trigger.timezone or _DEFAULT_ZONE,
        format=key_format,
        run_offset=None if offset == _CLOSED else offset or 0,
    )
    return Scheduled(trigger, partitions)


TIMETABLES: Final[Mapping[str, Callable[[Given, Leaf], Scheduled]]] = {
    "AssetOrTimeSchedule": _assets_or_time,
    "AssetTriggeredTimetable": _assets,
    "ContinuousTimetable": lambda _given, _leaf: Scheduled(Continuous()),
    "CronDataIntervalTimetable": _cron_interval,
    "CronPartitionTimetable": _partitioned_cron,
    "CronTriggerTimetable": _cron,
    "DatasetOrTimeSchedule": _assets_or_time,
    "DatasetTriggeredTimetable": _assets,
    "DeltaDataIntervalTimetable": _delta_interval,
    "DeltaTriggerTimetable": _delta,
    "EventsTimetable": _events,
    "MultipleCronTriggerTimetable": _crons,
    "NullTimetable": lambda _given, _leaf: Scheduled(),
    "OnceTimetable": lambda _given, _leaf: Scheduled(Once()),
    "PartitionedAssetTimetable": _partitioned,
    "PartitionedAtRuntime": lambda _given, _leaf: Scheduled(partitions=RuntimePartitions()),
}


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


def _timetable(times: tuple[Trigger, ...]) -> Form | None:
    """One timetable for several points in time; Airflow has one for cron expressions of one zone only."""
    if len(times) == 1:
        return _as_timetable(times[0])
    crons = [time for time in times if isinstance(time, Cron) and is_cron(time.expression)]
    zones = {time.timezone or _DEFAULT_ZONE for time in crons}
    if len(crons) < len(times) or len(zones) > 1 or not all(map(is_zone, zones)):
        return None
    return form(sdk("MultipleCronTriggerTimetable"), *(time.expression for time in crons), timezone=min(zones))


def _as_timetable(time: Trigger) -> Form | None:
    if isinstance(time, Cron):
        written = _written_cron(time.model_copy(update={"timezone": time.timezone or _DEFAULT_ZONE}))
        return written if isinstance(written, Form) else None
    span = span_of(time.seconds) if isinstance(time, Interval) else None
    return form(sdk("DeltaTriggerTimetable"), span) if span else None


def _with_assets(trigger: Trigger, leaf: Callable[[Trigger], Any]) -> Any:
    if isinstance(trigger, AllOf) and len(trigger.parts) > 1 and all(map(_is_leaf, trigger.parts)):
        return [leaf(part) for part in trigger.parts]
    parts = trigger.parts if isinstance(trigger, AnyOf) else (trigger,)
    times = tuple(part for part in parts if isinstance(part, _TIMES))
    if not times:
        written = _written(trigger, leaf)
        return [written] if _is_leaf(trigger) else written
    timetable = _timetable(times)
    rest = tuple(part for part in parts if not isinstance(part, _TIMES))
    if not rest or timetable is None:
        return timetable
    assets = _written(rest[0] if len(rest) == 1 else AnyOf(parts=rest), leaf)
    return assets and form(sdk("AssetOrTimeSchedule"), timetable=timetable, assets=assets)


def _is_leaf(trigger: Trigger) -> bool:
    return isinstance(trigger, (Updated, AliasUpdated))


def _written(trigger: Trigger, leaf: Callable[[Trigger], Any]) -> Any:
    """An expression of assets, None where something in it is none."""
    if _is_leaf(trigger):
        return leaf(trigger)
    if not isinstance(trigger, (AllOf, AnyOf)) or not trigger.parts:
        return None
    parts = [_written(part, leaf) for part in trigger.parts]
    return None if any(part is None for part in parts) else _combined(trigger, parts)


def _combined(trigger: AllOf | AnyOf, parts: list[Any]) -> Any:
    """With operators where these give the same groups."""
    if len(parts) == 1:
        return parts[0]
    flattens = isinstance(trigger.parts[0], type(trigger))
    if flattens or len(parts) > MOST_OPERANDS:
        return form(sdk("AssetAll" if isinstance(trigger, AllOf) else "AssetAny"), *parts)
    operator, result = "&" if isinstance(trigger, AllOf) else "|", parts[0]
    for part in parts[1:]:
        result = Form(operator, (result, part))
    return result


def _partition_aware(trigger: Trigger | None, leaf: Callable[[Trigger], Any]) -> Form | None:
    """For assets that are all updated partition by partition, each through a mapper that Airflow has."""
    found = list(leaves(trigger))
    if trigger is None or not all(isinstance(each, Updated) and each.mapping is not None for each in found):
        return None
    table = {_bare(each): mappers.to_form(each.mapping) for each in found if isinstance(each, Updated) and each.mapping is not None}
    assets = _written(trigger, leaf)
    if assets is None or not all(table.values()):
        return None
    distinct = list({repr(mapper): mapper for mapper in table.values()}.values())
    if len(distinct) == 1:
        default = None if distinct[0] == form(sdk("IdentityMapper")) else distinct[0]
        return form(sdk("PartitionedAssetTimetable"), assets=assets, default_partition_mapper=default)
    config = {leaf(each): mapper for each, mapper in table.items()}
    return form(sdk("PartitionedAssetTimetable"), assets=assets, partition_mapper_config=config)


def _partitioned_by_time(trigger: Trigger | None, partitions: Partitions) -> Form | None:
    if trigger is None:
        return form(sdk("PartitionedAtRuntime")) if isinstance(partitions, RuntimePartitions) else None
    if not isinstance(partitions, TimePartitions) or not isinstance(trigger, Cron) or trigger.expression != partitions.cron:
        return None
    written = _as_timetable(trigger)
    if written is None or written.kwargs["timezone"] != partitions.timezone:
        return None
    return form(
        sdk("CronPartitionTimetable"),
        *written.args,
        **written.kwargs,
        run_offset=(_CLOSED if partitions.run_offset is None else partitions.run_offset) or None,
        key_format=None if partitions.format == TimePartitions(cron="").format else partitions.format,
    )
