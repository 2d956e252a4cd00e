"""What making an instance of a project's class hands to the class from elsewhere that it is derived from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from transload.reading.functions import bind, run
from transload.reading.interpreter import Interpreter
from transload.reading.machine import Arguments, Record
from transload.reading.scope import Scope
from transload.reading.values import Attribute, Call, Class, Function, Operation, Place, Symbol, Unknown, Value, lineage

_SUPER = "builtins.super"


@dataclass(frozen=True)
class Construction:
    """How an instance comes about.

    `base` is the class from elsewhere; `args`, `kwargs` and `unresolved` are what that gets. `given` are
    the arguments of the call itself by the names of its parameters, `assigned` the attributes that the initialisers set, and
    `calls` and `operations` what else happens in them.
    """

    base: Value
    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]
    unresolved: tuple[Unknown, ...]
    values: Mapping[str, Value]
    assigned: Mapping[str, Value]
    calls: tuple[Call, ...] = ()
    operations: tuple[Operation, ...] = ()


def constructed(interpreter: Interpreter, call: Call) -> Construction | None:
    """How the instance that a call makes comes about; None for a call of anything but a class derived from one."""
    base = _base(call.func) if isinstance(call.func, Class) else None
    if base is None or not isinstance(call.func, Class):
        return None
    initialisers = list(_initialisers(call.func))
    making = _Making(call, Arguments(call.args, call.kwargs, call.unresolved))
    interpreter.fields[call] = making.assigned
    try:
        for initialiser in initialisers:
            if not _has_run(initialiser, making):
                _initialise(interpreter, initialiser, making)
    finally:
        del interpreter.fields[call]
    return Construction(
        base=base,
        args=making.handed.args,
        kwargs=making.handed.kwargs,
        unresolved=making.handed.unresolved,
        values=_named(initialisers, call),
        assigned=making.assigned,
        calls=tuple(making.record.calls),
        operations=tuple(making.record.operations),
    )


@dataclass
class _Making:
    """An instance on its way: what is handed on so far, where, and what else happened."""

    call: Call
    handed: Arguments
    place: Place | None = None
    assigned: dict[str, Value] = field(default_factory=dict)
    record: Record = field(default_factory=Record)


def _base(class_: Class) -> Value:
    return next((each for every in lineage(class_) for each in every.bases if not isinstance(each, Class)), None)


def _initialisers(class_: Class) -> Iterator[Function]:
    initialisers = (each.members.get("__init__") for each in lineage(class_))
    return (each for each in initialisers if isinstance(each, Function))


def _has_run(initialiser: Function, making: _Making) -> bool:
    """Whether it was called by name, and handed on itself."""
    place, node = making.place, initialiser.node
    if place is None or place.path != initialiser.place.path:
        return False
    return node.lineno <= place.line <= (node.end_lineno or node.lineno)


def _initialise(interpreter: Interpreter, initialiser: Function, making: _Making) -> None:
    own, arguments = Record(steps=making.record.steps), making.handed
    names: dict[str, Value] | Unknown = Unknown("evaluating it takes too many steps", making.call.place)
    if not isinstance(initialiser.closure, Scope):
        raise TypeError("the closure of a function is a scope")
    with interpreter.fresh(initialiser.closure, own):
        whole = replace(arguments, args=(making.call, *arguments.args))
        names = bind(interpreter, initialiser, whole, initialiser.node)
        if isinstance(names, dict):
            run(interpreter, initialiser, names)
    handing = [each for each in own.calls if _is_handing(each, making.call)]
    making.record.calls.extend(each for each in own.calls if each not in handing)
    making.record.operations.extend(own.operations)
    making.place = handing[0].place if handing else None
    making.handed = (
        Arguments(unresolved=(names,)) if isinstance(names, Unknown) else _arguments(handing, making.call, initialiser)
    )


def _is_handing(each: Call, made: Call) -> bool:
    """`super().__init__(…)` and `Base.__init__(self, …)`."""
    func = each.func
    if isinstance(func, Symbol):
        return func.name.endswith(".__init__") and made in each.args[:1]
    if not isinstance(func, Attribute) or func.name != "__init__":
        return False
    is_super = isinstance(func.of, Call) and isinstance(func.of.func, Symbol) and func.of.func.name == _SUPER
    return is_super or made in each.args[:1]


def _arguments(handing: list[Call], made: Call, initialiser: Function) -> Arguments:
    certain = [each for each in handing if each.certain]
    if len(certain) != 1 or len(handing) != 1:
        reason = f"what {initialiser.qualname} gives to the class that it is derived from is not decided"
        return Arguments(unresolved=(Unknown(reason, initialiser.place),))
    args = certain[0].args[1:] if made in certain[0].args[:1] else certain[0].args
    return Arguments(args, certain[0].kwargs, certain[0].unresolved)


def _named(initialisers: Sequence[Function], call: Call) -> dict[str, Value]:
    """The arguments of the call by name, whether given by position or by keyword."""
    parameters = initialisers[0].parameters[1:] if initialisers else ()
    order = [each.name for each in parameters if each.kind in ("positional", "normal")]
    return {**dict(zip(order, call.args, strict=False)), **call.kwargs}
