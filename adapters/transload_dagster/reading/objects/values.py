"""Dagster's objects → the forms that the static reader makes of source. Imports dagster."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from operator import attrgetter
from os import PathLike, fspath
from typing import Any, Final
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._serdes import serialize_value

from transload.forms import Constant, Form, form
from transload_dagster.codecs.conditions import STATES, Node, UnreadCondition, node
from transload_dagster.codecs.metadata import ADDED, KINDS, PLAIN
from transload_dagster.reading.syntax.conditions import UNKNOWN


def described(value: Any) -> Any:
    """The form of a definition, mapping, policy or metadata value; anything else as it is."""
    if value is None:
        return None
    if isinstance(value, PathLike):
        return form("dagster.MetadataValue.path", fspath(value))
    if type(value) in (list, tuple):
        return [described(item) for item in value]
    describe = _describer(value.__class__)
    return value if describe is None else describe(value)


@cache
def _describer(kind: type) -> Callable[[Any], Any] | None:
    # By names of classes: not every version has every class, and some are in private modules.
    return next((_FORMS[base.__name__] for base in kind.__mro__ if base.__name__ in _FORMS), None)


def values(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Metadata, value by value, less what Dagster adds."""
    return {key: described(value) for key, value in (metadata or {}).items() if key not in ADDED}


def key(value: Any) -> Form:
    """The form of a key."""
    return form("dagster.AssetKey", list(value.path))


def _window(value: Any) -> Form:
    zone = ZoneInfo(value.timezone)
    return form(
        "dagster.TimeWindowPartitionsDefinition",
        cron_schedule=value.cron_schedule,
        start=_local(value.start_ts, zone),
        end=_local(value.end_ts, zone) if value.end_ts else None,
        fmt=value.fmt,
        timezone=value.timezone,
        end_offset=value.end_offset or None,
        exclusions=[time if isinstance(time, str) else _local(time, zone) for time in value.exclusions or ()] or None,
    )


def _local(moment: Any, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment.timestamp, zone).replace(tzinfo=None)


def _dynamic(value: Any) -> Any:
    """The deprecated form with a function has no data to read."""
    return form("dagster.DynamicPartitionsDefinition", name=value.name) if value.name else value


def _multi(value: Any) -> Form:
    dimensions = {dimension.name: described(dimension.partitions_def) for dimension in value.partitions_defs}
    return form("dagster.MultiPartitionsDefinition", dimensions)


def _static_mapping(value: Any) -> Form:
    table: dict[str, Any] = {}
    for upstream, downstream in value.downstream_partition_keys_by_upstream_partition_key.items():
        if isinstance(downstream, (set, frozenset)):
            # A set has no order that two readings would share.
            table[upstream] = sorted(downstream)
        else:
            table[upstream] = downstream if isinstance(downstream, str) else list(downstream)
    return form("dagster.StaticPartitionMapping", table)


def _time_mapping(value: Any) -> Form:
    return form(
        "dagster.TimeWindowPartitionMapping",
        start_offset=value.start_offset,
        end_offset=value.end_offset,
        allow_nonexistent_upstream_partitions=value.allow_nonexistent_upstream_partitions,
    )


def _dimensions(value: Any) -> Form:
    pairs = value.downstream_mappings_by_upstream_dimension
    return form(
        "dagster.MultiPartitionMapping",
        {
            name: form(
                "dagster.DimensionPartitionMapping",
                dimension_name=pair.dimension_name,
                partition_mapping=described(pair.partition_mapping),
            )
            for name, pair in pairs.items()
        },
    )


def _retry(value: Any) -> Form:
    return form(
        "dagster.RetryPolicy",
        max_retries=value.max_retries,
        delay=value.delay,
        backoff=Constant(f"dagster.Backoff.{value.backoff.name}") if value.backoff else None,
        jitter=Constant(f"dagster.Jitter.{value.jitter.name}") if value.jitter else None,
    )


