"""Dagster's objects → forms, the words that the static reader finds in source. Imports dagster."""

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
        return [described(each) for each in value]
    describe = _describer(value.__class__)
    return value if describe is None else describe(value)


@cache
def _describer(kind: type) -> Callable[[Any], Any] | None:
    return next((_FORMS[each.__name__] for each in kind.__mro__ if each.__name__ in _FORMS), None)


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
        exclusions=[each if isinstance(each, str) else _local(each, zone) for each in value.exclusions or ()] or None,
    )


def _local(moment: Any, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment.timestamp, zone).replace(tzinfo=None)


def _dynamic(value: Any) -> Any:
    """The deprecated form with a function has no data to read."""
    return form("dagster.DynamicPartitionsDefinition", name=value.name) if value.name else value


def _multi(value: Any) -> Form:
    dimensions = {each.name: described(each.partitions_def) for each in value.partitions_defs}
    return form("dagster.MultiPartitionsDefinition", dimensions)


def _static_mapping(value: Any) -> Form:
    table = value.downstream_partition_keys_by_upstream_partition_key
    return form(
        "dagster.StaticPartitionMapping", {upstream: _listed(downstream) for upstream, downstream in table.items()}
    )


def _listed(keys: Any) -> Any:
    return keys if isinstance(keys, str) else sorted(keys) if isinstance(keys, (set, frozenset)) else list(keys)


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
    "AssetsDefinition": lambda value: Constant(", ".join(each.to_user_string() for each in sorted(value.keys))),
    "KeysAssetSelection": lambda value: [key(each) for each in value.selected_keys],
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
    unknown = next((part for part in _parts(value) if not _is_said(part)), None)
    if unknown is None:
        return _node(value)
    why = UNKNOWN.format(name=_called(unknown), shown=unknown.name)
    try:
        return UnreadCondition(why, value.get_label(), json.loads(serialize_value(value)))
    except Exception:  # noqa: BLE001 - dagster raises a private class for what its serdes does not know
        snapshot = json.loads(serialize_value(value.get_snapshot()))
        source = f"a condition of the class {type(unknown).__qualname__}"
        return UnreadCondition(why, value.get_label(), snapshot, source)


def _parts(value: Any) -> list[Any]:
    found, pending = [], [value]
    while pending:
        part = pending.pop()
        found.append(part)
        pending.extend(reversed(_children(part)))
    return found


def _children(value: Any) -> list[Any]:
    """Those of dependencies are listed from Dagster 1.11.16 on."""
    return list(value.children) or ([value.operand] if hasattr(value, "operand") else [])


def _is_said(value: Any) -> bool:
    kind = type(value).__name__
    if type(value).__module__.partition(".")[0] != "dagster":
        return False
    if kind in _DEPS:
        return not getattr(value, "resolves_virtual_deps", False) and None not in (
            _selected(value.allow_selection), _selected(value.ignore_selection)
        )  # fmt: skip
    return kind in _OPERANDS or (kind == "EntityMatchesCondition" and hasattr(value.key, "path"))


def _called(value: Any) -> str:
    return type(value).__name__


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
        found = [_selected(each) for each in selection.operands]
        return None if None in found else tuple(dict.fromkeys(key for keys in found for key in keys or ()))
    named = type(selection).__name__ == "KeysAssetSelection"
    return tuple(tuple(each.path) for each in selection.selected_keys) if named else None


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
"""What Dagster's classes are called."""
