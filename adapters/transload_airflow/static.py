"""Symbolic calls → model; Airflow is not needed. Reads the source of Airflow 2.4 to 3.3."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from transload.adapter import Reading, Target, unread
from transload.carry import Carried
from transload.forms import Form
from transload.loss import Code, Loss
from transload.model.assets import Origin
from transload.reading.project import Module, Project
from transload.reading.values import MISSING, Call, Class, Function, Place, Symbol, Unknown, Value, qualified_name
from transload_airflow import keywords
from transload_airflow.bodies import is_stub
from transload_airflow.classes import sdk
from transload_airflow.definitions import DagDefinition, TaskDefinition
from transload_airflow.interpreting import PLAIN_OPERATOR, interpret
from transload_airflow.manifests import read_manifest, root_of
from transload_airflow.names import TOOL
from transload_airflow.symbolic import asset_of, decorator_of, decorator_path, function_name, given_to, to_form
from transload_airflow.tasks import Board, Task

_IMPLICIT: Final = frozenset({"self", "context", "outlet_events"})
"""Parameters of a function of `@asset` that Airflow fills in itself."""

_ASSET_ONLY: Final = frozenset({"name", "uri", "group", "extra", "watchers", "outlets"})

_PYTHON_OPERATOR: Final = "airflow.providers.standard.operators.python.PythonOperator"


@dataclass
class _Dag:
    """A DAG on its way: what makes it, its keywords, and the docstring that stands in for documentation."""

    made: Value
    place: Place
    dag_id: Value
    given: dict[str, Value]
    certain: bool = True
    function: Function | None = None
    unresolved: tuple[Unknown, ...] = ()
    tasks: list[TaskDefinition] = field(default_factory=list)


def read(project: Project, target: Target) -> Reading:
    """What the project says, without importing it."""
    losses: list[Loss] = []
    definitions = _Reader(project, losses).definitions()
    manifest = read_manifest(root_of(target)) if target.path is not None else Carried()
    reading = interpret(definitions, target, manifest)
    return Reading(reading.graph, reading.carried, (*reading.losses, *losses), reading.failures)


class _Reader:
    """Collects the DAGs of a project: first what makes them, then their tasks."""

    def __init__(self, project: Project, losses: list[Loss]) -> None:
        self._project = project
        self._losses = losses
        self._board = Board(project)
        self._dags: dict[int, _Dag] = {}

    def definitions(self) -> list[DagDefinition]:
        """Every DAG; of two with one id the first."""
        for module in self._project.modules.values():
            self._read(module)
        self._board.settle()
        self._report_strays()
        asset_dags = [dag for module in self._project.modules.values() for dag in self._asset_dags(module)]
        found: dict[str, DagDefinition] = {}
        for dag in [*map(self._definition, self._dags.values()), *asset_dags]:
            if dag.dag_id in found:
                message = f"There is another DAG of this id, at {found[dag.dag_id].origin}, which is used."
                self._lose(f"flow {dag.dag_id}", "name", message, dag.origin, Code.CONTRADICTION)
            found.setdefault(dag.dag_id, dag)
        return list(found.values())

    def _read(self, module: Module) -> None:
        """The DAGs that importing a module makes, with their tasks."""
        encloses: dict[int, int] = {}
        for call in module.calls:
            dag = _dag_of(call)
            if dag is not None:
                self._dags[id(call)] = dag
                encloses[id(call)] = id(call)
        self._board.fill(module.calls, module.operations, encloses, None)
        for call in module.calls:
            dag = self._dags.get(id(call))
            if dag is not None and dag.function is not None:
                self._trace(dag, dag.function, call)

    def _trace(self, dag: _Dag, function: Function, call: Call) -> None:
        names = [parameter.name for parameter in function.parameters]
        arguments = {**dict(zip(names, call.args, strict=False)), **{key: each for key, each in call.kwargs.items() if key in names}}
        trace = self._project.trace(function, arguments)
        self._board.fill(trace.calls, trace.operations, {id(function): id(call), id(call): id(call)}, None)

    def _definition(self, dag: _Dag) -> DagDefinition:
        origin = _origin(dag.place)
        dag_id = dag.dag_id if isinstance(dag.dag_id, str) else f"dag_{dag.place.line}"
        subject = f"flow {dag_id}"
        if not isinstance(dag.dag_id, str):
            reason = dag.dag_id.reason if isinstance(dag.dag_id, Unknown) else "it is not known before run time"
            self._lose(subject, "dag_id", f"Its dag_id cannot be told: {reason}. It is named by its line here.", origin, Code.UNRESOLVED)
        if not dag.certain:
            self._lose(subject, "*", "It is made under a condition that cannot be decided without running it.", origin, Code.UNCERTAIN)
        for unknown in dag.unresolved:
            self._lose(subject, "*", f"Some of its arguments cannot be told: {unknown.reason}.", origin, Code.UNRESOLVED)
        arguments = {key: to_form(value, self._board.output_of) for key, value in dag.given.items()}
        tasks = tuple(self._task(task, dag, dag_id) for task in self._board.tasks.get(id(dag.made), ()))
        return DagDefinition(dag_id, arguments, tasks, _zone(arguments), origin)

    def _task(self, task: Task, dag: _Dag, dag_id: str) -> TaskDefinition:
        subject, origin = f"job {dag_id}.{task.task_id}", _origin(task.made.place)
        defaults = dag.given.get("default_args")
        shared = {**(defaults if isinstance(defaults, dict) else {}), **task.defaults}
        given = {**{key: value for key, value in shared.items() if key not in ("start_date", "end_date")}, **task.kwargs}
        own = given.pop("default_args", None)
        given = {**given, **own} if isinstance(own, dict) else given
        code = task.function
        operator = _operator(task.operator)
        stub = code is not None and is_stub(getattr(code.node, "body", []))
        arguments = {key: to_form(value, self._board.output_of) for key, value in given.items() if key != "python_callable"}
        arguments |= _documentation(arguments, code, decorated=code is not None and "python_callable" not in given)
        arguments |= {"group": task.group} if task.group else {}
        arguments |= dict(task.flags)
        if task.expanded is not None:
            arguments["expand"] = to_form(dict(task.expanded), self._board.output_of)
        if not task.made.certain and dag.certain:
            self._lose(subject, "*", "It is made under a condition that cannot be decided without running it.", origin, Code.UNCERTAIN)
        return TaskDefinition(
            task_id=task.task_id,
            operator=PLAIN_OPERATOR if stub and operator == _PYTHON_OPERATOR else operator,
            arguments=arguments,
            upstream=tuple(task.upstream),
            function=None if code is None or stub else function_name(code),
            origin=_origin(code.place) if code is not None else origin,
        )

    def _asset_dags(self, module: Module) -> Iterator[DagDefinition]:
        for function in module.functions:
            decorator = decorator_of(function, "asset")
            if decorator is not None:
                yield self._asset_dag(function, decorator)

    def _asset_dag(self, function: Function, decorator: Value) -> DagDefinition:
        """`@asset` and `@asset.multi` make a DAG of one task, which may be decorated as a task itself."""
        given = {key: to_form(value, self._board.output_of) for key, value in given_to(decorator).items()}
        operator = decorator_path(decorator)
        multi = operator.endswith(".multi")
        asset = asset_of(function, decorator, self._board.output_of)
        outlets = given.get("outlets", []) if multi else [asset]
        default = function.name if multi else asset.kwargs["name"]
        dag_id = given.get("dag_id") if isinstance(given.get("dag_id"), str) else default
        inner = decorator_of(function, "task")
        inlets = [] if inner is not None else [Form(sdk("AssetNameRef"), (name,)) for name in _inlets(function)]
        own = {key: to_form(value, self._board.output_of) for key, value in given_to(inner).items()} if inner is not None else {}
        stub = is_stub(getattr(function.node, "body", []))
        task = TaskDefinition(
            task_id=own.pop("task_id", None) or function.name,
            operator=operator if inner is None else decorator_path(inner),
            arguments={**own, "inlets": inlets, "outlets": outlets, **(_documentation(own, function, decorated=inner is not None))},
            function=None if stub else function_name(function),
            parameters=tuple(parameter.name for parameter in function.parameters),
            origin=_origin(function.place),
        )
        origin = _origin(function.place)
        arguments = {key: value for key, value in given.items() if key not in _ASSET_ONLY and key != "dag_id"}
        return DagDefinition(dag_id, arguments, (task,), None, origin)

    def _report_strays(self) -> None:
        for call in self._board.strays:
            name = qualified_name(call) or "a task"
            message = f"{name} is made outside of any DAG that can be seen, and is left out."
            self._lose(f"file {call.place.path}", "*", message, _origin(call.place), Code.UNRESOLVED)

    def _lose(self, subject: str, field_name: str, message: str, origin: Origin | None, code: Code) -> None:
        self._losses.append(unread(subject, field_name, message, origin, code=code))


def _dag_of(call: Call) -> _Dag | None:
    """The DAG that a call makes: `DAG(…)`, a class of the project derived from it, or a function decorated with `@dag`."""
    if isinstance(call.func, Function):
        decorator = decorator_of(call.func, "dag")
        if decorator is None:
            return None
        given = given_to(decorator)
        args = decorator.args if isinstance(decorator, Call) else ()
        dag_id = given.pop("dag_id", args[0] if args else call.func.name)
        if call.func.docstring and not given.get("doc_md"):
            given["doc_md"] = inspect.cleandoc(call.func.docstring)
        unresolved = decorator.unresolved if isinstance(decorator, Call) else ()
        return _Dag(call, call.func.place, dag_id, given, call.certain, call.func, unresolved)
    if not _is_dag_class(call.func):
        return None
    given = dict(call.kwargs)
    dag_id = given.pop("dag_id", call.args[0] if call.args else Unknown("it is not given", call.place))
    given |= dict(zip(("description", "schedule_interval"), call.args[1:], strict=False))
    return _Dag(call, call.place, dag_id, given, call.certain, None, call.unresolved)


def _is_dag_class(func: Value) -> bool:
    if isinstance(func, Class):
        return any(map(_is_dag_class, func.bases))
    return isinstance(func, Symbol) and func.name.startswith("airflow.") and func.name.rpartition(".")[2] == "DAG"


_MOVED: Final = re.compile(r"airflow\.(?P<kind>operators|sensors)\.(?P<module>bash|datetime|empty|latest_only|python|smooth|trigger_dagrun|weekday|"
    r"date_time|external_task|filesystem|time|time_delta)\.(?P<name>\w+)")
"""Operators that Airflow 2 had in its core, and that are in the standard provider since."""


def _operator(value: Value) -> str:
    name = f"{value.module}.{value.qualname}" if isinstance(value, Class) else qualified_name(value) or "a call"
    name = _MOVED.sub(r"airflow.providers.standard.\g<kind>.\g<module>.\g<name>", name.removesuffix(".partial"))
    return decorator_path(value) if "." in name and name.startswith("airflow.") and name.rpartition(".")[2][:1].islower() else name


def _documentation(given: Mapping[str, Any], function: Function | None, *, decorated: bool) -> dict[str, str]:
    """The docstring of a decorated function, unless there is other documentation."""
    documented = any(given.get(key) for key in ("doc", "doc_md", "doc_json", "doc_rst", "doc_yaml"))
    docstring = function.docstring if function is not None and decorated and not documented else None
    return {"doc_md": inspect.cleandoc(docstring)} if docstring else {}


def _inlets(function: Function) -> list[str]:
    return [each.name for each in function.parameters if each.default is MISSING and each.name not in _IMPLICIT]


def _zone(arguments: Mapping[str, Any]) -> str | None:
    """The zone of the start date is that of the DAG."""
    defaults = arguments.get("default_args")
    start = arguments.get("start_date") or (defaults.get("start_date") if isinstance(defaults, Mapping) else None)
    zone = start.tzinfo if isinstance(start, datetime) else None
    return zone.key if isinstance(zone, ZoneInfo) and zone.key != "UTC" else None


def _origin(place: Place) -> Origin:
    return Origin(tool=TOOL, way="static", path=place.path, line=place.line)
