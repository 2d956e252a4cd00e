"""Airflow's `schedule` → triggers and flow partitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload.forms import Form
from transload.model.identity import AssetId
from transload.model.partitions import IdentityMapping, PartitionMapping, Partitions, RuntimePartitions, TimePartitions
from transload.model.triggers import (
    AllOf,
    AnyOf,
    Continuous,
    Cron,
    Interval,
    Once,
    Opaque,
    Trigger,
    Updated,
    updated_assets,
)
from transload.partitioning import Sides
from transload_airflow.codecs import mappings as mappers
from transload_airflow.codecs import own_timetables
from transload_airflow.codecs.classes import arguments, kind_of
from transload_airflow.codecs.legal import PRESETS
from transload_airflow.codecs.records import record_of
from transload_airflow.codecs.residue import Words, described

Leaf = Callable[[Any], "Trigger | None"]
"""What a reader knows of an asset, a reference or an alias in a schedule."""

DEFAULT_ZONE: Final = "UTC"
CLOSED: Final = -1
"""Airflow's `run_offset` for the window that closes at a tick, which is what no offset means in the model; its own default is 0."""

KEY_FORMAT: Final = TimePartitions(cron="").format
"""How Airflow spells a key of a time window unless told otherwise."""

_SPELLINGS: Final[Mapping[str, str]] = {**PRESETS, "@midnight": "0 0 * * *", "@annually": "0 0 1 1 *"}
_ALL: Final = frozenset({"&", "AssetAll", "DatasetAll"})
_ANY: Final = frozenset({"|", "AssetAny", "DatasetAny"})


class Scheduled(NamedTuple):
    """What a schedule says; `native` holds the arguments that only Airflow understands, `stated` what mappers say of partitions."""

    trigger: Trigger | None = None
    partitions: Partitions | None = None
    native: Mapping[str, JsonValue] = {}
    stated: Mapping[AssetId, Sides] = {}


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
    if isinstance(value, Words):
        return value.text
    return value.name if isinstance(value, Form) else type(value).__name__


def _operands(value: Form, group: type[AllOf | AnyOf], leaf: Leaf) -> tuple[Trigger, ...]:
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
    forms = {asset: mapper for key, mapper in pairs for asset in _asset_of(leaf(key))}
    table = {asset: mappers.from_form(mapper) for asset, mapper in forms.items()}
    trigger = _mapped(_assets(given, leaf).trigger, table, fallback)
    sides = {asset: mappers.sides_of(forms.get(asset, default)) for asset in updated_assets(trigger)}
    stated = {asset: each for asset, each in sides.items() if each is not None}
    return Scheduled(trigger, next((each.downstream for each in stated.values()), None), stated=stated)


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
    offset, key_format = given.pop("run_offset", None), given.pop("key_format", KEY_FORMAT)
    if not isinstance(trigger, Cron) or not isinstance(key_format, str) or not isinstance(offset, (int, type(None))):
        return Scheduled(trigger)
    partitions = TimePartitions(
        cron=trigger.expression,
        timezone=trigger.timezone or DEFAULT_ZONE,
        format=key_format,
        run_offset=None if offset == CLOSED else offset or 0,
    )
    return Scheduled(trigger, partitions)


def _own_ticks(given: Given, _leaf: Leaf) -> Scheduled:
    """Transload's timetable: a run for each window of a definition."""
    partitions, cron, zone = record_of(given.get("partitions")), given.get("cron"), given.get("timezone")
    texts = all(isinstance(each, (str, type(None))) for each in (cron, zone))
    if not isinstance(partitions, TimePartitions) or not texts:
        detail = {key: described(given.pop(key)) for key in list(given)}
        return Scheduled(Opaque(tool="airflow", type=own_timetables.TIMETABLE, detail=detail))
    for key in ("partitions", "cron", "timezone"):
        given.pop(key, None)
    return Scheduled(Cron(expression=cron or partitions.cron, timezone=zone or partitions.timezone), partitions)


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
    own_timetables.TIMETABLE: _own_ticks,
    "PartitionedAtRuntime": lambda _given, _leaf: Scheduled(partitions=RuntimePartitions()),
}
