"""Airflow's DAG objects → definitions. Nothing of Airflow is imported here."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from transload.model.assets import Origin
from transload.reading.stubs import is_stub
from transload_airflow.codecs import keywords
from transload_airflow.codecs.control import STUBS
from transload_airflow.codecs.definitions import (
    DagDefinition,
    GroupDefinition,
    TaskDefinition,
)
from transload_airflow.names import TOOL
from transload_airflow.reading.objects.values import qualified, to_form
from transload_airflow.reading.syntax.emissions import emitted_by

_DEFAULT_ZONE: Final = "UTC"
_ALWAYS: Final = frozenset({"schedule", "default_args", "max_active_runs", "dag_display_name", "tags", "catchup"})
"""Keywords that a definition has even with their defaults, which `reading.graph` knows."""

_EMPTY: Final[tuple[Any, ...]] = ([], {}, (), None)

_NOT_SET: Final = frozenset({"ArgNotSet", "NotSetType", "SetDuringExecution"})
"""Classes of Airflow's values that stand for none."""


def define(dag: Any, root: Path | None) -> DagDefinition:
    """The definition of a DAG object. Paths are relative to `root`."""
    zone = to_form(dag.timezone)
    return DagDefinition(
        dag_id=dag.dag_id,
        arguments=_dag_arguments(dag),
        tasks=tuple(_task(task, root) for task in dag.tasks),
        zone=zone if isinstance(zone, str) and zone != _DEFAULT_ZONE else None,
        origin=_origin(dag.fileloc, None, root),
        groups=tuple(_groups(dag)),
    )


def _dag_arguments(dag: Any) -> dict[str, Any]:
    """The keywords of a DAG that are not their defaults; a DAG is a class of attrs, which knows its fields."""
    kwargs: dict[str, Any] = {}
    for field in type(dag).__attrs_attrs__:
        if not field.init or field.name in keywords.FLOW_STRUCTURE:
            continue
        value = getattr(dag, field.name)
        if field.name == "params":
            params = {key: value.get_param(key) for key in value or ()}
            kwargs |= {"params": {key: to_form(_param(param)) for key, param in params.items()}} if params else {}
        elif field.name in _ALWAYS or not _is_default(value, field):
            kwargs[field.name] = to_form(value)
    return kwargs


def _groups(dag: Any) -> Iterator[GroupDefinition]:
    for group in dag.task_group.get_task_group_dict().values():
        if group.group_id:
            kwargs = {key: to_form(getattr(group, key)) for key in keywords.GROUP if hasattr(group, key)}
            # Of a mapped group only this private attribute has what it is mapped over.
            expanded = getattr(group, "_expand_input", None)
            if expanded is not None:
                kwargs["expand"] = to_form(expanded.value)
            yield GroupDefinition(group.group_id, group.parent_group.group_id or "", kwargs)


def _is_default(value: Any, field: Any) -> bool:
    default = field.default
    factory = getattr(default, "factory", None)
    if factory is not None:
        default = None if default.takes_self else factory()
    return value is None or value == default


def _param(param: Any) -> Any:
    """A param with a schema or a description, the mere value of any other."""
    return param if param.schema or param.description else param.value


def _task_arguments(task: Any) -> dict[str, Any]:
    """The arguments that a task has: those of its call, and what its class or the project set afterwards.

    What every operator has is compared with an operator without arguments.
    """
    # Airflow (3.1 to 3.3) has no public record of the arguments of the call.
    arguments = dict(task._BaseOperator__init_kwargs)  # noqa: SLF001
    attributes, usual = vars(task), _usual_arguments(_base_of(type(task)))
    for key, default in usual.items():
        if key in _KEPT_AS_GIVEN or key not in arguments:
            value = attributes.get(key, default)
            if key in arguments or (value is not default and value != default):
                arguments[key] = value
    return arguments


def _usual_arguments(operator: type) -> dict[str, Any]:
    """The attributes of an operator without arguments, by the keyword that sets them."""
    attributes = vars(operator(task_id="plain"))
    return {**dict.fromkeys(_METHODS), **{key: attributes[key] for key in sorted(_EVERY) if key in attributes}}


_METHODS: Final = ("post_execute", "pre_execute")
"""Keywords that take the place of methods: an operator has such an attribute only if the keyword is used."""

_EVERY: Final = (keywords.JOB | keywords.JOB_NATIVE) - {"doc", "doc_md", "end_date", "params", "start_date", *_METHODS}
_KEPT_AS_GIVEN: Final = frozenset({"inlets", "outlets", "owner", "pool", "retries", "trigger_rule"})
"""Keywords whose values an operator keeps unchanged: a different attribute is the work of a class of the project."""


def _base_of(operator: type) -> type:
    """Airflow's own base class, which is not imported to be compared with."""
    return next((base for base in operator.__mro__ if base.__name__ == "BaseOperator"), operator)


def _without_defaults(arguments: Mapping[str, Any], operator: type) -> dict[str, Any]:
    """The arguments of a mapped operator without the defaults that Airflow puts among them."""
    parameters = inspect.signature(_base_of(operator).__init__).parameters  # type: ignore[misc]
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    return {
        key: value
        for key, value in arguments.items()
        if value not in _EMPTY and (key not in defaults or value != defaults[key])
    }


