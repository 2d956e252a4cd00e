"""Functions that `@asset` and `@asset.multi` make DAGs of."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from transload.forms import Form
from transload.model.assets import Origin
from transload.reading.values import MISSING, Function
from transload_airflow.codecs.classes import sdk
from transload_airflow.codecs.definitions import DagDefinition, TaskDefinition
from transload_airflow.codecs.stubs import is_stub
from transload_airflow.names import TOOL
from transload_airflow.reading.syntax.values import (
    Known,
    asset_of,
    decorator_of,
    decorator_path,
    function_name,
    given_to,
    to_form,
)

_IMPLICIT: Final = frozenset({"self", "context", "outlet_events"})
"""Parameters that Airflow fills in itself."""

_NOT_OF_THE_DAG: Final = frozenset({"dag_id", "extra", "group", "name", "outlets", "uri", "watchers"})


def asset_dag(function: Function, known: Known) -> DagDefinition:
    """The DAG of one task that such a function makes."""
    decorator = decorator_of(function, "asset")
    given = to_form(given_to(decorator), known)
    asset = asset_of(function, decorator, known)
    is_multi = decorator_path(decorator).endswith(".multi")
    dag_id = given.get("dag_id") or (function.name if is_multi else asset.kwargs["name"])
    task = _task(function, given.get("outlets", []) if is_multi else [asset], known)
    arguments = {key: value for key, value in given.items() if key not in _NOT_OF_THE_DAG}
    return DagDefinition(str(dag_id), arguments, (task,), None, task.origin)


def documentation(given: Mapping[str, Any], function: Function | None) -> dict[str, str]:
    """The docstring of a decorated function, unless there is other documentation."""
    documented = any(given.get(key) for key in ("doc", "doc_md", "doc_json", "doc_rst", "doc_yaml"))
    docstring = function.docstring if function is not None and not documented else None
    return {"doc_md": inspect.cleandoc(docstring)} if docstring else {}


def _task(function: Function, outlets: Any, known: Known) -> TaskDefinition:
    """A function may be decorated as a task too, which then has the arguments of one, and no inlets by parameter."""
    inner = decorator_of(function, "task")
    own = {} if inner is None else to_form(given_to(inner), known)
    inlets = [Form(sdk("AssetNameRef"), (name,)) for name in _inlets(function)] if inner is None else []
    documented = {} if inner is None else documentation(own, function)
    return TaskDefinition(
        task_id=own.pop("task_id", None) or function.name,
        operator=decorator_path(decorator_of(function, "asset") if inner is None else inner),
        arguments={**own, **documented, "inlets": inlets, "outlets": outlets},
        function=None if is_stub(function.node) else function_name(function),
        parameters=tuple(parameter.name for parameter in function.parameters),
        origin=Origin(tool=TOOL, way="static", path=function.place.path, line=function.place.line),
    )


def _inlets(function: Function) -> list[str]:
    return [each.name for each in function.parameters if each.default is MISSING and each.name not in _IMPLICIT]
