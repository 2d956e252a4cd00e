"""A program that answers each line of JSON with another, and that ends by itself."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final, TextIO

LIMIT: Final = 240
"""Seconds after which a program gives up."""


def opened() -> TextIO:
    """Where the answers go. What a tool itself prints goes with the errors, so this comes before it is imported."""
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(LIMIT)
    answers: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers


def serve(answers: TextIO, answer: Callable[[Any], Any]) -> None:
    """Answer each line of the input, until it ends."""
    answers.writelines(json.dumps(_told(answer, line)) + "\n" for line in sys.stdin)


def _told(answer: Callable[[Any], Any], line: str) -> Any:
    try:
        return {"firings": answer(json.loads(line))}
    except Exception:  # noqa: BLE001 - told to the one who asked
        return {"error": traceback.format_exc()}


def _give_up(*_: object) -> None:
    raise TimeoutError(f"not done within {LIMIT} s")
