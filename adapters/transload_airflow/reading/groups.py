"""The keywords of a DAG's task groups, such as tooltips and shared arguments."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

from transload_airflow.codecs import keywords
from transload_airflow.codecs.definitions import DagDefinition, GroupDefinition
from transload_airflow.codecs.residue import described


def group_keywords(dag: DagDefinition) -> dict[str, dict[str, Any]]:
    """Keywords and their values by the id of the group.

    A group that has none is left out, unless it is empty: the tasks and groups within tell of any other.
    """
    groups = {group.group_id: group for group in dag.groups}
    occupied = {task.arguments.get("group") for task in dag.tasks} | {group.parent for group in dag.groups}
    by_id = {group_id: _keywords(group, groups.get(group.parent)) for group_id, group in sorted(groups.items())}
    return {group_id: kwargs for group_id, kwargs in by_id.items() if kwargs or group_id not in occupied}


def unknown_keywords(groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The keywords that Airflow's task groups are not known to have."""
    return sorted({key for kwargs in groups.values() for key in kwargs} - set(keywords.GROUP))


def _keywords(group: GroupDefinition, outer: GroupDefinition | None) -> dict[str, Any]:
    """The keywords that differ from Airflow's defaults and from the group around it."""
    inherited = {} if outer is None else outer.arguments.get("default_args")
    inherited = inherited if isinstance(inherited, Mapping) else {}
    kwargs = {key: cleandoc(value) if isinstance(value, str) else value for key, value in group.arguments.items()}
    defaults = group.arguments.get("default_args", {})
    if isinstance(defaults, Mapping):
        kwargs["default_args"] = {
            key: value
            for key, value in defaults.items()
            if key not in inherited or described(value) != described(inherited[key])
        }
    if group.group_id.rpartition(".")[0] != group.parent:
        kwargs["parent"] = group.parent
    # What is no keyword of Airflow's is kept whatever its value: nothing is equal to the group itself.
    return {key: value for key, value in kwargs.items() if value != keywords.GROUP.get(key, group)}
