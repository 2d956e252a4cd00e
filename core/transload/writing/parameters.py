"""Parameters of functions."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from transload.errors import SourceError
from transload.writing.words import shown, word

_MOST_STARS: Final = 2


@dataclass(frozen=True)
class Parameter:
    """A parameter. A name that begins with `*` or `**` collects what is left; after a `*` all are keyword-only."""

    name: str
    annotation: ast.expr | None = None
    default: ast.expr | None = None


def arguments(parameters: Sequence[str | Parameter]) -> ast.arguments:
    """The parameter list of a function, in the order of writing.

    Raises `SourceError` for a name that is no identifier or comes twice, and for an order that Python refuses.
    """
    result = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    if not parameters:
        return result
    declared = [Parameter(each) if isinstance(each, str) else each for each in parameters]
    starred = False
    for each in declared:
        starred = _append(result, each, starred=starred)
    _check_names([each.name.lstrip("*") for each in declared if each.name != "*"])
    if starred and not (result.vararg or result.kwonlyargs):
        raise SourceError("A bare '*' needs a parameter after it.")
    return result


def _append(result: ast.arguments, parameter: Parameter, *, starred: bool) -> bool:
    """Returns whether a `*` has been met."""
    stars = len(parameter.name) - len(parameter.name.lstrip("*"))
    if result.kwarg or (stars == 1 and starred) or stars > _MOST_STARS or (stars and parameter.default):
        raise SourceError(f"The parameter {shown(parameter.name)} cannot stand there.")
    if stars:
        _collect(result, parameter, stars)
        return starred or stars == 1
    argument = ast.arg(arg=word(parameter.name), annotation=parameter.annotation)
    if starred:
        result.kwonlyargs.append(argument)
        result.kw_defaults.append(parameter.default)
        return True
    _append_positional(result, argument, parameter.default)
    return False


def _collect(result: ast.arguments, parameter: Parameter, stars: int) -> None:
    text = parameter.name.lstrip("*")
    if stars == 1 and not text:
        return
    argument = ast.arg(arg=word(text), annotation=parameter.annotation)
    if stars == 1:
        result.vararg = argument
    else:
        result.kwarg = argument


def _append_positional(result: ast.arguments, argument: ast.arg, default: ast.expr | None) -> None:
    result.args.append(argument)
    if default is not None:
        result.defaults.append(default)
    elif result.defaults:
        raise SourceError(f"The parameter {shown(argument.arg)} needs a default, as one before it has.")


def _check_names(names: Sequence[str]) -> None:
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise SourceError(f"The parameter {shown(twice[0])} comes twice.")
