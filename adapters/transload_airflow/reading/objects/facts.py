"""Airflow's DAG objects → definitions. Nothing of Airflow is imported here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from transload.model.assets import Origin
from transload_airflow.codecs import keywords
from transload_airflow.codecs.definitions import (
    PLAIN_OPERATOR,
    DagDefinition,
    Emission,
    GroupDefinition,
    TaskDefinition,
)
from transload_airflow.codecs.stubs import STUB_NAMES
from transload_airflow.names import TOOL
from transload_airflow.reading.objects.values import qualified, to_form
from transload_airflow.reading.syntax.emissions import emitted_by

_PYTHON_OPERATOR: Final = "airflow.providers.standard.operators.python.PythonOperator"
_DEFAULT_ZONE: Final = "UTC"
_ALWAYS_GIVEN: Final = frozenset({"schedule", "default_args", "max_active_runs", "dag_display_name", "tags", "catchup"})
"""Keywords whose default says nothing to the interpreter."""

_EMPTY: Final[tuple[Any, ...]] = ([], {}, (), None)

_NOT_GIVEN: Final = frozenset({"ArgNotSet", "NotSetType", "SetDuringExecution"})
"""Kinds of values that stand for none."""


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
    given = {}
    for field in type(dag).__attrs_attrs__:
        if not field.init or field.name in keywords.FLOW_STRUCTURE:
            continue
        value = getattr(dag, field.name)
        if field.name in _ALWAYS_GIVEN or not _is_default(value, field):
            given[field.name] = _params(value) if field.name == "params" else to_form(value)
    return given


def _groups(dag: Any) -> Iterator[GroupDefinition]:
    for group in dag.task_group.get_task_group_dict().values():
        if group.group_id:
            given = {key: to_form(getattr(group, key)) for key in keywords.GROUP if hasattr(group, key)}
            expanded = getattr(group, "_expand_input", None)
            given |= {} if expanded is None else {"expand": to_form(expanded.value)}
            yield GroupDefinition(group.group_id, group.parent_group.group_id or "", given)


def _is_default(value: Any, field: Any) -> bool:
    default = field.default
    factory = getattr(default, "factory", None)
    if factory is not None:
        default = None if default.takes_self else factory()
    return value is None or value == default or (field.name == "params" and not value)


def _params(value: Any) -> dict[str, Any]:
    """The params with their schemas; a plain value has none."""
    params = {key: value.get_param(key) for key in value}
    return {key: to_form(each if _has_schema(each) else each.value) for key, each in params.items()}


def _given(task: Any) -> dict[str, Any]:
    """The arguments that a task has: those that it was given, and what its class or the project set afterwards.

    What every operator has is compared with an operator that is given nothing.
    """
    given = dict(task._BaseOperator__init_kwargs)  # noqa: SLF001 - the only record of what was given
    own, plain = vars(task), _plain(_base_of(type(task)))
    for key, default in plain.items():
        if key in _HELD or key not in given:
            value = own.get(key, default)
            if key in given or (value is not default and value != default):
                given[key] = value
    return given


@cache
def _plain(operator: type) -> dict[str, Any]:
    """What an operator holds that is given nothing, by keyword."""
    held = vars(operator(task_id="plain"))
    return {**dict.fromkeys(_METHODS), **{key: held[key] for key in sorted(_EVERY) if key in held}}


_METHODS: Final = ("post_execute", "pre_execute")
"""Keywords that take the place of methods: an operator holds them only if they are given."""

_EVERY: Final = (keywords.JOB | keywords.JOB_NATIVE) - {"doc", "doc_md", "end_date", "params", "start_date", *_METHODS}
_HELD: Final = frozenset({"inlets", "outlets", "owner", "pool", "retries", "trigger_rule"})
"""Keywords that an operator holds as they are given, so that what a class makes of them shows."""


def _base_of(operator: type) -> type:
    return next((each for each in operator.__mro__ if each.__name__ == "BaseOperator"), operator)


def _without_defaults(given: Mapping[str, Any], operator: type) -> dict[str, Any]:
    """What is given to a mapped operator without what every operator has."""
    parameters = inspect.signature(_base_of(operator).__init__).parameters  # type: ignore[misc]
    defaults = {name: each.default for name, each in parameters.items()}
    return {
        key: value
        for key, value in given.items()
        if value not in _EMPTY and (key not in defaults or value != defaults[key])
    }


def _own_params(params: Mapping[str, Any] | None, task: Any) -> dict[str, Any]:
    """The params of a task without those that it has from its DAG."""
    shared: Any = task.dag.params if task.has_dag() else {}
    given = {key: (params.get_param(key) if hasattr(params, "get_param") else params[key]) for key in params or {}}  # type: ignore[union-attr, index]
    own = {
        key: each for key, each in given.items() if key not in shared or to_form(shared.get_param(key)) != to_form(each)
    }
    return {key: each if _has_schema(each) else each.value for key, each in own.items()}


def _has_schema(param: Any) -> bool:
    return bool(param.schema or param.description)


def _task(task: Any, root: Path | None) -> TaskDefinition:
    mapped = getattr(task, "partial_kwargs", None)
    given = _given(task) if mapped is None else _without_defaults(mapped, task.operator_class)
    given = {key: value for key, value in given.items() if type(value).__name__ not in _NOT_GIVEN}
    called = given.pop("python_callable", None) or _expanded(task).get("python_callable")
    function = getattr(called, "func", called) if isinstance(called, partial) else called
    operator = _operator(task, given, called)
    if "params" in given:
        given["params"] = _own_params(given["params"], task)
    is_stub = function is not None and _is_stub(function)
    arguments = {key: to_form(value) for key, value in given.items() if key not in keywords.JOB_STRUCTURE}
    arguments |= _documentation(task, function) | _structure(task)
    arguments |= {"python_callable": to_form(called)} if isinstance(called, partial) else {}
    return TaskDefinition(
        task_id=task.task_id,
        operator=PLAIN_OPERATOR if is_stub and operator == _PYTHON_OPERATOR else operator,
        arguments=arguments,
        upstream=tuple(sorted(task.upstream_task_ids)),
        function=None if function is None or is_stub else _function(function, root),
        parameters=tuple(inspect.signature(function).parameters) if function is not None else (),
        emitted=_emitted(function, root),
        origin=_place(function, task, root),
    )


def _emitted(function: Any, root: Path | None) -> tuple[Emission, ...]:
    code = getattr(inspect.unwrap(function), "__code__", None) if function is not None else None
    return () if code is None else emitted_by(code, root)


def _operator(task: Any, given: dict[str, Any], called: Any) -> str:
    """The decorator or class of a task, as a DAG file imports it."""
    kind = getattr(task, "operator_class", type(task))
    if kind.__name__ == "_AssetMainOperator":
        given.pop("definition_name", None)
        # One that makes several may list what another function makes.
        single = any(getattr(each, "_function", None) is called for each in given.get("outlets", ()))
        return "airflow.sdk.asset" if single else "airflow.sdk.asset.multi"
    decorator = getattr(kind, "custom_operator_name", "") or ""
    return f"airflow.sdk.{decorator[1:]}" if decorator.startswith("@") else qualified(kind)


def _documentation(task: Any, function: Any) -> dict[str, Any]:
    """A docstring is cleaned as Python's help does; anything else is as it was given."""
    text = getattr(task, "doc_md", None)
    if text is None and hasattr(task, "expand_input") and hasattr(task.operator_class, "custom_operator_name"):
        # Airflow gives a mapped task no documentation; that of its function is what there is.
        text = getattr(function, "__doc__", None)
    if not isinstance(text, str):
        return {}
    from_docstring = function is not None and text == function.__doc__
    return {"doc_md": inspect.cleandoc(text) if from_docstring else text}


