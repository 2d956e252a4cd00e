"""Partition definitions and mappings ↔ Dagster's classes, as forms (1.12 to 1.13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from transload.forms import Form, form
from transload.model.partitions import (
    DynamicPartitions,
    MultiPartitions,
    Partitions,
    RuntimePartitions,
    StaticPartitions,
    TimePartitions,
)
from transload.partitioning.cron import PRESETS, is_zone
from transload_dagster.codecs import legal

SEPARATOR: Final = "|"
_FORBIDDEN: Final = "|,[]"
"""Characters that the keys of a dimension may not hold."""

_FORMATS: Final = ("%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%dT%H", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
"""Formats in the place of one that cannot be read back: the first of them that tells the windows apart is taken."""


class TimeClass(NamedTuple):
    """One of Dagster's classes for common cron expressions: its offsets are the numbers in `cron`, with these defaults."""

    name: str
    cron: str
    offsets: Mapping[str, int]
    format: str


TIME_CLASSES: Final = (
    TimeClass("dagster.HourlyPartitionsDefinition", "{minute_offset} * * * *", {"minute_offset": 0}, "%Y-%m-%d-%H:%M"),
    TimeClass(
        "dagster.DailyPartitionsDefinition",
        "{minute_offset} {hour_offset} * * *",
        {"minute_offset": 0, "hour_offset": 0},
        "%Y-%m-%d",
    ),
    TimeClass(
        "dagster.WeeklyPartitionsDefinition",
        "{minute_offset} {hour_offset} * * {day_offset}",
        {"minute_offset": 0, "hour_offset": 0, "day_offset": 0},
        "%Y-%m-%d",
    ),
    TimeClass(
        "dagster.MonthlyPartitionsDefinition",
        "{minute_offset} {hour_offset} {day_offset} * *",
        {"minute_offset": 0, "hour_offset": 0, "day_offset": 1},
        "%Y-%m-%d",
    ),
)
_TIME_WINDOW: Final = "dagster.TimeWindowPartitionsDefinition"

PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "dagster.HourlyPartitionsDefinition": ("start", "end", "minute_offset", "timezone", "fmt", "end_offset", "exclusions"),
    "dagster.DailyPartitionsDefinition": ("start", "end", "minute_offset", "hour_offset", "timezone", "fmt", "end_offset", "exclusions"),
    "dagster.WeeklyPartitionsDefinition": (
        "start", "end", "minute_offset", "hour_offset", "day_offset", "timezone", "fmt", "end_offset", "exclusions",
    ),
    "dagster.MonthlyPartitionsDefinition": (
        "start", "end", "minute_offset", "hour_offset", "day_offset", "timezone", "fmt", "end_offset", "exclusions",
    ),
    _TIME_WINDOW: (
        "start", "fmt", "end", "schedule_type", "timezone", "end_offset", "minute_offset", "hour_offset", "day_offset",
        "cron_schedule", "exclusions",
    ),
    "dagster.StaticPartitionsDefinition": ("partition_keys",),
    "dagster.DynamicPartitionsDefinition": ("partition_fn", "name"),
    "dagster.MultiPartitionsDefinition": ("partitions_defs",),
    "dagster.IdentityPartitionMapping": (),
    "dagster.AllPartitionMapping": (),
    "dagster.LastPartitionMapping": (),
    "dagster.SpecificPartitionsPartitionMapping": ("partition_keys",),
    "dagster.StaticPartitionMapping": ("downstream_partition_keys_by_upstream_partition_key",),
    "dagster.TimeWindowPartitionMapping": ("start_offset", "end_offset", "allow_nonexistent_upstream_partitions"),
    "dagster.MultiToSingleDimensionPartitionMapping": ("partition_dimension_name",),
    "dagster.MultiPartitionMapping": ("downstream_mappings_by_upstream_dimension",),
    "dagster.DimensionPartitionMapping": ("dimension_name", "partition_mapping"),
}  # fmt: skip
"""Parameters in order, as Dagster's signatures have them; `start_date` and `end_date` are `start` and `end` here."""

_SAME: Final = {"start_date": "start", "end_date": "end"}

_SCHEDULE_TYPES: Final = {
    "HOURLY": TIME_CLASSES[0],
    "DAILY": TIME_CLASSES[1],
    "WEEKLY": TIME_CLASSES[2],
    "MONTHLY": TIME_CLASSES[3],
}


def bound(value: Form) -> dict[str, Any] | None:
    """The arguments of a form by name; None if there is one that its signature lacks."""
    parameters = PARAMETERS.get(value.name)
    if parameters is None or len(value.args) > len(parameters):
        return None
    named = {_SAME.get(name, name): argument for name, argument in value.kwargs.items()}
    positional = dict(zip(parameters, value.args, strict=False))
    known = set(named) <= set(parameters) and not set(named) & set(positional)
    return {**positional, **named} if known else None


def expressible(partitions: Partitions) -> Partitions | None:
    """The part of a definition that Dagster holds, None if nothing."""
    return _EXPRESSIBLE.get(type(partitions), lambda _: None)(partitions)


