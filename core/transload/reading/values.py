"""What an expression of a project evaluates to without running it.

Python's own constants and containers stand for themselves. Everything else is one of the symbolic classes below. They compare by
identity: an `Asset(...)` expression that is evaluated once is one object, wherever it is used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final, Literal, TypeAlias

Value: TypeAlias = object
"""A Python constant, container, `datetime`, `date` or `timedelta`, or an instance of a class of this module."""

SCALARS: Final = (type(None), bool, int, float, complex, str, bytes, datetime, date, timedelta, type(Ellipsis))
CONTAINERS: Final = (list, tuple, set, frozenset, dict)
MUTABLE: Final = (list, set, dict)
MAX_PARTS: Final = 200_000
"""Values within a value, counted as often as they occur, that are looked through: nesting may multiply them."""
MAX_NESTING: Final = 50
"""Containers nested deeper than this (or within themselves) count as unknown."""


class Iterated(list[Value]):
    """The elements of what Python iterates over without holding a list of them: an iterator, a `range`, a view of a dict.

    It is no list: its text, its equality and its parts are those of something else, and are not known. `once` is true of an iterator,
    which its first use empties. `watched` are containers that it reads when it is used, with what they held when it was made.
    """

    __slots__ = ("once", "watched")

    def __init__(self, elements: Iterable[Value] = (), *, once: bool = True, watched: Iterable[Value] = ()) -> None:
        super().__init__(elements)
        self.once = once
        self.watched = tuple((each, list(children(each))) for each in watched if isinstance(each, MUTABLE))

    def is_current(self) -> bool:
        """Whether nothing that it reads has changed since."""
        return all(_same_parts(list(children(each)), parts) for each, parts in self.watched)


def _same_parts(some: list[Value], others: list[Value]) -> bool:
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))


class Missing(Enum):
    """The default of a parameter that has none."""

    MISSING = "MISSING"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A line of a file. `path` is posix and relative to the project's root, `line` starts at 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """What cannot be computed with certainty: why, where, and the source text.

    `of` is what it is an element of, or a list of what it may be or may hold, where that is known.
    """

    reason: str
    place: Place
    source: str = ""
    of: Value = None

    def __repr__(self) -> str:
        return f"<Unknown {self.source!r} at {self.place}: {self.reason}>"


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """A name that the project imports from elsewhere, fully qualified: `airflow.sdk.Asset`, `builtins.len`."""

    name: str

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProjectModule(Symbol):
    """A module or package of the project itself; `name` is its key in `Project.modules`, `location` the file or folder."""

    location: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call that the tool (or the interpreter) would carry out.

    `func` is what is called: a `Symbol`, an `Attribute` (a method), a decorated `Function`, a `Class`, another `Call`.
    `within` holds what encloses it, outermost first: values of `with` statements and traced functions.
    `certain` is false under a condition that could not be decided. `unresolved` are the `*args` and `**kwargs` that could not be
    expanded.
    """

    func: Value
    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]
    place: Place
    within: tuple[Value, ...] = ()
    certain: bool = True
    unresolved: tuple[Unknown, ...] = ()

    def __repr__(self) -> str:
        return f"<Call {described(self.func)} at {self.place}>"


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """An attribute of a symbolic value: `task.output`. A member of an enumeration is an attribute of its `Class`."""

    of: Value
    name: str
    place: Place

    def __repr__(self) -> str:
        return f"<Attribute {described(self)} at {self.place}>"


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A subscript of a symbolic value; also an element of one that was unpacked, with its position as the key."""

    of: Value
    key: Value
    place: Place

    def __repr__(self) -> str:
        return f"<Item {described(self.of)}[{self.key!r}] at {self.place}>"


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operator over operands of which one at least is symbolic: `&`, `|`, `>>`, `<<`, `+`, `-`, `~`, `/` and the others.

    A display that has a starred symbolic part is a `+` of all of its parts. Assignments to symbolic values are operations too:
    `setattr` (target, name, value) and `setitem` (target, key, value).
    """

    operator: str
    operands: tuple[Value, ...]
    place: Place
    within: tuple[Value, ...] = ()
    certain: bool = True

    def __repr__(self) -> str:
        return f"<Operation {self.operator} at {self.place}>"


