"""The tasks of DAGs, from the symbolic calls that make them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from transload.reading.project import Project
from transload.reading.values import (
    MISSING,
    Attribute,
    Call,
    Class,
    Function,
    Operation,
    Symbol,
    Value,
    children,
    qualified_name,
)
from transload_airflow import keywords
from transload_airflow.nodes import Group, Nodes, Task, members_of
from transload_airflow.symbolic import decorator_of, given_to

_OPERATOR: Final = re.compile(r"(?:^|\.)[A-Z]\w*(?:Operator|Sensor|SensorAsync|OperatorAsync|Transfer)$")
_MAPPING: Final = frozenset({"expand", "expand_kwargs"})
ARGUMENTS: Final = keywords.JOB | keywords.JOB_NATIVE
_MOST_STEPS: Final = 10_000
MAPPED_ARGUMENT: Final = "airflow.sdk.definitions._internal.expandinput.MappedArgument"
"""What Airflow hands to the function of a mapped task group in place of a value that differs from one mapping to the next."""


class Scope(NamedTuple):
    """Where calls are made: the DAG that each `with` and each traced function is, by ids; DAG and group of calls that name none."""

    dags: Mapping[int, int]
    dag: int | None
    group: Group


class Made(NamedTuple):
    """A call of a decorated function: what it was given besides the arguments of the function."""

    call: Call
    function: Function
    given: Mapping[str, Value]


class Board:
    """The tasks and groups of all DAGs, by DAG; `strays` are tasks of none."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.tasks: dict[int, list[Task]] = {}
        self.groups: dict[int, list[Group]] = {}
        self.strays: list[Call] = []
        self._nodes = Nodes()
        self._ids: dict[tuple[int, str], int] = {}

    def fill(self, calls: Iterable[Call], operations: Iterable[Operation], scope: Scope) -> None:
        """Take in what a module or function does."""
        calls = list(calls)
        for call in calls:
            self._call(call, self._place(call, scope))
        for call in calls:
            self._nodes.relation(call)
        for operation in operations:
            self._nodes.operation(operation)
            self._attribute(operation)

    def settle(self) -> None:
        """Once everything is taken in: put the order into the tasks."""
        self._nodes.settle()

    def output_of(self, value: Value) -> str | None:
        """The id of the task whose output a value is."""
        node = self._nodes.node(value)
        return node.task_id if isinstance(node, Task) else None

    def _attribute(self, operation: Operation) -> None:
        """An argument that is assigned later, such as `task.doc_md = …`."""
        if operation.operator == "setattr":
            target, name, value = operation.operands
            node = self._nodes.node(target)
            if isinstance(node, Task) and isinstance(name, str) and name in ARGUMENTS:
                node.kwargs[name] = value
            elif isinstance(node, Group) and isinstance(name, str) and name in keywords.GROUP:
                node.given[name] = value

    def _call(self, call: Call, scope: Scope) -> None:
        if isinstance(call.func, Attribute) and call.func.name in _MAPPING:
            self._mapped(call, scope)
        elif _is_operator(call):
            self._operator_task(call, scope)
        elif not isinstance(call.func, Attribute):
            made = _made(call)
            if made is not None:
                self._decorated(made, scope)
            elif (qualified_name(call) or "").endswith(".TaskGroup"):
                self._group(call, scope)

    def _place(self, call: Call, scope: Scope) -> Scope:
        """The DAG and group that a call belongs to: what it names, else what encloses it."""
        for each in call.within:
            if id(each) in scope.dags:
                scope = Scope(scope.dags, scope.dags[id(each)], Group())
            scope = scope._replace(group=self._nodes.group(each) or scope.group)
        dag = call.kwargs.get("dag")
        group = self._nodes.group(call.kwargs.get("task_group")) or scope.group
        return scope._replace(dag=scope.dag if dag is None else scope.dags.get(id(dag), scope.dag), group=group)

    def _group(self, call: Call, scope: Scope) -> None:
        outer = self._nodes.group(call.kwargs.get("parent_group")) or scope.group
        name = call.kwargs.get("group_id", call.args[0] if call.args else None)
        positional = {f"*{number}": value for number, value in enumerate(call.args[1:], 1)}
        self._new_group(call, name, {**positional, **call.kwargs}, scope._replace(group=outer))

    def _decorated(self, made: Made, scope: Scope) -> None:
        if decorator_of(made.function, "task_group") is not None:
            self._task_group(made, scope, bound(made.function, made.call))
        elif decorator_of(made.function, "task", "setup", "teardown") is not None:
            self._decorated_task(made, scope)

    def _task_group(self, made: Made, scope: Scope, arguments: Mapping[str, Value]) -> Group:
        """The body of the function makes the tasks of the group; what it returns stands for the call, else the group does."""
        kwargs = _documented({**given_to(decorator_of(made.function, "task_group")), **made.given}, made.function)
        name = kwargs.get("group_id", made.function.name)
        if isinstance(name, str) and scope.dag is not None:
            name = self._free(scope.dag, scope.group.prefix + name).removeprefix(scope.group.prefix)
        group = self._new_group(made.call, name, kwargs, scope)
        if scope.dag is not None:
            trace = self._project.trace(made.function, {**defaults_of(made.function), **arguments})
            enclosing = {id(each) for each in made.function.within}
            dags = {key: dag for key, dag in scope.dags.items() if key not in enclosing}
            self.fill(trace.calls, trace.operations, Scope(dags, scope.dag, group))
            self._nodes.register(made.call, self._nodes.node(trace.returned) or group)
        return group

    def _new_group(self, call: Call, name: Value, kwargs: Mapping[str, Value], scope: Scope) -> Group:
        outer = scope.group
        group_id = f"{outer.prefix}{name if isinstance(name, str) else 'group'}"
        defaults = kwargs.get("default_args")
        shared = {**outer.defaults, **(defaults if isinstance(defaults, dict) else {})}
        prefix = f"{group_id}." if kwargs.get("prefix_group_id", True) else ""
        group = Group(prefix, shared, members_of(outer), group_id, outer.group_id, dict(kwargs))
        self._nodes.register(call, group)
        if scope.dag is not None:
            self.groups.setdefault(scope.dag, []).append(group)
        return group

    def _decorated_task(self, made: Made, scope: Scope) -> Task | None:
        call, function, given = made
        decorator = decorator_of(function, "task")
        kwargs = {**given_to(decorator or decorator_of(function, "setup", "teardown")), **given}
        task = self._add(call, kwargs.get("task_id", function.name), kwargs, scope)
        if task is not None:
            task.operator, task.function = decorator, function
            task.flags |= {f"is_{name}": True for name in ("setup", "teardown") if decorator_of(function, name)}
            task.kwargs |= {"op_args": list(call.args)} if call.args else {}
            task.kwargs |= {"op_kwargs": dict(call.kwargs)} if call.kwargs else {}
            self._passed(task, [*call.args, *call.kwargs.values()])
        return task

    def _operator_task(self, call: Call, scope: Scope) -> None:
        task_id = call.kwargs.get("task_id", call.args[0] if call.args else None)
        task = self._add(call, task_id, call.kwargs, scope)
        if task is not None:
            task.operator = call.func.of if isinstance(call.func, Attribute) else call.func
            code = call.kwargs.get("python_callable")
            task.function = code if isinstance(code, Function) else None
            self._passed(task, call.kwargs.values())

    def _mapped(self, call: Call, scope: Scope) -> None:
        """`f.expand(…)`, `f.partial(…).expand(…)` and `Operator.partial(…).expand(…)`."""
        of = call.func.of if isinstance(call.func, Attribute) else None
        partial = of if isinstance(of, Call) and _is_partial(of) else None
        node = self._nodes.node(partial) if partial is not None else None
        if node is None:
            self._mapped_function(call, partial, scope)
            node = self._nodes.node(call)
        if isinstance(node, Task):
            self._nodes.register(call, node)
            node.expanded = _expansion(call)
            self._passed(node, [*call.args, *call.kwargs.values()])

    def _mapped_function(self, call: Call, partial: Call | None, scope: Scope) -> None:
        func = call.func if partial is None else partial.func
        made = _made(call, func.of if isinstance(func, Attribute) else None)
        if made is not None and decorator_of(made.function, "task_group") is not None:
            arguments = _mapped_arguments(made.function, call, {} if partial is None else partial.kwargs)
            group = self._task_group(made, scope, arguments)
            group.expanded = _expansion(call)
            sources = [self._nodes.node(each) for each in _within(group.expanded)]
            self._nodes.order([node for node in sources if node is not None], [group])
        elif made is not None:
            task = self._decorated_task(made, scope)
            if task is not None:
                fixed = {} if partial is None else partial.kwargs
                task.kwargs = {key: value for key, value in task.kwargs.items() if key not in ("op_args", "op_kwargs")}
                task.kwargs |= {"op_kwargs": dict(fixed)} if fixed else {}
                self._passed(task, fixed.values())

    def _add(self, call: Call, task_id: Value, kwargs: Mapping[str, Value], scope: Scope) -> Task | None:
        if scope.dag is None:
            self.strays.append(call)
            return None
        text = task_id if isinstance(task_id, str) else f"task_{call.place.line}"
        name = self._free(scope.dag, f"{scope.group.prefix}{text}")
        given = {key: value for key, value in kwargs.items() if key not in ("task_id", "dag", "task_group")}
        task = Task(name, call, given, scope.group.defaults, scope.group.group_id)
        self.tasks.setdefault(scope.dag, []).append(task)
        scope.group.members.append(task)
        self._nodes.register(call, task)
        return task

    def _free(self, dag: int, task_id: str) -> str:
        """A function that is called again makes another task, with a number."""
        number = self._ids.get((dag, task_id), 0)
        self._ids[dag, task_id] = number + 1
        return f"{task_id}__{number}" if number else task_id

    def _passed(self, task: Task, values: Iterable[Value]) -> None:
        """Whoever takes the output of a task comes after it."""
        nodes = [self._nodes.node(each) for value in values for each in _within(value)]
        self._nodes.order([node for node in nodes if node is not None and node is not task], [task])


