"""What Airflow parses and then cannot store, of which it only logs a line. Imports airflow."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from transload.adapter import unread_loss
from transload.forms import Form
from transload.loss import Code, Loss
from transload_airflow.codecs.classes import sdk
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, TaskDefinition


def unstorable(dags: Iterable[Any], definitions: Iterable[DagDefinition]) -> list[Loss]:
    """The DAGs that cannot be stored, told by storing them; those that only hold what always can be stored are spared that."""
    module = importlib.import_module("airflow.serialization.serialized_objects")
    serialiser = getattr(module, "DagSerialization", None) or module.SerializedDAG
    losses = []
    for dag, definition in zip(dags, definitions, strict=True):
        reason = None if _is_plain(dag, definition) else _reason(dag, serialiser)
        if reason:
            message = f"Airflow cannot store this DAG: {reason}"
            losses.append(unread_loss(f"flow {dag.dag_id}", "*", message, code=Code.NOT_SERIALISABLE))
    return losses


def _reason(dag: Any, serialiser: Any) -> str | None:
    try:
        json.dumps(serialiser.to_dict(dag))
    except Exception as error:  # noqa: BLE001 - whatever a project's own class raises is the finding
        return last_line(str(error))
    return None


def last_line(text: str) -> str:
    """The last line of a message that says anything."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "No reason was given."


def _is_plain(dag: Any, definition: DagDefinition) -> bool:
    own = type(dag).__module__.startswith("airflow.") and not getattr(dag, "edge_info", None)
    fits = own and _fits(definition.arguments, _DAG) and all(map(_is_plain_task, definition.tasks))
    return fits and all(map(_is_text, dag.tags)) and all(_is_json(asset.extra) for asset in _assets(dag))


def _assets(dag: Any) -> Iterator[Any]:
    """The assets of a DAG whose definition fits. A form may be plainer than the object, so that `extra` is looked at in these."""
    yield from dag.schedule or ()
    for task in dag.tasks:
        yield from (*task.inlets, *task.outlets)


def _is_plain_task(task: TaskDefinition) -> bool:
    return task.operator == PLAIN_OPERATOR and not task.parameters and _fits(task.arguments, _TASK)


def _fits(given: Mapping[str, Any], table: Mapping[str, Callable[[Any], bool]]) -> bool:
    return all(key in table and table[key](value) for key, value in given.items())


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: Any) -> bool:
    return type(value) is str


def _are_assets(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_asset, value))


def _is_json(value: Any) -> bool:
    """Whether something holds nothing but JSON's own types, to the letter."""
    pending = [value]
    while pending:
        each = pending.pop()
        if type(each) is dict and all(map(_is_text, each)):
            pending.extend(each.values())
        elif type(each) is list:
            pending.extend(each)
        elif type(each) not in _ATOMS:
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
