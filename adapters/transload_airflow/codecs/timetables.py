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
from transload.partitioning import Sides, cron
from transload_airflow.codecs import mappings as mappers
from transload_airflow.codecs import own_timetables
from transload_airflow.codecs.classes import arguments, kind_of
from transload_airflow.codecs.legal import PRESETS
from transload_airflow.codecs.records import record_of
from transload_airflow.codecs.residue import Words, described

Leaf = Callable[[Any], "Trigger | None"]
"""The update that an asset, a reference or an alias in a schedule stands for; None for anything else."""

DEFAULT_ZONE: Final = "UTC"
CLOSED: Final = -1
"""Airflow's `run_offset` for the window that closes at a tick, which is what no offset means in the model; its own default is 0."""

KEY_FORMAT: Final = TimePartitions(cron="").format
"""The format of Airflow's keys of time windows, unless a timetable has its own."""

_SPELLINGS: Final[Mapping[str, str]] = {**cron.PRESETS, **PRESETS}
_ALL: Final = frozenset({"&", "AssetAll", "DatasetAll"})
_ANY: Final = frozenset({"|", "AssetAny", "DatasetAny"})


class Scheduled(NamedTuple):
    """A schedule in the model's words.

    `native` has the arguments that only Airflow understands, `stated` the definitions that mappers state, by upstream asset.
    """

    trigger: Trigger | None = None
    partitions: Partitions | None = None
    native: Mapping[str, JsonValue] = {}
    stated: Mapping[AssetId, Sides] = {}


def from_schedule(value: Any, zone: str | None, leaf: Leaf) -> Scheduled:
    """The meaning of a schedule. `zone` is the DAG's own time zone, None for the default."""
    if isinstance(value, timedelta):
        return Scheduled(Interval(seconds=value.total_seconds()))
    if value is None or (isinstance(value, str) and value in ("@none", "")):
        return Scheduled()
    if isinstance(value, str):
        return Scheduled(_SINGLE.get(value) or Cron(expression=_SPELLINGS.get(value, value), timezone=zone))
    read = TIMETABLES.get(kind_of(value) or "")
    if read is None:
        return Scheduled(_simplified(_expression(value, leaf)))
    kwargs = arguments(value)
    schedule = read(kwargs, leaf)
    # A reader has taken out what it understands: the rest is Airflow's own.
    rest = {key: described(argument) for key, argument in kwargs.items()}
    return schedule._replace(native={**schedule.native, **rest})


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
    trigger = leaf(value)
    if trigger is not None:
        return trigger
    name = value.name if isinstance(value, Form) else type(value).__name__
    return Opaque(tool="airflow", type=value.text if isinstance(value, Words) else name, detail=described(value))


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


Kwargs = dict[str, Any]
"""Arguments by name; a reader takes out what it understands."""


def _cron(kwargs: Kwargs, _leaf: Leaf) -> Scheduled:
    return Scheduled(_cron_of(kwargs))


def _cron_of(kwargs: Kwargs) -> Cron | Opaque:
    expression, zone = kwargs.pop("expression", None), kwargs.pop("timezone", None)
    if not isinstance(expression, str) or not isinstance(zone, (str, type(None))):
        return Opaque(tool="airflow", type="CronTriggerTimetable", detail=described([expression, zone]))
    return Cron(expression=_SPELLINGS.get(expression, expression), timezone=zone)


def _cron_interval(kwargs: Kwargs, _leaf: Leaf) -> Scheduled:
    return Scheduled(_cron_of(kwargs), native={"timetable": "CronDataIntervalTimetable"})


def _crons(kwargs: Kwargs, _leaf: Leaf) -> Scheduled:
    zone = kwargs.pop("timezone", None)
    parts = tuple(_cron_of({"expression": cron, "timezone": zone}) for cron in kwargs.pop("crons", ()))
    return Scheduled(_simplified(AnyOf(parts=parts)))


def _delta(kwargs: Kwargs, _leaf: Leaf) -> Scheduled:
    delta = kwargs.pop("delta", None)
    if isinstance(delta, timedelta):
        return Scheduled(Interval(seconds=delta.total_seconds()))
    return Scheduled(Opaque(tool="airflow", type="DeltaTriggerTimetable", detail=described(delta)))


def _delta_interval(kwargs: Kwargs, leaf: Leaf) -> Scheduled:
    return _delta(kwargs, leaf)._replace(native={"timetable": "DeltaDataIntervalTimetable"})


def _events(kwargs: Kwargs, _leaf: Leaf) -> Scheduled:
    detail = {key: described(kwargs.pop(key)) for key in list(kwargs)}
    return Scheduled(Opaque(tool="airflow", type="EventsTimetable", detail=detail))


def _assets(kwargs: Kwargs, leaf: Leaf) -> Scheduled:
    return Scheduled(_simplified(_expression(kwargs.pop("assets", ()), leaf)))


