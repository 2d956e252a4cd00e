"""DAGs that Airflow parses and then cannot store, of which it only logs a line. Imports airflow."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from transload.adapter import unread_loss
from transload.forms import Form
from transload.loss import Code, Loss
from transload_airflow.codecs.classes import sdk
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, TaskDefinition


def unstorable(dags: Iterable[Any], definitions: Iterable[DagDefinition]) -> list[Loss]:
    """A loss for each DAG that Airflow fails to store. Those that only hold what always can be stored are not stored to see."""
    module = importlib.import_module("airflow.serialization.serialized_objects")
    # Airflow 3.2 and later, else 3.1.
    serialiser = getattr(module, "DagSerialization", None) or module.SerializedDAG
    losses = []
    for dag, definition in zip(dags, definitions, strict=True):
        reason = None if _is_plain(dag, definition) else _storing_error(dag, serialiser)
        if reason:
            message = f"Airflow cannot store this DAG: {reason}"
            losses.append(unread_loss(f"flow {dag.dag_id}", "*", message, code=Code.NOT_SERIALISABLE))
    return losses


def _storing_error(dag: Any, serialiser: Any) -> str | None:
    try:
        json.dumps(serialiser.to_dict(dag))
    except Exception as error:  # noqa: BLE001 - whatever a project's own class raises is the finding
        return last_line(str(error))
    return None


def last_line(text: str) -> str:
    """The last line of a message that is not blank."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "No reason was given."


def _is_plain(dag: Any, definition: DagDefinition) -> bool:
    """A DAG of Airflow's own class that holds only what always can be stored."""
    if not type(dag).__module__.startswith("airflow.") or getattr(dag, "edge_info", None):
        return False
    if not _fits(definition.arguments, _DAG) or not all(map(_is_plain_task, definition.tasks)):
        return False
    # A form may be plainer than the object, so that tags and `extra` are looked at in the objects.
    if not all(map(_is_text, dag.tags)):
        return False
    assets = [*(dag.schedule or ()), *(asset for task in dag.tasks for asset in (*task.inlets, *task.outlets))]
    return all(_is_json(asset.extra) for asset in assets)


def _is_plain_task(task: TaskDefinition) -> bool:
    return task.operator == PLAIN_OPERATOR and not task.parameters and _fits(task.arguments, _TASK)


def _fits(arguments: Mapping[str, Any], table: Mapping[str, Callable[[Any], bool]]) -> bool:
    return all(key in table and table[key](value) for key, value in arguments.items())


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: Any) -> bool:
    return type(value) is str


def _are_assets(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_asset, value))


def _is_json(value: Any) -> bool:
    """Nothing but JSON's own types: a class derived from one may be stored differently, or not at all."""
    pending = [value]
    while pending:
        item = pending.pop()
        if type(item) is dict and all(map(_is_text, item)):
            pending.extend(item.values())
        elif type(item) is list:
            pending.extend(item)
        elif type(item) not in _ATOMS:
            return False
    return True


def _is_asset(value: Any) -> bool:
    """An asset of Airflow's own class without watchers or access control."""
    return isinstance(value, Form) and value.name == _ASSET and not value.args and _fits(value.kwargs, _OF_ASSET)


_ASSET: Final = sdk("Asset")
_OF_ASSET: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("name", "uri", "group"), _is_text),
    "extra": lambda _: True,
}
_ATOMS: Final = (str, int, bool, type(None))

_DAG: Final[Mapping[str, Callable[[Any], bool]]] = {
    "catchup": lambda value: type(value) is bool,
    "dag_display_name": _is_text,
    "default_args": lambda value: value in ({}, None),
    "description": _is_text,
    "doc_md": _is_text,
    "max_active_runs": _is_count,
    "schedule": lambda value: value is None or _are_assets(value),
    "tags": lambda _: True,
}
"""Arguments of a DAG, and which of their values can be stored whatever else there is. Airflow's schema of a stored DAG (3.1 to 3.3)."""

_TASK: Final[Mapping[str, Callable[[Any], bool]]] = {
    "doc_md": _is_text,
    "inlets": _are_assets,
    "multiple_outputs": lambda value: type(value) is bool,
    "op_args": lambda value: not value,
    "op_kwargs": lambda value: not value,
    "outlets": _are_assets,
    "retries": _is_count,
    "retry_delay": lambda value: type(value) is timedelta,
}
"""The same of a task."""