def bound(function: Function, call: Call) -> dict[str, Value]:
    """The arguments of a call by the names of the function's parameters."""
    names = [parameter.name for parameter in function.parameters]
    by_name = {key: value for key, value in call.kwargs.items() if key in names}
    return {**dict(zip(names, call.args, strict=False)), **by_name}


def defaults_of(function: Function) -> dict[str, Value]:
    """The defaults of a function's parameters by name."""
    return {each.name: each.default for each in function.parameters if each.default is not MISSING}


def _expansion(call: Call) -> Value:
    """What a task or group is mapped over: values by keyword, or of `expand_kwargs` the keywords of each."""
    if isinstance(call.func, Attribute) and call.func.name == "expand_kwargs":
        return call.args[0] if call.args else call.kwargs.get("kwargs")
    return dict(call.kwargs)


def _mapped_arguments(function: Function, call: Call, fixed: Mapping[str, Value]) -> dict[str, Value]:
    """What Airflow calls the function of a mapped group with, once: what is fixed, and stand-ins for what differs."""
    is_each = isinstance(call.func, Attribute) and call.func.name == "expand_kwargs"
    names = [each.name for each in function.parameters] if is_each else list(call.kwargs)
    stands = {name: Call(Symbol(MAPPED_ARGUMENT), (), {"key": name}, call.place) for name in names}
    return {**stands, **fixed}


