"""Functions of the project: definition, decorators, and inlining of calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from transload.reading.machine import MAX_CALLS, RAISE, Arguments, Frame, Machine, ProjectError, agreed
from transload.reading.scope import Scope
from transload.reading.values import (
    MISSING,
    Argument,
    Call,
    Function,
    FunctionNode,
    Iterated,
    Kind,
    Parameter,
    Symbol,
    Unknown,
    Value,
    qualified_name,
)

TRANSPARENT: Final = frozenset(
    {
        "abc.abstractmethod",
        "builtins.classmethod",
        "builtins.property",
        "builtins.staticmethod",
        "functools.cache",
        "functools.cached_property",
        "functools.lru_cache",
        "functools.wraps",
        "typing.final",
        "typing.no_type_check",
        "typing.override",
        "typing_extensions.override",
    }
)
"""Decorators that leave what a function returns as it is."""
PARTIAL: Final = "functools.partial"


def define(machine: Machine, node: FunctionNode) -> Function:
    """The function that a definition makes, its decorators applied."""
    if isinstance(node, ast.Lambda):
        return _bare(machine, node, ())
    decorators = [without_partial(machine.value(each)) for each in node.decorator_list]
    if any(isinstance(each, Function) and is_plain(each) for each in decorators):
        decorators = _through(machine, node, decorators)
    function = _bare(machine, node, tuple(decorators))
    machine.record.functions.append(function)
    return function


def _bare(machine: Machine, node: FunctionNode, decorators: tuple[Value, ...]) -> Function:
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    scope = machine.scope
    return Function(
        name=name,
        qualname=f"{scope.qualname}{name}",
        module=scope.file.name,
        parameters=tuple(_parameters(machine, node.args)),
        docstring=None if isinstance(node, ast.Lambda) else ast.get_docstring(node),
        decorators=decorators,
        place=machine.place(node),
        is_async=isinstance(node, ast.AsyncFunctionDef),
        returns=None if isinstance(node, ast.Lambda) else machine.annotation(node.returns),
        node=node,
        closure=scope,
        within=machine.within,
        certain=not machine.regions,
    )


def _parameters(machine: Machine, declared: ast.arguments) -> Iterator[Parameter]:
    positional = [*declared.posonlyargs, *declared.args]
    defaults = [MISSING] * (len(positional) - len(declared.defaults)) + [
        machine.value(default) for default in declared.defaults
    ]
    for position, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        kind: Kind = "positional" if position < len(declared.posonlyargs) else "normal"
        yield _parameter(machine, argument, default, kind)
    if declared.vararg:
        yield _parameter(machine, declared.vararg, MISSING, "variadic")
    for argument, node in zip(declared.kwonlyargs, declared.kw_defaults, strict=True):
        yield _parameter(machine, argument, machine.value(node) if node else MISSING, "keyword")
    if declared.kwarg:
        yield _parameter(machine, declared.kwarg, MISSING, "keywords")


def _parameter(machine: Machine, argument: ast.arg, default: Value, kind: Kind) -> Parameter:
    return Parameter(argument.arg, default, machine.annotation(argument.annotation), kind)


def without_partial(decorator: Value) -> Value:
    """`@partial(task, retries=2)` decorates as `@task(retries=2)` does."""
    if (
        isinstance(decorator, Call)
        and isinstance(decorator.func, Symbol)
        and decorator.func.name == PARTIAL
        and decorator.args
    ):
        return replace(decorator, func=decorator.args[0], args=decorator.args[1:])
    return decorator


def _through(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, decorators: Sequence[Value]
) -> list[Value]:
    """Decorators with those of the project replaced by the external ones that they apply."""
    kept: list[Value] = []
    for decorator in reversed(decorators):
        if isinstance(decorator, Function) and is_plain(decorator):
            kept[:0] = _applied(machine, decorator, _bare(machine, node, tuple(kept)))
        else:
            kept.insert(0, decorator)
    return kept


def _applied(machine: Machine, decorator: Function, function: Function) -> list[Value]:
    before = len(machine.record.calls)
    result = machine.apply(decorator, Arguments((function,)), function.node)
    machine.record.calls[before:] = [call for call in machine.record.calls[before:] if function not in call.args]
    if result is function:
        return []
    if isinstance(result, Call) and result.args and result.args[0] is function:
        return [_unapplied(result)]
    if isinstance(result, Function):
        return [each for each in result.decorators if qualified_name(each) not in TRANSPARENT] or [decorator]
    return [decorator]


def _unapplied(result: Call) -> Value:
    """The decorator behind `decorator(function)` or `decorator(function, option=…)`."""
    if len(result.args) == 1 and not result.kwargs:
        return result.func
    return replace(result, args=result.args[1:])


def is_plain(function: Function) -> bool:
    """Whether a call of the function runs its body and nothing else."""
    return all(qualified_name(each) in TRANSPARENT for each in function.decorators)


def has_decorator(function: Function, name: str) -> bool:
    """Whether one of the decorators is the external one of that name."""
    return any(qualified_name(each) == name for each in function.decorators)


def inline(machine: Machine, function: Function, arguments: Arguments, node: ast.AST) -> Value:
    """What the body of a function returns for these arguments."""
    if any(frame.function.node is function.node for frame in machine.frames):
        return machine.unknown(f"{function.qualname} calls itself, which is not followed", node)
    if len(machine.frames) >= MAX_CALLS:
        return machine.unknown(f"more than {MAX_CALLS} calls within each other are not followed", node)
    names = bind(machine, function, arguments, node)
    return names if isinstance(names, Unknown) else run(machine, function, names)


def run(machine: Machine, function: Function, names: Mapping[str, Value]) -> Value:
    """Execute the body with these local names."""
    outer = function.closure
    if not isinstance(outer, Scope):
        raise TypeError("the closure of a function is a scope")
    prefix = f"{function.qualname}.<locals>."
    scope = Scope(outer.file, "function", outer, prefix, dict(names), local=_local(function.node))
    machine.frames.append(Frame(function, machine.regions))
    try:
        with machine.inside(scope):
            return _body(machine, function.node)
    finally:
        machine.frames.pop()


def _body(machine: Machine, node: FunctionNode) -> Value:
    if isinstance(node, ast.Lambda):
        return machine.value(node.body)
    outcome = machine.block(node.body)
    frame = machine.frames[-1]
    doubt = frame.doubt or machine.unknown("which value is returned is not decided", node)
    if _is_generator(node):
        failure = machine.unknown("it raises an exception while it is gone through", node) if outcome == RAISE else None
        return frame.doubt or failure or machine.born(Iterated(frame.yielded))
    if outcome == RAISE:
        raise machine.raised or ProjectError(doubt)
    return agreed([*frame.returned, *([None] if "next" in outcome else [])], doubt)


@lru_cache(maxsize=4096)
def _is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in _own_nodes(node))


def _own_nodes(node: FunctionNode) -> Iterator[ast.AST]:
    """The syntax of a body without that of functions and classes in it."""
    pending: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    while pending:
        each = pending.pop()
        yield each
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            pending.extend(ast.iter_child_nodes(each))


@lru_cache(maxsize=4096)
def _local(node: FunctionNode) -> frozenset[str]:
    """The names that a function binds, parameters left out."""
    bound, elsewhere, inner = set[str](), set[str](), set[int]()
    for each in _own_nodes(node):
        if isinstance(each, ast.comprehension):
            inner.update(id(target) for target in ast.walk(each.target))
        elif isinstance(each, (ast.Global, ast.Nonlocal)):
            elsewhere.update(each.names)
        elif isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(each.name)
        elif isinstance(each, (ast.Import, ast.ImportFrom)):
            bound.update(alias.asname or alias.name.partition(".")[0] for alias in each.names)
    names = (each for each in _own_nodes(node) if isinstance(each, ast.Name) and id(each) not in inner)
    bound.update(each.id for each in names if not isinstance(each.ctx, ast.Load))
    return frozenset(bound - elsewhere)


def bind(machine: Machine, function: Function, arguments: Arguments, node: ast.AST) -> dict[str, Value] | Unknown:
    """Local names for the arguments of a call. Unknown where they do not fit."""
    names: dict[str, Value] = {}
    spare, rest = list(arguments.args), dict(arguments.kwargs)
    doubt = next(iter(arguments.unresolved), None)
    for parameter in function.parameters:
        if parameter.kind == "variadic":
            names[parameter.name], spare = doubt or tuple(spare), []
        elif parameter.kind == "keywords":
            names[parameter.name], rest = doubt or rest, {}
        elif spare and parameter.kind in ("positional", "normal"):
            names[parameter.name] = spare.pop(0)
            if parameter.kind == "normal" and parameter.name in rest:
                return machine.unknown(f"the arguments do not fit {function.qualname}", node)
        elif parameter.kind != "positional" and parameter.name in rest:
            names[parameter.name] = rest.pop(parameter.name)
        elif parameter.default is MISSING and doubt is None:
            return machine.unknown(f"parameter {parameter.name} of {function.qualname} is not given", node)
        else:
            names[parameter.name] = doubt or parameter.default
    if spare or rest:
        return machine.unknown(f"the arguments do not fit {function.qualname}", node)
    return names


def traced_names(machine: Machine, function: Function, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """Local names for tracing: the given values, and each other parameter as itself."""
    return {each.name: arguments.get(each.name, Argument(function, each)) for each in function.parameters}
