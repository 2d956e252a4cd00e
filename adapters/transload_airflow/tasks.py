"""The tasks of a DAG and their order, from the symbolic calls and operations that make them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from transload.reading.project import Project
from transload.reading.values import Attribute, Call, Class, Function, Item, Operation, Value, children, qualified_name
from transload_airflow.symbolic import decorator_of, given_to

_OPERATOR: Final = re.compile(r"(?:^|\.)[A-Z]\w*(?:Operator|Sensor|SensorAsync|OperatorAsync|Transfer)$")
_SAME_TASK: Final = frozenset({"as_setup", "as_teardown", "output", "map", "zip", "concat", "expand", "expand_kwargs"})
_MAPPING: Final = frozenset({"expand", "expand_kwargs"})
_CHAINS: Final = frozenset({"chain", "chain_linear", "cross_downstream"})


@dataclass
class Group:
    """A task group: its prefix, the arguments that its tasks share, and what is in it."""

    prefix: str = ""
    defaults: Mapping[str, Value] = field(default_factory=dict)
    members: list[Task] = field(default_factory=list)

    def tasks(self) -> list[Task]:
        """Every task within."""
        return self.members


@dataclass
class Task:
    """A task on its way: `made` is the call that makes it, `kwargs` what it is given, `function` its code."""

    task_id: str
    made: Call
    kwargs: dict[str, Value]
    defaults: Mapping[str, Value]
    operator: Value
    group: str = ""
    function: Function | None = None
    expanded: Mapping[str, Value] | None = None
    upstream: dict[str, None] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)

    def tasks(self) -> list[Task]:
        """Itself."""
        return [self]


class Board:
    """The tasks of all DAGs, by the value that stands for each: `dags` maps the id of what encloses tasks to their DAG's key."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.tasks: dict[int, list[Task]] = {}
        self.strays: list[Call] = []
        self._by_value: dict[int, Task | Group] = {}
        self._keep: list[Value] = []
        self._ids: dict[tuple[int, str], int] = {}
        self._orders: list[tuple[list[Task | Group], list[Task | Group]]] = []

    def fill(self, calls: Iterable[Call], operations: Iterable[Operation], dags: Mapping[int, int], within: tuple[int, Group] | None) -> None:
        """Take in what a module or function does. `dags` tells the DAG that a `with` or a traced function is; `within` is the
        DAG and group of calls that name none."""
        calls = list(calls)
        for call in calls:
            self._call(call, dags, within)
        for call in calls:
            self._relation(call)
        for operation in operations:
            self._operation(operation)

    def settle(self) -> None:
        """Put the order between tasks and groups into the tasks: of a group, its last tasks come before, its first ones after."""
        for before, after in self._orders:
            pairs = [(last, first) for one in before for last in _lasts(one) for other in after for first in _firsts(other)]
            for last, first in pairs:
                if last is not first:
                    first.upstream.setdefault(last.task_id)

    def output_of(self, value: Value) -> str | None:
        """The id of the task whose output a value is."""
        node = self._node(value)
        return node.task_id if isinstance(node, Task) else None

    def _call(self, call: Call, dags: Mapping[int, int], within: tuple[int, Group] | None) -> None:
        place = self._place(call, dags, within)
        if isinstance(call.func, Attribute) and call.func.name in _MAPPING:
            self._mapped(call, place, dags)
            return
        if isinstance(call.func, Attribute) and call.func.name in ("override", "partial") and not _is_operator(call):
            return
        function, given = _decorated(call.func)
        if function is not None and decorator_of(function, "task_group") is not None:
            self._task_group(call, function, given, place, dags)
        elif function is not None and decorator_of(function, "task", "setup", "teardown") is not None:
            self._decorated_task(call, function, given, place)
        elif _is_operator(call):
            self._operator_task(call, place)
        elif (qualified_name(call) or "").endswith(".TaskGroup"):
            self._group(call, place)

    def _place(self, call: Call, dags: Mapping[int, int], within: tuple[int, Group] | None) -> tuple[int | None, Group]:
        """The DAG and group that a call belongs to."""
        dag, group = within if within else (None, Group())
        for each in call.within:
            if id(each) in dags:
                dag, group = dags[id(each)], Group()
            known = self._by_value.get(id(each))
            if isinstance(known, Group):
                group = known
        named = call.kwargs.get("dag")
        given = call.kwargs.get("task_group")
        known = self._by_value.get(id(given)) if given is not None else None
        return dags.get(id(named), dag) if named is not None else dag, known if isinstance(known, Group) else group

    def _group(self, call: Call, place: tuple[int | None, Group]) -> None:
        dag, outer = place
        parent = call.kwargs.get("parent_group")
        known = self._by_value.get(id(parent)) if parent is not None else None
        outer = known if isinstance(known, Group) else outer
        name = call.kwargs.get("group_id", call.args[0] if call.args else None)
        self._register(call, self._new_group(name, call.kwargs, outer))

    def _new_group(self, name: Value, kwargs: Mapping[str, Value], outer: Group) -> Group:
        text = name if isinstance(name, str) else "group"
        prefix = f"{outer.prefix}{text}." if kwargs.get("prefix_group_id", True) else outer.prefix
        defaults = kwargs.get("default_args")
        group = Group(prefix, {**outer.defaults, **(defaults if isinstance(defaults, dict) else {})})
        group.members = _Shared(outer)
        return group

    def _task_group(
        self, call: Call, function: Function, given: Mapping[str, Value], place: tuple[int | None, Group], dags: Mapping[int, int]
    ) -> None:
        decorator = decorator_of(function, "task_group")
        kwargs = {**given_to(decorator), **given}
        dag, outer = place
        group = self._new_group(kwargs.get("group_id", function.name), kwargs, outer)
        self._register(call, group)
        if dag is None:
            return
        names = [parameter.name for parameter in function.parameters]
        arguments = {**dict(zip(names, call.args, strict=False)), **{key: value for key, value in call.kwargs.items() if key in names}}
        trace = self._project.trace(function, arguments)
        inner = {key: value for key, value in dags.items() if not any(id(each) == key for each in function.within)}
        self.fill(trace.calls, trace.operations, inner, (dag, group))

    def _decorated_task(self, call: Call, function: Function, given: Mapping[str, Value], place: tuple[int | None, Group]) -> None:
        decorator = decorator_of(function, "task") or decorator_of(function, "setup", "teardown")
        kwargs = {**given_to(decorator), **given}
        task = self._add(call, kwargs.get("task_id", function.name), kwargs, place)
        if task is not None:
            task.operator, task.function = decorator, function
            task.flags = {f"is_{name}": True for name in ("setup", "teardown") if decorator_of(function, name) is not None}
            self._passed(task, [*call.args, *call.kwargs.values()])
            if call.args or call.kwargs:
                task.kwargs = {**task.kwargs, **({"op_args": list(call.args)} if call.args else {}), **_op_kwargs(call)}

    def _operator_task(self, call: Call, place: tuple[int | None, Group]) -> None:
        task = self._add(call, call.kwargs.get("task_id", call.args[0] if call.args else None), dict(call.kwargs), place)
        if task is not None:
            task.operator = call.func.of if isinstance(call.func, Attribute) else call.func
            code = call.kwargs.get("python_callable")
            task.function = code if isinstance(code, Function) else None
            self._passed(task, call.kwargs.values())

    def _mapped(self, call: Call, place: tuple[int | None, Group], dags: Mapping[int, int]) -> None:
        """`f.expand(…)`, `f.partial(…).expand(…)` and `Operator.partial(…).expand(…)`."""
        of = call.func.of if isinstance(call.func, Attribute) else None
        partial = of if isinstance(of, Call) and _is_partial(of) else None
        known = self._node(partial) if partial is not None else None
        if isinstance(known, Task):
            task: Task | None = known
        else:
            function, given = _decorated(partial.func.of if partial is not None and isinstance(partial.func, Attribute) else of)
            if function is None:
                return
            if decorator_of(function, "task_group") is not None:
                self._task_group(call, function, given, place, dags)
                return
            self._decorated_task(call, function, given, place)
            task = self._by_value.get(id(call))  # type: ignore[assignment]
        if isinstance(task, Task):
            self._register(call, task)
            task.expanded = call.kwargs
            task.kwargs.pop("op_args", None)
            task.kwargs.pop("op_kwargs", None)
            fixed = partial.kwargs if partial is not None and task.function is not None else {}
            task.kwargs |= {"op_kwargs": dict(fixed)} if fixed else {}
            self._passed(task, [*call.args, *call.kwargs.values(), *fixed.values()])

    def _add(self, call: Call, task_id: Value, kwargs: Mapping[str, Value], place: tuple[int | None, Group]) -> Task | None:
        dag, group = place
        if dag is None:
            self.strays.append(call)
            return None
        text = task_id if isinstance(task_id, str) else f"task_{call.place.line}"
        name = self._free(dag, f"{group.prefix}{text}")
        kwargs = {key: value for key, value in kwargs.items() if key not in ("task_id", "dag", "task_group")}
        task = Task(name, call, kwargs, group.defaults, None, group.prefix.rstrip("."))
        self.tasks.setdefault(dag, []).append(task)
        group.members.append(task)
        self._register(call, task)
        return task

    def _free(self, dag: int, task_id: str) -> str:
        """A function that is called again makes another task, with a number."""
        number = self._ids.get((dag, task_id), 0)
        self._ids[dag, task_id] = number + 1
        return f"{task_id}__{number}" if number else task_id

    def _register(self, value: Value, node: Task | Group) -> None:
        self._by_value[id(value)] = node
        self._keep.append(value)

    def _passed(self, task: Task, values: Iterable[Value]) -> None:
        """Whoever takes the output of a task comes after it."""
        for value in values:
            for each in _within(value):
                node = self._node(each)
                if isinstance(node, Task) and node is not task:
                    task.upstream.setdefault(node.task_id)
                elif isinstance(node, Group):
                    self._orders.append(([node], [task]))

    def _node(self, value: Value) -> Task | Group | None:
        """The task or group that a value stands for."""
        while True:
            if id(value) in self._by_value:
                return self._by_value[id(value)]
            if isinstance(value, Call) and isinstance(value.func, Attribute) and value.func.name in _SAME_TASK:
                value = value.func.of
            elif isinstance(value, (Attribute, Item)):
                value = value.of
            else:
                return None

    def _nodes(self, value: Value) -> list[Task | Group]:
        """What stands for one side of an order; the result of an order is its right side."""
        found: list[Task | Group] = []
        pending = [value]
        while pending:
            each = pending.pop()
            node = self._node(each)
            if node is not None:
                found.append(node)
            elif isinstance(each, Operation) and each.operator in (">>", "<<"):
                left, right = each.operands
                pending.append(left if _is_label(right) else right)
            else:
                pending.extend(reversed(list(children(each))))
        return found

    def _operation(self, operation: Operation) -> None:
        if operation.operator in (">>", "<<") and not _is_label(operation.operands[1]):
            left, right = map(self._nodes, operation.operands)
            self._orders.append((left, right) if operation.operator == ">>" else (right, left))

    def _relation(self, call: Call) -> None:
        name = call.func.name if isinstance(call.func, Attribute) else ""
        if name in ("set_downstream", "set_upstream") and isinstance(call.func, Attribute):
            others = [node for value in (*call.args, *call.kwargs.values()) for node in self._nodes(value)]
            own = self._nodes(call.func.of)
            self._orders.append((own, others) if name == "set_downstream" else (others, own))
        elif name in ("as_setup", "as_teardown") and isinstance(call.func, Attribute):
            node = self._node(call.func.of)
            if isinstance(node, Task):
                node.flags[name.replace("as_", "is_")] = True
                setups = self._nodes(call.kwargs.get("setups"))
                for setup in setups:
                    for task in setup.tasks():
                        task.flags["is_setup"] = True
                self._orders.append((setups, [node]))
        elif (qualified_name(call) or "").rpartition(".")[2] in _CHAINS:
            self._chain((qualified_name(call) or "").rpartition(".")[2], call)

    def _chain(self, name: str, call: Call) -> None:
        """`chain` pairs two lists of one length one by one; `chain_linear` and `cross_downstream` order all of one before all of the other."""
        steps = [*call.args, *call.kwargs.values()]
        for left, right in zip(steps, steps[1:], strict=False):
            pairs = list(zip(left, right, strict=False)) if name == "chain" and _both_lists(left, right) else [(left, right)]
            self._orders.extend((self._nodes(one), self._nodes(other)) for one, other in pairs)


