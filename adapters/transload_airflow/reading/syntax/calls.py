"""The tasks of DAGs, from the symbolic calls that make them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from transload.forms import Constant
from transload.reading.classes import external_bases
from transload.reading.project import Construction, Project
from transload.reading.values import (
    MISSING,
    Attribute,
    Call,
    Class,
    Function,
    Item,
    Operation,
    Symbol,
    Unknown,
    Value,
    children,
    qualified_name,
)
from transload_airflow.codecs import keywords
from transload_airflow.codecs.residue import Words
from transload_airflow.reading.syntax.order import Group, Nodes, Task, members_of
from transload_airflow.reading.syntax.values import asset_made, decorator_of, given_to, is_condition

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
        self._constructed: dict[Call, Construction | None] = {}
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
        for call in calls:
            self._addition(call)

    def settle(self) -> None:
        """Once everything is taken in: put the order into the tasks."""
        self._nodes.settle()

    def known(self, value: Value) -> Any:
        """What a task, its output or something of them stands for, and the asset that a class of the project makes."""
        if isinstance(value, Call) and isinstance(value.func, Class):
            made = self.constructed(value)
            found = None if made is None else asset_made(value.func, made, self.known)
            if found is not None:
                return found
        node = self._nodes.node(value)
        return _stands_for(node, value) if isinstance(node, Task) else None

    def constructed(self, call: Call) -> Construction | None:
        """How an instance of a class of the project comes about, each once."""
        if call not in self._constructed:
            self._constructed[call] = self._project.constructed(call)
        return self._constructed[call]

    def _attribute(self, operation: Operation) -> None:
        """An argument that is assigned later, such as `task.doc_md = …`."""
        if operation.operator == "setattr":
            target, name, value = operation.operands
            node = self._nodes.node(target)
            if not operation.certain:
                value = Unknown("it is assigned under a condition that is not decided", operation.place)
            if isinstance(node, Task) and isinstance(name, str) and name in ARGUMENTS:
                node.kwargs[name] = _with_former(value, target, node.kwargs)
            elif isinstance(node, Group) and isinstance(name, str) and name in keywords.GROUP:
                node.given[name] = value

    def _addition(self, call: Call) -> None:
        """What is added to the ports of a task: `task.add_outlets([…])`, `task.outlets.append(…)`."""
        port, of, added = _added(call)
        node = self._nodes.node(of) if port else None
        if port and isinstance(node, Task):
            before = node.kwargs.get(port)
            listed = [] if before is None else before if isinstance(before, list) else [before]
            uncertain = Unknown("it is added to under a condition that is not decided", call.place)
            node.kwargs[port] = [*listed, *added] if call.certain else uncertain

    def _call(self, call: Call, scope: Scope) -> None:
        if isinstance(call.func, Attribute) and call.func.name in _MAPPING:
            self._mapped(call, scope)
        elif _is_operator(call):
            self._operator_task(call, scope)
        elif not isinstance(call.func, Attribute):
            made = _made(call)
            if made is not None:
                self._decorated(made, scope)
            elif any(name.endswith(".TaskGroup") for name in class_names(call.func)):
                self._group(call, scope)

    def _place(self, call: Call, scope: Scope) -> Scope:
        """The DAG and group that a call belongs to: what it names, else what encloses it."""
        for each in call.within:
            if id(each) in scope.dags:
                scope = Scope(scope.dags, scope.dags[id(each)], Group())
            scope = scope._replace(group=self._nodes.group(each) or scope.group)
            self._mark_context(each)
        dag = call.kwargs.get("dag")
        group = self._nodes.group(call.kwargs.get("task_group")) or scope.group
        return scope._replace(dag=scope.dag if dag is None else scope.dags.get(id(dag), scope.dag), group=group)

    def _mark_context(self, value: Value) -> None:
        """Whatever is made in the context of setups and teardowns comes between them, which is not followed."""
        for task in self._nodes.tasks(value):
            task.is_context = True

    def _group(self, call: Call, scope: Scope) -> None:
        made = self.constructed(call)
        args, kwargs = (call.args, call.kwargs) if made is None else (made.args, made.kwargs)
        outer = self._nodes.group(kwargs.get("parent_group")) or scope.group
        name = kwargs.get("group_id", args[0] if args else None)
        positional = {f"*{number}": value for number, value in enumerate(args[1:], 1)}
        self._new_group(call, name, {**positional, **kwargs}, scope._replace(group=outer))
        if made is not None:
            self.fill(made.calls, made.operations, scope)

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
            trace = self._project.trace(made.function, {**defaults_of(made.function), **arguments}, made.call)
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
            task.unresolved += decorator.unresolved if isinstance(decorator, Call) else ()
            conditions = [each for each in function.decorators if is_condition(each)]
            task.kwargs |= {"pre_execute": conditions} if conditions else {}
            task.flags |= {f"is_{name}": True for name in ("setup", "teardown") if decorator_of(function, name)}
            task.kwargs |= {"op_args": list(call.args)} if call.args else {}
            task.kwargs |= {"op_kwargs": dict(call.kwargs)} if call.kwargs else {}
            self._passed(task, [*call.args, *call.kwargs.values()])
        return task

    def _operator_task(self, call: Call, scope: Scope) -> None:
        made = self.constructed(call)
        kwargs = call.kwargs if made is None else {**made.values, **made.kwargs}
        task_id = kwargs.get("task_id", call.args[0] if call.args else None)
        task = self._add(call, task_id, kwargs, scope)
        if task is not None:
            task.operator = call.func.of if isinstance(call.func, Attribute) else call.func
            code = kwargs.get("python_callable")
            task.function = code if isinstance(code, Function) else None
            self._passed(task, kwargs.values())
            self._initialised(task, made)

    def _initialised(self, task: Task, made: Construction | None) -> None:
        """What the initialiser of an operator of the project does besides handing on its arguments."""
        if made is not None:
            set_ = {name: value for name, value in made.assigned.items() if name in ARGUMENTS}
            task.kwargs |= {name: _with_former(value, task.made, task.kwargs) for name, value in set_.items()}
            task.unresolved += made.unresolved
            for call in made.calls:
                self._addition(call)

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
            node.unresolved += call.unresolved
            self._passed(node, [*call.args, *call.kwargs.values()])

    def _mapped_function(self, call: Call, partial: Call | None, scope: Scope) -> None:
        func = call.func if partial is None else partial.func
        made = _made(call, func.of if isinstance(func, Attribute) else None)
        if made is not None and decorator_of(made.function, "task_group") is not None:
            arguments = _mapped_arguments(made.function, call, {} if partial is None else partial.kwargs)
            group = self._task_group(made, scope, arguments)
            group.expanded = _expansion(call)
            sources = [self._nodes.output(each) for each in _within(group.expanded)]
            self._nodes.order([node for node in sources if node is not None], [group])
        elif made is not None:
            task = self._decorated_task(made, scope)
            if task is not None:
                fixed = {} if partial is None else partial.kwargs
                task.kwargs = {key: value for key, value in task.kwargs.items() if key not in ("op_args", "op_kwargs")}
                task.kwargs |= {"op_kwargs": dict(fixed)} if fixed else {}
                task.unresolved += () if partial is None else partial.unresolved
                self._passed(task, fixed.values())

    def _add(self, call: Call, task_id: Value, kwargs: Mapping[str, Value], scope: Scope) -> Task | None:
        if scope.dag is None:
            self.strays.append(call)
            return None
        text = task_id if isinstance(task_id, str) else f"task_{call.place.line}"
        name = self._free(scope.dag, f"{scope.group.prefix}{text}")
        given = {key: value for key, value in kwargs.items() if key not in ("task_id", "dag", "task_group")}
        task = Task(name, call, given, scope.group.defaults, scope.group.group_id, unresolved=call.unresolved)
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
        nodes = [self._nodes.output(each) for value in values for each in _within(value)]
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
    names = [name.removesuffix(".partial") for name in class_names(func)]
    is_class = any(name.rpartition(".")[2][:1].isupper() for name in names)
    return any(map(_OPERATOR.search, names)) or ("task_id" in call.kwargs and is_class)


def class_names(func: Value) -> list[str]:
    """The names of a class, and of those that one of the project is derived from."""
    if isinstance(func, Class):
        own = f"{func.module}.{func.qualname}"
        return [own, *sorted(name for name in external_bases(func) if name is not None)]
    return [qualified_name(func) or ""]


def _stands_for(task: Task, value: Value) -> Any:
    """The output of a task; its id; a value by key of the output; anything else is made of it when it runs."""
    inner = value.of if isinstance(value, Item) else value
    is_plain = not isinstance(inner, (Attribute, Item)) or (isinstance(inner, Attribute) and inner.name == "output")
    if isinstance(value, Attribute) and value.name == "task_id":
        return task.task_id
    if isinstance(inner, Call) and isinstance(inner.func, Attribute) and inner.func.name in _MADE_OF:
        is_plain = False
    if not is_plain:
        return Words(f"what is made of the output of {task.task_id}")
    return Constant(f"{task.task_id}.output" + (f"[{value.key!r}]" if isinstance(value, Item) else ""))


_MADE_OF: Final = frozenset({"concat", "map", "zip"})


def _added(call: Call) -> tuple[str | None, Value, list[Value]]:
    """The port that a method adds to, the task, and what it adds."""
    func = call.func
    if not isinstance(func, Attribute) or not call.args:
        return None, None, []
    first = call.args[0]
    several = list(first) if isinstance(first, (list, tuple, set, frozenset)) else [first]
    if func.name in ("add_inlets", "add_outlets"):
        return func.name.removeprefix("add_"), func.of, several
    if func.name in ("append", "extend") and isinstance(func.of, Attribute) and func.of.name in ("inlets", "outlets"):
        return func.of.name, func.of.of, several if func.name == "extend" else [first]
    return None, None, []


def _with_former(value: Value, task: Value, kwargs: Mapping[str, Value]) -> Value:
    """What is assigned, with what the task had before in the place of its attributes: `task.outlets = [*task.outlets, …]`."""
    if isinstance(value, Attribute) and value.of is task:
        return kwargs.get(value.name) or []
    if not isinstance(value, Operation) or value.operator != "+":
        return value
    parts = [_with_former(each, task, kwargs) for each in value.operands]
    known = all(isinstance(each, (list, tuple)) for each in parts)
    return [item for each in parts if isinstance(each, (list, tuple)) for item in each] if known else value


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
        elif isinstance(each, Call) and isinstance(each.func, Attribute) and each.func.name in _MADE_OF:
            pending.extend([each.func.of, *each.args])
