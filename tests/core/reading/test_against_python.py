"""Python judges the evaluator: whatever this knows of a program must be what running it gives.

What the evaluator leaves open on purpose is not drawn: the order of a set's elements, which in Python is a matter of hashing; effects
of a generator's body, which here come when it is called; calls of what an external decorator or a metaclass made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from transload.testing.subjects import effort

from .judging import OverrunError, Verdict, judged, judged_project
from .programs import a_program, a_project, an_expression_module, drawn


@dataclass
class Tally:
    """How much of all programs is known."""

    bound: int = 0
    known: int = 0

    @property
    def share(self) -> float:
        return self.known / max(self.bound, 1)


def judge(source: Any, tally: Tally) -> None:
    judging: Callable[[Any, Path], Verdict] = judged_project if isinstance(source, Mapping) else judged
    with tempfile.TemporaryDirectory() as folder:
        try:
            verdict = judging(source, Path(folder))
        except OverrunError:
            return
    tally.bound += verdict.bound
    tally.known += verdict.known
    assert not verdict.wrong, verdict.wrong


@pytest.mark.parametrize(
    ("write", "examples", "floor"),
    [
        pytest.param(an_expression_module, 500, 0.55, id="expressions"),
        pytest.param(a_program, 400, 0.4, id="statements"),
        pytest.param(a_project, 60, 0.4, id="modules"),
    ],
)
def test_what_is_known_of_a_program_is_what_python_makes_of_it(
    write: Callable[..., Any], examples: int, floor: float
) -> None:
    tally = Tally()

    @effort(examples)
    @given(drawn(write))
    def search(source: Any) -> None:
        judge(source, tally)

    run: Callable[[], None] = search
    run()
    assert tally.share > floor