def _assets_or_time(kwargs: Kwargs, leaf: Leaf) -> Scheduled:
    """Time first; the alternatives of the assets come after it, one by one."""
    time = from_schedule(kwargs.pop("timetable", None), None, leaf)
    assets = _assets(kwargs, leaf).trigger
    parts = [*_alternatives(time.trigger), *_alternatives(assets)]
    return Scheduled(_simplified(AnyOf(parts=tuple(parts))), native=time.native)


def _alternatives(trigger: Trigger | None) -> tuple[Trigger, ...]:
    return () if trigger is None else trigger.parts if isinstance(trigger, AnyOf) else (trigger,)


def _partitioned(kwargs: Kwargs, leaf: Leaf) -> Scheduled:
    default = kwargs.pop("default_partition_mapper", None)
    fallback = IdentityMapping() if default is None else mappers.from_form(default)
    config = kwargs.pop("partition_mapper_config", None) or ()
    forms: dict[AssetId, Any] = {}
    # Keys that are no text come as a list of pairs.
    for key, mapper in config.items() if isinstance(config, Mapping) else config:
        asset = leaf(key)
        if isinstance(asset, Updated):
            forms[asset.asset] = mapper
    table = {asset: mappers.from_form(mapper) for asset, mapper in forms.items()}
    trigger = _mapped(_assets(kwargs, leaf).trigger, table, fallback)
    by_asset = {asset: mappers.sides_of(forms.get(asset, default)) for asset in updated_assets(trigger)}
    stated = {asset: sides for asset, sides in by_asset.items() if sides is not None}
    return Scheduled(trigger, next((sides.downstream for sides in stated.values()), None), stated=stated)


def _mapped(trigger: Trigger | None, table: Mapping[AssetId, PartitionMapping], fallback: PartitionMapping) -> Any:
    if isinstance(trigger, Updated):
        return trigger.model_copy(update={"mapping": table.get(trigger.asset, fallback)})
    if isinstance(trigger, (AllOf, AnyOf)):
        return type(trigger)(parts=tuple(_mapped(part, table, fallback) for part in trigger.parts))
    return trigger


def _partitioned_cron(kwargs: Kwargs, _leaf: Leaf) -> Scheduled:
    trigger = _cron_of(kwargs)
    offset, key_format = kwargs.pop("run_offset", None), kwargs.pop("key_format", KEY_FORMAT)
    if not isinstance(trigger, Cron) or not isinstance(key_format, str) or not isinstance(offset, (int, type(None))):
        return Scheduled(trigger)
    partitions = TimePartitions(
        cron=trigger.expression,
        timezone=trigger.timezone or DEFAULT_ZONE,
        format=key_format,
        run_offset=None if offset == CLOSED else offset or 0,
    )
    return Scheduled(trigger, partitions)


def _own_ticks(kwargs: Kwargs, _leaf: Leaf) -> Scheduled:
    """Transload's timetable: a run for each window of a definition."""
    partitions, cron, zone = record_of(kwargs.get("partitions")), kwargs.get("cron"), kwargs.get("timezone")
    texts = all(isinstance(text, (str, type(None))) for text in (cron, zone))
    if not isinstance(partitions, TimePartitions) or not texts:
        detail = {key: described(kwargs.pop(key)) for key in list(kwargs)}
        return Scheduled(Opaque(tool="airflow", type=own_timetables.TIMETABLE, detail=detail))
    for key in ("partitions", "cron", "timezone"):
        kwargs.pop(key, None)
    return Scheduled(Cron(expression=cron or partitions.cron, timezone=zone or partitions.timezone), partitions)


TIMETABLES: Final[Mapping[str, Callable[[Kwargs, Leaf], Scheduled]]] = {
    "AssetOrTimeSchedule": _assets_or_time,
    "AssetTriggeredTimetable": _assets,
    "ContinuousTimetable": lambda _kwargs, _leaf: Scheduled(Continuous()),
    "CronDataIntervalTimetable": _cron_interval,
    "CronPartitionTimetable": _partitioned_cron,
    "CronTriggerTimetable": _cron,
    "DatasetOrTimeSchedule": _assets_or_time,
    "DatasetTriggeredTimetable": _assets,
    "DeltaDataIntervalTimetable": _delta_interval,
    "DeltaTriggerTimetable": _delta,
    "EventsTimetable": _events,
    "MultipleCronTriggerTimetable": _crons,
    "NullTimetable": lambda _kwargs, _leaf: Scheduled(),
    "OnceTimetable": lambda _kwargs, _leaf: Scheduled(Once()),
    "PartitionedAssetTimetable": _partitioned,
    own_timetables.TIMETABLE: _own_ticks,
    "PartitionedAtRuntime": lambda _kwargs, _leaf: Scheduled(partitions=RuntimePartitions()),
}
