"""Tasks and task groups on their way, and the order between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from transload.reading.values import (
    Attribute,
    Call,
    Function,
    Item,
    Operation,
    Unknown,
    Value,
    children,
    qualified_name,
)

_SAME_TASK: Final = frozenset({"as_setup", "as_teardown", "output", "map", "zip", "concat", "expand", "expand_kwargs"})
_CHAINS: Final = frozenset({"chain", "chain_linear", "cross_downstream"})


@dataclass
class Group:
    """A task group: its prefix, the arguments that its tasks share, what is in it, and what it and its mapping are given."""

    prefix: str = ""
    defaults: Mapping[str, Value] = field(default_factory=dict)
    members: list[Task] = field(default_factory=list)
    group_id: str = ""
    parent: str = ""
    given: dict[str, Value] = field(default_factory=dict)
    expanded: Value = None

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
    group: str = ""
    operator: Value = None
    function: Function | None = None
    expanded: Value = None
    unresolved: tuple[Unknown, ...] = ()
    is_context: bool = False
    upstream: dict[str, None] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)

    def tasks(self) -> list[Task]:
        """Itself."""
        return [self]


class _Shared(list[Task]):
    """The members of a group, which are members of the outer one too."""

    def __init__(self, outer: Group) -> None:
        super().__init__()
        self._outer = outer

    def append(self, task: Task) -> None:
        """See `list`."""
        super().append(task)
        self._outer.members.append(task)


def members_of(outer: Group) -> list[Task]:
    """The empty list of members of a group within another."""
    return _Shared(outer)


class Nodes:
    """What stands for a task or a group, and what is said of their order: arrows, methods, `chain` and its like."""

    def __init__(self) -> None:
        self._by_value: dict[int, Task | Group] = {}
        self._kept: list[Value] = []
        self._orders: list[tuple[list[Task | Group], list[Task | Group]]] = []

    def register(self, value: Value, node: Task | Group) -> None:
        """Let a value stand for a task or group; it is kept, so that its id stays its own."""
        self._by_value[id(value)] = node
        self._kept.append(value)

    def group(self, value: Value) -> Group | None:
        """The group that a value is."""
        node = self._by_value.get(id(value))
        return node if isinstance(node, Group) else None

    def node(self, value: Value) -> Task | Group | None:
        """The task or group that a value, or what is taken from it, stands for."""
        while True:
            if id(value) in self._by_value:
                return self._by_value[id(value)]
            if isinstance(value, Call) and isinstance(value.func, Attribute) and value.func.name in _SAME_TASK:
                value = value.func.of
            elif isinstance(value, Call) and is_output(value):
                value = value.args[0]
            elif isinstance(value, (Attribute, Item)):
                value = value.of
            else:
                return None

    def output(self, value: Value) -> Task | Group | None:
        """The task or group whose output a value is, or is made of; its other attributes, such as `task_id`, are no output."""
        each = value
        while id(each) not in self._by_value and isinstance(each, (Attribute, Item, Call)):
            if isinstance(each, Attribute) and each.name not in _SAME_TASK:
                return None
            each = _source(each)
        return self.node(value)

    def order(self, before: list[Task | Group], after: list[Task | Group]) -> None:
        """Everything in `after` waits for everything in `before`."""
        self._orders.append((before, after))

    def settle(self) -> None:
        """Put the order into the tasks: of a group its last tasks come before and its first ones after, known once its inside is."""
        for groups in (False, True):
            for before, after in self._orders:
                if any(isinstance(node, Group) for node in (*before, *after)) == groups:
                    _connect(before, after)

    def _nodes(self, value: Value) -> list[Task | Group]:
        """What stands for one side of an order; the result of an order is its right side."""
        found: list[Task | Group] = []
        pending = [value]
        while pending:
            each = pending.pop()
            node = self.node(each)
            if node is not None:
                found.append(node)
            elif isinstance(each, Operation) and each.operator in (">>", "<<"):
                left, right = each.operands
                pending.append(left if _is_label(right) else right)
            else:
                pending.extend(reversed(list(children(each))))
        return found

    def tasks(self, value: Value) -> list[Task]:
        """The tasks that a value stands for, such as both sides of an arrow; those of a group are not its own."""
        sides = value.operands if isinstance(value, Operation) else (value,)
        found = (self.node(each) for each in sides)
        return [node for node in found if isinstance(node, Task)]

    def operation(self, operation: Operation) -> None:
        """Take in an arrow; one to a label only marks the one after it."""
        if operation.operator in (">>", "<<") and not _is_label(operation.operands[1]):
            left, right = map(self._nodes, operation.operands)
            self.order(*((left, right) if operation.operator == ">>" else (right, left)))

    def relation(self, call: Call) -> None:
        """Take in a call that orders tasks."""
        name = (qualified_name(call) or "").rpartition(".")[2]
        if isinstance(call.func, Attribute) and call.func.name in ("set_downstream", "set_upstream"):
            sides = self._nodes(call.func.of), self._nodes([*call.args, *call.kwargs.values()])
            self.order(*(sides if call.func.name == "set_downstream" else sides[::-1]))
        elif isinstance(call.func, Attribute) and call.func.name in ("as_setup", "as_teardown"):
            self._role(call, call.func)
        elif name in _CHAINS:
            self._chain(name, [*call.args, *call.kwargs.values()])

    def _role(self, call: Call, method: Attribute) -> None:
        setups = self._nodes(call.kwargs.get("setups"))
        for task in (task for node in self._nodes(method.of) for task in node.tasks()):
            task.flags[method.name.replace("as_", "is_")] = True
            task.kwargs |= {key: call.kwargs[key] for key in ("on_failure_fail_dagrun",) if key in call.kwargs}
        for task in (task for node in setups for task in node.tasks()):
            task.flags["is_setup"] = True
        self.order(setups, self._nodes(method.of))

    def _chain(self, name: str, steps: list[Value]) -> None:
        """`chain` pairs two lists one by one; the others order all of one before all of the other."""
        for left, right in pairwise(steps):
            if name == "chain" and isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
                for one, other in zip(left, right, strict=False):
                    self.order(self._nodes(one), self._nodes(other))
            else:
                self.order(self._nodes(left), self._nodes(right))


def _source(value: Call | Attribute | Item) -> Value:
    """What a value is taken from."""
    if isinstance(value, Call):
        return value.args[0] if is_output(value) else value.func
    return value.of


def is_output(value: Value) -> bool:
    """Whether it is `XComArg(task)`."""
    return isinstance(value, Call) and bool(value.args) and (qualified_name(value) or "").endswith(".XComArg")


def _connect(before: list[Task | Group], after: list[Task | Group]) -> None:
    lasts = [task for node in before for task in _lasts(node)]
    for first in (task for node in after for task in _firsts(node)):
        for last in lasts:
            if last is not first:
                first.upstream.setdefault(last.task_id)


def _is_label(value: Value) -> bool:
    return isinstance(value, Call) and (qualified_name(value) or "").endswith(".Label")


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
            pending.extend(
                tasks[name] for name in task.upstream if name in tasks and not tasks[name].flags.get("is_setup")
            )
        else:
            found.setdefault(task.task_id, task)
    return list(found.values())
