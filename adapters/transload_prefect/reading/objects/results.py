"""Stand-ins for the results of tasks while the body of a flow is run to see which tasks it calls."""

from __future__ import annotations

import opcode
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

NOT_KNOWN: Final = "_not_known_before_run_time_"
"""A result within a text. All its characters may be in the key of an asset, so that a key made of a result is known by it."""


@dataclass(eq=False)
class Traced:
    """A call of a task: the task, and earlier calls with the parameter that gets their result (None: it only waits for them)."""

    task: Any
    inputs: list[tuple[str | None, Traced]] = field(default_factory=list)
    gets_item: bool = False
    """True if it gets an item of a result, which Prefect follows for a list, a tuple or a dictionary only."""


class Result:
    """Stands for the value that a task returns. Anything can be done with it.

    The outcome is no task's result any more, as in Prefect: it follows results and their items, but not the items of items.
    """

    def __init__(self, call: Traced | None = None, depth: int = 0, *, sure: bool = True) -> None:
        """The result of `call` (depth 0), or an item of it (1). That of `map` is at -1, since its items are results themselves."""
        self._call = call
        self._depth = depth
        self._sure = sure

    def _part(self, *, sure: bool = True) -> Result:
        return Result(self._call, self._depth + 1, sure=self._sure and sure) if self._depth < 1 else Result()

    def result(self, *_args: Any, **_kwargs: Any) -> Result:
        """The result of a future is that of its task."""
        return self

    def wait(self, *_args: Any, **_kwargs: Any) -> Result:
        """The same: waiting for a future changes nothing of it."""
        return self

    def get(self, *_args: Any) -> Result:
        """A value of a dictionary."""
        return self._part(sure=False)

    def values(self) -> list[Result]:
        """One value, which stands for all."""
        return [self._part(sure=False)]

    def items(self) -> list[tuple[Result, Result]]:
        """One pair, which stands for all."""
        return [(Result(), self._part(sure=False))]

    def send(self, _value: Any) -> Any:
        """As a coroutine that ends at once: `asyncio` takes a result wherever it takes a coroutine."""
        raise StopIteration(self)

    def throw(self, kind: Any, *_rest: Any) -> Any:
        """As a coroutine that ends at once."""
        raise kind

    def close(self) -> None:
        """As a coroutine that has ended."""

    def __str__(self) -> str:
        return NOT_KNOWN

    def __repr__(self) -> str:
        return NOT_KNOWN

    def __format__(self, _spec: str) -> str:
        return NOT_KNOWN

    def __getattr__(self, name: str) -> Result:
        # `copy`, `pickle`, pydantic and others look for special methods, and would take a result for an answer.
        if name.startswith("__"):
            raise AttributeError(name)
        return Result()

    def __call__(self, *_args: Any, **_kwargs: Any) -> Result:
        """Whatever is called on a result."""
        return Result()

    def __getitem__(self, key: Any) -> Result:
        return self._part(sure=isinstance(key, int))

    def __iter__(self) -> Iterator[Result]:
        # `a, b = result` needs two items and Python does not say so to an iterator: it stands only in the caller's instruction.
        frame = sys._getframe(1)  # noqa: SLF001
        return iter([self._part() for _ in range(_unpacked(frame.f_code.co_code, frame.f_lasti))])

    def __await__(self) -> Generator[Any, None, Result]:
        yield from ()
        return self

    def __len__(self) -> int:
        return 1

    def __int__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0

    def __index__(self) -> int:
        return 1

    def __contains__(self, _item: Any) -> bool:
        return True


def _unpacked(code: bytes, offset: int) -> int:
    """The number of values that an instruction unpacks: two for `a, b = …`, one for a loop."""
    name, count = opcode.opname[code[offset]], code[offset + 1]
    if name == "UNPACK_EX":
        # `a, *rest = …`: the byte counts those before the starred one, which gets one too.
        return (count & 0xFF) + 1
    return count if name == "UNPACK_SEQUENCE" else 1


def _any_operand(*_operands: Any) -> Result:
    return Result()


def _compare(*_operands: Any) -> bool:
    return True


# Python looks operators up on the class, past `__getattr__`.
for _name in (
    "add",
    "radd",
    "sub",
    "rsub",
    "mul",
    "rmul",
    "truediv",
    "rtruediv",
    "floordiv",
    "mod",
    "pow",
    "and",
    "or",
    "neg",
):
    setattr(Result, f"__{_name}__", _any_operand)
for _name in ("lt", "le", "gt", "ge"):
    setattr(Result, f"__{_name}__", _compare)
