"""Calls: what is computed, what is followed into the project, and what stays symbolic."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from transload.reading import assigning, classes, computing, functions, iteration, paths, unknowable
from transload.reading.computing import NotComputedError
from transload.reading.machine import MAX_ITERATIONS, Arguments, Machine, ProjectError
from transload.reading.truth import decided
from transload.reading.values import (
    CONTAINERS,
    SCALARS,
    Attribute,
    Call,
    Class,
    Function,
    Iterated,
    ProjectModule,
    Symbol,
    Unknown,
    Value,
    described,
    first_unknown,
    is_known,
)

PLAIN: Final = (*SCALARS, *CONTAINERS)


def apply(machine: Machine, func: Value, arguments: Arguments, node: ast.AST) -> Value:
    """The value of a call."""
    handler = next((handler for kind, handler in BY_KIND.items() if isinstance(func, kind)), None)
    if handler is not None:
        return handler(machine, func, arguments, node)
    if isinstance(func, PLAIN):
        return machine.unknown(f"{described(func)} cannot be called", node)
    return machine.symbolic(func, arguments, node)


def _unknown(machine: Machine, func: Unknown, arguments: Arguments, node: ast.AST) -> Value:
    """The call is kept where an argument is symbolic: something may have been done to it."""
    if any(isinstance(value, (Call, Function)) for value in arguments.values):
        machine.symbolic(func, arguments, node)
    return func


def _function(machine: Machine, func: Function, arguments: Arguments, node: ast.AST) -> Value:
    if functions.is_plain(func):
        return functions.inline(machine, func, arguments, node)
    return machine.symbolic(func, arguments, node)


def _call(machine: Machine, func: Call, arguments: Arguments, node: ast.AST) -> Value:
    """A call of what a call gave: `partial` is expanded, a decorator of the tool applied by hand stays."""
    if classes.is_symbol(func.func, functions.PARTIAL) and func.args:
        whole = Arguments(
            (*func.args[1:], *arguments.args),
            {**func.kwargs, **arguments.kwargs},
            (*func.unresolved, *arguments.unresolved),
        )
        return machine.apply(func.args[0], whole, node)
    if isinstance(func.func, Symbol) and func.func.name in functions.TRANSPARENT and len(arguments.args) == 1:
        return arguments.args[0]
    return machine.symbolic(func, arguments, node)


def _attribute(machine: Machine, func: Attribute, arguments: Arguments, node: ast.AST) -> Value:
    if isinstance(func.of, PLAIN):
        return _plain_method(machine, func, arguments, node)
    method = classes.method(machine, func)
    if method is not None:
        return functions.inline(machine, method, _with_self(func, method, arguments), node)
    if func.name in unknowable.READING_METHODS and paths.is_path(func.of):
        return machine.unknown("the content of files and folders is not read", node)
    if func.name in ("as_posix", "__str__") and (text := paths.path_text(func.of)) is not None:
        return text
    return machine.symbolic(func, arguments, node)


def _with_self(func: Attribute, method: Function, arguments: Arguments) -> Arguments:
    first = (
        func.of.func
        if functions.has_decorator(method, "builtins.classmethod") and isinstance(func.of, Call)
        else func.of
    )
    return Arguments((first, *arguments.args), arguments.kwargs, arguments.unresolved)


def _plain_method(machine: Machine, func: Attribute, arguments: Arguments, node: ast.AST) -> Value:
    """A method of a constant or a known container."""
    of = func.of
    row = next((row for row in METHODS if _method(row[0], of, func.name)), None)
    if row is None:
        return machine.unknown(f"the method {func.name} of {described(of)} is not computed", node)
    table, is_change, must_be_known = row
    method = _method(table, of, func.name)
    if func.name in computing.ITERATING_METHODS:
        spent = tuple(machine.spent(each, node) for each in arguments.args)
        arguments = Arguments(spent, arguments.kwargs, arguments.unresolved)
    doubt = _unfit(machine, (of, *arguments.values) if must_be_known else (), arguments, node)
    if table is computing.ARRANGING and iteration.may_coincide(of) and func.name != "copy":
        return machine.unknown("which of its keys are equal is not known before run time", node)
    if (
        func.name in KEYED
        and isinstance(of, (dict, set))
        and arguments.args
        and not assigning.is_reachable(of, arguments.args[0])
    ):
        doubt = doubt or first_unknown([of, arguments.args[0]]) or _missing(machine, of, arguments.args[0], node)
    certain = is_known([of, *arguments.values])
    if is_change:
        return assigning.change(
            machine, of, lambda held: _changed(doubt, method, held, arguments), node, certain=certain and doubt is None
        )
    compute = _guarded(lambda: method(of, *arguments.args, **arguments.kwargs))
    return doubt or machine.computed(node, compute, certain=certain)


def _missing(machine: Machine, of: Any, key: Value, node: ast.AST) -> Unknown | None:
    """A symbolic key that is not there may equal one that is."""
    return None if key in of else machine.unknown("whether it has this key is not known before run time", node)


def _method(table: Mapping[type, Mapping[str, Callable[..., Any]]], of: Value, name: str) -> Any:
    row = computing.type_of(of, table)
    return None if row is None else table[row].get(name)


def _changed(doubt: Unknown | None, method: Callable[..., Value], of: Value, arguments: Arguments) -> Value:
    if doubt is not None:
        raise TypeError(doubt.reason)
    return _guarded(lambda: method(of, *arguments.args, **arguments.kwargs))()


def _guarded(compute: Callable[[], Value]) -> Callable[[], Value]:
    """The tables take fewer arguments than Python's own functions do: a wrong type may be theirs, and is not the project's."""

    def guarded() -> Value:
        try:
            return compute()
        except (TypeError, AttributeError) as error:
            raise NotComputedError(str(error)) from error

    return guarded


KEYED: Final = frozenset({"discard", "get", "pop", "setdefault"})
"""Methods of sets and dictionaries that look for their first argument."""
METHODS: Final[Sequence[tuple[Mapping[type, Mapping[str, Callable[..., Any]]], bool, bool]]] = (
    (computing.LOOKING, False, True),
    (computing.ARRANGING, False, False),
    (computing.CHANGING, True, False),
    (computing.CHANGING_KNOWN, True, True),
)


def _unfit(machine: Machine, values: Sequence[Value], arguments: Arguments, node: ast.AST) -> Unknown | None:
    """Why something cannot be computed with these values."""
    if arguments.unresolved:
        return arguments.unresolved[0]
    if all(is_known(value) for value in values):
        return None
    return first_unknown(list(values)) or machine.unknown(
        "it depends on a value that is not known before run time", node
    )


def _symbol(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    reason = unknowable.unknowable(func.name, arguments.args)
    if reason:
        return machine.unknown(reason, node)
    special = SPECIAL.get(func.name)
    if special is not None and not arguments.unresolved:
        return special(machine, func, arguments, node)
    return _tabled(machine, func, arguments, node)


def _tabled(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    """Compute what the tables know, keep the rest as it is."""
    if func.name in computing.STRUCTURAL:
        values = [
            iteration.items(machine, value, node) if isinstance(value, Class) else value for value in arguments.args
        ]
        return _arranged(machine, func, Arguments(tuple(values), arguments.kwargs, arguments.unresolved), node)
    if func.name in computing.COMPUTABLE:
        return _looked_at(machine, func, arguments, node)
    kind, _, method = func.name.removeprefix("builtins.").partition(".")
    if method and kind in _KINDS and arguments.args and isinstance(arguments.args[0], _KINDS[kind]):
        bound = Attribute(arguments.args[0], method, machine.place(node))
        return _plain_method(
            machine, bound, Arguments(arguments.args[1:], arguments.kwargs, arguments.unresolved), node
        )
    return machine.symbolic(func, arguments, node)


_KINDS: Final[Mapping[str, type]] = {
    kind.__name__: kind for kind in (str, bytes, int, float, list, tuple, set, frozenset, dict)
}


def _arranged(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    sources = arguments.args
    if func.name != "builtins.len":
        used = sources[:1] if func.name == "builtins.dict.fromkeys" else sources
        arguments = replace(arguments, args=(*(machine.spent(each, node) for each in used), *sources[len(used) :]))
    unknown = next(
        (value for value in arguments.values if isinstance(value, Unknown)), next(iter(arguments.unresolved), None)
    )
    if unknown:
        return unknown
    if not all(isinstance(value, PLAIN) and not _is_iterator(value) for value in arguments.args):
        return machine.symbolic(func, arguments, node)
    if any(map(iteration.may_coincide, arguments.args)) or (
        func.name == "builtins.len" and _may_coincide(arguments.args)
    ):
        return machine.unknown("which of its elements are equal is not known before run time", node)
    compute = _guarded(lambda: computing.STRUCTURAL[func.name](*arguments.args, **arguments.kwargs))
    result = machine.computed(node, compute, certain=is_known(arguments.values))
    return (
        machine.born(Iterated(result, watched=sources))
        if func.name in computing.LAZY and isinstance(result, list)
        else result
    )


def _may_coincide(args: Sequence[Value]) -> bool:
    """Whether a set or dictionary holds several keys of which some are symbolic, and may be equal."""
    return any(isinstance(each, (dict, set, frozenset)) and len(each) > 1 and not is_known(list(each)) for each in args)


def _is_iterator(value: Value) -> bool:
    return isinstance(value, Iterated) and value.once


def _looked_at(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    args, kwargs = tuple(machine.plain_member(value) for value in arguments.args), arguments.kwargs
    if func.name in computing.ITERATING and (len(args) == 1 or func.name == "builtins.sum"):
        args = (*(machine.spent(value, node) for value in args[:1]), *args[1:])
    if func.name.startswith("datetime."):
        args, kwargs = computing.with_zones(args, kwargs)
    elif func.name.startswith(("os.path.", "builtins.str")):
        args = tuple(_path_or_same(value) for value in args)
    doubt = first_unknown([args, kwargs]) or next(iter(arguments.unresolved), None)
    if doubt:
        return doubt
    if not all(is_known(value) or computing.is_zone(value) for value in (*args, *kwargs.values())):
        return machine.symbolic(func, arguments, node)
    certain = not func.name.endswith(("fromisoformat", "strptime"))  # Newer versions of Python read more.
    return machine.computed(node, _guarded(lambda: computing.COMPUTABLE[func.name](*args, **kwargs)), certain=certain)


def _path_or_same(value: Value) -> Value:
    text = paths.path_text(value)
    return value if text is None else text


# --- functions that take functions, and those that touch the evaluation -------------------------------------------------------


def _mapped(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    pools = [iteration.items(machine, source, node) for source in arguments.args[1:]]
    known = [pool for pool in pools if pool is not None]
    if not known or len(known) < len(pools) or min(len(pool) for pool in known) > MAX_ITERATIONS:
        return first_unknown(list(arguments.args)) or machine.symbolic(func, arguments, node)
    try:
        results = [machine.apply(arguments.args[0], Arguments(values), node) for values in zip(*known, strict=False)]
    except ProjectError as error:
        return error.doubt
    return machine.born(Iterated(results, watched=arguments.args[1:]))


def _filtered(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    elements = iteration.items(machine, arguments.args[1], node) if len(arguments.args) == 2 else None
    if elements is None or len(elements) > MAX_ITERATIONS:
        return first_unknown(list(arguments.args)) or machine.symbolic(func, arguments, node)
    test = arguments.args[0]
    try:
        truths = [decided(each if test is None else machine.apply(test, Arguments((each,)), node)) for each in elements]
    except ProjectError as error:
        return error.doubt
    if None in truths:
        return machine.undecided(node)
    kept = [each for each, truth in zip(elements, truths, strict=True) if truth]
    return machine.born(Iterated(kept, watched=arguments.args[1:]))


def _keyed(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    """`sorted`, `min` and `max` with a `key`."""
    key = arguments.kwargs.get("key")
    if key is None:
        return _looked_at(machine, func, Arguments(arguments.args, _without(arguments.kwargs, "key")), node)
    elements = iteration.items(machine, arguments.args[0], node) if len(arguments.args) == 1 else None
    keys = None if elements is None else [machine.apply(key, Arguments((each,)), node) for each in elements]
    if (
        elements is None
        or not is_known([keys, *_without(arguments.kwargs, "key").values()])
        or "default" in arguments.kwargs
    ):
        return first_unknown([arguments.args, keys]) or machine.symbolic(func, arguments, node)
    return machine.computed(node, lambda: _by_key(func.name, elements, keys, arguments.kwargs))


def _by_key(name: str, elements: Sequence[Value], keys: Any, options: Mapping[str, Value]) -> Value:
    order = sorted(
        range(len(elements)),
        key=lambda position: keys[position],
        reverse=bool(options.get("reverse", name == "builtins.max")),
    )
    values = [elements[position] for position in order]
    return values if name == "builtins.sorted" else values[0]


def _without(kwargs: Mapping[str, Value], name: str) -> dict[str, Value]:
    return {each: value for each, value in kwargs.items() if each != name}


def _cast(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    return arguments.args[1] if len(arguments.args) == 2 else machine.symbolic(func, arguments, node)


def _globals(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    return machine.scope.module.names


def _getattr(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    args = arguments.args
    if (
        len(args) in (2, 3)
        and isinstance(args[1], str)
        and (len(args) == 2 or not isinstance(args[0], (Unknown, Call)))
    ):
        return machine.attribute(args[0], args[1], node)
    return first_unknown(list(args)) or machine.symbolic(func, arguments, node)


def _setattr(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    if len(arguments.args) == 3 and isinstance(arguments.args[1], str):
        assigning.set_attribute(machine, arguments.args[0], arguments.args[1], arguments.args[2], node)
    return None


def _isinstance(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    if (
        len(arguments.args) == 2
        and isinstance(arguments.args[0], PLAIN)
        and not isinstance(arguments.args[0], Iterated)
    ):
        wanted = arguments.args[1] if isinstance(arguments.args[1], tuple) else (arguments.args[1],)
        kinds = [
            _KINDS.get(each.name.removeprefix("builtins.")) if isinstance(each, Symbol) else None for each in wanted
        ]
        if all(kinds):
            return isinstance(arguments.args[0], tuple(kind for kind in kinds if kind))
    return first_unknown(list(arguments.args)) or machine.undecided(node)


def _base_name(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    name = paths.file_name(arguments.args[0]) if len(arguments.args) == 1 else None
    return _tabled(machine, func, arguments, node) if name is None else name


def _copied(machine: Machine, func: Symbol, arguments: Arguments, node: ast.AST) -> Value:
    value = arguments.args[0] if arguments.args else None
    return (
        machine.settled(value)
        if isinstance(value, PLAIN) and not isinstance(value, Iterated)
        else machine.symbolic(func, arguments, node)
    )


Handler = Callable[[Machine, Any, Arguments, ast.AST], Value]

SPECIAL: Final[Mapping[str, Handler]] = {
    "builtins.filter": _filtered,
    "builtins.getattr": _getattr,
    "builtins.globals": _globals,
    "builtins.isinstance": _isinstance,
    "builtins.map": _mapped,
    "builtins.max": _keyed,
    "builtins.min": _keyed,
    "builtins.setattr": _setattr,
    "builtins.sorted": _keyed,
    "copy.copy": _copied,
    "copy.deepcopy": _copied,
    "os.path.basename": _base_name,
    "typing.cast": _cast,
}
BY_KIND: Final[Mapping[type, Handler]] = {
    Unknown: _unknown,
    ProjectModule: lambda machine, func, arguments, node: machine.unknown(
        f"the module {func.name} cannot be called", node
    ),
    Symbol: _symbol,
    Function: _function,
    Class: classes.instantiate,
    Call: _call,
    Attribute: _attribute,
}
