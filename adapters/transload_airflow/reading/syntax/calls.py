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
from transload_airflow.reading.syntax.values import asset_of_class, decorator_of, is_condition, keywords_of

_OPERATOR: Final = re.compile(r"(?:^|\.)[A-Z]\w*(?:Operator|Sensor|SensorAsync|OperatorAsync|Transfer)$")
_MAPPING: Final = frozenset({"expand", "expand_kwargs"})
ARGUMENTS: Final = keywords.JOB | keywords.JOB_NATIVE
_MOST_STEPS: Final = 10_000
"""So many parts of a value are looked at for outputs of tasks: a list of constants may have millions."""
MAPPED_ARGUMENT: Final = "airflow.sdk.definitions._internal.expandinput.MappedArgument"
"""The stand-in that the function of a mapped task group gets for a value that differs from one mapping to the next."""


class Scope(NamedTuple):
    """Where calls are made.

    `dags`: id of each `with` and each traced function → id of the DAG that it is; `dag` and `group`: of calls that name none.
    """

    dags: Mapping[int, int]
    dag: int | None
    group: Group


class DecoratedCall(NamedTuple):
    """A call of a decorated function, and the keywords that `override` gives to the decorator."""

    call: Call
    function: Function
    overrides: Mapping[str, Value]


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
            self._call(call, self._scope_of(call, scope))
        # Order and later assignments come after all tasks are known, as values name tasks before and after them.
        for call in calls:
            self._nodes.relation(call)
        for operation in operations:
            self._nodes.operation(operation)
            if operation.operator == "setattr":
                self._assignment(operation)
        for call in calls:
            self._addition(call)

    def settle(self) -> None:
        """Once everything is taken in: put the order into the tasks."""
        self._nodes.settle()

    def known(self, value: Value) -> Any:
        """The form of a task, of its output or something of them, and of the asset that a class of the project makes."""
        if isinstance(value, Call) and isinstance(value.func, Class):
            construction = self.constructed(value)
            asset = None if construction is None else asset_of_class(value.func, construction, self.known)
            if asset is not None:
                return asset
        node = self._nodes.node(value)
        return _output_form(node, value) if isinstance(node, Task) else None

    def constructed(self, call: Call) -> Construction | None:
        """The construction of an instance of a class of the project, followed once for each call."""
        if call not in self._constructed:
            self._constructed[call] = self._project.constructed(call)
        return self._constructed[call]

    def _assignment(self, operation: Operation) -> None:
        """An argument that is assigned later, such as `task.doc_md = …`."""
        target, name, value = operation.operands
        node = self._nodes.node(target)
        if not operation.certain:
            value = Unknown("it is assigned under a condition that is not decided", operation.place)
        if isinstance(node, Task) and isinstance(name, str) and name in ARGUMENTS:
            node.kwargs[name] = _with_former(value, target, node.kwargs)
        elif isinstance(node, Group) and isinstance(name, str) and name in keywords.GROUP:
            node.kwargs[name] = value

    def _addition(self, call: Call) -> None:
        """An asset that is added to a port of a task: `task.add_outlets([…])`, `task.outlets.append(…)`."""
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
            decorated = _decorated_call(call)
            if decorated is None:
                if any(name.endswith(".TaskGroup") for name in class_names(call.func)):
                    self._group(call, scope)
            elif decorator_of(decorated.function, "task_group") is not None:
                self._task_group(decorated, scope, bound(decorated.function, call))
            elif decorator_of(decorated.function, "task", "setup", "teardown") is not None:
                self._decorated_task(decorated, scope)

    def _scope_of(self, call: Call, scope: Scope) -> Scope:
        """The DAG and group that a call belongs to: what it names, else what encloses it."""
        for enclosing in call.within:
            if id(enclosing) in scope.dags:
                # A DAG within a group starts anew: its tasks are not those of the group.
                scope = Scope(scope.dags, scope.dags[id(enclosing)], Group())
            scope = scope._replace(group=self._nodes.group(enclosing) or scope.group)
            # Whatever is made in the context of setups and teardowns comes between them, which is not followed.
            for task in self._nodes.tasks(enclosing):
                task.is_context = True
        dag = call.kwargs.get("dag")
        group = self._nodes.group(call.kwargs.get("task_group")) or scope.group
        return scope._replace(dag=scope.dag if dag is None else scope.dags.get(id(dag), scope.dag), group=group)

    def _group(self, call: Call, scope: Scope) -> None:
        construction = self.constructed(call)
        base: Call | Construction = call if construction is None else construction
        args, kwargs = base.args, base.kwargs
        outer = self._nodes.group(kwargs.get("parent_group")) or scope.group
        name = kwargs.get("group_id", args[0] if args else None)
        positional = {f"*{number}": value for number, value in enumerate(args[1:], 1)}
        self._new_group(call, name, {**positional, **kwargs}, scope._replace(group=outer))
        if construction is not None:
            self.fill(construction.calls, construction.operations, scope)

    def _task_group(self, decorated: DecoratedCall, scope: Scope, arguments: Mapping[str, Value]) -> Group:
        """The body of the function makes the tasks of the group; what it returns stands for the call, else the group does."""
        call, function, overrides = decorated
        kwargs = {**keywords_of(decorator_of(function, "task_group")), **overrides}
        if function.docstring:
            # It is the tooltip and, since Airflow 3.2, the documentation of the group.
            kwargs |= {key: kwargs.get(key) or function.docstring for key in ("tooltip", "doc_md")}
        name = kwargs.get("group_id", function.name)
        if isinstance(name, str) and scope.dag is not None:
            name = self._free_id(scope.dag, scope.group.prefix + name).removeprefix(scope.group.prefix)
        group = self._new_group(call, name, kwargs, scope)
        if scope.dag is not None:
            trace = self._project.trace(function, {**defaults_of(function), **arguments}, call)
            # The body runs where it is called: the DAG around the function's definition, if there is one, does not count.
            enclosing = {id(value) for value in function.within}
            dags = {key: dag for key, dag in scope.dags.items() if key not in enclosing}
            self.fill(trace.calls, trace.operations, Scope(dags, scope.dag, group))
            self._nodes.register(call, self._nodes.node(trace.returned) or group)
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

    def _decorated_task(self, decorated: DecoratedCall, scope: Scope) -> Task | None:
        call, function, overrides = decorated
        decorator = decorator_of(function, "task")
        kwargs = {**keywords_of(decorator or decorator_of(function, "setup", "teardown")), **overrides}
        task = self._add_task(call, kwargs.get("task_id", function.name), kwargs, scope)
        if task is None:
            return None
        task.operator, task.function = decorator, function
        task.unresolved += decorator.unresolved if isinstance(decorator, Call) else ()
        conditions = [other for other in function.decorators if is_condition(other)]
        if conditions:
            task.kwargs["pre_execute"] = conditions
        task.flags |= {f"is_{name}": True for name in ("setup", "teardown") if decorator_of(function, name)}
        if call.args:
            task.kwargs["op_args"] = list(call.args)
        if call.kwargs:
            task.kwargs["op_kwargs"] = dict(call.kwargs)
        self._after_outputs(task, [*call.args, *call.kwargs.values()])
        return task

    def _operator_task(self, call: Call, scope: Scope) -> None:
        construction = self.constructed(call)
        kwargs = call.kwargs if construction is None else {**construction.values, **construction.kwargs}
        task = self._add_task(call, kwargs.get("task_id", call.args[0] if call.args else None), kwargs, scope)
        if task is None:
            return
        task.operator = call.func.of if isinstance(call.func, Attribute) else call.func
        code = kwargs.get("python_callable")
        task.function = code if isinstance(code, Function) else None
        self._after_outputs(task, kwargs.values())
        if construction is not None:
            # What the initialiser of an operator of the project does besides handing on its arguments.
            assigned = {name: value for name, value in construction.assigned.items() if name in ARGUMENTS}
            task.kwargs |= {name: _with_former(value, task.made, task.kwargs) for name, value in assigned.items()}
            task.unresolved += construction.unresolved
            for inner in construction.calls:
                self._addition(inner)

    def _mapped(self, call: Call, scope: Scope) -> None:
        """`f.expand(…)`, `f.partial(…).expand(…)` and `Operator.partial(…).expand(…)`."""
        of = call.func.of if isinstance(call.func, Attribute) else None
        partial = None
        if isinstance(of, Call):
            name = of.func.name if isinstance(of.func, Attribute) else qualified_name(of.func) or ""
            partial = of if name.rpartition(".")[2] == "partial" else None
        node = self._nodes.node(partial) if partial is not None else None
        if node is None:
            self._mapped_function(call, partial, scope)
            node = self._nodes.node(call)
        if isinstance(node, Task):
            self._nodes.register(call, node)
            node.expanded = _expansion(call)
            node.unresolved += call.unresolved
            self._after_outputs(node, [*call.args, *call.kwargs.values()])

    def _mapped_function(self, call: Call, partial: Call | None, scope: Scope) -> None:
        func = call.func if partial is None else partial.func
        decorated = _decorated_call(call, func.of if isinstance(func, Attribute) else None)
        if decorated is None:
            return
        function, fixed = decorated.function, {} if partial is None else partial.kwargs
        if decorator_of(function, "task_group") is not None:
            # Airflow calls the function of a mapped group once, with what is fixed and stand-ins for what differs.
            is_list = isinstance(call.func, Attribute) and call.func.name == "expand_kwargs"
            names = [parameter.name for parameter in function.parameters] if is_list else list(call.kwargs)
            arguments = {name: Call(Symbol(MAPPED_ARGUMENT), (), {"key": name}, call.place) for name in names}
            group = self._task_group(decorated, scope, {**arguments, **fixed})
            group.expanded = _expansion(call)
            sources = [self._nodes.output(part) for part in _parts_of(group.expanded)]
            self._nodes.order([node for node in sources if node is not None], [group])
            return
        task = self._decorated_task(decorated, scope)
        if task is not None:
            # The arguments of the call are what the task is mapped over, not what its function is called with.
            task.kwargs = {key: value for key, value in task.kwargs.items() if key not in ("op_args", "op_kwargs")}
            task.kwargs |= {"op_kwargs": dict(fixed)} if fixed else {}
            task.unresolved += () if partial is None else partial.unresolved
            self._after_outputs(task, fixed.values())

    def _add_task(self, call: Call, task_id: Value, kwargs: Mapping[str, Value], scope: Scope) -> Task | None:
        if scope.dag is None:
            self.strays.append(call)
            return None
        text = task_id if isinstance(task_id, str) else f"task_{call.place.line}"
        name = self._free_id(scope.dag, f"{scope.group.prefix}{text}")
        own = {key: value for key, value in kwargs.items() if key not in ("task_id", "dag", "task_group")}
        task = Task(name, call, own, scope.group.defaults, scope.group.group_id, unresolved=call.unresolved)
        self.tasks.setdefault(scope.dag, []).append(task)
        scope.group.members.append(task)
        self._nodes.register(call, task)
        return task

    def _free_id(self, dag: int, task_id: str) -> str:
        """A function that is called again makes another task, with a number."""
        number = self._ids.get((dag, task_id), 0)
        self._ids[dag, task_id] = number + 1
        return f"{task_id}__{number}" if number else task_id

    def _after_outputs(self, task: Task, values: Iterable[Value]) -> None:
        """A task whose arguments contain the output of another comes after it."""
        nodes = [self._nodes.output(part) for value in values for part in _parts_of(value)]
        self._nodes.order([node for node in nodes if node is not None and node is not task], [task])