Kind: TypeAlias = Literal["positional", "normal", "variadic", "keyword", "keywords"]


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter. `kind` is `positional` (only), `normal`, `variadic` (`*args`), `keyword` (only) or `keywords` (`**kwargs`)."""

    name: str
    default: Value = MISSING
    annotation: Value = None
    kind: Kind = "normal"


FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project. `decorators` are in the order of the source; `returns` is the annotation.

    `within` and `certain` are those of the definition. `node` is its syntax, `closure` the evaluator's own business.
    """

    name: str
    qualname: str
    module: str
    parameters: tuple[Parameter, ...]
    docstring: str | None
    decorators: tuple[Value, ...]
    place: Place
    is_async: bool
    returns: Value
    node: FunctionNode
    closure: object
    within: tuple[Value, ...] = ()
    certain: bool = True

    def __repr__(self) -> str:
        return f"<Function {self.module}.{self.qualname} at {self.place}>"


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the project. `members` are what its body binds."""

    name: str
    qualname: str
    module: str
    bases: tuple[Value, ...]
    decorators: tuple[Value, ...]
    members: Mapping[str, Value]
    place: Place
    docstring: str | None
    annotations: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        return f"<Class {self.module}.{self.qualname} at {self.place}>"


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """The value of a parameter while the body of its function is traced."""

    function: Function
    parameter: Parameter

    def __repr__(self) -> str:
        return f"<Argument {self.parameter.name} of {self.function.qualname}>"


SYMBOLIC: Final = (Unknown, Symbol, Call, Attribute, Item, Operation, Function, Class, Argument)


def qualified_name(value: Value) -> str | None:
    """The external name behind a value: `airflow.sdk.Asset` for the symbol, for a call of it, and for a call of that call.

    A method keeps its name: `dagster.AssetSpec.with_io_manager_key` for `AssetSpec(...).with_io_manager_key`. None where no
    external name is behind it.
    """
    methods: list[str] = []
    while isinstance(value, (Call, Attribute)):
        if isinstance(value, Attribute):
            methods.append(value.name)
            value = value.of
        else:
            value = value.func
    return ".".join([value.name, *reversed(methods)]) if isinstance(value, Symbol) else None


def lineage(class_: Class) -> Iterator[Class]:
    """The class and its bases in the project, nearest first."""
    waiting, met = [class_], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) not in met:
            met.add(id(each))
            yield each
            waiting.extend(base for base in each.bases if isinstance(base, Class))


def described(value: Value) -> str:
    """A short text for messages: never the whole of a large value."""
    name = qualified_name(value)
    if name is not None:
        return name.removeprefix("builtins.")
    if isinstance(value, Call):
        return described(value.func) if not isinstance(value.func, (Call, Attribute)) else "a call"
    if isinstance(value, (Function, Class)):
        return value.qualname
    if isinstance(value, Argument):
        return f"parameter {value.parameter.name}"
    if isinstance(value, Attribute):
        return f"attribute {value.name}"
    return f"a {type(value).__name__}"


def children(value: Value) -> Iterator[Value]:
    """The elements of a known container, keys of a dict included."""
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, CONTAINERS):
        yield from value


def is_known(value: Value, *, sets: bool = True) -> bool:
    """Whether a value is known through and through. With `sets=False` a set counts as not: its text depends on hashing."""
    stack, parts = [(value, 0)], 0
    while stack:
        each, depth = stack.pop()
        if isinstance(each, SCALARS):
            continue
        parts += 1 + (len(each) if isinstance(each, CONTAINERS) else 0)
        if (
            parts > MAX_PARTS
            or depth > MAX_NESTING
            or not isinstance(each, CONTAINERS)
            or isinstance(each, Iterated)
            or (not sets and isinstance(each, (set, frozenset)))
        ):
            return False
        stack.extend((child, depth + 1) for child in children(each))
    return True


def first_unknown(value: Value) -> Unknown | None:
    """The first unknown value in a value or its containers."""
    stack, met = [value], set[int]()
    while stack:
        each = stack.pop()
        if isinstance(each, Unknown):
            return each
        if isinstance(each, CONTAINERS) and id(each) not in met:
            met.add(id(each))
            stack.extend(reversed(list(children(each))))
    return None


def weight(value: Value) -> int:
    """How many values are within a value, counted as often as they occur, as far as `MAX_PARTS`."""
    stack, parts = [value], 0
    while stack and parts <= MAX_PARTS:
        each = stack.pop()
        if isinstance(each, CONTAINERS):
            parts += len(each)
            stack.extend(child for child in children(each) if isinstance(child, CONTAINERS))
    return parts


def agree(one: Value, other: Value) -> bool:
    """Whether two values are certainly the same: identical, equal and known, or the same external name."""
    if one is other:
        return True
    if isinstance(one, Symbol) and isinstance(other, Symbol):
        return one.name == other.name
    if type(one) is not type(other) or not (is_known(one) and is_known(other)):
        return False
    return one == other and (repr(one) == repr(other) or not is_known(one, sets=False))


def in_order(values: set[Value] | frozenset[Value]) -> list[Value]:
    """The elements of a set in an order that does not depend on hashing."""
    return sorted(values, key=lambda value: (type(value).__name__, repr(value)))
