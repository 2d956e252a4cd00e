"""Classes of the project: definition, instances of simple ones, enumerations."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from transload.reading import functions
from transload.reading.machine import RAISE, Arguments, Machine
from transload.reading.scope import Scope
from transload.reading.values import (
    MISSING,
    Attribute,
    Call,
    Class,
    Function,
    Symbol,
    Unknown,
    Value,
    agree,
    is_known,
    lineage,
    qualified_name,
)

ENUMERATIONS: Final = frozenset({"enum.Enum", "enum.Flag", "enum.IntEnum", "enum.IntFlag", "enum.StrEnum"})
PLAIN_VALUES: Final = frozenset({"builtins.int", "builtins.str", "enum.IntEnum", "enum.StrEnum"})
"""Bases that make the members of an enumeration usable as the text or number that they hold."""
RECORDS: Final = frozenset({"pydantic.BaseModel", "typing.NamedTuple"})
RECORD_DECORATORS: Final = frozenset(
    {"attr.s", "attrs.define", "attrs.frozen", "dataclasses.dataclass", "pydantic.dataclasses.dataclass"}
)
SIMPLE_BASES: Final = frozenset({"abc.ABC", "builtins.object", "typing.Generic", "typing.Protocol", *RECORDS})
FIELDS: Final = frozenset({"attr.ib", "attrs.field", "dataclasses.field", "pydantic.Field"})


def define(machine: Machine, node: ast.ClassDef) -> Class:
    """The class that a definition makes."""
    decorators = tuple(functions.without_partial(machine.value(each)) for each in node.decorator_list)
    bases = tuple(machine.value(base) for base in node.bases)
    qualname = f"{machine.scope.qualname}{node.name}"
    scope = Scope(machine.scope.file, "class", machine.scope, f"{qualname}.")
    for keyword in node.keywords:
        machine.value(keyword.value)
    with machine.inside(scope):
        outcome = machine.block(node.body)
    if outcome == RAISE and machine.raised is not None:
        raise machine.raised
    annotations = tuple(
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    )
    return Class(
        name=node.name,
        qualname=qualname,
        module=scope.file.name,
        bases=bases,
        decorators=decorators,
        members=scope.names,
        place=machine.place(node),
        docstring=ast.get_docstring(node),
        annotations=annotations,
    )


def external_bases(class_: Class) -> set[str | None]:
    """Names of the bases outside of the project; None for one that is not known. `Generic[T]` counts as `Generic`."""
    foreign = [base for each in lineage(class_) for base in each.bases if not isinstance(base, Class)]
    return {qualified_name(getattr(base, "of", base)) for base in foreign}


def member(class_: Class, name: str) -> Value:
    """What a class or one of its bases in the project binds to a name, `MISSING` otherwise."""
    return next((each.members[name] for each in lineage(class_) if name in each.members), MISSING)


def enumeration(machine: Machine, class_: Class) -> Mapping[str, Attribute]:
    """The members of an enumeration in order, a second name of one with the same member; empty for other classes."""
    if not external_bases(class_) & ENUMERATIONS:
        return {}
    names = [
        name for name, value in class_.members.items() if not name.startswith("_") and not isinstance(value, Function)
    ]
    members: dict[str, Attribute] = {}
    for name in names:
        value = class_.members[name]
        earlier = (each for each in members if is_known(value) and agree(class_.members[each], value))
        members[name] = members[first] if (first := next(earlier, None)) else _member(machine, class_, name)
    return members


def _member(machine: Machine, class_: Class, name: str) -> Attribute:
    if (class_, name) not in machine.members:
        machine.members[class_, name] = Attribute(class_, name, class_.place)
    return machine.members[class_, name]


def member_value(machine: Machine, value: Value) -> Value:
    """What a member of an enumeration holds, `MISSING` for anything else."""
    if isinstance(value, Attribute) and isinstance(value.of, Class) and value.name in machine.enumeration(value.of):
        return value.of.members[value.name]
    return MISSING


def plain_member(machine: Machine, value: Value) -> Value:
    """The text or number behind a member of an enumeration that is one itself, otherwise the value."""
    held = member_value(machine, value) if isinstance(value, Attribute) else MISSING
    if held is MISSING or not isinstance(value, Attribute) or not isinstance(value.of, Class):
        return value
    return held if external_bases(value.of) & PLAIN_VALUES and isinstance(held, (int, str)) else value


def class_attribute(machine: Machine, class_: Class, name: str, node: ast.AST) -> Value:
    """The value of `Class.name`."""
    members = machine.enumeration(class_)
    if name in members:
        return members[name]
    defined = member(class_, name)
    if isinstance(defined, Function) and functions.has_decorator(defined, "builtins.classmethod"):
        return Attribute(class_, name, machine.place(node))
    if defined is not MISSING:
        return _described(machine, defined, node)
    texts = {
        "__name__": class_.name,
        "__qualname__": class_.qualname,
        "__module__": class_.module,
        "__doc__": class_.docstring,
    }
    return texts[name] if name in texts else Attribute(class_, name, machine.place(node))


def _described(machine: Machine, defined: Value, node: ast.AST) -> Value:
    """What a member of a class gives as an attribute: a descriptor of the project decides itself."""
    if isinstance(defined, Call) and isinstance(defined.func, Class) and member(defined.func, "__get__") is not MISSING:
        return machine.unknown("what a descriptor gives is not followed", node)
    return defined


def instantiate(machine: Machine, class_: Class, arguments: Arguments, node: ast.AST) -> Value:
    """A symbolic call; for classes that are simple enough the fields of the instance are known as well."""
    if machine.enumeration(class_):
        return _by_value(machine, class_, arguments, node)
    call = machine.symbolic(class_, arguments, node)
    if member(class_, "__new__") is not MISSING:
        return machine.unknown(f"what {class_.name}.__new__ makes is not followed", node)
    if external_bases(class_) <= SIMPLE_BASES and all(
        qualified_name(each) in RECORD_DECORATORS for each in class_.decorators
    ):
        machine.fields[call] = {}
        _initialise(machine, class_, call, arguments)
    return call


def _by_value(machine: Machine, class_: Class, arguments: Arguments, node: ast.AST) -> Value:
    """`Colour("red")`."""
    for name, each in machine.enumeration(class_).items():
        if (
            len(arguments.args) == 1
            and type(arguments.args[0]) in (int, str)
            and class_.members[name] == arguments.args[0]
        ):
            return each
    return machine.symbolic(class_, arguments, node)


def _initialise(machine: Machine, class_: Class, call: Call, arguments: Arguments) -> None:
    initialiser = member(class_, "__init__")
    if isinstance(initialiser, Function):
        functions.inline(
            machine,
            initialiser,
            Arguments((call, *arguments.args), arguments.kwargs, arguments.unresolved),
            initialiser.node,
        )
    elif _is_record(class_):
        machine.fields[call].update(_record(machine, class_, call, arguments))
        after = member(class_, "__post_init__")
        if isinstance(after, Function):
            functions.inline(machine, after, Arguments((call,)), after.node)


def _is_record(class_: Class) -> bool:
    decorated = {qualified_name(decorator) for each in lineage(class_) for decorator in each.decorators}
    return bool(decorated & RECORD_DECORATORS or external_bases(class_) & RECORDS)


def _record(machine: Machine, class_: Class, call: Call, arguments: Arguments) -> dict[str, Value]:
    """The fields of a data class: positional values in the order of the annotations, keywords, defaults."""
    order = [name for each in reversed(list(lineage(class_))) for name in each.annotations]
    names = list(dict.fromkeys(order))
    values = {**dict(zip(names, arguments.args, strict=False)), **arguments.kwargs}
    doubt = next(iter(arguments.unresolved), None)
    return {name: values[name] if name in values else doubt or _default(machine, class_, name, call) for name in names}


def _default(machine: Machine, class_: Class, name: str, call: Call) -> Value:
    default = member(class_, name)
    if isinstance(default, Call) and qualified_name(default) in FIELDS:
        if "default_factory" in default.kwargs:
            return machine.apply(default.kwargs["default_factory"], Arguments(), ast.Pass(lineno=default.place.line))
        default = default.kwargs.get("default", default.args[0] if default.args else MISSING)
    if default is not MISSING:
        return default
    machine.doubts += 1  # Python raises here, and other makers of classes may not.
    return Unknown(f"field {name} of {class_.name} is not given", call.place)


def instance_attribute(machine: Machine, call: Call, name: str, node: ast.AST) -> Value:
    """The value of `instance.name` for a class of the project."""
    class_ = call.func
    fields = machine.fields.get(call, {})
    if name in fields or not isinstance(class_, Class):
        return fields.get(name, Attribute(call, name, machine.place(node)))
    defined = member(class_, name)
    if isinstance(defined, Function) and call in machine.fields:
        if functions.has_decorator(defined, "builtins.property") or functions.has_decorator(
            defined, "functools.cached_property"
        ):
            return machine.apply(defined, Arguments((call,)), node)
        return (
            defined
            if functions.has_decorator(defined, "builtins.staticmethod")
            else Attribute(call, name, machine.place(node))
        )
    if defined is MISSING or isinstance(defined, Function):
        return Attribute(call, name, machine.place(node))
    return _described(machine, defined, node)


def entered(machine: Machine, manager: Value, node: ast.AST) -> Value:
    """What `with manager as name` binds: for an instance of a project's class what its `__enter__` gives, otherwise itself."""
    if not isinstance(manager, Call) or not isinstance(manager.func, Class):
        return manager
    if member(manager.func, "__enter__") is MISSING:
        return manager
    enter = machine.attribute(manager, "__enter__", node)
    return (
        machine.apply(enter, Arguments(), node)
        if method(machine, Attribute(manager, "__enter__", manager.place))
        else manager
    )


def method(machine: Machine, bound: Attribute) -> Function | None:
    """The method of the project that a bound attribute means, where calling it is followed."""
    class_ = bound.of if isinstance(bound.of, Class) else _class_of(machine, bound.of)
    defined = MISSING if class_ is None else member(class_, bound.name)
    return defined if isinstance(defined, Function) and functions.is_plain(defined) else None


def _class_of(machine: Machine, value: Value) -> Class | None:
    """The class of an instance whose fields are known."""
    if not isinstance(value, Call) or not isinstance(value.func, Class) or value not in machine.fields:
        return None
    return value.func


def is_symbol(value: Value, name: str) -> bool:
    """Whether a value is the external name itself."""
    return isinstance(value, Symbol) and value.name == name