def _structure(task: Any) -> dict[str, Any]:
    """What is said of a task by where it stands, and not by its arguments."""
    group = getattr(task.task_group, "group_id", None) if task.task_group is not None else None
    found: dict[str, Any] = {"group": group} if group else {}
    found |= {key: True for key in ("is_setup", "is_teardown", "on_failure_fail_dagrun") if getattr(task, key, False)}
    expanded = getattr(task, "op_kwargs_expand_input", None) or getattr(task, "expand_input", None)
    return {**found, "expand": to_form(expanded.value)} if expanded is not None else found


def _expanded(task: Any) -> dict[str, Any]:
    """What a mapped task says of its operator besides the arguments."""
    return {"python_callable": task.python_callable} if hasattr(task, "python_callable") else {}


def _is_stub(function: Callable[..., Any]) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and set(code.co_names) == STUB_NAMES and not code.co_varnames


def _function(function: Any, root: Path | None) -> str:
    place = _file(function)
    path = _relative(place[0], root) if place else None
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") if path else None
    return f"{module}.{function.__qualname__}" if module and hasattr(function, "__qualname__") else qualified(function)


def _file(function: Any) -> tuple[str, int] | None:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else None


def _place(function: Any, task: Any, root: Path | None) -> Origin:
    place = _file(function) if function is not None else None
    if place is not None and _relative(place[0], root):
        return _origin(place[0], place[1], root)
    return _origin(task.dag.fileloc if task.has_dag() else None, None, root)


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
