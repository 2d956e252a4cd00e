"""Tasks and task groups while they are read, and the order between them."""

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
    """A task group: the prefix of its ids, the arguments that its tasks share, its tasks, its keywords and what it is mapped over."""

    prefix: str = ""
    defaults: Mapping[str, Value] = field(default_factory=dict)
    members: list[Task] = field(default_factory=list)
    group_id: str = ""
    parent: str = ""
    kwargs: dict[str, Value] = field(default_factory=dict)
    expanded: Value = None

    def tasks(self) -> list[Task]:
        """Every task within."""
        return self.members


@dataclass
class Task:
    """A task: `made` is the call that makes it, `kwargs` its keywords, `function` its code, `expanded` what it is mapped over."""

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
    """The values that stand for tasks and groups, and the order of these: arrows, methods, `chain` and its like."""

    def __init__(self) -> None:
        self._by_value: dict[int, Task | Group] = {}
        self._values: list[Value] = []
        self._orders: list[tuple[list[Task | Group], list[Task | Group]]] = []

    def register(self, value: Value, node: Task | Group) -> None:
        """Let a value stand for a task or group."""
        self._by_value[id(value)] = node
        # It stays alive, so that no other value ever has its id.
        self._values.append(value)

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
        source = value
        while id(source) not in self._by_value and isinstance(source, (Attribute, Item, Call)):
            if isinstance(source, Attribute) and source.name not in _SAME_TASK:
                return None
            if isinstance(source, Call) and is_output(source):
                source = source.args[0]
            else:
                source = source.func if isinstance(source, Call) else source.of
        return self.node(value)

    def order(self, before: list[Task | Group], after: list[Task | Group]) -> None:
        """Everything in `after` waits for everything in `before`."""
        self._orders.append((before, after))

    def settle(self) -> None:
        """Put the order into the tasks: of a group its last tasks come before and its first ones after."""
        # Groups come second, since first and last are known only once the order within is.
        for groups in (False, True):
            for before, after in self._orders:
                if any(isinstance(node, Group) for node in (*before, *after)) == groups:
                    _connect(before, after)

    def _nodes(self, value: Value) -> list[Task | Group]:
        """The tasks and groups on one side of an order; the result of an order is its right side."""
        nodes: list[Task | Group] = []
        pending = [value]
        while pending:
            part = pending.pop()
            node = self.node(part)
            if node is not None:
                nodes.append(node)
            elif isinstance(part, Operation) and part.operator in (">>", "<<"):
                left, right = part.operands
                pending.append(left if _is_label(right) else right)
            else:
                pending.extend(reversed(list(children(part))))
        return nodes

    def tasks(self, value: Value) -> list[Task]:
        """The tasks that a value stands for, such as both sides of an arrow; those of a group are not its own."""
        sides = value.operands if isinstance(value, Operation) else (value,)
        nodes = map(self.node, sides)
        return [node for node in nodes if isinstance(node, Task)]

    def operation(self, operation: Operation) -> None:
        """Take in an arrow; one to a label only marks the one after it."""
        if operation.operator in (">>", "<<") and not _is_label(operation.operands[1]):
            left, right = map(self._nodes, operation.operands)
            self.order(*((left, right) if operation.operator == ">>" else (right, left)))

    def relation(self, call: Call) -> None:
        """Take in a call that orders tasks."""
        name = (qualified_name(call) or "").rpartition(".")[2]
        steps = [*call.args, *call.kwargs.values()]
        if isinstance(call.func, Attribute) and call.func.name in ("set_downstream", "set_upstream"):
            sides = self._nodes(call.func.of), self._nodes(steps)
            self.order(*(sides if call.func.name == "set_downstream" else sides[::-1]))
        elif isinstance(call.func, Attribute) and call.func.name in ("as_setup", "as_teardown"):
            self._role(call, call.func)
        elif name in _CHAINS:
            for left, right in pairwise(steps):
                # `chain` pairs two lists one by one; the others order all of one before all of the other.
                if name == "chain" and isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
                    for one, other in zip(left, right, strict=False):
                        self.order(self._nodes(one), self._nodes(other))
                else:
                    self.order(self._nodes(left), self._nodes(right))

    def _role(self, call: Call, method: Attribute) -> None:
        setups = self._nodes(call.kwargs.get("setups"))
        for task in (task for node in self._nodes(method.of) for task in node.tasks()):
            task.flags[method.name.replace("as_", "is_")] = True
            task.kwargs |= {key: call.kwargs[key] for key in ("on_failure_fail_dagrun",) if key in call.kwargs}
        for task in (task for node in setups for task in node.tasks()):
            task.flags["is_setup"] = True
        self.order(setups, self._nodes(method.of))


def is_output(value: Value) -> bool:
    """True of `XComArg(task)`."""
    return isinstance(value, Call) and bool(value.args) and (qualified_name(value) or "").endswith(".XComArg")


def _connect(before: list[Task | Group], after: list[Task | Group]) -> None:
    lasts = [task for node in before for task in _lasts(node)]
    for node in after:
        inside = {task.task_id for task in node.tasks()}
        for first in [task for task in node.tasks() if not inside & set(task.upstream)]:
            for last in lasts:
                if last is not first:
                    first.upstream.setdefault(last.task_id)


def _is_label(value: Value) -> bool:
    return isinstance(value, Call) and (qualified_name(value) or "").endswith(".Label")


def _lasts(node: Task | Group) -> list[Task]:
    """The last tasks. What comes after a group does not wait for its teardowns, but for what these wait for."""
    tasks = {task.task_id: task for task in node.tasks()}
    before = {name for task in tasks.values() for name in task.upstream}
    lasts: dict[str, Task] = {}
    pending = [task for name, task in reversed(tasks.items()) if name not in before]
    while pending:
        task = pending.pop()
        if isinstance(node, Group) and task.flags.get("is_teardown"):
            pending.extend(
                tasks[name] for name in task.upstream if name in tasks and not tasks[name].flags.get("is_setup")
            )
        else:
            lasts.setdefault(task.task_id, task)
    return list(lasts.values())