def _documented(given: dict[str, Value], function: Function) -> dict[str, Value]:
    """The docstring of the function is the tooltip and, since Airflow 3.2, the documentation of its group."""
    if function.docstring:
        given |= {key: given.get(key) or function.docstring for key in ("tooltip", "doc_md")}
    return given


def _made(call: Call, func: Value = None) -> Made | None:
    """The decorated function that is called, and what `override` gives it."""
    given: dict[str, Value] = {}
    func = call.func if func is None else func
    while isinstance(func, Call) and isinstance(func.func, Attribute) and func.func.name == "override":
        given = {**func.kwargs, **given}
        func = func.func.of
    return Made(call, func, given) if isinstance(func, Function) else None


def _is_partial(call: Call) -> bool:
    name = call.func.name if isinstance(call.func, Attribute) else qualified_name(call.func) or ""
    return name.rpartition(".")[2] == "partial"


def _is_operator(call: Call) -> bool:
    """A class that is called like an operator: by its name, or because it is given a task_id. `Operator.partial(…)` is one too."""
    func = call.func
    if isinstance(func, Attribute):
        if func.name != "partial":
            return False
        func = func.of
    name = f"{func.module}.{func.qualname}" if isinstance(func, Class) else qualified_name(func) or ""
    name = name.removesuffix(".partial")
    return bool(_OPERATOR.search(name)) or ("task_id" in call.kwargs and name.rpartition(".")[2][:1].isupper())


def _within(value: Value) -> Iterator[Value]:
    """A value and everything in its containers and operations."""
    pending, steps = [value], 0
    while pending and steps < _MOST_STEPS:
        each = pending.pop()
        steps += 1
        yield each
        pending.extend(children(each))
        if isinstance(each, Operation):
            pending.extend(each.operands)
