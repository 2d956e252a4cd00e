"""What is said of the task groups of a DAG, besides that tasks are in them."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

from transload_airflow.codecs import keywords
from transload_airflow.codecs.definitions import DagDefinition, GroupDefinition
from transload_airflow.codecs.residue import described


def said(dag: DagDefinition) -> dict[str, dict[str, Any]]:
    """Keywords and their values by the id of the group; without the groups of which all is told by the tasks and groups in them."""
    groups = {group.group_id: group for group in dag.groups}
    inside = {task.arguments.get("group") for task in dag.tasks} | {group.parent for group in dag.groups}
    given = {group_id: _given(group, groups.get(group.parent)) for group_id, group in sorted(groups.items())}
    return {group_id: each for group_id, each in given.items() if each or group_id not in inside}


def unknown(groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The keywords that Airflow's task groups are not known to have."""
    return sorted({key for given in groups.values() for key in given} - set(keywords.GROUP))


def _given(group: GroupDefinition, outer: GroupDefinition | None) -> dict[str, Any]:
    """What differs from Airflow's defaults and from the group around it."""
    outers = {} if outer is None else outer.arguments.get("default_args")
    around = outers if isinstance(outers, Mapping) else {}
    given = {key: cleandoc(value) if isinstance(value, str) else value for key, value in group.arguments.items()}
    shared = group.arguments.get("default_args", {})
    given |= {"default_args": _own(shared, around)} if isinstance(shared, Mapping) else {}
    given |= {"parent": group.parent} if group.group_id.rpartition(".")[0] != group.parent else {}
    return {key: value for key, value in given.items() if value != keywords.GROUP.get(key, group)}


def _own(given: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in given.items() if key not in around or described(each) != described(around[key])}