def _own_params(params: Any, task: Any) -> dict[str, Any]:
    """The params of a task without those that it has from its DAG."""
    shared: Any = task.dag.params if task.has_dag() else {}
    own = {}
    for key in params or {}:
        # A mapped task has a plain dictionary of them.
        param = params.get_param(key) if hasattr(params, "get_param") else params[key]
        if key not in shared or to_form(shared.get_param(key)) != to_form(param):
            own[key] = _param(param)
    return own


def _task(task: Any, root: Path | None) -> TaskDefinition:
    mapped = getattr(task, "partial_kwargs", None)
    arguments = _task_arguments(task) if mapped is None else _without_defaults(mapped, task.operator_class)
    arguments = {key: value for key, value in arguments.items() if type(value).__name__ not in _NOT_SET}
    # A mapped task has its function as an attribute only.
    called = arguments.pop("python_callable", None) or getattr(task, "python_callable", None)
    function = called.func if isinstance(called, partial) else called
    operator = _operator(task, arguments, called)
    if "params" in arguments:
        arguments["params"] = _own_params(arguments["params"], task)
    forms = {key: to_form(value) for key, value in arguments.items() if key not in keywords.JOB_STRUCTURE}
    forms |= _documentation(task, function) | _structure(task)
    if isinstance(called, partial):
        forms["python_callable"] = to_form(called)
    is_empty = function is not None and is_stub(function)
    code = None if function is None else getattr(inspect.unwrap(function), "__code__", None)
    if code is not None and _relative(code.co_filename, root):
        origin = _origin(code.co_filename, code.co_firstlineno, root)
    else:
        origin = _origin(task.dag.fileloc if task.has_dag() else None, None, root)
    return TaskDefinition(
        task_id=task.task_id,
        operator=STUBS.get(operator, operator) if is_empty else operator,
        arguments=forms,
        upstream=tuple(sorted(task.upstream_task_ids)),
        function=None if function is None or is_empty else _function_name(function, root),
        parameters=tuple(inspect.signature(function).parameters) if function is not None else (),
        emitted=() if code is None else emitted_by(code, root),
        origin=origin,
    )


def _operator(task: Any, arguments: dict[str, Any], called: Any) -> str:
    """The decorator or class of a task, as a DAG file imports it."""
    kind = getattr(task, "operator_class", type(task))
    # The operator that Airflow's SDK (3.1 to 3.3) makes of `@asset` and of `@asset.multi` alike, which has no public name.
    if kind.__name__ == "_AssetMainOperator":
        arguments.pop("definition_name", None)
        # One that makes several may list what another function makes.
        single = any(getattr(asset, "_function", None) is called for asset in arguments.get("outlets", ()))
        return "airflow.sdk.asset" if single else "airflow.sdk.asset.multi"
    # `@task.branch` and its like state their name, as "@task.branch".
    decorator = getattr(kind, "custom_operator_name", "") or ""
    return f"airflow.sdk.{decorator[1:]}" if decorator.startswith("@") else qualified(kind)


def _documentation(task: Any, function: Any) -> dict[str, Any]:
    """The documentation of a task. A docstring is cleaned as Python's help does; anything else is as the project has it."""
    text = getattr(task, "doc_md", None)
    if text is None and hasattr(task, "expand_input") and hasattr(task.operator_class, "custom_operator_name"):
        # Airflow gives a mapped task no documentation; that of its function is what there is.
        text = getattr(function, "__doc__", None)
    if not isinstance(text, str):
        return {}
    from_docstring = function is not None and text == function.__doc__
    return {"doc_md": inspect.cleandoc(text) if from_docstring else text}


def _structure(task: Any) -> dict[str, Any]:
    """Group, role and mapping of a task, which it has by where it stands and not by its arguments."""
    group = getattr(task.task_group, "group_id", None) if task.task_group is not None else None
    structure: dict[str, Any] = {"group": group} if group else {}
    for flag in ("is_setup", "is_teardown", "on_failure_fail_dagrun"):
        if getattr(task, flag, False):
            structure[flag] = True
    # A mapped function has the mapping of its arguments in an attribute of its own, and an empty `expand_input`.
    expanded = getattr(task, "op_kwargs_expand_input", None) or getattr(task, "expand_input", None)
    if expanded is not None:
        structure["expand"] = to_form(expanded.value)
    return structure


def _function_name(function: Any, root: Path | None) -> str:
    """By the path of its file, as it is read from source: Airflow gives the modules of DAG files names of its own."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    path = None if code is None else _relative(code.co_filename, root)
    if not path or not hasattr(function, "__qualname__"):
        return qualified(function)
    return f"{path.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}.{function.__qualname__}"


@cache
def _relative(path: str | None, root: Path | None) -> str | None:
    if not path or root is None:
        return None
    file, folder = Path(path).resolve(), root.resolve()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else None


def _origin(path: str | None, line: int | None, root: Path | None) -> Origin:
    relative = _relative(path, root)
    return Origin(tool=TOOL, way="load", path=relative, line=line if relative else None)


def define_all(dags: Iterable[Any], root: Path | None) -> list[DagDefinition]:
    """The definitions of several DAGs."""
    return [define(dag, root) for dag in dags]