def _backfill(value: Any) -> Form:
    if value.max_partitions_per_run is None:
        return form("dagster.BackfillPolicy.single_run")
    return form("dagster.BackfillPolicy.multi_run", max_partitions_per_run=value.max_partitions_per_run)


def _fresh_within(value: Any) -> Form:
    warn = value.warn_window.to_timedelta() if value.warn_window else None
    return form("dagster.FreshnessPolicy.time_window", fail_window=value.fail_window.to_timedelta(), warn_window=warn)


def _fresh_by(value: Any) -> Form:
    return form(
        "dagster.FreshnessPolicy.cron",
        deadline_cron=value.deadline_cron,
        lower_bound_delta=value.lower_bound_delta,
        timezone=value.timezone,
    )


def _table_schema(value: Any) -> Form:
    return form("dagster.TableSchema", columns=[_column(column) for column in value.columns])


def _column(value: Any) -> Form:
    constraints = form(
        "dagster.TableColumnConstraints",
        nullable=value.constraints.nullable,
        unique=value.constraints.unique,
        other=list(value.constraints.other),
    )
    return form(
        "dagster.TableColumn",
        value.name,
        value.type,
        description=value.description,
        constraints=constraints,
        tags=dict(value.tags or {}),
    )


def _lineage(value: Any) -> Form:
    return form(
        "dagster.TableColumnLineage",
        {
            column: [
                form("dagster.TableColumnDep", asset_key=key(dep.asset_key), column_name=dep.column_name)
                for dep in deps
            ]
            for column, deps in value.deps_by_column.items()
        },
    )


def _metadata_value(kind: str, value: Any) -> Form:
    return form(f"dagster.MetadataValue.{kind}", getattr(value, KINDS[kind].attribute))


_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "TimeWindowPartitionsDefinition": _window,
    "StaticPartitionsDefinition": lambda value: form(
        "dagster.StaticPartitionsDefinition", list(value.get_partition_keys())
    ),
    "DynamicPartitionsDefinition": _dynamic,
    "MultiPartitionsDefinition": _multi,
    "IdentityPartitionMapping": lambda _: form("dagster.IdentityPartitionMapping"),
    "AllPartitionMapping": lambda _: form("dagster.AllPartitionMapping"),
    "LastPartitionMapping": lambda _: form("dagster.LastPartitionMapping"),
    "SpecificPartitionsPartitionMapping": lambda value: form(
        "dagster.SpecificPartitionsPartitionMapping", list(value.partition_keys)
    ),
    "StaticPartitionMapping": _static_mapping,
    "TimeWindowPartitionMapping": _time_mapping,
    "MultiToSingleDimensionPartitionMapping": lambda value: form(
        "dagster.MultiToSingleDimensionPartitionMapping", partition_dimension_name=value.partition_dimension_name
    ),
    "MultiPartitionMapping": _dimensions,
    "RetryPolicy": _retry,
    "BackfillPolicy": _backfill,
    "TimeWindowFreshnessPolicy": _fresh_within,
    "CronFreshnessPolicy": _fresh_by,
    "TableSchema": _table_schema,
    "TableSchemaMetadataValue": lambda value: _table_schema(value.schema),
    "TableColumnLineage": _lineage,
    "TableColumnLineageMetadataValue": lambda value: _lineage(value.column_lineage),
    "AssetKey": key,
    "AssetsDefinition": lambda value: Constant(", ".join(own.to_user_string() for own in sorted(value.keys))),
    "KeysAssetSelection": lambda value: list(map(key, value.selected_keys)),
    "AssetSelection": lambda value: Constant(str(value)),
    "JobDefinition": lambda value: Constant(value.name),
    "UnresolvedAssetJobDefinition": lambda value: Constant(value.name),
    "DagsterRunStatus": lambda value: Constant(f"dagster.DagsterRunStatus.{value.name}"),
    "DefaultSensorStatus": lambda value: Constant(f"dagster.DefaultSensorStatus.{value.name}"),
    "DagsterAssetMetadataValue": lambda value: form("dagster.MetadataValue.asset", key(value.asset_key)),
    "datetime": lambda value: form("dagster.MetadataValue.timestamp", value.timestamp()),
    **{kind.class_name: partial(_metadata_value, name) for name, kind in KINDS.items()},
    **{name: attrgetter(attribute) for name, attribute in PLAIN.items()},
}
"""By the name of a class or of one of its bases."""