def _expressible_time(partitions: TimePartitions) -> TimePartitions | None:
    zone = partitions.timezone
    if not legal.cron(partitions.cron) or not is_zone(zone):
        return None
    if partitions.start is None or legal.local_time(partitions.start, zone) is None:
        return None
    end = partitions.end if partitions.end is not None and legal.local_time(partitions.end, zone) else None
    exclusions = tuple(text for text in partitions.exclusions if legal.cron(text) or legal.local_time(text, zone))
    formats = (partitions.format, *_FORMATS)
    fit = next((text for text in formats if _is_distinct(partitions, text) and _is_readable(text)), _FORMATS[-1])
    return partitions.model_copy(update={"end": end, "exclusions": exclusions, "format": fit, "run_offset": None})


def _is_distinct(partitions: TimePartitions, text: str) -> bool:
    """True for a format that tells two windows apart: it has every part of a time that the cron expression lets vary."""
    # Padded, since presets that are not in the table have one field.
    minute, hour, day, month, weekday = (PRESETS.get(partitions.cron, partitions.cron).split(" ") + ["*"] * 4)[:5]
    daily = not day.isdecimal() or weekday != "*"
    needed = {"%Y"} | ({"%d"} if daily else set()) | ({"%m"} if daily or not month.isdecimal() else set())
    needed |= {mark for field, mark in ((minute, "%M"), (hour, "%H")) if not field.isdecimal()}
    return all(mark in text for mark in needed)


def _is_readable(text: str) -> bool:
    """True for a format whose keys Dagster can read back."""
    # Any time will do whose parts all differ, with an offset for `%z`.
    moment = datetime(2024, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    try:
        datetime.strptime(moment.strftime(text), text)  # noqa: DTZ007 - the format itself may have an offset
    except (ValueError, UnicodeError, re.error):
        return False
    return text.isascii() and text.isprintable()


def _expressible_static(partitions: StaticPartitions) -> StaticPartitions | None:
    return partitions if legal.partition_keys(partitions.keys) else None


def _expressible_multi(partitions: MultiPartitions) -> MultiPartitions | None:
    """Two dimensions, in the order of their names."""
    native = {name: expressible_dimension(dimension) for name, dimension in partitions.dimensions.items()}
    dimensions = {name: dimension for name, dimension in native.items() if dimension is not None}
    if len(partitions.dimensions) != 2 or len(dimensions) != 2:  # noqa: PLR2004 - as many as Dagster has
        return None
    return MultiPartitions(dimensions={name: dimensions[name] for name in sorted(dimensions)}, delimiter=SEPARATOR)


def expressible_dimension(partitions: Partitions) -> Partitions | None:
    """The part of a definition that Dagster holds as one of two dimensions, None if nothing."""
    if isinstance(partitions, StaticPartitions) and not legal.partition_keys(partitions.keys, _FORBIDDEN):
        return None
    return None if isinstance(partitions, MultiPartitions) else expressible(partitions)


_EXPRESSIBLE: Final[Mapping[type, Callable[[Any], Partitions | None]]] = {
    TimePartitions: _expressible_time,
    StaticPartitions: _expressible_static,
    DynamicPartitions: lambda partitions: partitions if partitions.name else None,
    RuntimePartitions: lambda _: None,
    MultiPartitions: _expressible_multi,
}


def definition(partitions: Partitions) -> Form:
    """The form of an expressible definition."""
    return _FORMS[type(partitions)](partitions)


def _time_form(partitions: TimePartitions) -> Form:
    shared = {
        "timezone": None if partitions.timezone == "UTC" else partitions.timezone,
        "end_offset": partitions.end_offset or None,
        "exclusions": [
            (exclusion if legal.cron(exclusion) else datetime.fromisoformat(exclusion))
            for exclusion in partitions.exclusions
        ]
        or None,
    }
    start, end = (_moment(text, partitions.format, partitions.timezone) for text in (partitions.start, partitions.end))
    for kind in TIME_CLASSES:
        offsets = _offsets(kind, partitions.cron)
        if offsets is not None:
            declared = {name: value for name, value in offsets.items() if value != kind.offsets[name]}
            fmt = None if partitions.format == kind.format else partitions.format
            return form(kind.name, start_date=start, end_date=end, fmt=fmt, **declared, **shared)
    return form(_TIME_WINDOW, cron_schedule=partitions.cron, start=start, end=end, fmt=partitions.format, **shared)


def _offsets(kind: TimeClass, cron: str) -> dict[str, int] | None:
    """The offsets with which a class has a cron expression, None if it cannot have it."""
    # "{minute_offset} * * * *" as a regular expression: each name in braces becomes a group of digits of that name.
    pattern = re.escape(kind.cron).replace(r"\{", "{").replace(r"\}", "}")
    match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>\\d+)", pattern), cron)
    if match is None:
        return None
    offsets = {name: int(value) for name, value in match.groupdict().items()}
    # "05" would come back as "5".
    return offsets if kind.cron.format(**offsets) == cron else None


