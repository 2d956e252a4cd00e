"""Airflow's own classes by their short names: where to import them, and the parameters that may be given by position."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from transload.forms import Form

SDK: Final = "airflow.sdk"
"""Where Airflow 3.1 and later has its authoring interface."""

_MAPPERS: Final = "mappers"
_TIME: Final = ("expression", "timezone")

POSITIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "AllowedKeyMapper": ("allowed_keys",),
    "Asset": ("name", "uri"),
    "AssetAlias": ("name", "group"),
    "AssetAll": ("*objects",),
    "AssetAny": ("*objects",),
    "AssetNameRef": ("name",),
    "AssetUriRef": ("uri",),
    "AssetTriggeredTimetable": ("assets",),
    "AssetWatcher": ("name", "trigger"),
    "ChainMapper": (f"*{_MAPPERS}",),
    "CronDataIntervalTimetable": _TIME,
    "CronPartitionTimetable": _TIME,
    "CronTriggerTimetable": _TIME,
    "Dataset": ("uri", "extra"),
    "DatasetAlias": ("name",),
    "DatasetAll": ("*objects",),
    "DatasetAny": ("*objects",),
    "DeltaDataIntervalTimetable": ("delta",),
    "DeltaTriggerTimetable": ("delta",),
    "EventsTimetable": ("event_dates",),
    "FixedKeyMapper": ("downstream_key",),
    "MinimumCount": ("n",),
    "Model": ("name", "uri"),
    "MultipleCronTriggerTimetable": ("*crons",),
    "Param": ("default", "description"),
    "PartitionedAssetTimetable": ("assets", "partition_mapper_config", "default_partition_mapper"),
    "ProductMapper": (f"*{_MAPPERS}",),
    "SegmentWindow": ("segments",),
    "transload_airflow.running.mappers.PartitionsMapper": ("mapping",),
    "transload_airflow.running.timetables.PartitionsTimetable": ("partitions",),
}

_RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "CronDataIntervalTimetable": {"cron": "expression"},
    "CronPartitionTimetable": {"cron": "expression"},
    "CronTriggerTimetable": {"cron": "expression"},
    "DatasetOrTimeSchedule": {"datasets": "assets"},
}
"""Keywords that another version of Airflow names otherwise."""


HOMES: Final[Mapping[str, str]] = {
    "AssetOrTimeSchedule": "airflow.timetables.assets",
    "CronTriggerTimetable": "airflow.timetables.trigger",
    "DeltaTriggerTimetable": "airflow.timetables.trigger",
    "MultipleCronTriggerTimetable": "airflow.timetables.trigger",
}
"""Where Airflow 3.1 to 3.3 all have these; `airflow.sdk` has them since 3.2 only."""


def sdk(short: str) -> str:
    """The qualified name of a class that generated code imports."""
    return f"{HOMES.get(short, SDK)}.{short}"


def short(name: str) -> str | None:
    """The last part of a name of Airflow's own, None for any other name."""
    return name.rpartition(".")[2] if name.startswith("airflow.") else None


def kind_of(value: Any) -> str | None:
    """The short name of the class of Airflow's that a form makes an object of, or an operator; None for no form."""
    if not isinstance(value, Form):
        return None
    return short(value.name) if "." in value.name and value.name not in POSITIONAL else value.name


def arguments(form: Form) -> dict[str, Any]:
    """The arguments by name; positional ones take the names of `POSITIONAL`, and any more are named "*1" and so on."""
    kind = kind_of(form) or ""
    names = POSITIONAL.get(kind, ())
    renamed = _RENAMED.get(kind, {})
    kwargs = {renamed.get(key, key): value for key, value in form.kwargs.items()}
    if names and names[0].startswith("*"):
        return {names[0][1:]: tuple(form.args), **kwargs}
    extra = {f"*{number}": value for number, value in enumerate(form.args[len(names) :], 1)}
    return {**dict(zip(names, form.args, strict=False)), **extra, **kwargs}
