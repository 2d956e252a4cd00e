"""Functions that `@asset` and `@asset.multi` make DAGs of."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from transload.forms import Form
from transload.model.assets import Origin
from transload.reading.stubs import is_stub_node
from transload.reading.values import MISSING, Function
from transload_airflow.codecs.classes import sdk
from transload_airflow.codecs.definitions import DagDefinition, TaskDefinition
from transload_airflow.names import TOOL
from transload_airflow.reading.syntax.values import (
    Known,
    asset_of,
    decorator_of,
    decorator_path,
    function_name,
    keywords_of,
    to_form,
)

_IMPLICIT: Final = frozenset({"self", "context", "outlet_events"})
"""Parameters that Airflow fills in itself."""

_NOT_OF_THE_DAG: Final = frozenset({"dag_id", "extra", "group", "name", "outlets", "uri", "watchers"})


def asset_dag(function: Function, known: Known) -> DagDefinition:
    """The DAG of one task that such a function makes."""
    decorator = decorator_of(function, "asset")
    kwargs = to_form(keywords_of(decorator), known)
    asset = asset_of(function, decorator, known)
    is_multi = decorator_path(decorator).endswith(".multi")
    dag_id = kwargs.get("dag_id") or (function.name if is_multi else asset.kwargs["name"])
    outlets = kwargs.get("outlets", []) if is_multi else [asset]
    arguments = {key: value for key, value in kwargs.items() if key not in _NOT_OF_THE_DAG}
    # A function may be decorated as a task too, which then has the arguments of one, and no inlets by parameter.
    inner = decorator_of(function, "task")
    own: dict[str, Any] = {}
    inlets: list[Form] = []
    if inner is not None:
        own = to_form(keywords_of(inner), known)
        own |= documentation(own, function)
    else:
        required = [parameter.name for parameter in function.parameters if parameter.default is MISSING]
        inlets = [Form(sdk("AssetNameRef"), (name,)) for name in required if name not in _IMPLICIT]
    task = TaskDefinition(
        task_id=own.pop("task_id", None) or function.name,
        operator=decorator_path(decorator if inner is None else inner),
        arguments={**own, "inlets": inlets, "outlets": outlets},
        function=None if is_stub_node(function.node) else function_name(function),
        parameters=tuple(parameter.name for parameter in function.parameters),
        origin=Origin(tool=TOOL, way="static", path=function.place.path, line=function.place.line),
    )
    return DagDefinition(str(dag_id), arguments, (task,), None, task.origin)


def documentation(arguments: Mapping[str, Any], function: Function | None) -> dict[str, str]:
    """The docstring of a decorated function, unless there is other documentation."""
    documented = any(arguments.get(key) for key in ("doc", "doc_md", "doc_json", "doc_rst", "doc_yaml"))
    docstring = function.docstring if function is not None and not documented else None
    return {"doc_md": inspect.cleandoc(docstring)} if docstring else {}
