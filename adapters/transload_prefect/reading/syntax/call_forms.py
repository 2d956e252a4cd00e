"""The ways in which a symbolic call makes, runs or deploys a task or flow, and where it has it in its arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from transload.model.assets import Origin
from transload.reading.project import Module
from transload.reading.values import Attribute, Call, Class, Function, Place, qualified_name
from transload_prefect.names import TOOL
from transload_prefect.reading.syntax.symbols import CHANGING, DEPLOYING, TASK_CLASSES, method, short_name

_NOT_ARGUMENTS: Final = frozenset({"wait_for", "return_state", "deferred", "task_runner"})


def functions_of(module: Module) -> Iterator[Function]:
    """Functions of a module, and methods of its classes."""
    seen: dict[int, Function] = {id(function): function for function in module.functions}
    for value in module.namespace.values():
        if isinstance(value, Class) and value.module == module.name:
            seen.update({id(member): member for member in value.members.values() if isinstance(member, Function)})
    yield from seen.values()


def named_values(module: Module) -> Iterator[tuple[str, Any]]:
    """The values that a module names: its globals, and the items of its lists and dictionaries."""
    for name, value in module.namespace.items():
        yield name, value
        items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
        yield from ((name, item) for item in items)


def decoration(call: Call) -> tuple[str, Call | None]:
    """The decorator, and the call with its options, of `task(f)`, `materialize(…)(f)`, `MaterializingTask(fn=f)` and the same of flows."""
    if isinstance(call.func, Call):
        return short_name(call.func) or "", call.func
    return "flow" if short_name(call) in ("flow", "Flow") else "task", call


def decorating_call(call: Call) -> Call | None:
    """The call whose value is called: `task(…)` in `task(…)(f)`."""
    return call.func if isinstance(call.func, Call) else None


def wrapped_function(call: Call) -> Any:
    """The function that a call makes a task or flow of; None if it makes neither."""
    name = short_name(call.func) if isinstance(call.func, Call) else short_name(call)
    direct = not isinstance(call.func, Call) and name in TASK_CLASSES | {"task", "flow", "Flow"}
    if direct or (isinstance(call.func, Call) and name in ("task", "flow", "materialize")):
        return call.args[0] if call.args else call.kwargs.get("fn")
    return None


def member_of(value: Any) -> Any:
    """The function behind `self.load` or `Class.load`."""
    if not isinstance(value, Attribute):
        return None
    of = value.of.func if isinstance(value.of, Call) else value.of
    return of.members.get(value.name) if isinstance(of, Class) else None


def deployed_flow(call: Call) -> Any:
    """The flow that a call deploys, or the call that names its entrypoint; None if it deploys nothing."""
    name = qualified_name(call) or ""
    if name.endswith((".RunnerDeployment.from_entrypoint", ".RunnerDeployment")):
        return call
    is_added = short_name(method(call, frozenset({"add_flow"}))) == "Runner"
    if name.endswith(".RunnerDeployment.from_flow") or is_added:
        return call.kwargs.get("flow", call.args[0] if call.args else None)
    return method(call, DEPLOYING)


def entrypoint_of(value: Any) -> Any:
    """The entrypoint of a flow that lies in a repository, or is named by its entrypoint alone; None of any other value."""
    name = (qualified_name(value) or "").rpartition(".")[2] if isinstance(value, Call) else ""
    position = {"from_source": 1, "from_entrypoint": 0, "RunnerDeployment": 0}.get(name)
    if position is None:
        return None
    return value.kwargs.get("entrypoint", value.args[position] if len(value.args) > position else "")


def arguments_of(call: Call, called: Any) -> dict[str | None, Any]:
    """The arguments of a call by the names of parameters that it runs with; None for those beyond them."""
    while isinstance(called, Call):
        called = wrapped_function(called) or method(called, CHANGING)
    names = [parameter.name for parameter in called.parameters] if isinstance(called, Function) else []
    names = names[1:] if names[:1] == ["self"] else names
    positional: dict[str | None, Any] = {}
    for position, value in enumerate(call.args):
        name = names[position] if position < len(names) else None
        positional[name] = [*positional[name], value] if name in positional else [value]
    return {**positional, **{name: value for name, value in call.kwargs.items() if name not in _NOT_ARGUMENTS}}


def origin_of(place: Place) -> Origin:
    """The place as an origin."""
    return Origin(tool=TOOL, way="static", path=place.path, line=place.line)
