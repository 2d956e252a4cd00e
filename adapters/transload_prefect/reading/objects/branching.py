"""Bodies of flows whose calls may depend on values that are not known before run time, by their code as compiled."""

from __future__ import annotations

import inspect
import opcode
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any, Final

# By parts of their names, since each version of Python has other ones: `POP_JUMP_IF_FALSE` is `POP_JUMP_FORWARD_IF_FALSE` in 3.11,
# and `POP_JUMP_IF_NONE` in 3.12. All that jump on a condition have `_IF_`; `FOR_ITER` jumps at the end of a loop, whose length may
# depend on data. Jumps without a condition, as at the end of a `try`, do not count.
_BRANCHING: Final = frozenset(
    number for number, name in enumerate(opcode.opname) if ("JUMP" in name and "_IF_" in name) or name == "FOR_ITER"
)
_VARYING: Final = "with_options"


def depends_on_values(function: Any) -> bool:
    """True if a function, or one of the same module that it calls, branches, loops or gives a task other options."""
    pending, visited = [inspect.unwrap(function)], set[int]()
    while pending:
        called = pending.pop()
        if not isinstance(called, FunctionType) or id(called) in visited:
            continue
        visited.add(id(called))
        for code in _codes(called.__code__):
            # Since Python 3.6 each instruction has two bytes, of which the first is its number. Those of the caches in between
            # are zero here: `co_code` is the code without what the interpreter has specialised.
            if _VARYING in code.co_names or not _BRANCHING.isdisjoint(code.co_code[::2]):
                return True
            named = (called.__globals__.get(name) for name in code.co_names)
            pending.extend(value for value in named if getattr(value, "__module__", None) == called.__module__)
    return False


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of a function, and of the functions and comprehensions within."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
