"""Whether what the body of a flow calls may depend on values that are not known before run time: by its code, as compiled."""

from __future__ import annotations

import inspect
import opcode
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any, Final

_BRANCHING: Final = frozenset(
    number for number, name in enumerate(opcode.opname) if ("JUMP" in name and "_IF_" in name) or name == "FOR_ITER"
)
_CHANGING: Final = "with_options"


def depends(function: Any) -> bool:
    """Whether a function, or one of the same module that it calls, branches, loops or gives a task other options."""
    pending, met = [inspect.unwrap(function)], set[int]()
    while pending:
        each = pending.pop()
        if not isinstance(each, FunctionType) or id(each) in met:
            continue
        met.add(id(each))
        for code in _codes(each.__code__):
            if _CHANGING in code.co_names or not _BRANCHING.isdisjoint(code.co_code[::2]):
                return True
            pending.extend(_called(each, code))
    return False


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _called(function: FunctionType, code: CodeType) -> Iterator[Any]:
    """The functions of the same module that the code names."""
    named = (function.__globals__.get(name) for name in code.co_names)
    return (each for each in named if getattr(each, "__module__", None) == function.__module__)
