"""Symbolic calls → model; Airflow is not needed. Reads the source of Airflow 2.4 to 3.3."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from transload.adapter import Reading, Target, attribute_losses, unread_loss
from transload.carry import Carried
from transload.loss import Code, Loss
from transload.model.assets import Origin
from transload.reading.functions import PARTIAL
from transload.reading.project import Construction, Module, Project
from transload.reading.stubs import is_stub_node
from transload.reading.values import (
    Attribute,
    Call,
    Class,
    Function,
    Place,
    Unknown,
    Value,
    qualified_name,
)
from transload_airflow.codecs import keywords
from transload_airflow.codecs.control import STUBS
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, GroupDefinition, TaskDefinition
from transload_airflow.names import TOOL
from transload_airflow.reading.graph import interpret
from transload_airflow.reading.manifest import carried_beside, root_of
from transload_airflow.reading.syntax.calls import ARGUMENTS, Board, Scope, bound, class_names, defaults_of
from transload_airflow.reading.syntax.emissions import emitted
from transload_airflow.reading.syntax.files import ignored
from transload_airflow.reading.syntax.functions import asset_dag, documentation
from transload_airflow.reading.syntax.order import Group, Task
from transload_airflow.reading.syntax.values import decorator_of, decorator_path, function_name, keywords_of, to_form


@dataclass
class _Dag:
    """A DAG while it is read: `made` is what makes it, `kwargs` its keywords, `function` the body of a decorated one."""

    made: Value
    place: Place
    dag_id: Value
    kwargs: dict[str, Value]
    certain: bool = True
    function: Function | None = None
    unresolved: tuple[Unknown, ...] = ()


def read(project: Project, target: Target) -> Reading:
    """The DAGs of a project, without importing it."""
    losses: list[Loss] = []
    is_ignored = ignored(project.root)
    definitions = _Reader(project, losses).definitions(is_ignored)
    if target.path is not None and target.path.is_dir():
        # Airflow takes DAGs from zip files too.
        for file in sorted(project.root.rglob("*.zip")):
            path = file.relative_to(project.root).as_posix()
            if file.is_file() and not is_ignored(path):
                message = "What is in a zip file is read only by importing it."
                origin = Origin(tool=TOOL, way="static", path=path)
                losses.append(unread_loss(f"file {path}", "*", message, origin))
    manifest = carried_beside(root_of(target)) if target.path is not None else Carried()
    reading = interpret(definitions, target, manifest)
    losses = [*reading.losses, *losses, *attribute_losses(target)]
    return Reading(reading.graph, reading.carried, tuple(losses), reading.failures)


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
        self._entered = {id(value) for module in modules for call in module.calls for value in call.within}
        for module in modules:
            self._read(module)
        self._board.settle()
        for call in self._board.strays:
            name = qualified_name(call) or "A task"
            message = f"{name} is made outside of any DAG that can be seen, and is left out."
            self._note(f"file {call.place.path}", message, _origin(call.place), Code.UNRESOLVED)
        assets = []
        for function in (function for module in modules for function in module.functions):
            if decorator_of(function, "asset"):
                dag = asset_dag(function, self._board.known)
                tasks = tuple(replace(task, emitted=emitted(self._project, function)) for task in dag.tasks)
                assets.append(replace(dag, tasks=tasks))
        by_id: dict[str, DagDefinition] = {}
        for dag in [*map(self._definition, self._dags.values()), *assets]:
            if dag.dag_id in by_id:
                message = f"There is another DAG of this id, at {by_id[dag.dag_id].origin}, which is used."
                self._note(f"flow {dag.dag_id}", message, dag.origin, Code.CONTRADICTION)
            by_id.setdefault(dag.dag_id, dag)
        return list(by_id.values())

    def _read(self, module: Module) -> None:
        """The DAGs that importing a module makes, with their tasks."""
        dags = {id(call): dag for call in module.calls if (dag := self._dag_of(call)) is not None}
        self._dags |= dags
        scope = Scope({key: key for key in dags}, None, Group())
        self._board.fill(module.calls, module.operations, scope)
        for call in module.calls:
            construction = self._board.constructed(call) if id(call) in dags else None
            if construction is not None:
                self._board.fill(construction.calls, construction.operations, scope)
        for operation in module.operations:
            # A keyword of a DAG that is assigned later, such as `dag.doc_md = __doc__`.
            if operation.operator == "setattr" and id(operation.operands[0]) in dags:
                made, name, value = operation.operands
                if isinstance(name, str) and name in keywords.FLOW | keywords.FLOW_NATIVE:
                    dags[id(made)].kwargs[name] = value
        for call in module.calls:
            function = dags[id(call)].function if id(call) in dags else None
            if function is not None:
                # The tasks of a decorated function are within its body, whose `with` is the function itself.
                trace = self._project.trace(function, bound(function, call), call)
                within = {id(function): id(call), id(call): id(call)}
                self._board.fill(trace.calls, trace.operations, Scope(within, None, Group()))

    def _dag_of(self, call: Call) -> _Dag | None:
        """The DAG that a call makes: `DAG(…)`, a class of the project derived from it, or a function decorated with `@dag`."""
        if isinstance(call.func, Function):
            return _decorated_dag(call, call.func)
        if not any(name.startswith("airflow.") and name.endswith(".DAG") for name in class_names(call.func)):
            return None
        construction = self._board.constructed(call)
        base: Call | Construction = call if construction is None else construction
        kwargs, args = dict(base.kwargs), base.args
        dag_id = kwargs.pop("dag_id", args[0] if args else Unknown("it is not given", call.place))
        # The positional arguments of Airflow 2; Airflow 3 has none but the dag_id.
        kwargs |= dict(zip(("description", "schedule_interval"), args[1:], strict=False))
        return _Dag(call, call.place, dag_id, kwargs, call.certain, None, base.unresolved)

    def _definition(self, dag: _Dag) -> DagDefinition:
        origin = _origin(dag.place)
        dag_id = dag.dag_id if isinstance(dag.dag_id, str) else f"dag_{dag.place.line}"
        for message, code in self._doubts(dag):
            self._note(f"flow {dag_id}", message, origin, code)
        arguments = {key: to_form(value, self._board.known) for key, value in dag.kwargs.items()}
        tasks = tuple(self._task(task, dag, dag_id) for task in self._board.tasks.get(id(dag.made), ()))
        groups = tuple(map(self._group, self._board.groups.get(id(dag.made), ())))
        return DagDefinition(dag_id, arguments, tasks, _zone(arguments), origin, groups=groups)

    def _doubts(self, dag: _Dag) -> Iterator[tuple[str, Code]]:
        """The properties of a DAG that only running the project would tell, as messages and their codes."""
        if not isinstance(dag.dag_id, str):
            reason = dag.dag_id.reason if isinstance(dag.dag_id, Unknown) else "it is no plain text"
            yield f"Its dag_id cannot be told, so that it is named by its line here: {reason}.", Code.UNRESOLVED
        if not dag.certain:
            yield _UNCERTAIN, Code.UNCERTAIN
        for unknown in dag.unresolved:
            yield _SOME.format(unknown.reason), Code.UNRESOLVED
        # Airflow finds DAGs by the names of a module, in its `with` statements, and those that decorated functions make.
        is_visible = dag.function is not None or id(dag.made) in self._named | self._entered
        if not is_visible and self._board.tasks.get(id(dag.made)):
            yield _UNBOUND, Code.UNCERTAIN

    def _group(self, group: Group) -> GroupDefinition:
        kwargs = {"default_args": group.defaults, **group.kwargs}
        # Those of the groups around it are among its defaults; a value that is not known stays what it is.
        if isinstance(kwargs["default_args"], dict):
            kwargs["default_args"] = group.defaults
        if group.expanded is not None:
            kwargs["expand"] = group.expanded
        arguments = {
            key: to_form(value, self._board.known)
            for key, value in kwargs.items()
            if key not in keywords.GROUP_STRUCTURE
        }
        return GroupDefinition(group.group_id, group.parent, arguments)

    def _task(self, task: Task, dag: _Dag, dag_id: str) -> TaskDefinition:
        subject, origin = f"job {dag_id}.{task.task_id}", _origin(task.made.place)
        if not task.made.certain and dag.certain:
            self._note(subject, _UNCERTAIN, origin, Code.UNCERTAIN)
        for reason in dict.fromkeys(unknown.reason for unknown in task.unresolved):
            self._note(subject, _SOME.format(reason), origin, Code.UNRESOLVED)
        if task.is_context:
            self._losses.append(unread_loss(subject, "after", _CONTEXT, origin))
        code = task.function
        operator = PLAIN_OPERATOR if task.operator is None else _operator(task.operator)
        is_empty = code is not None and is_stub_node(code.node)
        return TaskDefinition(
            task_id=task.task_id,
            operator=STUBS.get(operator, operator) if is_empty else operator,
            arguments=self._arguments(task, dag),
            upstream=tuple(task.upstream),
            function=None if is_empty else _function(task),
            emitted=() if code is None else emitted(self._project, code),
            origin=origin if code is None else _origin(code.place),
        )

    def _arguments(self, task: Task, dag: _Dag) -> dict[str, Any]:
        """Those of the DAG for all of its tasks, of the groups, and of the task itself, the nearest first."""
        shared = {**_dictionary(dag.kwargs.get("default_args")), **task.defaults}
        decorators = ("task", "setup", "teardown")
        if task.function is not None and task.operator is not None and decorator_of(task.function, *decorators):
            # An operator takes of them what its initialiser names; that of a function has nothing of its own.
            shared = {key: value for key, value in shared.items() if key in ARGUMENTS}
        kwargs = {**shared, **_dictionary(task.kwargs.get("default_args")), **task.kwargs}
        kwargs.pop("default_args", None)
        if "python_callable" in kwargs and not _is_more(kwargs["python_callable"]):
            # A plain function is the code of the task, and not one of its arguments.
            del kwargs["python_callable"]
        arguments = {key: to_form(value, self._board.known) for key, value in kwargs.items()}
        is_decorated = task.function is not None and "python_callable" not in task.kwargs
        arguments |= documentation(arguments, task.function if is_decorated else None) | dict(task.flags)
        if task.group:
            arguments["group"] = task.group
        if task.expanded is not None:
            arguments["expand"] = to_form(task.expanded, self._board.known)
        return arguments

    def _note(self, subject: str, message: str, origin: Origin | None, code: Code) -> None:
        self._losses.append(unread_loss(subject, "*", message, origin, code=code))


_UNCERTAIN: Final = "It is made under a condition that cannot be decided without running the project."


def _dictionary(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


_CONTEXT: Final = "What is made in a `with` of setups and teardowns comes between them, which is not followed."
_SOME: Final = "Some of its arguments cannot be told: {}."
_UNBOUND: Final = "No name of a module is seen to be bound to it, without which Airflow does not find it."


def _decorated_dag(call: Call, function: Function) -> _Dag | None:
    decorator = decorator_of(function, "dag")
    if decorator is None:
        return None
    kwargs = keywords_of(decorator)
    args = decorator.args if isinstance(decorator, Call) else ()
    dag_id = kwargs.pop("dag_id", args[0] if args else function.name)
    if function.docstring and not kwargs.get("doc_md"):
        kwargs["doc_md"] = inspect.cleandoc(function.docstring)
    # The parameters of the function are params of the DAG.
    params = kwargs.get("params")
    own = {**defaults_of(function), **bound(function, call)}
    kwargs["params"] = {**own, **(params if isinstance(params, dict) else {})}
    unresolved = decorator.unresolved if isinstance(decorator, Call) else ()
    return _Dag(call, function.place, dag_id, kwargs, call.certain, function, (*unresolved, *call.unresolved))


_MOVED: Final = re.compile(
    r"airflow\.(?P<kind>operators|sensors)\.(?P<module>bash|datetime|empty|latest_only|python|smooth|trigger_dagrun|"
    r"weekday|"
    r"date_time|external_task|filesystem|time|time_delta)\.(?P<name>\w+)"
)
"""Operators that Airflow 2 had in its core, and that are in the standard provider since."""


def _operator(value: Value) -> str:
    name = f"{value.module}.{value.qualname}" if isinstance(value, Class) else qualified_name(value) or "a call"
    name = _MOVED.sub(r"airflow.providers.standard.\g<kind>.\g<module>.\g<name>", name.removesuffix(".partial"))
    # A decorator, as classes begin with a capital letter.
    if name.startswith("airflow.") and name.rpartition(".")[2][:1].islower():
        return decorator_path(value)
    return name


def _function(task: Task) -> str | None:
    """The code of a task: a function of the project, or one from elsewhere by the name that it is imported by."""
    if task.function is not None:
        return function_name(task.function)
    called = task.kwargs.get("python_callable")
    if isinstance(called, Call) and _is_more(called) and called.args:
        called = called.args[0]
    if isinstance(called, Function):
        return function_name(called)
    return None if isinstance(called, Unknown) else _callable_name(called)


def _is_more(called: Value) -> bool:
    """True of a callable that is more than a function by its name: one with arguments, or one that cannot be told."""
    is_partial = isinstance(called, Call) and qualified_name(called.func) == PARTIAL
    return is_partial or isinstance(called, Unknown)


def _callable_name(called: Value) -> str | None:
    """The name of a function, or of the class or method of an object of the project that is called."""
    if isinstance(called, Attribute):
        of = _callable_name(called.of)
        return f"{of}.{called.name}" if of else None
    kind = called.func if isinstance(called, Call) else called
    return f"{kind.module}.{kind.qualname}" if isinstance(kind, Class) else qualified_name(called)


def _zone(arguments: Mapping[str, Any]) -> str | None:
    """The zone of the start date is that of the DAG."""
    defaults = arguments.get("default_args")
    start = arguments.get("start_date") or (defaults.get("start_date") if isinstance(defaults, Mapping) else None)
    zone = start.tzinfo if isinstance(start, datetime) else None
    return zone.key if isinstance(zone, ZoneInfo) and zone.key != "UTC" else None


def _origin(place: Place) -> Origin:
    return Origin(tool=TOOL, way="static", path=place.path, line=place.line)