class _Shared(list[Task]):
    """The members of a group, which are members of the outer one too."""

    def __init__(self, outer: Group) -> None:
        super().__init__()
        self._outer = outer

    def append(self, task: Task) -> None:
        """See `list`."""
        super().append(task)
        self._outer.members.append(task)


def _both_lists(left: Value, right: Value) -> bool:
    return isinstance(left, (list, tuple)) and isinstance(right, (list, tuple))


def _op_kwargs(call: Call) -> dict[str, Value]:
    return {"op_kwargs": dict(call.kwargs)} if call.kwargs else {}


def _is_partial(call: Call) -> bool:
    return (call.func.name if isinstance(call.func, Attribute) else qualified_name(call.func) or "").rpartition(".")[2] == "partial"


def _is_label(value: Value) -> bool:
    return isinstance(value, Call) and (qualified_name(value) or "").endswith(".Label")


def _is_operator(call: Call) -> bool:
    """A class that is called like an operator: by its name, or because it is given a task_id. `Operator.partial(…)` is one too."""
    func = call.func
    if isinstance(func, Attribute):
        if func.name != "partial":
            return False
        func = func.of
    name = f"{func.module}.{func.qualname}" if isinstance(func, Class) else qualified_name(func) or ""
    if name.endswith(".partial"):
        name = name.removesuffix(".partial")
    return bool(_OPERATOR.search(name)) or ("task_id" in call.kwargs and name.rpartition(".")[2][:1].isupper())


