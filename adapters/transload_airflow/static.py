"""Symbolic calls → model; Airflow is not needed. Reads the source of Airflow 2.4 to 3.3."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from transload.adapter import Reading, Target, attribute_losses, unread_loss
from transload.carry import Carried
from transload.loss import Code, Loss
from transload.model.assets import Origin
from transload.reading.functions import PARTIAL
from transload.reading.project import Module, Project
from transload.reading.values import (
    Attribute,
    Call,
    Class,
    Function,
    Operation,
    Place,
    Unknown,
    Value,
    qualified_name,
)
from transload_airflow.codecs import keywords
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, GroupDefinition, TaskDefinition
from transload_airflow.codecs.stubs import is_stub
from transload_airflow.names import TOOL
from transload_airflow.reading.graph import interpret
from transload_airflow.reading.manifest import read_manifest, root_of
from transload_airflow.reading.syntax.calls import ARGUMENTS, Board, Scope, bound, class_names, defaults_of
from transload_airflow.reading.syntax.emissions import emitted
from transload_airflow.reading.syntax.files import ignored
from transload_airflow.reading.syntax.functions import asset_dag, documentation
from transload_airflow.reading.syntax.order import Group, Task
from transload_airflow.reading.syntax.values import decorator_of, decorator_path, function_name, given_to, to_form

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
    is_ignored = ignored(project.root)
    definitions = _Reader(project, losses).definitions(is_ignored)
    losses.extend(_archives(project.root, target, is_ignored))
    manifest = read_manifest(root_of(target)) if target.path is not None else Carried()
    reading = interpret(definitions, target, manifest)
    said = (*reading.losses, *losses, *attribute_losses(target))
    return Reading(reading.graph, reading.carried, said, reading.failures)


def _archives(root: Path, target: Target, is_ignored: Callable[[str], bool]) -> Iterator[Loss]:
    """Airflow takes DAGs from zip files too."""
    files = [] if target.path is None or target.path.is_file() else sorted(root.rglob("*.zip"))
    for path in (file.relative_to(root).as_posix() for file in files if file.is_file()):
        if not is_ignored(path):
            message = "What is in a zip file is read only by importing it."
            yield unread_loss(f"file {path}", "*", message, Origin(tool=TOOL, way="static", path=path))


class _Reader:
    """Collects the DAGs of a project: first what makes them, then their tasks."""

    def __init__(self, project: Project, losses: list[Loss]) -> None:
        self._project = project
        self._losses = losses
        self._board = Board(project)
        self._dags: dict[int, _Dag] = {}
        self._named: set[int] = set()
        self._entered: set[int] = set()

    def definitions(self, is_ignored: Callable[[str], bool]) -> list[DagDefinition]:
        """Every DAG; of two with one id the first. Files that are ignored are read only where others import them."""
        modules = [module for module in self._project.modules.values() if not is_ignored(module.path)]
        self._named = {id(value) for module in modules for value in module.namespace.values()}
        self._entered = {id(each) for module in modules for call in module.calls for each in call.within}
        for module in modules:
            self._read(module)
        self._board.settle()
        self._report_strays()
        functions = [function for module in modules for function in module.functions if decorator_of(function, "asset")]
        assets = [self._asset_dag(function) for function in functions]
        found: dict[str, DagDefinition] = {}
        for dag in [*map(self._definition, self._dags.values()), *assets]:
            if dag.dag_id in found:
                message = f"There is another DAG of this id, at {found[dag.dag_id].origin}, which is used."
                self._note(f"flow {dag.dag_id}", message, dag.origin, Code.CONTRADICTION)
            found.setdefault(dag.dag_id, dag)
        return list(found.values())

    def _asset_dag(self, function: Function) -> DagDefinition:
        dag = asset_dag(function, self._board.known)
        tasks = tuple(replace(task, emitted=emitted(self._project, function)) for task in dag.tasks)
        return replace(dag, tasks=tasks)

    def _read(self, module: Module) -> None:
        """The DAGs that importing a module makes, with their tasks."""
        dags = {id(call): dag for call in module.calls if (dag := self._dag_of(call)) is not None}
        self._dags |= dags
        scope = Scope({key: key for key in dags}, None, Group())
        self._board.fill(module.calls, module.operations, scope)
        for call in module.calls:
            made = self._board.constructed(call) if id(call) in dags else None
            if made is not None:
                self._board.fill(made.calls, made.operations, scope)
        for operation in module.operations:
            _assign(operation, dags)
        for call in module.calls:
            dag = dags.get(id(call))
            if dag is not None and dag.function is not None:
                self._trace(dag.function, call)

    def _trace(self, function: Function, call: Call) -> None:
        trace = self._project.trace(function, bound(function, call), call)
        dags = {id(function): id(call), id(call): id(call)}
        self._board.fill(trace.calls, trace.operations, Scope(dags, None, Group()))

    def _dag_of(self, call: Call) -> _Dag | None:
        """The DAG that a call makes: `DAG(…)`, a class of the project derived from it, or a function decorated with `@dag`."""
        if isinstance(call.func, Function):
            return _of_function(call, call.func)
        if not any(name.startswith("airflow.") and name.endswith(".DAG") for name in class_names(call.func)):
            return None
        made = self._board.constructed(call)
        args, kwargs = (call.args, call.kwargs) if made is None else (made.args, made.kwargs)
        given = dict(kwargs)
        dag_id = given.pop("dag_id", args[0] if args else Unknown("it is not given", call.place))
        given |= dict(zip(("description", "schedule_interval"), args[1:], strict=False))
        unresolved = call.unresolved if made is None else made.unresolved
        return _Dag(call, call.place, dag_id, given, call.certain, None, unresolved)

    def _definition(self, dag: _Dag) -> DagDefinition:
        origin = _origin(dag.place)
        dag_id = dag.dag_id if isinstance(dag.dag_id, str) else f"dag_{dag.place.line}"
        for message, code in (*_doubts(dag), *self._unfound(dag)):
            self._note(f"flow {dag_id}", message, origin, code)
        arguments = {key: to_form(value, self._board.known) for key, value in dag.given.items()}
        tasks = tuple(self._task(task, dag, dag_id) for task in self._board.tasks.get(id(dag.made), ()))
        groups = tuple(map(self._group, self._board.groups.get(id(dag.made), ())))
        return DagDefinition(dag_id, arguments, tasks, _zone(arguments), origin, groups=groups)

    def _unfound(self, dag: _Dag) -> Iterator[tuple[str, Code]]:
        """Airflow finds DAGs by the names of a module, in its `with` statements, and those that decorated functions make."""
        is_found = dag.function is not None or id(dag.made) in self._named | self._entered
        if not is_found and self._board.tasks.get(id(dag.made)):
            yield (
                "No name of a module is seen to be bound to it, without which Airflow does not find it.",
                Code.UNCERTAIN,
            )

    def _group(self, group: Group) -> GroupDefinition:
        given = {"default_args": group.defaults, **group.given}
        given |= {"default_args": group.defaults} if isinstance(given["default_args"], dict) else {}
        given |= {} if group.expanded is None else {"expand": group.expanded}
        arguments = {
            key: to_form(value, self._board.known)
            for key, value in given.items()
            if key not in keywords.GROUP_STRUCTURE
        }
        return GroupDefinition(group.group_id, group.parent, arguments)

    def _task(self, task: Task, dag: _Dag, dag_id: str) -> TaskDefinition:
        subject, place = f"job {dag_id}.{task.task_id}", _origin(task.made.place)
        if not task.made.certain and dag.certain:
            self._note(subject, _UNCERTAIN, place, Code.UNCERTAIN)
        for unknown in dict.fromkeys(each.reason for each in task.unresolved):
            self._note(subject, _SOME.format(unknown), place, Code.UNRESOLVED)
        if task.is_context:
            self._losses.append(unread_loss(subject, "after", _CONTEXT, place))
        code = task.function
        operator = PLAIN_OPERATOR if task.operator is None else _operator(task.operator)
        is_empty = code is not None and is_stub(code.node)
        return TaskDefinition(
            task_id=task.task_id,
            operator=PLAIN_OPERATOR if is_empty and operator == _PYTHON_OPERATOR else operator,
            arguments=self._arguments(task, dag),
            upstream=tuple(task.upstream),
            function=None if is_empty else _function(task),
            emitted=() if code is None else emitted(self._project, code),
            origin=_origin(code.place if code is not None else task.made.place),
        )

    def _arguments(self, task: Task, dag: _Dag) -> dict[str, Any]:
        """Those of the DAG for all of its tasks, of the groups, and of the task itself, the nearest first."""
        shared = {**_dictionary(dag.given.get("default_args")), **task.defaults}
        if (
            task.function is not None
            and task.operator is not None
            and decorator_of(task.function, "task", "setup", "teardown")
        ):
            # An operator takes of them what its initialiser names; that of a function has nothing of its own.
            shared = {key: value for key, value in shared.items() if key in ARGUMENTS}
        given = {**shared, **_dictionary(task.kwargs.get("default_args")), **task.kwargs}
        given = {key: value for key, value in given.items() if key != "python_callable" or _is_more(value)}
        arguments = {key: to_form(value, self._board.known) for key, value in given.items() if key not in _NO_ARGUMENTS}
        is_decorated = task.function is not None and "python_callable" not in task.kwargs
        arguments |= documentation(arguments, task.function if is_decorated else None) | dict(task.flags)
        arguments |= {"group": task.group} if task.group else {}
        expanded = {} if task.expanded is None else {"expand": to_form(task.expanded, self._board.known)}
        return {**arguments, **expanded}

    def _report_strays(self) -> None:
        for call in self._board.strays:
            message = (
                f"{qualified_name(call) or 'A task'} is made outside of any DAG that can be seen, and is left out."
            )
            self._note(f"file {call.place.path}", message, _origin(call.place), Code.UNRESOLVED)

    def _note(self, subject: str, message: str, origin: Origin | None, code: Code) -> None:
        self._losses.append(unread_loss(subject, "*", message, origin, code=code))


_NO_ARGUMENTS: Final = frozenset({"default_args"})
_UNCERTAIN: Final = "It is made under a condition that cannot be decided without running the project."


def _dictionary(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


_CONTEXT: Final = "What is made in a `with` of setups and teardowns comes between them, which is not followed."
_SOME: Final = "Some of its arguments cannot be told: {}."


def _doubts(dag: _Dag) -> Iterator[tuple[str, Code]]:
    """What of a DAG only running the project would tell."""
    if not isinstance(dag.dag_id, str):
        reason = dag.dag_id.reason if isinstance(dag.dag_id, Unknown) else "it is no plain text"
        yield f"Its dag_id cannot be told, so that it is named by its line here: {reason}.", Code.UNRESOLVED
    if not dag.certain:
        yield _UNCERTAIN, Code.UNCERTAIN
    for unknown in dag.unresolved:
        yield _SOME.format(unknown.reason), Code.UNRESOLVED


def _assign(operation: Operation, dags: Mapping[int, _Dag]) -> None:
    """A keyword of a DAG that is assigned later, such as `dag.doc_md = __doc__`."""
    if operation.operator == "setattr" and id(operation.operands[0]) in dags:
        _, name, value = operation.operands
        if isinstance(name, str) and name in keywords.FLOW | keywords.FLOW_NATIVE:
            dags[id(operation.operands[0])].given[name] = value


def _of_function(call: Call, function: Function) -> _Dag | None:
    decorator = decorator_of(function, "dag")
    if decorator is None:
        return None
    given = given_to(decorator)
    args = decorator.args if isinstance(decorator, Call) else ()
    dag_id = given.pop("dag_id", args[0] if args else function.name)
    if function.docstring and not given.get("doc_md"):
        given["doc_md"] = inspect.cleandoc(function.docstring)
    # The parameters of the function are params of the DAG.
    params = given.get("params")
    own = {**defaults_of(function), **bound(function, call)}
    given["params"] = {**own, **(params if isinstance(params, dict) else {})}
    unresolved = decorator.unresolved if isinstance(decorator, Call) else ()
    return _Dag(call, function.place, dag_id, given, call.certain, function, (*unresolved, *call.unresolved))


_MOVED: Final = re.compile(
    r"airflow\.(?P<kind>operators|sensors)\.(?P<module>bash|datetime|empty|latest_only|python|smooth|trigger_dagrun|"
    r"weekday|"
    r"date_time|external_task|filesystem|time|time_delta)\.(?P<name>\w+)"
)
"""Operators that Airflow 2 had in its core, and that are in the standard provider since."""


def _operator(value: Value) -> str:
    name = f"{value.module}.{value.qualname}" if isinstance(value, Class) else qualified_name(value) or "a call"
    name = _MOVED.sub(r"airflow.providers.standard.\g<kind>.\g<module>.\g<name>", name.removesuffix(".partial"))
    return (
        decorator_path(value)
        if "." in name and name.startswith("airflow.") and name.rpartition(".")[2][:1].islower()
        else name
    )


def _function(task: Task) -> str | None:
    """The code of a task: a function of the project, or one from elsewhere by the name that it is imported by."""
    if task.function is not None:
        return function_name(task.function)
    given = task.kwargs.get("python_callable")
    if isinstance(given, Call) and _is_more(given) and given.args:
        given = given.args[0]
    if isinstance(given, Function):
        return function_name(given)
    return None if isinstance(given, Unknown) else _callable_name(given)


def _is_more(called: Value) -> bool:
    """Whether what a task calls is more than a function by its name: one with arguments, or one that cannot be told."""
    is_partial = isinstance(called, Call) and qualified_name(called.func) == PARTIAL
    return is_partial or isinstance(called, Unknown)


def _callable_name(given: Value) -> str | None:
    """The name of a function, or of the class or method of an object of the project that is called."""
    if isinstance(given, Attribute):
        of = _callable_name(given.of)
        return f"{of}.{given.name}" if of else None
    kind = given.func if isinstance(given, Call) else given
    return f"{kind.module}.{kind.qualname}" if isinstance(kind, Class) else qualified_name(given)


def _zone(arguments: Mapping[str, Any]) -> str | None:
    """The zone of the start date is that of the DAG."""
    defaults = arguments.get("default_args")
    start = arguments.get("start_date") or (defaults.get("start_date") if isinstance(defaults, Mapping) else None)
    zone = start.tzinfo if isinstance(start, datetime) else None
    return zone.key if isinstance(zone, ZoneInfo) and zone.key != "UTC" else None


def _origin(place: Place) -> Origin:
    return Origin(tool=TOOL, way="static", path=place.path, line=place.line)