def _moment(text: str | None, fmt: str, zone: str) -> str | datetime | None:
    """A time as a key of the definition, as people write it, where the key holds the whole of it."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    spelled = moment.replace(tzinfo=ZoneInfo(zone)).strftime(fmt)
    return spelled if _iso(spelled, fmt, zone) == moment.isoformat() else moment


_FORMS: Final[Mapping[type, Callable[[Any], Form]]] = {
    TimePartitions: _time_form,
    StaticPartitions: lambda partitions: form("dagster.StaticPartitionsDefinition", list(partitions.keys)),
    DynamicPartitions: lambda partitions: form("dagster.DynamicPartitionsDefinition", name=partitions.name),
    MultiPartitions: lambda partitions: form(
        "dagster.MultiPartitionsDefinition",
        {name: definition(dimension) for name, dimension in partitions.dimensions.items()},
    ),
}


def read_definition(value: Any) -> Partitions | None:
    """The definition that a form describes; None if it is none that this table knows, or one of its arguments is not known."""
    if not isinstance(value, Form):
        return None
    arguments = bound(value)
    if arguments is None or not certain(arguments):
        return None
    try:
        return _READ_DEFINITION.get(value.name, _read_time_class)(value.name, arguments)
    except (ValueError, TypeError, KeyError):
        # What Dagster's own constructor would refuse as well.
        return None


def certain(value: Any) -> bool:
    """True for a value that is made of nothing but plain values and forms."""
    if isinstance(value, Mapping):
        return all(certain(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple)):
        return all(map(certain, value))
    if isinstance(value, Form):
        return certain(value.args) and certain(value.kwargs)
    return value is None or isinstance(value, (str, int, float, bool, datetime)) or type(value).__name__ == "Constant"


def _read_time_class(name: str, arguments: dict[str, Any]) -> Partitions | None:
    kind = next((candidate for candidate in TIME_CLASSES if candidate.name == name), None)
    if kind is None:
        return None
    offsets = {offset: arguments.get(offset, default) for offset, default in kind.offsets.items()}
    return _read_time(
        {**arguments, "cron_schedule": kind.cron.format(**offsets), "fmt": arguments.get("fmt") or kind.format}
    )


def _read_window(_name: str, arguments: dict[str, Any]) -> Partitions | None:
    if arguments.get("cron_schedule") is not None:
        return _read_time(arguments)
    # The older way to name the windows: `schedule_type=ScheduleType.DAILY` with offsets.
    kind = _SCHEDULE_TYPES[str(arguments["schedule_type"].name).rpartition(".")[2]]
    offsets = {name: arguments.get(name) or default for name, default in kind.offsets.items()}
    return _read_time({**arguments, "cron_schedule": kind.cron.format(**offsets)})


def _read_time(arguments: Mapping[str, Any]) -> TimePartitions:
    zone, fmt = arguments.get("timezone") or "UTC", arguments["fmt"]
    return TimePartitions(
        cron=arguments["cron_schedule"],
        start=_iso(arguments["start"], fmt, zone),
        end=_iso(arguments["end"], fmt, zone) if arguments.get("end") else None,
        timezone=zone,
        format=fmt,
        end_offset=arguments.get("end_offset") or 0,
        exclusions=tuple(
            time if isinstance(time, str) else _iso(time, fmt, zone) for time in arguments.get("exclusions") or ()
        ),
    )


def _iso(moment: str | datetime, fmt: str, zone: str) -> str:
    """The local time. Dagster replaces the zone of a start that has one, and so does this (`TimeWindowPartitionsDefinition.__new__`)."""
    if isinstance(moment, str):
        moment = datetime.strptime(moment, fmt)  # noqa: DTZ007 - keys spell local times
        moment = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment
    if not isinstance(moment, datetime):
        raise TypeError(f"{moment!r} is no time")
    return moment.replace(tzinfo=None).isoformat()


def _read_multi(_name: str, arguments: dict[str, Any]) -> Partitions | None:
    forms = arguments["partitions_defs"]
    # Dagster sorts the dimensions by name, and keys join them in that order.
    results = ((name, read_definition(forms[name])) for name in sorted(forms))
    dimensions = {name: definition for name, definition in results if definition is not None}
    return MultiPartitions(dimensions=dimensions, delimiter=SEPARATOR) if len(dimensions) == len(forms) else None


def _read_dynamic(_name: str, arguments: dict[str, Any]) -> Partitions | None:
    return DynamicPartitions(name=arguments["name"]) if arguments.get("partition_fn") is None else None


_READ_DEFINITION: Final[Mapping[str, Callable[[str, dict[str, Any]], Partitions | None]]] = {
    _TIME_WINDOW: _read_window,
    "dagster.StaticPartitionsDefinition": lambda _, arguments: StaticPartitions(
        keys=tuple(arguments["partition_keys"])
    ),
    "dagster.DynamicPartitionsDefinition": _read_dynamic,
    "dagster.MultiPartitionsDefinition": _read_multi,
}