def _decorated(func: Value) -> tuple[Function | None, dict[str, Value]]:
    """The function that is called, and what `override` gives it."""
    given: dict[str, Value] = {}
    while isinstance(func, Call) and isinstance(func.func, Attribute) and func.func.name == "override":
        given = {**func.kwargs, **given}
        func = func.func.of
    return (func, given) if isinstance(func, Function) else (None, given)


def _within(value: Value) -> Iterator[Value]:
    """A value and everything in its containers, calls and operations."""
    pending, steps = [value], 0
    while pending and steps < _MOST_STEPS:
        each = pending.pop()
        steps += 1
        yield each
        pending.extend(children(each))
        if isinstance(each, Operation):
            pending.extend(each.operands)


_MOST_STEPS: Final = 10_000


def _firsts(node: Task | Group) -> list[Task]:
    inside = {task.task_id for task in node.tasks()}
    return [task for task in node.tasks() if not inside & set(task.upstream)]


def _lasts(node: Task | Group) -> list[Task]:
    """What comes after a group does not wait for its teardowns, but for what these wait for."""
    tasks = {task.task_id: task for task in node.tasks()}
    before = {name for task in tasks.values() for name in task.upstream}
    found: dict[str, Task] = {}
    pending = [task for name, task in reversed(tasks.items()) if name not in before]
    while pending:
        task = pending.pop()
        if isinstance(node, Group) and task.flags.get("is_teardown"):
            pending.extend(tasks[name] for name in task.upstream if name in tasks and not tasks[name].flags.get("is_setup"))
        else:
            found.setdefault(task.task_id, task)
    return list(found.values())