def condition(value: Any) -> Node | UnreadCondition:
    """The tree of an automation condition."""
    pending = [value]
    while pending:
        part = pending.pop()
        if not _has_node(part):
            return _unread(value, part)
        pending.extend(reversed(_children(part)))
    return _node(value)


def _unread(value: Any, unknown: Any) -> UnreadCondition:
    reason = UNKNOWN.format(name=type(unknown).__name__, shown=unknown.name)
    try:
        return UnreadCondition(reason, value.get_label(), json.loads(serialize_value(value)))
    except Exception:  # noqa: BLE001 - dagster raises a private class for what its serdes does not know
        snapshot = json.loads(serialize_value(value.get_snapshot()))
        source = f"a condition of the class {type(unknown).__qualname__}"
        return UnreadCondition(reason, value.get_label(), snapshot, source)


def _children(value: Any) -> list[Any]:
    # Before Dagster 1.11.16 the operand of a condition of dependencies is not among its children.
    return list(value.children) or ([value.operand] if hasattr(value, "operand") else [])


def _has_node(value: Any) -> bool:
    kind = type(value).__name__
    # A class of the user's may have the name of one of Dagster's.
    if type(value).__module__.partition(".")[0] != "dagster":
        return False
    if kind in _DEPS:
        selections = (_selected(value.allow_selection), _selected(value.ignore_selection))
        return None not in selections and not getattr(value, "resolves_virtual_deps", False)
    # An entity with a path is an asset; the others are checks.
    return kind in _OPERANDS or (kind == "EntityMatchesCondition" and hasattr(value.key, "path"))


def _node(value: Any) -> Node:
    kind = type(value).__name__
    parts = tuple(map(_node, _children(value)))
    if kind in _DEPS:
        only = None if value.allow_selection is None else _selected(value.allow_selection)
        return Node(_DEPS[kind], parts, value.label, (only, _selected(value.ignore_selection)))
    if kind == "EntityMatchesCondition":
        return Node("of_asset", parts, value.label, (tuple(value.key.path),))
    if kind == "CronTickPassedCondition":
        return Node("cron_tick_passed", (), value.label, (value.cron_schedule, value.cron_timezone))
    if kind == "InLatestTimeWindowCondition":
        lookback = value.lookback_timedelta
        return Node("in_latest_time_window", (), value.label, (lookback.total_seconds() if lookback else None,))
    return node(_OPERANDS[kind], parts, value.label)


def _selected(selection: Any) -> tuple[Any, ...] | None:
    """The keys of assets named one by one, none for no selection; None where it selects otherwise."""
    if selection is None:
        return ()
    if type(selection).__name__ == "OrAssetSelection":
        operands = [_selected(operand) for operand in selection.operands]
        return None if None in operands else tuple(dict.fromkeys(key for keys in operands for key in keys or ()))
    named = type(selection).__name__ == "KeysAssetSelection"
    return tuple(tuple(key.path) for key in selection.selected_keys) if named else None


_DEPS: Final = {"AnyDepsCondition": "any_deps", "AllDepsCondition": "all_deps"}
_OPERANDS: Final[Mapping[str, str]] = {
    "AndAutomationCondition": "and",
    "OrAutomationCondition": "or",
    "NotAutomationCondition": "not",
    "SinceCondition": "since",
    "NewlyTrueCondition": "newly_true",
    "CronTickPassedCondition": "cron_tick_passed",
    "InLatestTimeWindowCondition": "in_latest_time_window",
    **{type(getattr(dg.AutomationCondition, name)()).__name__: name for name in STATES},
}
"""Name of Dagster's class → kind of the node."""
