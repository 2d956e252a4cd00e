"""The text of statements: what `ast.unparse` writes, several times faster for what generated modules are made of.

Each expression stands where any expression may (an argument, an item, the right side of `=`), so that no precedence is to be kept;
whatever else there is goes through `ast.unparse`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

_INDENT: Final = "    "
_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_PLAIN: Final = frozenset({str, bytes, int, bool, type(None), list, tuple, dict})
"""Types of constants whose `repr` is their source."""

_PRIMARIES: Final = frozenset({ast.Name, ast.Attribute, ast.Call})
"""What a dot, a call or a subscript may follow without brackets."""


def render(statements: Iterable[ast.stmt]) -> str:
    """The text of a module's statements, without a newline at its end. Raises `RecursionError` where they nest too deeply."""
    lines: list[str] = []
    for index, each in enumerate(statements):
        if index == 0 and is_text(each):
            lines.append(_docstring(each))
        else:
            _add(each, "", lines)
    return "\n".join(lines)


def _expression(node: ast.expr) -> str:
    return _EXPRESSIONS[type(node)](node)


def _list_of(nodes: Iterable[ast.expr]) -> str:
    return ", ".join([_EXPRESSIONS[type(node)](node) for node in nodes])


def _constant(node: ast.Constant) -> str:
    value = node.value
    return repr(value) if type(value) in _PLAIN and node.kind is None else ast.unparse(node)


def _attribute(node: ast.Attribute) -> str:
    return f"{_expression(node.value)}.{node.attr}" if type(node.value) in _PRIMARIES else ast.unparse(node)


def _call(node: ast.Call) -> str:
    writers, function = _EXPRESSIONS, node.func
    if type(function) not in _PRIMARIES:
        return ast.unparse(node)
    texts = [writers[type(each)](each) for each in node.args]
    for each in node.keywords:
        name, value = each.arg, each.value
        texts.append(f"{name}={writers[type(value)](value)}" if name else f"**{writers[type(value)](value)}")
    return f"{writers[type(function)](function)}({', '.join(texts)})"


def _list(node: ast.List) -> str:
    return f"[{_list_of(node.elts)}]"


def _tuple(node: ast.Tuple) -> str:
    return f"({_list_of(node.elts)},)" if len(node.elts) == 1 else f"({_list_of(node.elts)})"


def _set(node: ast.Set) -> str:
    return f"{{{_list_of(node.elts)}}}" if node.elts else ast.unparse(node)


def _dict(node: ast.Dict) -> str:
    if None in node.keys:
        return ast.unparse(node)
    writers, pairs = _EXPRESSIONS, zip(node.keys, node.values, strict=True)
    items = [f"{writers[type(key)](key)}: {writers[type(value)](value)}" for key, value in pairs if key]
    return f"{{{', '.join(items)}}}"


class _Writers(dict[type[ast.expr], Callable[[Any], str]]):
    """A look-up is all that most expressions need: what is not in the table goes through `ast.unparse`."""

    def __missing__(self, kind: type[ast.expr]) -> Callable[[Any], str]:
        return ast.unparse


_EXPRESSIONS: Final = _Writers(
    {
        ast.Constant: _constant,
        ast.Name: attrgetter("id"),
        ast.Attribute: _attribute,
        ast.Call: _call,
        ast.List: _list,
        ast.Tuple: _tuple,
        ast.Set: _set,
        ast.Dict: _dict,
    }
)


def _add(statement: ast.stmt, indent: str, lines: list[str]) -> None:
    """Append the lines of a statement. A definition has an empty one before it, unless it is the first of all."""
    if isinstance(statement, _DEFINITIONS) and lines:
        lines.append("")
    write = _STATEMENTS.get(type(statement))
    if write is None or not write(statement, indent, lines):
        lines.append(_any(statement, len(indent) // len(_INDENT)))


def _any(statement: ast.stmt, depth: int) -> str:
    """Through `ast.unparse`, inside of as many blocks as there are around it: a text of several lines cannot be indented later."""
    node = statement
    for _ in range(depth):
        node = ast.If(test=ast.Constant(value=True), body=[node], orelse=[])
    return ast.unparse(node).split("\n", depth)[depth].removeprefix("\n")


def _assign(node: ast.Assign, indent: str, lines: list[str]) -> bool:
    target = node.targets[0]
    if len(node.targets) > 1 or not isinstance(target, ast.Name):
        return False
    lines.append(f"{indent}{target.id} = {_expression(node.value)}")
    return True


def _effect(node: ast.Expr, indent: str, lines: list[str]) -> bool:
    if type(node.value) not in _EXPRESSIONS:
        return False
    lines.append(f"{indent}{_expression(node.value)}")
    return True


def _raise(node: ast.Raise, indent: str, lines: list[str]) -> bool:
    if node.exc is None or node.cause is not None:
        return False
    lines.append(f"{indent}raise {_expression(node.exc)}")
    return True


def _function(node: ast.FunctionDef, indent: str, lines: list[str]) -> bool:
    if getattr(node, "type_params", None):
        return False
    lines.extend([f"{indent}@{_expression(each)}" for each in node.decorator_list])
    returns = f" -> {_expression(node.returns)}" if node.returns else ""
    lines.append(f"{indent}def {node.name}({_parameters(node.args)}){returns}:")
    _block(node.body, f"{indent}{_INDENT}", lines)
    return True


def _parameters(node: ast.arguments) -> str:
    if node.posonlyargs or node.vararg or node.kwonlyargs or node.kwarg or node.defaults:
        return ast.unparse(node)
    return ", ".join(
        [f"{each.arg}: {_expression(each.annotation)}" if each.annotation else each.arg for each in node.args]
    )


def _block(body: Sequence[ast.stmt], indent: str, lines: list[str]) -> None:
    """The body of a function, which may begin with a docstring."""
    documented = bool(body) and is_text(body[0])
    if documented:
        lines.append(f"{indent}{_docstring(body[0])}")
    for each in body[documented:]:
        _add(each, indent, lines)


def _with(node: ast.With, indent: str, lines: list[str]) -> bool:
    if any(item.optional_vars for item in node.items):
        return False
    lines.append(f"{indent}with {_list_of(item.context_expr for item in node.items)}:")
    for each in node.body:
        _add(each, f"{indent}{_INDENT}", lines)
    return True


_STATEMENTS: Final[Mapping[type[ast.stmt], Callable[[Any, str, list[str]], bool]]] = {
    ast.Assign: _assign,
    ast.Expr: _effect,
    ast.Raise: _raise,
    ast.FunctionDef: _function,
    ast.With: _with,
}
"""Each says whether it could."""


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a mere text, as a docstring is."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _docstring(statement: Any) -> str:
    text: str = statement.value.value
    if text and '"' not in text and "\\" not in text and text.replace("\n", "").isprintable():
        return f'"""{text}"""'
    return ast.unparse(ast.Module(body=[statement], type_ignores=[]))