def bound(function: Function, call: Call) -> dict[str, Value]:
    """The arguments of a call by the names of the function's parameters."""
    names = [parameter.name for parameter in function.parameters]
    by_name = {key: value for key, value in call.kwargs.items() if key in names}
    return {**dict(zip(names, call.args, strict=False)), **by_name}


def defaults_of(function: Function) -> dict[str, Value]:
    """The defaults of a function's parameters by name."""
    return {parameter.name: parameter.default for parameter in function.parameters if parameter.default is not MISSING}


def _expansion(call: Call) -> Value:
    """The values that a task or group is mapped over, by keyword; of `expand_kwargs` a list of keywords."""
    if isinstance(call.func, Attribute) and call.func.name == "expand_kwargs":
        return call.args[0] if call.args else call.kwargs.get("kwargs")
    return dict(call.kwargs)


def _decorated_call(call: Call, func: Value = None) -> DecoratedCall | None:
    """The decorated function that is called, with the keywords of `override`; None for a call of anything else."""
    overrides: dict[str, Value] = {}
    func = call.func if func is None else func
    while isinstance(func, Call) and isinstance(func.func, Attribute) and func.func.name == "override":
        overrides = {**func.kwargs, **overrides}
        func = func.func.of
    return DecoratedCall(call, func, overrides) if isinstance(func, Function) else None


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


def _output_form(task: Task, value: Value) -> Any:
    """The output of a task; its id; a value by key of the output; words for anything that is made of it when it runs."""
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
"""Methods of an output that make another value of it."""


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
    """A value that is assigned, its references to the task's own attributes replaced: `task.outlets = task.outlets + […]`."""
    if isinstance(value, Attribute) and value.of is task:
        return kwargs.get(value.name) or []
    if not isinstance(value, Operation) or value.operator != "+":
        return value
    parts = [_with_former(operand, task, kwargs) for operand in value.operands]
    lists = [part for part in parts if isinstance(part, (list, tuple))]
    return [item for part in lists for item in part] if len(lists) == len(parts) else value


def _parts_of(value: Value) -> Iterator[Value]:
    """A value and everything in its containers and operations."""
    pending, steps = [value], 0
    while pending and steps < _MOST_STEPS:
        part = pending.pop()
        steps += 1
        yield part
        pending.extend(children(part))
        if isinstance(part, Operation):
            pending.extend(part.operands)
        elif isinstance(part, Call) and isinstance(part.func, Attribute) and part.func.name in _MADE_OF:
            pending.extend([part.func.of, *part.args])
