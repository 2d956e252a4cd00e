"""A piece of a tool's own code, described without the tool: what readers match and writers render or carry out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from importlib import import_module
from operator import and_, invert, or_, rshift
from typing import Any, Final

from transload.errors import SourceError

OPERATORS: Final[Mapping[str, Any]] = {"&": and_, "|": or_, ">>": rshift, "~": invert}


@dataclass(frozen=True)
class Form:
    """A call. `name` is a qualified name ("dagster.AssetKey"), an operator ("&") or, with a dot in front, a method of the first argument.

    Arguments are plain values (None, numbers, text, lists, tuples, dictionaries, dates, time spans), forms and constants.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Constant:
    """Something that is named and not called, such as "dagster.Backoff.LINEAR"."""

    name: str


def form(name: str, /, *args: Any, **kwargs: Any) -> Form:
    """A form without the arguments that are None: no default is written out.

    >>> form("dagster.AssetKey", ["a"], x=None)
    Form(name='dagster.AssetKey', args=(['a'],), kwargs={})
    """
    return Form(name, args, {key: value for key, value in kwargs.items() if value is not None})


def to_object(value: Any, packages: tuple[str, ...]) -> Any:
    """Carry a form out. Raises `SourceError` for a name outside of `packages`."""
    if isinstance(value, Form):
        args = [to_object(argument, packages) for argument in value.args]
        kwargs = {key: to_object(argument, packages) for key, argument in value.kwargs.items()}
        return _callable(value.name, packages)(*args, **kwargs)
    if isinstance(value, Constant):
        return _named(value.name, packages)
    return _CONTAINERS[type(value)](value, packages) if type(value) in _CONTAINERS else value


_CONTAINERS: Final[Mapping[type, Any]] = {
    list: lambda value, packages: [to_object(item, packages) for item in value],
    tuple: lambda value, packages: tuple(to_object(item, packages) for item in value),
    dict: lambda value, packages: {to_object(key, packages): to_object(item, packages) for key, item in value.items()},
}


@cache
def _callable(name: str, packages: tuple[str, ...]) -> Any:
    if name in OPERATORS:
        return lambda first, *others: reduce(OPERATORS[name], others, first) if others else OPERATORS[name](first)
    if name.startswith("."):
        return lambda of, *args, **kwargs: getattr(of, name[1:])(*args, **kwargs)
    return _named(name, packages)


@cache
def _named(name: str, packages: tuple[str, ...]) -> Any:
    package = next((each for each in packages if name.startswith(f"{each}.")), None)
    if package is None:
        raise SourceError(f"{name!r} is no name of {', '.join(sorted(packages))}.")
    target: Any = import_module(package)
    for part in name.removeprefix(f"{package}.").split("."):
        target = getattr(target, part)
    return target
