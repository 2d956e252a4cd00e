"""The shortest sequence of steps on which two evaluators differ, searched for within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Final

from transload.model.triggers import OnCron, Trigger, Updated, leaves
from transload.triggering.examples import FORMS, A, B, C
from transload.triggering.simulation import Machine, play
from transload.triggering.steps import Context, Evaluate, Finished, Step, Update
from transload.triggering.ticks import TIMES

_START: Final = datetime(2026, 1, 1, tzinfo=timezone.utc)
_PASSING: Final[Mapping[str, timedelta]] = {
    ".": timedelta(hours=1),
    "_": timedelta(days=1),
    "=": timedelta(weeks=1),
}
_HAPPENING: Final[Mapping[str, tuple[Step, ...]]] = {
    "a": (Update(A),),
    "b": (Update(B),),
    "c": (Update(C),),
    "p": (Update(A, "2026-01-01T00:00:00"),),
    "d": tuple(Update(A, f"2026-01-01T{hour:02}:00:00") for hour in range(24)),
    "!": (Finished(),),
}
LONGEST: Final = 6
"""Letters of a sequence that is tried."""

Evaluator = Callable[[Trigger, Context], Machine]


def steps_of(text: str, start: datetime = _START) -> tuple[Step, ...]:
    """Steps in short, after a first evaluation at `start`.

    `a`, `b` and `c` are updates, `p` of an hour's partition, `d` of those of a day, `!` runs that finish; `.`, `_` and `=` evaluate an
    hour, a day and a week later.
    """
    at = start
    steps: list[Step] = [Evaluate(at)]
    for letter in text:
        if letter in _PASSING:
            at += _PASSING[letter]
            steps.append(Evaluate(at))
        else:
            steps.extend(_HAPPENING[letter])
    return tuple(steps)


def runs(machine: Machine | None, steps: Sequence[Step]) -> list[list[str]]:
    """The partitions of the runs of each evaluation; what is not written starts none."""
    if machine is None:
        return [[] for step in steps if isinstance(step, Evaluate)]
    return [sorted(firing.partition or "" for firing in each) for each in play(machine, steps)]


def witness(
    form: str, tools: tuple[Evaluator, Evaluator], written: Trigger | None, longest: int = LONGEST
) -> tuple[Step, ...] | None:
    """The first sequence on which the example of a form in one tool, and what is written for it in the other, differ.

    None where there is none of up to `longest` letters. Raises `TriggerError` where one of the two cannot be computed.
    """
    source, target = tools
    example, context = FORMS[form].example, FORMS[form].context
    for steps in candidates(form, longest):
        theirs = runs(None if written is None else target(written, context), steps)
        if runs(source(example, context), steps) != theirs:
            return steps
    return None


def candidates(form: str, longest: int = LONGEST) -> Iterator[tuple[Step, ...]]:
    """Sequences of the letters that matter to a form, shorter ones first, on days on which the clock changes too."""
    parts = list(leaves(FORMS[form].example))
    times = [isinstance(part, (*TIMES, OnCron)) for part in parts]
    mapped = any(isinstance(part, Updated) and part.mapping is not None for part in parts)
    letters = ("._=" if all(isinstance(part, TIMES) for part in parts) else "abc!._") if any(times) else "abc!."
    letters = "apd." if mapped else letters
    starts = (_START, *_CHANGES) if all(times) else (_START,)
    for length in range(1, longest + 1):
        for text in product(letters, repeat=length):
            if text[-1] in _PASSING:
                yield from (steps_of("".join(text), start) for start in starts)


_CHANGES: Final = tuple(datetime(2026, month, day, tzinfo=timezone.utc) for month, day in ((3, 29), (10, 25)))
"""Midnights before the clocks of Europe change."""
